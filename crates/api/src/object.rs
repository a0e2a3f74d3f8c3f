//! Objects that are written as objects. What serde derives for a struct takes a JSON array of its members in their order
//! too; such a request would change its meaning with the next member, so it is refused.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

/// Read from an object only.
#[derive(Clone, Debug)]
pub struct Object<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members(PhantomData)).map(Self)
    }
}

struct Members<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Members<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(members))
    }
}

/// For a member that is an object or missing.
pub(crate) fn any<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    Ok(Option::<Object<T>>::deserialize(deserializer)?.map(|object| object.0))
}

/// For a member that is a list of objects.
pub(crate) fn many<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    Ok(Vec::<Object<T>>::deserialize(deserializer)?.into_iter().map(|object| object.0).collect())
}

#[cfg(test)]
mod tests {
    use super::Object;
    use crate::{ChangeRollout, CreateApp, PreparePublish, WhichBlobs};

    fn reads<T: for<'de> serde::Deserialize<'de>>(text: &str) -> bool {
        serde_json::from_str::<Object<T>>(text).is_ok()
    }

    #[test]
    fn objects_are_read_and_lists_are_not() {
        assert!(reads::<CreateApp>(r#"{"slug": "a"}"#));
        assert!(!reads::<CreateApp>(r#"["a", null]"#));
        assert!(reads::<ChangeRollout>(r#"{"action": "finish"}"#));
        assert!(!reads::<ChangeRollout>(r#"["finish", {}]"#));
    }

    #[test]
    fn the_same_holds_inside() {
        assert!(reads::<WhichBlobs>(r#"{"blobs": [{"hash": "", "size": 1}]}"#));
        assert!(!reads::<WhichBlobs>(r#"{"blobs": [["", 1]]}"#));
        assert!(reads::<PreparePublish>(r#"{"platforms": [], "git": {"commit": ""}}"#));
        assert!(!reads::<PreparePublish>(r#"{"platforms": [], "git": ["", null, false]}"#));
        assert!(!reads::<PreparePublish>(r#"{"platforms": [["ios", "1", "", [], null]]}"#));
        let assets = |asset: &str| {
            let assets =
                format!(r#"[{{"platform": "ios", "runtime_version": "1", "bundle": "", "assets": [{asset}]}}]"#);
            reads::<PreparePublish>(&format!(r#"{{"platforms": {assets}}}"#))
        };
        assert!(assets(r#"{"hash": "", "key": "", "ext": ""}"#));
        assert!(!assets(r#"["", "", ""]"#));
    }
}
