//! JSON that people wrote, edited where it stands: everything else keeps its bytes.

use std::ops::Range;

use serde::Serialize as _;
use serde_json::ser::{PrettyFormatter, Serializer};
use serde_json::{Value, json};

/// A JSON object as text. What is set is written the way the rest is: its indentation, its line ends, one line or many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct JsonText {
    text: String,
}

/// Why a text cannot be edited.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotEditable {
    /// Comments and trailing commas count as such, too.
    #[error("it is not JSON")]
    Syntax(#[source] serde_json::Error),
    /// A list, a number…
    #[error("it is JSON, but not an object")]
    NotObject,
}

/// A key and its value, with their quotes and brackets.
struct Member {
    key: Range<usize>,
    value: Range<usize>,
}

/// How an object's members are laid out.
enum Layout<'t> {
    /// `{"a":1}`, in a document without any space.
    Dense,
    /// `{ "a": 1 }` on one line.
    Inline,
    /// Each on a line that begins with this.
    Lines(&'t str),
}

impl JsonText {
    /// Takes a text, with or without a byte order mark, and what it means.
    pub(crate) fn parse(text: String) -> Result<(Self, Value), NotEditable> {
        let value: Value =
            serde_json::from_str(text.trim_start_matches(BYTE_ORDER_MARK)).map_err(NotEditable::Syntax)?;
        if value.is_object() { Ok((Self { text }, value)) } else { Err(NotEditable::NotObject) }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// Sets what lies at a path of keys, and makes the objects on the way that are missing. Appends to objects that are
    /// there; a `null` in the way is replaced, as is any other value that is no object:
    /// whoever minds looks first.
    pub(crate) fn set(&mut self, path: &[&str], value: &Value) {
        let mut object = self.text.find('{').unwrap_or_default();
        for (depth, key) in path.iter().enumerate() {
            let rest = &path[depth + 1..];
            let members = members(&self.text, object);
            // The last of several equal keys is the one that counts.
            let Some(member) = members.iter().rev().find(|member| self.says(&member.key, key)) else {
                return self.append(object, &members, key, &nested(rest, value));
            };
            if rest.is_empty() || !self.text[member.value.clone()].starts_with('{') {
                let written = self.written(&nested(rest, value), &self.layout_of(object, &members));
                return self.text.replace_range(member.value.clone(), &written);
            }
            object = member.value.start;
        }
    }

    fn says(&self, key: &Range<usize>, expected: &str) -> bool {
        serde_json::from_str::<String>(&self.text[key.clone()]).is_ok_and(|key| key == expected)
    }

    fn append(&mut self, object: usize, members: &[Member], key: &str, value: &Value) {
        let (key, line_end) = (json!(key), self.line_end());
        let Some(last) = members.last() else {
            let outer = self.indentation_at(object).to_owned();
            let inner = format!("{outer}{}", self.unit());
            let filled = if self.is_dense() {
                format!("{{{key}:{value}}}")
            } else {
                let value = self.written(value, &Layout::Lines(&inner));
                format!("{{{line_end}{inner}{key}: {value}{line_end}{outer}}}")
            };
            let end = end_of_value(&self.text, object);
            return self.text.replace_range(object..end, &filled);
        };
        let layout = self.layout_of(object, members);
        let value = self.written(value, &layout);
        let appended = match layout {
            Layout::Dense => format!(",{key}:{value}"),
            Layout::Inline => format!(", {key}: {value}"),
            Layout::Lines(indentation) => format!(",{line_end}{indentation}{key}: {value}"),
        };
        self.text.insert_str(last.value.end, &appended);
    }

    fn layout_of(&self, object: usize, members: &[Member]) -> Layout<'_> {
        match members.first() {
            Some(first) if self.text[object..first.key.start].contains('\n') => {
                Layout::Lines(self.indentation_at(first.key.start))
            }
            _ if self.is_dense() => Layout::Dense,
            _ => Layout::Inline,
        }
    }

    fn written(&self, value: &Value, layout: &Layout<'_>) -> String {
        match layout {
            Layout::Dense => value.to_string(),
            Layout::Inline => inline(value),
            Layout::Lines(indentation) => {
                let mut bytes = Vec::new();
                let formatter = PrettyFormatter::with_indent(self.unit().as_bytes());
                // Values always have a JSON form, and memory takes it.
                let _written = value.serialize(&mut Serializer::with_formatter(&mut bytes, formatter));
                let line = format!("{}{indentation}", self.line_end());
                String::from_utf8_lossy(&bytes).replace('\n', &line)
            }
        }
    }

    /// What the line begins with in which this position lies.
    fn indentation_at(&self, position: usize) -> &str {
        let start = self.text[..position].rfind('\n').map_or(0, |newline| newline + 1);
        let line = &self.text[start..position];
        &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
    }

    /// One step of indentation, as the first indented line has it.
    fn unit(&self) -> &str {
        let leading = |line: &'_ str| line.len() - line.trim_start_matches([' ', '\t']).len();
        let indented = self.text.lines().find(|line| leading(line) > 0 && !line.trim().is_empty());
        indented.map_or("  ", |line| &line[..leading(line)])
    }

    fn line_end(&self) -> &'static str {
        if self.text.contains("\r\n") { "\r\n" } else { "\n" }
    }

    fn is_dense(&self) -> bool {
        !self.text.trim().contains(['\n', ' '])
    }
}

const BYTE_ORDER_MARK: char = '\u{feff}';

/// A value beneath keys.
fn nested(keys: &[&str], value: &Value) -> Value {
    keys.iter().rev().fold(value.clone(), |inner, key| json!({ *key: inner }))
}

fn inline(value: &Value) -> String {
    match value {
        Value::Object(members) if !members.is_empty() => {
            let members: Vec<String> =
                members.iter().map(|(key, value)| format!("{}: {}", json!(key), inline(value))).collect();
            format!("{{ {} }}", members.join(", "))
        }
        other => other.to_string(),
    }
}

/// The members of the object that begins here. The text is known to be JSON.
fn members(text: &str, object: usize) -> Vec<Member> {
    let mut members = Vec::new();
    let mut position = object + 1;
    loop {
        position = skip(text, position, |byte| byte.is_ascii_whitespace() || byte == b',');
        if text.as_bytes().get(position) != Some(&b'"') {
            return members;
        }
        let key = position..end_of_value(text, position);
        let start = skip(text, key.end, |byte| byte.is_ascii_whitespace() || byte == b':');
        let value = start..end_of_value(text, start);
        position = value.end;
        members.push(Member { key, value });
    }
}

fn skip(text: &str, from: usize, passes: impl Fn(u8) -> bool) -> usize {
    let bytes = text.as_bytes();
    (from..bytes.len()).find(|&position| !passes(bytes[position])).unwrap_or(bytes.len())
}

/// Where the value ends that begins here.
fn end_of_value(text: &str, start: usize) -> usize {
    let bytes = text.as_bytes();
    let (mut depth, mut position) = (0_usize, start);
    while let Some(&byte) = bytes.get(position) {
        match byte {
            b'"' => position = end_of_string(bytes, position) - 1,
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth <= 1 => return if depth == 1 { position + 1 } else { position },
            b'}' | b']' => depth -= 1,
            b',' | b' ' | b'\t' | b'\r' | b'\n' if depth == 0 => return position,
            _ => {}
        }
        position += 1;
        if depth == 0 && byte == b'"' {
            return position;
        }
    }
    bytes.len()
}

fn end_of_string(bytes: &[u8], start: usize) -> usize {
    let mut position = start + 1;
    while let Some(&byte) = bytes.get(position) {
        match byte {
            b'\\' => position += 2,
            b'"' => return position + 1,
            _ => position += 1,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{JsonText, NotEditable};

    fn set(text: &str, path: &[&str], value: &Value) -> String {
        let (mut edited, mut meant) = JsonText::parse(text.into()).unwrap();
        edited.set(path, value);
        // What it means is judged by another reader.
        let mut place = &mut meant;
        for key in path {
            if !place.is_object() {
                *place = json!({});
            }
            place = &mut place[*key];
        }
        *place = value.clone();
        let read: Value = serde_json::from_str(edited.as_str().trim_start_matches('\u{feff}')).unwrap();
        assert_eq!(read, meant, "{}", edited.as_str());
        edited.as_str().to_owned()
    }

    #[test]
    fn what_is_set_is_written_like_the_rest() {
        let one = json!("x");
        let two = json!({"a": "b"});
        for (text, path, value, expected) in [
            ("{\n  \"a\": 1\n}\n", &["b"][..], &one, "{\n  \"a\": 1,\n  \"b\": \"x\"\n}\n"),
            ("{\n\t\"a\": 1\n}", &["b"], &two, "{\n\t\"a\": 1,\n\t\"b\": {\n\t\t\"a\": \"b\"\n\t}\n}"),
            (
                "{\r\n    \"a\": {}\r\n}\r\n",
                &["a", "b"],
                &one,
                "{\r\n    \"a\": {\r\n        \"b\": \"x\"\r\n    }\r\n}\r\n",
            ),
            ("{\"a\":1}", &["b", "c"], &one, "{\"a\":1,\"b\":{\"c\":\"x\"}}"),
            ("{}", &["b"], &one, "{\"b\":\"x\"}"),
            ("{\n}\n", &["b"], &one, "{\n  \"b\": \"x\"\n}\n"),
            ("{ \"a\": { \"b\": 1 } }", &["a", "c", "d"], &one, "{ \"a\": { \"b\": 1, \"c\": { \"d\": \"x\" } } }"),
            (
                "{\n  \"a\": { \"b\": [1,\n 2] },\n  \"z\": \"}\\\"{\"\n}",
                &["a", "c"],
                &one,
                "{\n  \"a\": { \"b\": [1,\n 2], \"c\": \"x\" },\n  \"z\": \"}\\\"{\"\n}",
            ),
            ("{\n  \"a\" : 1e3 ,\n  \"b\": 2\n}", &["a"], &one, "{\n  \"a\" : \"x\" ,\n  \"b\": 2\n}"),
            ("{\n  \"a\": null\n}", &["a", "b"], &one, "{\n  \"a\": {\n    \"b\": \"x\"\n  }\n}"),
            ("{\"a\":1,\"a\":2}", &["a"], &one, "{\"a\":1,\"a\":\"x\"}"),
            ("\u{feff}{\"\\u0061\": 1}", &["a"], &one, "\u{feff}{\"\\u0061\": \"x\"}"),
            ("{\n  \"a\": 1 }", &["b"], &one, "{\n  \"a\": 1,\n  \"b\": \"x\" }"),
        ] {
            assert_eq!(set(text, path, value), expected, "{text}");
        }
    }

    #[test]
    fn what_expo_would_not_read_is_not_edited() {
        for text in ["", "{", "{\"a\": 1,}", "// app\n{}", "{'a': 1}", "module.exports = {}"] {
            assert!(matches!(JsonText::parse(text.into()), Err(NotEditable::Syntax(_))), "{text}");
        }
        for text in ["[]", "null", "\"x\""] {
            assert!(matches!(JsonText::parse(text.into()), Err(NotEditable::NotObject)), "{text}");
        }
    }
}
