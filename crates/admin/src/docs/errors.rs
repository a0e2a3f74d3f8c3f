//! The error codes, for people: the page that a problem's `type` leads to, and `docs/errors.md`.

use std::collections::BTreeMap;
use std::fmt::Write;

use api::Code;
use delivery::codes::ALL as DEVICE_CODES;

use super::markup;

/// What one code means on one surface.
struct Meaning {
    surface: &'static str,
    status: u16,
    title: &'static str,
    hint: &'static str,
}

/// Every code with what it means, by name. A code of both surfaces has two meanings, and one anchor.
fn codes() -> BTreeMap<&'static str, Vec<Meaning>> {
    let mut codes: BTreeMap<&str, Vec<Meaning>> = BTreeMap::new();
    for code in Code::ALL {
        let meaning = Meaning { surface: "API", status: code.status(), title: code.title(), hint: code.hint() };
        codes.entry(code.as_str()).or_default().push(meaning);
    }
    for row in DEVICE_CODES {
        let meaning = Meaning { surface: "devices", status: row.status, title: row.title, hint: row.hint };
        codes.entry(row.code).or_default().push(meaning);
    }
    codes
}

const INTRODUCTION: &str = "Every error is a problem document (RFC 9457, `application/problem+json`). Its `code` is stable: \
    match on it. Its `type` leads to the row below, `detail` says what was wrong this time, `field` what is to blame, `hint` \
    what to do next.";

/// The page.
pub fn page() -> String {
    let mut body = format!("<p>{}</p>\n<table>\n", markup::prose(INTRODUCTION));
    body.push_str("<tr><th>code</th><th>to</th><th>status</th><th>what it means</th><th>what to do</th></tr>\n");
    for (code, meanings) in codes() {
        for (index, Meaning { surface, status, title, hint }) in meanings.iter().enumerate() {
            let anchor = if index == 0 { format!(" id=\"{code}\"") } else { String::new() };
            let _ = writeln!(
                body,
                "<tr{anchor}><td><code>{code}</code></td><td>{surface}</td><td>{status}</td><td>{}</td><td>{}</td></tr>",
                markup::prose(title),
                markup::prose(hint)
            );
        }
    }
    body.push_str("</table>\n");
    markup::page("Error codes", &body)
}

/// The same for `docs/errors.md`.
pub fn markdown() -> String {
    let mut text =
        format!("{INTRODUCTION}\n\n| code | to | status | what it means | what to do |\n|---|---|---|---|---|\n");
    for (code, meanings) in codes() {
        for (index, Meaning { surface, status, title, hint }) in meanings.iter().enumerate() {
            let anchor = if index == 0 { format!("<a id=\"{code}\"></a>") } else { String::new() };
            let cell = |words: &str| words.replace('|', "\\|");
            let _ = writeln!(text, "| {anchor}`{code}` | {surface} | {status} | {} | {} |", cell(title), cell(hint));
        }
    }
    text
}
