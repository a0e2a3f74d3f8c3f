//! JSON that knows where it stands, so that errors can name the field, and of which only what is asked for is kept: a
//! hostile file costs its own size in memory and not a multiple of it.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::error::{ExportError, shown};
use super::path::ExportPath;

/// A value and its place.
pub(super) struct Value<'p, 'j> {
    place: Place<'p>,
    json: &'j RawValue,
}

/// Printed as one would write it: `fileMetadata.ios.assets[3].path`.
#[derive(Clone, Copy)]
enum Place<'p> {
    Root,
    Field { of: &'p Place<'p>, name: &'static str },
    Item { of: &'p Place<'p>, at: usize },
}

/// The beginning of a list.
pub(super) struct Listed<'j> {
    items: Vec<&'j RawValue>,
    /// How long the whole list is.
    pub(super) total: usize,
}

impl<'j> Value<'_, 'j> {
    pub(super) fn root(json: &'j [u8]) -> Result<Self, ExportError> {
        let json = serde_json::from_slice(json).map_err(ExportError::NotJson)?;
        Ok(Self { place: Place::Root, json })
    }

    /// The place, for an error.
    pub(super) fn field(&self) -> String {
        self.place.to_string()
    }

    pub(super) fn text(&self) -> Result<String, ExportError> {
        self.typed("a string", serde_json::from_str(self.json.get()))
    }

    pub(super) fn number(&self) -> Result<i64, ExportError> {
        self.typed("a whole number", serde_json::from_str(self.json.get()))
    }

    pub(super) fn path(&self) -> Result<ExportPath, ExportError> {
        let text = self.text()?;
        ExportPath::parse(&text).map_err(|fault| ExportError::BadPath { field: self.field(), got: shown(&text), fault })
    }

    /// The values of these fields of an object, in the order of their names; of a field that stands there twice, the last.
    pub(super) fn fields<'s, const N: usize>(
        &'s self,
        names: [&'static str; N],
    ) -> Result<[OptionalField<'s, 'j>; N], ExportError> {
        let found = self.typed(
            "an object",
            Wanted { names }.deserialize(&mut serde_json::Deserializer::from_str(self.json.get())),
        )?;
        let mut found = found.into_iter();
        Ok(names
            .map(|name| OptionalField { place: Place::Field { of: &self.place, name }, json: found.next().flatten() }))
    }

    /// At most `limit` items; the rest is counted.
    pub(super) fn list(&self, limit: usize) -> Result<Listed<'j>, ExportError> {
        self.typed("a list", Beginning { limit }.deserialize(&mut serde_json::Deserializer::from_str(self.json.get())))
    }

    /// The items of this list, each with its place.
    pub(super) fn items<'s>(&'s self, listed: &'s Listed<'j>) -> impl Iterator<Item = Value<'s, 'j>> {
        listed.items.iter().enumerate().map(|(at, json)| Value { place: Place::Item { of: &self.place, at }, json })
    }

    fn typed<T>(&self, expected: &'static str, read: serde_json::Result<T>) -> Result<T, ExportError> {
        read.map_err(|source| ExportError::WrongType { field: self.field(), expected, source })
    }
}

/// A field that may be there.
pub(super) struct OptionalField<'p, 'j> {
    place: Place<'p>,
    json: Option<&'j RawValue>,
}

impl<'p, 'j> OptionalField<'p, 'j> {
    pub(super) fn optional(self) -> Option<Value<'p, 'j>> {
        Some(Value { json: self.json?, place: self.place })
    }

    pub(super) fn required(self) -> Result<Value<'p, 'j>, ExportError> {
        match self.json {
            Some(json) => Ok(Value { place: self.place, json }),
            None => Err(ExportError::Missing { field: self.place.to_string() }),
        }
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => f.write_str("the whole"),
            Self::Field { of: Place::Root, name } => f.write_str(name),
            Self::Field { of, name } => write!(f, "{of}.{name}"),
            Self::Item { of, at } => write!(f, "{of}[{at}]"),
        }
    }
}

struct Wanted<const N: usize> {
    names: [&'static str; N],
}

impl<'j, const N: usize> DeserializeSeed<'j> for Wanted<N> {
    type Value = [Option<&'j RawValue>; N];

    fn deserialize<D: Deserializer<'j>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'j, const N: usize> Visitor<'j> for Wanted<N> {
    type Value = [Option<&'j RawValue>; N];

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'j>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = [None; N];
        while let Some(name) = map.next_key::<String>()? {
            match self.names.iter().position(|wanted| *wanted == name) {
                Some(at) => found[at] = Some(map.next_value()?),
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(found)
    }
}

struct Beginning {
    limit: usize,
}

impl<'j> DeserializeSeed<'j> for Beginning {
    type Value = Listed<'j>;

    fn deserialize<D: Deserializer<'j>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'j> Visitor<'j> for Beginning {
    type Value = Listed<'j>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'j>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while items.len() < self.limit {
            match list.next_element()? {
                Some(item) => items.push(item),
                None => return Ok(Listed { total: items.len(), items }),
            }
        }
        let mut total = items.len();
        while list.next_element::<IgnoredAny>()?.is_some() {
            total += 1;
        }
        Ok(Listed { items, total })
    }
}
