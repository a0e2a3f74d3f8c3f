//! What stands in front of a server and does not let things through as they are: what it does, and the finding that it
//! must lead to.

use cli::commands::doctor::Level::{self, Error, Warning};
use testing::Spoil;

pub const PROXIES: &[(&str, Level, Spoil)] = &[
    (
        "protocol_headers",
        Error,
        Spoil::of_answers(|path, answer| {
            if path == "/update" {
                answer.headers_mut().remove("expo-protocol-version");
            }
        }),
    ),
    (
        "protocol_headers",
        Warning,
        Spoil::of_answers(|path, answer| {
            if path == "/update" {
                answer.headers_mut().remove("expo-sfv-version");
            }
        }),
    ),
    (
        "multipart",
        Warning,
        Spoil::of_requests(|path, headers| {
            if path == "/update" {
                headers.insert("accept", "application/expo+json".parse().unwrap());
            }
        }),
    ),
    (
        "answer_caching",
        Error,
        Spoil::of_answers(|path, answer| {
            if path == "/update" {
                answer.headers_mut().insert("cache-control", "public, max-age=60".parse().unwrap());
            }
        }),
    ),
    (
        "answer_caching",
        Error,
        Spoil::of_answers(|path, answer| {
            if path == "/update" {
                answer.headers_mut().insert("age", "17".parse().unwrap());
            }
        }),
    ),
    (
        "answer_caching",
        Error,
        Spoil::of_answers(|path, answer| {
            if path == "/update" {
                answer.headers_mut().insert("cache-control", "private, max-age=60".parse().unwrap());
            }
        }),
    ),
    (
        "answer_caching",
        Error,
        Spoil::of_answers(|path, answer| {
            if path == "/update" {
                answer.headers_mut().remove("cache-control");
            }
        }),
    ),
    (
        "answer_vary",
        Warning,
        Spoil::of_answers(|path, answer| {
            if path == "/update" {
                answer.headers_mut().insert("vary", "accept-encoding".parse().unwrap());
            }
        }),
    ),
    (
        "revalidation",
        Warning,
        Spoil::of_answers(|path, answer| {
            if path == "/update" {
                answer.headers_mut().remove("etag");
            }
        }),
    ),
    (
        "revalidation",
        Warning,
        Spoil::of_requests(|_, headers| {
            headers.remove("if-none-match");
        }),
    ),
    (
        "revalidation",
        Error,
        Spoil::of_answers(|path, answer| {
            if path == "/update" {
                *answer.status_mut() = 304.try_into().unwrap();
                *answer.body_mut() = "".into();
                answer.headers_mut().remove("content-length");
            }
        }),
    ),
    (
        "clock",
        Warning,
        Spoil::of_answers(|path, answer| {
            if path == "/update" {
                answer.headers_mut().insert("date", "Sat, 31 Jan 2015 09:00:00 GMT".parse().unwrap());
            }
        }),
    ),
    (
        "server_answers",
        Error,
        Spoil::of_answers(|path, answer| {
            if path == "/update" {
                *answer.body_mut() = "<h1>Sign in to the hotel's network</h1>".into();
                answer.headers_mut().remove("content-length");
                answer.headers_mut().insert("content-type", "text/html".parse().unwrap());
            }
        }),
    ),
    (
        "server_answers",
        Error,
        Spoil::of_answers(|path, answer| {
            if path == "/update" {
                *answer.status_mut() = 502.try_into().unwrap();
                answer.headers_mut().insert("content-type", "text/html".parse().unwrap());
            }
        }),
    ),
    (
        "manifest_accepted",
        Error,
        Spoil::of_answers(|path, answer| {
            if path == "/update" {
                *answer.body_mut() = "--cut".into();
                answer.headers_mut().remove("content-length");
            }
        }),
    ),
    (
        "assets_verified",
        Error,
        Spoil::of_answers(|path, answer| {
            if path.starts_with("/assets") {
                *answer.body_mut() = "a page for people".into();
                for name in ["content-length", "content-encoding"] {
                    answer.headers_mut().remove(name);
                }
            }
        }),
    ),
    (
        "assets_verified",
        Error,
        Spoil::of_answers(|path, answer| {
            if path.starts_with("/assets") {
                *answer.status_mut() = 403.try_into().unwrap();
            }
        }),
    ),
    (
        "asset_caching",
        Warning,
        Spoil::of_answers(|path, answer| {
            if path.starts_with("/assets") {
                answer.headers_mut().insert("cache-control", "no-cache".parse().unwrap());
            }
        }),
    ),
    (
        "asset_encoding",
        Warning,
        Spoil::of_requests(|_, headers| {
            headers.remove("accept-encoding");
        }),
    ),
    (
        "asset_encoding",
        Warning,
        Spoil::of_answers(|path, answer| {
            if path.starts_with("/assets") {
                answer.headers_mut().remove("vary");
            }
        }),
    ),
];
