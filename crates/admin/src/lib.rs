//! The operator API over HTTP. Never knows SQL or a blob store.
//!
//! One endpoint a file, under [`endpoints`]. Who may call it stands in its signature: an [`Operator`](auth::Operator)
//! argument is the authentication, so a handler without one is open to everybody and looks it.

mod auth;
mod docs;
mod endpoints;
mod failure;
mod fields;
mod if_match;
mod openapi;
mod operate;
mod paging;
mod request;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use delivery::Delivery;
use publishing::Publishing;
use store::{Apps, ReadAudit, TokenHash, Tokens};
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What the endpoints work on.
#[derive(Clone)]
pub struct Admin {
    /// The use cases.
    pub publishing: Publishing,
    /// To list the apps.
    pub apps: Arc<dyn Apps>,
    /// To tell who did what.
    pub audit: Arc<dyn ReadAudit>,
    /// To tell why a device gets what it gets.
    pub explain: Arc<Delivery>,
    /// To know an operator.
    pub tokens: Arc<dyn Tokens>,
    /// A token that lives as long as the process and is known to nobody else.
    pub process_token: Option<TokenHash>,
    /// Scheme and authority that devices reach the server at.
    pub public_url: Arc<str>,
    /// How long an upload may pause.
    pub upload_idle_time: Duration,
}

/// The API, from `/api/v1` on, with `/admin/publish`, and its pages for people under `/docs`. Everything else that reaches it
/// is answered as not found.
pub fn router(admin: Admin) -> Router {
    Router::from(table())
        .merge(docs::router())
        .fallback(endpoints::not_found)
        .method_not_allowed_fallback(endpoints::method_not_allowed)
        .with_state(admin)
}

/// The API's description: an `OpenAPI` 3.1 document, the same text at every call.
pub fn openapi() -> &'static str {
    openapi::text()
}

/// What the error codes of the API and of the device surface mean, in Markdown.
pub fn error_reference() -> String {
    docs::errors_markdown()
}

/// Every endpoint with its description: what is not in this table is neither served nor described.
fn table() -> OpenApiRouter<Admin> {
    use endpoints::{
        apps, audit, blobs, branches, channels, embedded, explain, keys, openapi as describe, publishes, record,
        roll_back, updates,
    };
    OpenApiRouter::with_openapi(openapi::Frame::openapi())
        .routes(routes!(apps::list::handle, apps::create::handle))
        .routes(routes!(apps::show::handle))
        .routes(routes!(channels::list::handle, channels::create::handle))
        .routes(routes!(channels::show::handle, channels::change::handle, channels::delete::handle))
        .routes(routes!(channels::rollout::handle))
        .routes(routes!(branches::list::handle, branches::create::handle))
        .routes(routes!(branches::rename::handle, branches::delete::handle))
        .routes(routes!(branches::pin::handle))
        .routes(routes!(branches::unpin::handle))
        .routes(routes!(updates::list::handle))
        .routes(routes!(updates::show::handle, updates::edit::handle, updates::delete::handle))
        .routes(routes!(updates::disable::handle))
        .routes(routes!(updates::enable::handle))
        .routes(routes!(updates::rollout::handle))
        .routes(routes!(updates::target::handle, updates::untarget::handle))
        .routes(routes!(updates::republish::handle))
        .routes(routes!(updates::promote::handle))
        .routes(routes!(blobs::missing::handle))
        .routes(routes!(blobs::put::handle))
        .routes(routes!(publishes::prepare::handle))
        .routes(routes!(publishes::commit::handle))
        .routes(routes!(record::handle))
        .routes(routes!(roll_back::handle))
        .routes(routes!(keys::list::handle))
        .routes(routes!(keys::generate::handle))
        .routes(routes!(keys::import::handle))
        .routes(routes!(embedded::list::handle, embedded::register::handle))
        .routes(routes!(audit::handle))
        .routes(routes!(explain::handle))
        .routes(routes!(describe::handle))
}
