//! What a device is made to say for rules: `--fact locale=de-DE`, as the headers of its check.

use protocol::facts::{Fact, SaidBy};
use protocol::names;

/// One fact or parameter, and what is said about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    about: About,
    text: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum About {
    Fact(Fact),
    Param(String),
}

const PARAM: &str = "param:";

/// Reads `name=value`.
pub(crate) fn said(text: &str) -> Result<Said, String> {
    let (name, text) = text.split_once('=').ok_or("write it as `name=value`")?;
    if text.is_empty() || text.bytes().any(|byte| !matches!(byte, b' '..=b'~')) {
        return Err("what a device says is ASCII, and not empty".into());
    }
    let about = match name.strip_prefix(PARAM) {
        Some(key) if is_key(key) => About::Param(key.to_owned()),
        Some(_) => return Err("the key of a parameter has lower-case letters, digits and `_-.*`".into()),
        None => About::Fact(fact(name)?),
    };
    Ok(Said { about, text: text.into() })
}

fn fact(name: &str) -> Result<Fact, String> {
    let settable = || Fact::ALL.into_iter().filter(|fact| fact.said_by() != SaidBy::EveryCheck);
    let names = || settable().map(|fact| format!("`{}`", fact.name())).collect::<Vec<_>>().join(", ");
    match Fact::parse(name) {
        Some(fact) if fact.said_by() == SaidBy::EveryCheck => {
            Err(format!("every check says it: use `--{}`", name.replace('_', "-")))
        }
        Some(fact) => Ok(fact),
        None => Err(format!("there are {}, and `{PARAM}<key>`", names())),
    }
}

/// As RFC 9651 §3.1.2 has it.
fn is_key(key: &str) -> bool {
    let begins = |byte: u8| byte.is_ascii_lowercase() || byte == b'*';
    let goes_on = |byte: u8| begins(byte) || byte.is_ascii_digit() || b"_-.".contains(&byte);
    key.bytes().next().is_some_and(begins) && key.bytes().all(goes_on)
}

/// The facts as headers, before those that were given.
pub(crate) fn with_headers(facts: Vec<Said>, given: Vec<(String, String)>) -> Vec<(String, String)> {
    let mut headers = Vec::new();
    let mut params = Vec::new();
    for Said { about, text } in facts {
        match about {
            About::Fact(fact) => headers.push((fact.header().to_owned(), text)),
            About::Param(key) => {
                params.push(format!("{key}=\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")));
            }
        }
    }
    if !params.is_empty() {
        headers.push((names::EXTRA_PARAMS.to_owned(), params.join(", ")));
    }
    headers.extend(given);
    headers
}

#[cfg(test)]
mod tests {
    use super::{said, with_headers};

    #[test]
    fn facts_become_the_headers_of_the_table() {
        let facts = ["locale=de-DE", "param:cohort=a", "app_build_id=41", "param:tier=\"x\" \\ =y"];
        let facts = facts.into_iter().map(|fact| said(fact).unwrap()).collect();
        let headers = with_headers(facts, vec![("accept".into(), "application/json".into())]);
        let expected = [
            ("updraft-locale", "de-DE"),
            ("expo-app-build-id", "41"),
            ("expo-extra-params", r#"cohort="a", tier="\"x\" \\ =y""#),
            ("accept", "application/json"),
        ];
        assert_eq!(headers, expected.map(|(name, text)| (name.to_owned(), text.to_owned())));
    }

    #[test]
    fn what_is_no_fact_is_refused_with_those_that_are() {
        for (text, why) in [
            ("locale", "`name=value`"),
            ("locale=", "not empty"),
            ("locale=日", "ASCII"),
            ("langauge=de", "there are `environment`, `app_build_id`, `app_version`"),
            ("runtime_version=1", "use `--runtime-version`"),
            ("param:=x", "lower-case"),
            ("param:Cohort=x", "lower-case"),
        ] {
            let refused = said(text).unwrap_err();
            assert!(refused.contains(why), "{text}: {refused}");
        }
    }
}
