//! The API's description as a page.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::Value;

use super::markup::{self, prose, text};

/// The page, made of the document.
pub fn page(document: &str) -> String {
    let document: Value = serde_json::from_str(document).unwrap_or_default();
    let mut body = format!("<p>{}</p>\n", prose(words(&document["info"], "description")));
    let by_tag = operations(&document);
    for tag in document["tags"].as_array().into_iter().flatten() {
        let name = words(tag, "name");
        let _ = writeln!(body, "<h2 id=\"{0}\">{0}</h2>\n<p>{1}</p>", text(name), prose(words(tag, "description")));
        for (method, path, operation) in by_tag.get(name).into_iter().flatten() {
            body.push_str(&describe(method, path, operation));
        }
    }
    body.push_str("<h2 id=\"schemas\">Schemas</h2>\n");
    for (name, schema) in document["components"]["schemas"].as_object().into_iter().flatten() {
        let _ = writeln!(
            body,
            "<article id=\"schema-{0}\"><h3>{0}</h3>\n<pre>{1}</pre></article>",
            text(name),
            linked(&pretty(schema))
        );
    }
    markup::page(words(&document["info"], "title"), &body)
}

type Operations<'d> = BTreeMap<&'d str, Vec<(String, &'d str, &'d Value)>>;

fn operations(document: &Value) -> Operations<'_> {
    let mut by_tag = Operations::new();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in item.as_object().into_iter().flatten() {
            let tag = operation["tags"][0].as_str().unwrap_or_default();
            by_tag.entry(tag).or_default().push((method.to_uppercase(), path, operation));
        }
    }
    by_tag
}

fn describe(method: &str, path: &str, operation: &Value) -> String {
    let mut article = format!(
        "<article id=\"{}\">\n<h3><span class=\"method\">{method}</span><code>{}</code></h3>\n<p>{} {}</p>\n",
        text(words(operation, "operationId")),
        text(path),
        prose(words(operation, "summary")),
        prose(words(operation, "description")),
    );
    let parameters: Vec<&Value> = operation["parameters"].as_array().into_iter().flatten().collect();
    if !parameters.is_empty() {
        article.push_str("<table>\n<tr><th>parameter</th><th>in</th><th></th></tr>\n");
        for parameter in parameters {
            let _ = writeln!(
                article,
                "<tr><td><code>{}</code></td><td>{}</td><td>{}</td></tr>",
                text(words(parameter, "name")),
                text(words(parameter, "in")),
                prose(words(parameter, "description"))
            );
        }
        article.push_str("</table>\n");
    }
    if let Some(content) = operation.pointer("/requestBody/content") {
        let _ = writeln!(article, "<h4>Body</h4>\n<p>{}</p>", prose(words(&operation["requestBody"], "description")));
        article.push_str(&media(content));
    }
    for (status, answer) in operation["responses"].as_object().into_iter().flatten() {
        let _ = writeln!(article, "<h4>{}</h4>\n<p>{}</p>", text(status), codes(words(answer, "description")));
        if status.starts_with('2') {
            article.push_str(&media(&answer["content"]));
        }
    }
    article.push_str("</article>\n");
    article
}

/// What is said about each media type: its schema and the example.
fn media(content: &Value) -> String {
    let mut said = String::new();
    for (kind, media) in content.as_object().into_iter().flatten() {
        let _ = writeln!(said, "<p><code>{}</code> {}</p>", text(kind), linked(&reference(&media["schema"])));
        if let Some(example) = media.get("example") {
            let _ = writeln!(said, "<pre>{}</pre>", text(&pretty(example)));
        }
    }
    said
}

/// The schemas that it names.
fn reference(schema: &Value) -> String {
    let own = schema["$ref"].as_str().map(|target| format!("\"{target}\""));
    let parts = ["oneOf", "allOf", "anyOf"].into_iter().flat_map(|kind| schema[kind].as_array().into_iter().flatten());
    own.into_iter().chain(parts.map(reference)).collect::<Vec<_>>().join(" ")
}

/// With each reference to a schema as a link.
fn linked(json: &str) -> String {
    const POINTER: &str = "\"#/components/schemas/";
    let mut pieces = json.split(POINTER);
    let mut page = text(pieces.next().unwrap_or_default());
    for piece in pieces {
        let (name, rest) = piece.split_once('"').unwrap_or((piece, ""));
        let _ = write!(page, "<a href=\"#schema-{0}\">{0}</a>{1}", text(name), text(rest));
    }
    page
}

/// Codes as links to what they mean. They stand at the beginning of each sentence, between backticks.
fn codes(description: &str) -> String {
    let mut marked = prose(description);
    for code in api::Code::ALL {
        let (plain, link) = (format!("<code>{code}</code>: "), format!("<a href=\"/docs/errors#{code}\">{code}</a>: "));
        marked = marked.replace(&plain, &link);
    }
    marked
}

fn words<'d>(value: &'d Value, member: &str) -> &'d str {
    value[member].as_str().unwrap_or_default()
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}
