//! The signing room from outside, judged by OpenSSL where it can judge.
#![expect(clippy::unwrap_used, reason = "a test that cannot prepare its own keys may stop")]

mod certificates;
mod chains;
mod keys;
mod openssl;
mod pki;
mod properties;
mod sealing;
