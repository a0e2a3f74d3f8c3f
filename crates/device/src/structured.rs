//! Structured fields as the client reads and writes them (`expo-structured-headers`: `Parser.java`,
//! `EXStructuredHeadersParser.m`, `StringItem`, `StringList`). Both follow RFC 8941 and ignore parameters here.
//!
//! Not the parser of the `protocol` room, so that a mistake there is not shared.

use std::fmt::Write as _;

/// A bare item, or an inner list, whose members nobody reads.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Item {
    Integer(i64),
    Decimal(f64),
    Text(String),
    Token(String),
    Bytes,
    Flag(bool),
    InnerList,
}

/// Where and why a field does not parse.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem} at position {position}")]
pub(crate) struct FieldError {
    problem: &'static str,
    position: usize,
}

/// Reads a dictionary, in order; of members with the same key the last counts. An empty field is an empty dictionary.
pub(crate) fn parse_dictionary(field: &str) -> Result<Vec<(String, Item)>, FieldError> {
    let mut parser = Parser { input: field.as_bytes(), position: 0 };
    if !field.is_ascii() {
        return Err(parser.error("a character outside ASCII"));
    }
    parser.skip(b" ");
    let members = parser.dictionary()?;
    parser.skip(b" ");
    if parser.peek().is_some() { Err(parser.error("characters after the dictionary")) } else { Ok(members) }
}

struct Parser<'a> {
    input: &'a [u8],
    position: usize,
}

impl Parser<'_> {
    fn dictionary(&mut self) -> Result<Vec<(String, Item)>, FieldError> {
        let mut members: Vec<(String, Item)> = Vec::new();
        while self.peek().is_some() {
            let key = self.key()?;
            let member = if self.take(b'=') {
                self.item_or_inner_list()?
            } else {
                self.parameters()?;
                Item::Flag(true)
            };
            members.retain(|(known, _)| *known != key);
            members.push((key, member));
            self.skip(b" \t");
            if self.peek().is_none() {
                break;
            }
            if !self.take(b',') {
                return Err(self.error("something other than a comma after a member"));
            }
            self.skip(b" \t");
            if self.peek().is_none() {
                return Err(self.error("a trailing comma"));
            }
        }
        Ok(members)
    }

    fn item_or_inner_list(&mut self) -> Result<Item, FieldError> {
        if !self.take(b'(') {
            return self.item();
        }
        loop {
            self.skip(b" ");
            if self.take(b')') {
                self.parameters()?;
                return Ok(Item::InnerList);
            }
            self.item()?;
            if !matches!(self.peek(), Some(b' ' | b')')) {
                return Err(self.error("neither a space nor `)` after a member of an inner list"));
            }
        }
    }

    fn item(&mut self) -> Result<Item, FieldError> {
        let item = self.bare_item()?;
        self.parameters()?;
        Ok(item)
    }

    fn bare_item(&mut self) -> Result<Item, FieldError> {
        match self.peek() {
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b'"') => self.text(),
            Some(b'*' | b'a'..=b'z' | b'A'..=b'Z') => Ok(self.token()),
            Some(b':') => self.bytes(),
            Some(b'?') => self.flag(),
            _ => Err(self.error("no item begins like this")),
        }
    }

    fn parameters(&mut self) -> Result<(), FieldError> {
        while self.take(b';') {
            self.skip(b" ");
            self.key()?;
            if self.take(b'=') {
                self.bare_item()?;
            }
        }
        Ok(())
    }

    fn key(&mut self) -> Result<String, FieldError> {
        if !matches!(self.peek(), Some(b'*' | b'a'..=b'z')) {
            return Err(self.error("a key begins with a lower-case letter or `*`"));
        }
        Ok(self.run(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-.*".contains(&byte)))
    }

    fn number(&mut self) -> Result<Item, FieldError> {
        let negative = self.take(b'-');
        let whole = self.run(|byte| byte.is_ascii_digit());
        if whole.is_empty() {
            return Err(self.error("a number without digits"));
        }
        if !self.take(b'.') {
            let digits: i64 = if whole.len() > 15 { None } else { whole.parse().ok() }
                .ok_or_else(|| self.error("an integer of more than 15 digits"))?;
            return Ok(Item::Integer(if negative { -digits } else { digits }));
        }
        let fraction = self.run(|byte| byte.is_ascii_digit());
        if whole.len() > 12 || fraction.is_empty() || fraction.len() > 3 {
            return Err(self.error("a decimal has up to 12 digits before the point and one to three after it"));
        }
        let decimal: f64 = format!("{whole}.{fraction}").parse().map_err(|_| self.error("not a decimal"))?;
        Ok(Item::Decimal(if negative { -decimal } else { decimal }))
    }

    fn text(&mut self) -> Result<Item, FieldError> {
        self.position += 1;
        let mut text = String::new();
        while let Some(byte) = self.next() {
            match byte {
                b'"' => return Ok(Item::Text(text)),
                b'\\' => match self.next() {
                    Some(escaped @ (b'"' | b'\\')) => text.push(char::from(escaped)),
                    _ => return Err(self.error("a backslash before something other than `\"` or a backslash")),
                },
                0x20..=0x7e => text.push(char::from(byte)),
                _ => return Err(self.error("a control character in a string")),
            }
        }
        Err(self.error("a string without its closing quote"))
    }

    fn token(&mut self) -> Item {
        Item::Token(self.run(|byte| byte > b' ' && byte < 0x7f && !b"\"(),;<=>?@[\\]{}".contains(&byte)))
    }

    fn bytes(&mut self) -> Result<Item, FieldError> {
        self.position += 1;
        self.run(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte));
        if self.take(b':') { Ok(Item::Bytes) } else { Err(self.error("a byte sequence without its closing colon")) }
    }

    fn flag(&mut self) -> Result<Item, FieldError> {
        self.position += 1;
        match self.next() {
            Some(b'0') => Ok(Item::Flag(false)),
            Some(b'1') => Ok(Item::Flag(true)),
            _ => Err(self.error("a boolean is ?0 or ?1")),
        }
    }

    fn run(&mut self, belongs: impl Fn(u8) -> bool) -> String {
        let start = self.position;
        while self.peek().is_some_and(&belongs) {
            self.position += 1;
        }
        self.input[start..self.position].iter().copied().map(char::from).collect()
    }

    fn skip(&mut self, set: &[u8]) {
        while self.peek().is_some_and(|byte| set.contains(&byte)) {
            self.position += 1;
        }
    }

    fn take(&mut self, byte: u8) -> bool {
        let taken = self.peek() == Some(byte);
        self.position += usize::from(taken);
        taken
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.position += 1;
        Some(byte)
    }

    fn peek(&self) -> Option<u8> {
        self.input.get(self.position).copied()
    }

    fn error(&self, problem: &'static str) -> FieldError {
        FieldError { problem, position: self.position }
    }
}

/// A list of strings, as `expo-recent-failed-update-ids` has it.
pub(crate) fn string_list<'a>(members: impl IntoIterator<Item = &'a str>) -> String {
    let mut list = String::new();
    for member in members {
        separate(&mut list);
        push_string(&mut list, member);
    }
    list
}

/// A dictionary of strings, as `expo-extra-params` has it.
pub(crate) fn string_dictionary<'a>(members: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut dictionary = String::new();
    for (key, value) in members {
        separate(&mut dictionary);
        // Writing into a String cannot fail.
        let _ = write!(dictionary, "{key}=");
        push_string(&mut dictionary, value);
    }
    dictionary
}

/// Whether a key and a string can be written at all: the client refuses to store other extra parameters.
pub(crate) fn is_serializable(key: &str, value: &str) -> bool {
    let key_fits = key.starts_with(|first: char| first == '*' || first.is_ascii_lowercase())
        && key.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-.*".contains(&byte));
    key_fits && value.bytes().all(|byte| (0x20..0x7f).contains(&byte))
}

fn separate(field: &mut String) {
    if !field.is_empty() {
        field.push_str(", ");
    }
}

fn push_string(field: &mut String, text: &str) {
    field.push('"');
    for character in text.chars() {
        if matches!(character, '"' | '\\') {
            field.push('\\');
        }
        field.push(character);
    }
    field.push('"');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Item, is_serializable, parse_dictionary, string_dictionary, string_list};

    fn text(value: &str) -> Item {
        Item::Text(String::from(value))
    }

    #[test]
    fn reads_every_kind_of_member() {
        let members = parse_dictionary(
            r#" a="x\"y\\", b, c=?0, d=12, e=-1.5, f=tok/en, g=:aGk=:, h=("x" 1;p=2);q, i="1";v=1, a="last""#,
        )
        .unwrap();
        let expected = [
            ("b", Item::Flag(true)),
            ("c", Item::Flag(false)),
            ("d", Item::Integer(12)),
            ("e", Item::Decimal(-1.5)),
            ("f", Item::Token(String::from("tok/en"))),
            ("g", Item::Bytes),
            ("h", Item::InnerList),
            ("i", text("1")),
            ("a", text("last")),
        ];
        assert_eq!(members, expected.map(|(key, item)| (String::from(key), item)));
        assert_eq!(parse_dictionary("").unwrap(), []);
    }

    #[test]
    fn refuses_what_both_parsers_refuse() {
        for field in [
            "A=1",
            "a=\"x",
            "a=,",
            "a=1,",
            "a=1 b=2",
            "a=\u{e9}",
            "a=\"\u{7f}\"",
            "a=\"\\n\"",
            "a=1234567890123456",
            "a=1.",
            "a=1.2345",
            "a=-",
            "a=?2",
            "a=:x",
            "a=(1,2)",
            "=1",
            "a;",
            "a=\u{0}",
        ] {
            assert!(parse_dictionary(field).is_err(), "{field:?}");
        }
    }

    #[test]
    fn writes_what_the_client_sends() {
        assert_eq!(string_list(["a", "b\"c\\"]), r#""a", "b\"c\\""#);
        assert_eq!(string_dictionary([("x", "1"), ("y", "")]), r#"x="1", y="""#);
        assert!(is_serializable("plan", "pro plus"));
        for (key, value) in [("Plan", "x"), ("", "x"), ("plan", "\u{e9}"), ("plan", "a\nb"), ("1x", "")] {
            assert!(!is_serializable(key, value), "{key:?} {value:?}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(field in any::<String>()) {
            let _ = parse_dictionary(&field);
        }

        #[test]
        fn reads_back_what_it_writes(value in "[ -~]{0,40}") {
            prop_assert!(is_serializable("k", &value));
            let field = string_dictionary([("k", value.as_str())]);
            prop_assert_eq!(parse_dictionary(&field).unwrap(), [(String::from("k"), Item::Text(value))]);
        }
    }
}
