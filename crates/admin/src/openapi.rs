//! The API's description: made of the handlers and the wire types, so that it says what the code does.
//!
//! An endpoint's attribute names its parameters and its body; [`refusals!`] names the codes that it can refuse with, whose
//! statuses and titles come from the one table of codes.

pub(crate) mod bodies;
mod examples;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use api::Code;
use api::problem::PROBLEM_JSON;
use api::texts::{AppSlug, EntityTags, IdempotencyKey};
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Required, Response, ResponseBuilder, Schema};
use utoipa::{IntoParams, Modify, OpenApi, PartialSchema};

/// What the document says beside the operations.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Updraft",
        description = "The operator API: publishing, channels, branches, rollouts, going back, keys. Errors are problem \
                       documents (RFC 9457) whose `code` is stable. An operation that takes an `Idempotency-Key` has no \
                       second effect when it is sent again under the same key within a day, and gets the first answer."
    ),
    components(schemas(api::Problem, api::texts::HeaderText)),
    modifiers(&Bearer),
    security(("token" = [])),
    tags(
        (name = "apps", description = "Apps: what one server keeps apart"),
        (name = "channels", description = "Channels: the names baked into binaries, and where they point"),
        (name = "branches", description = "Branches: the streams of updates"),
        (name = "updates", description = "What was issued, group by group"),
        (name = "publishing", description = "Publishing and going back"),
        (name = "keys", description = "Signing keys"),
        (name = "embedded", description = "The updates inside released binaries"),
        (name = "insight", description = "What was done, and why a device gets what it gets")
    )
)]
pub(crate) struct Frame;

/// How an operator shows who they are.
struct Bearer;

impl Modify for Bearer {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("The token that the first start printed, or one made since."))
            .build();
        document.components.get_or_insert_default().add_security_scheme("token", SecurityScheme::Http(scheme));
    }
}

/// The document as it is served: one text for one version of the program.
pub(crate) fn text() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| {
        // What it is made of are texts and maps of texts.
        let mut document = crate::table().into_openapi();
        bodies::choose(&mut document);
        examples::show(&mut document);
        let mut text = document.to_pretty_json().unwrap_or_default();
        text.push('\n');
        text
    });
    &TEXT
}

/// The app in the path.
pub(crate) struct InApp;

impl IntoParams for InApp {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let description = "The app's name in URLs; a fresh server has `default`.";
        vec![parameter("app", ParameterIn::Path, Required::True, description, AppSlug::schema())]
    }
}

/// The header of requests that may arrive twice.
pub(crate) struct Idempotent;

impl IntoParams for Idempotent {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let description = "The same request under the same key within a day has no \
                           second effect and gets the first answer; another body under it is refused.";
        vec![parameter("Idempotency-Key", ParameterIn::Header, Required::False, description, IdempotencyKey::schema())]
    }
}

/// The parameter of operations that can be looked at first.
pub(crate) struct DryRun;

impl IntoParams for DryRun {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let description = "`true`: nothing is done, stored or written to the audit log. The same refusals, else the answer \
                           that the operation would give now, with `dry_run` and with ids and times of what it would \
                           issue that nobody sees again.";
        vec![parameter("dry_run", ParameterIn::Query, Required::False, description, bool::schema())]
    }
}

/// The header of changes to what has an entity tag.
pub(crate) struct Conditional;

impl IntoParams for Conditional {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let description = "The `etag` that it had when it was read: the change is refused when it was changed meanwhile. \
                           Several with commas between them; `*` for any.";
        vec![parameter("If-Match", ParameterIn::Header, Required::False, description, EntityTags::schema())]
    }
}

fn parameter(
    name: &str,
    place: ParameterIn,
    required: Required,
    description: &str,
    schema: RefOr<Schema>,
) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(place)
        .required(required)
        .description(Some(description))
        .schema(Some(schema))
        .build()
}

/// What kind of operation it is, which says what refuses it whatever it is about.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    /// Reads, on the whole server.
    Reads,
    /// Reads, in one app.
    ReadsInApp,
    /// Changes, on the whole server.
    Changes,
    /// Changes, in one app.
    ChangesInApp,
    /// The same, once for each idempotency key.
    Operates,
}

impl Kind {
    fn codes(self) -> impl Iterator<Item = Code> {
        use Code as C;
        let changes = [C::BadRequest, C::BodyCut, C::BodyTooLarge, C::NoSpace];
        let operates = [C::IdempotencyConflict, C::Busy];
        let in_app = !matches!(self, Self::Reads | Self::Changes);
        [C::Unauthorized, C::Internal, C::Unavailable]
            .into_iter()
            .chain(in_app.then_some(C::UnknownApp))
            .chain(changes.into_iter().filter(move |_| !matches!(self, Self::Reads | Self::ReadsInApp)))
            .chain(operates.into_iter().filter(move |_| matches!(self, Self::Operates)))
    }
}

/// One answer for each status, which names the codes that go with it.
pub(crate) fn problems(kind: Kind, own: &[Code]) -> BTreeMap<String, RefOr<Response>> {
    let mut by_status: BTreeMap<u16, Vec<Code>> = BTreeMap::new();
    for code in own.iter().copied().chain(kind.codes()) {
        let codes = by_status.entry(code.status()).or_default();
        if !codes.contains(&code) {
            codes.push(code);
        }
    }
    by_status.into_iter().map(|(status, codes)| (status.to_string(), RefOr::T(problem(&codes)))).collect()
}

fn problem(codes: &[Code]) -> Response {
    let described: Vec<String> = codes.iter().map(|code| format!("`{code}`: {}.", code.title())).collect();
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name("Problem")))
        .examples_from_iter(codes.iter().copied().map(examples::problem))
        .build();
    ResponseBuilder::new().description(described.join(" ")).content(PROBLEM_JSON, content).build()
}

/// Names what an endpoint refuses with, as the type `Refusals` beside its handler.
macro_rules! refusals {
    ($kind:ident $(, $code:ident)* $(,)?) => {
        /// What this operation refuses with.
        pub(crate) struct Refusals;

        impl utoipa::IntoResponses for Refusals {
            fn responses()
            -> std::collections::BTreeMap<String, utoipa::openapi::RefOr<utoipa::openapi::Response>> {
                $crate::openapi::problems($crate::openapi::Kind::$kind, &[$(api::Code::$code),*])
            }
        }
    };
}
pub(crate) use refusals;
