//! Reading a rule from JSON, with the place of what is wrong.

use serde_json::{Map, Value};
use uuid::Uuid;

use super::{DeviceIds, Fact, Node, Texts, VersionRange};

/// How deep nodes may lie in each other; the topmost is at depth 1.
pub const MAX_DEPTH: usize = 16;
/// How many nodes one rule may have.
pub const MAX_NODES: usize = 256;
/// How many texts the lists of one rule may have together.
pub const MAX_VALUES: usize = 1000;
/// The longest text that a fact is compared with, in bytes of UTF-8; a range may have as many.
pub const MAX_VALUE_BYTES: usize = 255;

/// Why JSON is no rule, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{}{flaw}", .at, if .at.is_empty() { "" } else { ": " })]
pub struct BadRule {
    /// The way from the top to the place, such as `all[1].not.eq.fact`; empty at the top.
    pub at: String,
    /// What is wrong there.
    pub flaw: Flaw,
}

/// What is wrong with a rule at one place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// A node is expected, and this is something else.
    #[error("a node is an object with one key, which is one of {}", listed(&Node::KINDS))]
    NotANode,
    /// There is no such node.
    #[error("{0:?} is no kind of node; there are {kinds}", kinds = listed(&Node::KINDS))]
    UnknownNode(String),
    /// There is no such fact.
    #[error("{0:?} is no fact; there are {facts}, and `param:<key>` for what the app sets itself", facts = listed(&FACTS))]
    UnknownFact(String),
    /// Something of another type belongs here.
    #[error("this is not {0}")]
    NotA(&'static str),
    /// A member is missing.
    #[error("{0:?} is missing")]
    Missing(&'static str),
    /// A member does not belong here.
    #[error("{name:?} does not belong here; there are {}", listed(.known))]
    UnknownMember {
        /// Which.
        name: String,
        /// Those that belong here.
        known: &'static [&'static str],
    },
    /// A list or text without anything in it.
    #[error("this is empty: {0}")]
    Empty(&'static str),
    /// Nodes lie too deep in each other.
    #[error("nodes lie in each other at most {MAX_DEPTH} deep")]
    TooDeep,
    /// Too many nodes.
    #[error("a rule has at most {MAX_NODES} nodes")]
    TooManyNodes,
    /// Too many texts in lists.
    #[error("the lists of a rule have at most {MAX_VALUES} values together")]
    TooManyValues,
    /// Too many devices.
    #[error("a rule names at most {} devices in all", DeviceIds::MAX)]
    TooManyDevices,
    /// A text is too long.
    #[error("this has {0} bytes; at most {MAX_VALUE_BYTES} are compared")]
    TooLong(usize),
    /// A text has a character that no device sends.
    #[error("this has the control character {0:?}, which no device sends")]
    Control(char),
    /// A range of versions that cannot be read.
    #[error("this is no range of versions such as \">=1.4.0, <2.0.0\": {0}")]
    BadRange(String),
    /// Not a device's id.
    #[error("{0:?} is no device id: a UUID, as the client sends it in `eas-client-id`")]
    BadId(String),
}

const FACTS: [&str; Fact::NAMED.len()] = {
    let mut names = [""; Fact::NAMED.len()];
    let mut place = 0;
    while place < names.len() {
        names[place] = Fact::NAMED[place].name();
        place += 1;
    }
    names
};

fn listed(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

pub(super) fn rule(json: &Value) -> Result<Node, BadRule> {
    let mut reader = Reader::default();
    reader.node(json, 1).map_err(|flaw| BadRule { at: reader.at, flaw })
}

/// Where it is and what it has had so far. Where a step fails, the place stays.
#[derive(Default)]
struct Reader {
    at: String,
    nodes: usize,
    values: usize,
    devices: usize,
}

impl Reader {
    fn node(&mut self, json: &Value, depth: usize) -> Result<Node, Flaw> {
        if depth > MAX_DEPTH {
            return Err(Flaw::TooDeep);
        }
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            return Err(Flaw::TooManyNodes);
        }
        let members = json.as_object().ok_or(Flaw::NotANode)?;
        let mut members = members.iter();
        let (Some((kind, inner)), None) = (members.next(), members.next()) else { return Err(Flaw::NotANode) };
        if !Node::KINDS.contains(&kind.as_str()) {
            return Err(Flaw::UnknownNode(shown(kind)));
        }
        self.inside(kind, |reader| match kind.as_str() {
            "all" => reader.nodes(inner, depth).map(Node::All),
            "any" => reader.nodes(inner, depth).map(Node::Any),
            "not" => reader.node(inner, depth + 1).map(|node| Node::Not(Box::new(node))),
            "eq" => {
                reader.comparison(inner, "value", |_, json| text(json)).map(|(fact, value)| Node::Eq { fact, value })
            }
            "in" => reader.comparison(inner, "values", Self::texts).map(|(fact, values)| Node::In { fact, values }),
            "prefix" => reader
                .comparison(inner, "value", |_, json| text(json))
                .map(|(fact, value)| Node::Prefix { fact, value }),
            "version" => reader
                .comparison(inner, "range", |_, json| range(json))
                .map(|(fact, range)| Node::Version { fact, range }),
            _ => reader.devices(inner).map(Node::DeviceIn),
        })
    }

    fn nodes(&mut self, json: &Value, depth: usize) -> Result<Vec<Node>, Flaw> {
        self.items(json, "a list of nodes", "it needs a node at least", |reader, json| reader.node(json, depth + 1))
    }

    fn comparison<T>(
        &mut self,
        json: &Value,
        second: &'static str,
        read: impl FnOnce(&mut Self, &Value) -> Result<T, Flaw>,
    ) -> Result<(Fact, T), Flaw> {
        let known: &'static [&'static str] = match second {
            "values" => &["fact", "values"],
            "range" => &["fact", "range"],
            _ => &["fact", "value"],
        };
        let members = json.as_object().ok_or(Flaw::NotA("an object with a fact and what it is compared with"))?;
        if let Some(name) = members.keys().find(|name| !known.contains(&name.as_str())) {
            return Err(Flaw::UnknownMember { name: shown(name), known });
        }
        let fact = self.member(members, "fact", |_, json| {
            let name = json.as_str().ok_or(Flaw::NotA("the name of a fact"))?;
            Fact::parse(name).ok_or_else(|| Flaw::UnknownFact(shown(name)))
        })?;
        Ok((fact, self.member(members, second, read)?))
    }

    fn member<T>(
        &mut self,
        members: &Map<String, Value>,
        name: &'static str,
        read: impl FnOnce(&mut Self, &Value) -> Result<T, Flaw>,
    ) -> Result<T, Flaw> {
        let json = members.get(name).ok_or(Flaw::Missing(name))?;
        self.inside(name, |reader| read(reader, json))
    }

    fn texts(&mut self, json: &Value) -> Result<Texts, Flaw> {
        let texts = self.items(json, "a list of texts", "it needs a value at least", |reader, json| {
            reader.values += 1;
            if reader.values > MAX_VALUES { Err(Flaw::TooManyValues) } else { text(json) }
        })?;
        Ok(Texts::new(texts))
    }

    fn devices(&mut self, json: &Value) -> Result<DeviceIds, Flaw> {
        let ids = self.items(json, "a list of device ids", "it needs a device at least", |reader, json| {
            reader.devices += 1;
            if reader.devices > DeviceIds::MAX {
                return Err(Flaw::TooManyDevices);
            }
            let text = json.as_str().ok_or(Flaw::NotA("a device id in quotes"))?;
            Uuid::parse_str(text).map_err(|_| Flaw::BadId(shown(text)))
        })?;
        DeviceIds::new(ids).map_err(|_| Flaw::TooManyDevices)
    }

    fn items<T>(
        &mut self,
        json: &Value,
        what: &'static str,
        why_not_empty: &'static str,
        mut read: impl FnMut(&mut Self, &Value) -> Result<T, Flaw>,
    ) -> Result<Vec<T>, Flaw> {
        let items = json.as_array().ok_or(Flaw::NotA(what))?;
        if items.is_empty() {
            return Err(Flaw::Empty(why_not_empty));
        }
        let numbered = items.iter().enumerate();
        numbered.map(|(number, json)| self.step(&format!("[{number}]"), |reader| read(reader, json))).collect()
    }

    fn inside<T>(&mut self, name: &str, read: impl FnOnce(&mut Self) -> Result<T, Flaw>) -> Result<T, Flaw> {
        let dot = if self.at.is_empty() { "" } else { "." };
        self.step(&format!("{dot}{name}"), read)
    }

    fn step<T>(&mut self, step: &str, read: impl FnOnce(&mut Self) -> Result<T, Flaw>) -> Result<T, Flaw> {
        let length = self.at.len();
        self.at.push_str(step);
        let read = read(self)?;
        self.at.truncate(length);
        Ok(read)
    }
}

fn text(json: &Value) -> Result<Box<str>, Flaw> {
    let text = json.as_str().ok_or(Flaw::NotA("a text; write numbers in quotes"))?;
    match text.chars().find(|character| character.is_control()) {
        _ if text.is_empty() => Err(Flaw::Empty("no device ever says it")),
        _ if text.len() > MAX_VALUE_BYTES => Err(Flaw::TooLong(text.len())),
        Some(character) => Err(Flaw::Control(character)),
        None => Ok(text.into()),
    }
}

fn range(json: &Value) -> Result<VersionRange, Flaw> {
    let text = text(json)?;
    VersionRange::parse(&text).map_err(|error| Flaw::BadRange(error.to_string()))
}

/// As much of somebody's text as an error repeats.
fn shown(text: &str) -> String {
    const CHARACTERS: usize = 64;
    let mut shown: String = text.chars().take(CHARACTERS).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}
