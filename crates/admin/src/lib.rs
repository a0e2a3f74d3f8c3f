//! The operator API over HTTP. Never knows SQL or a blob store.
//!
//! One endpoint a file, under [`endpoints`]. Who may call it stands in its signature: an [`Operator`](auth::Operator)
//! argument is the authentication, so a handler without one is open to everybody and looks it.

mod auth;
mod endpoints;
mod failure;
mod request;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::{get, post, put};
use publishing::Publishing;
use store::{Apps, TokenHash, Tokens};

/// What the endpoints work on.
#[derive(Clone)]
pub struct Admin {
    /// The use cases.
    pub publishing: Publishing,
    /// To describe an app.
    pub apps: Arc<dyn Apps>,
    /// To know an operator.
    pub tokens: Arc<dyn Tokens>,
    /// A token that lives as long as the process and is known to nobody else.
    pub process_token: Option<TokenHash>,
    /// Scheme and authority that devices reach the server at.
    pub public_url: Arc<str>,
    /// How long an upload may pause.
    pub upload_idle_time: Duration,
}

/// The API, from `/api/v1` on. Everything else that reaches it is answered as not found.
pub fn router(admin: Admin) -> Router {
    let app = Router::new()
        .route("/", get(endpoints::show_app::handle))
        .route("/blobs/missing", post(endpoints::which_blobs::handle))
        .route("/blobs/{hash}", put(endpoints::put_blob::handle))
        .route("/publishes", post(endpoints::prepare_publish::handle))
        .route("/publishes/{id}/commit", post(endpoints::commit_publish::handle))
        .route("/roll-backs", post(endpoints::roll_back::handle))
        .route("/keys", get(endpoints::list_keys::handle))
        .route("/keys/generate", post(endpoints::generate_key::handle))
        .route("/keys/import", post(endpoints::import_key::handle));
    Router::new()
        .nest("/api/v1/apps/{app}", app)
        .fallback(endpoints::not_found)
        .method_not_allowed_fallback(endpoints::method_not_allowed)
        .with_state(admin)
}
