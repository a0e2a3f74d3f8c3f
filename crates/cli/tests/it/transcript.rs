//! A command as its user sees it, with what went over the line, held against a snapshot.

use api::Code;
use cli::Mode;
use cli::exit::Exit;
use serde::Serialize;
use serde_json::Value;

use crate::arguments::run;
use crate::fake_server::{Asked, FakeServer};

/// Runs a line three times: for people, for programs, and refused. Returns what people see, beneath what was asked.
///
/// The other two are the same for every command, so they are judged here: with `--json`, standard output is the server's
/// answer; a refusal ends with 4, its code and its hint.
pub async fn told(line: &str, answer: &(impl Serialize + Sync), refusal: Code) -> String {
    told_beside(&[], line, answer, refusal).await
}

/// The same, of a command that first looks at something: what lies there, by the last segment of its address.
pub async fn told_beside(
    laid: &[(&'static str, Value)],
    line: &str,
    answer: &(impl Serialize + Sync),
    refusal: Code,
) -> String {
    let server = FakeServer::start().await;
    server.inner().laid.extend(laid.iter().cloned());
    let full = format!("{line} --server {} --token secret", server.url);

    server.answer(answer);
    let (exit, out, err) = run(&full, Mode::default()).await;
    assert_eq!(exit, Exit::Ok, "{line}: {err}");
    let asked = server.asked();
    let is_read = asked.line.starts_with("GET ");
    assert_eq!(asked.idempotency_key.is_none(), is_read, "{line}");

    server.answer(answer);
    let (exit, json, _) = run(&format!("{full} --json"), Mode { json: true, ..Mode::default() }).await;
    assert_eq!(exit, Exit::Ok, "{line}");
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json, serde_json::to_value(answer).unwrap(), "{line}");
    let again = server.asked();
    assert_eq!((&again.line, &again.body), (&asked.line, &asked.body), "{line}");
    // Two runs are two intents.
    assert!(is_read || again.idempotency_key != asked.idempotency_key, "{line}");

    server.refuse(refusal);
    let (exit, out_when_refused, _) = run(&full, Mode::default()).await;
    assert_eq!((exit, out_when_refused.as_str()), (Exit::Refused, ""), "{line}: only data goes to standard output");

    server.refuse(refusal);
    let (exit, json, refused) = run(&full, Mode { json: true, ..Mode::default() }).await;
    assert_eq!(exit, Exit::Refused, "{line}: {refused}");
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["error"]["code"], &json["error"]["exit"]), (&refusal.as_str().into(), &4.into()), "{line}");
    // Of channels, the test's server can say which there are.
    let hint = if refusal == Code::UnknownChannel { "the app has production" } else { refusal.hint() };
    assert!(refused.contains(&format!("hint: {hint}")), "{line}: {refused}");

    let Asked { line: request, body, .. } = asked;
    let body = body.map(|body| format!("> {body}\n")).unwrap_or_default();
    let err: Vec<String> = err.lines().map(|line| format!("! {line}\n")).collect();
    format!("$ updraft {line}\n> {request}\n{body}{}\n{err}\n", out.trim_end(), err = err.concat())
}
