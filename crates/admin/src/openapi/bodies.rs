//! What a body's members have to do with each other: the server checks it when it has read them, so no type says it.

use std::borrow::Cow;

use utoipa::openapi::schema::{AdditionalProperties, AllOfBuilder, ObjectBuilder, OneOfBuilder, SchemaType, Type};
use utoipa::openapi::{OpenApi, Ref, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// Bodies that name exactly one of two things.
const EITHER: &[(&str, &str, &str)] = &[
    ("ChangeChannel", "branch", "paused"),
    ("PreparePublish", "channel", "branch"),
    ("RollBack", "channel", "branch"),
];

/// Bodies of several forms, none of which takes members that it does not know. Of a struct the derived schema says so.
const CLOSED: &[&str] = &["ChangeChannelRollout", "ChangeRollout", "Rule"];

/// Completes the schemas of the bodies.
pub(crate) fn choose(document: &mut OpenApi) {
    let Some(components) = &mut document.components else { return };
    for (name, one, other) in EITHER {
        if let Some(schema) = components.schemas.get_mut(*name) {
            *schema = both(schema.clone(), either(one, other));
        }
    }
    if let Some(schema) = components.schemas.get_mut("RollBack") {
        *schema = both(schema.clone(), group_exactly_when_asked_for());
    }
    for name in CLOSED {
        if let Some(RefOr::T(Schema::OneOf(variants))) = components.schemas.get_mut(*name) {
            variants.items.iter_mut().for_each(close);
        }
    }
}

/// A promotion names where to.
pub(crate) struct Promotion;

impl PartialSchema for Promotion {
    fn schema() -> RefOr<Schema> {
        both(Ref::from_schema_name("Reissue").into(), either("channel", "branch"))
    }
}

impl ToSchema for Promotion {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Promotion")
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        reissue(schemas);
    }
}

/// What is republished stays on its branch.
pub(crate) struct Republication;

impl PartialSchema for Republication {
    fn schema() -> RefOr<Schema> {
        let neither = ObjectBuilder::new().property("channel", null()).property("branch", null());
        both(Ref::from_schema_name("Reissue").into(), neither.into())
    }
}

impl ToSchema for Republication {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Republication")
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        reissue(schemas);
    }
}

fn reissue(schemas: &mut Vec<(String, RefOr<Schema>)>) {
    schemas.push(("Reissue".into(), api::Reissue::schema()));
    api::Reissue::schemas(schemas);
}

fn both(one: RefOr<Schema>, other: RefOr<Schema>) -> RefOr<Schema> {
    AllOfBuilder::new().item(one).item(other).into()
}

fn either(one: &str, other: &str) -> RefOr<Schema> {
    let has = |one: &str, other: &str| {
        let some: SchemaType = [Type::String, Type::Boolean].into_iter().collect();
        let some = ObjectBuilder::new().schema_type(some);
        ObjectBuilder::new().property(one, some).required(one).property(other, null())
    };
    OneOfBuilder::new().item(has(one, other)).item(has(other, one)).into()
}

fn group_exactly_when_asked_for() -> RefOr<Schema> {
    let to = |places: &[&str]| ObjectBuilder::new().schema_type(Type::String).enum_values(Some(places.iter().copied()));
    let group = ObjectBuilder::new()
        .property("to", to(&["group"]))
        .property("group", ObjectBuilder::new().schema_type(Type::String))
        .required("group");
    let place = ObjectBuilder::new().property("to", to(&["previous", "embedded"])).property("group", null());
    OneOfBuilder::new().item(group).item(place).into()
}

fn null() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::Null)
}

fn close(schema: &mut RefOr<Schema>) {
    match schema {
        RefOr::T(Schema::Object(object)) => {
            object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
        }
        RefOr::T(Schema::AllOf(parts)) => parts.items.iter_mut().for_each(close),
        _ => {}
    }
}
