//! What an app is, in short.

use serde::{Deserialize, Serialize};

/// `GET /api/v1/apps/{app}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct App {
    /// Its name in URLs.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::texts::AppSlug))]
    pub slug: String,
    /// What `updates.url` in app.json must say.
    pub update_url: String,
    /// By name.
    pub channels: Vec<ChannelSummary>,
}

/// One channel of an app.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChannelSummary {
    /// The name baked into binaries.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::texts::ChannelName))]
    pub name: String,
    /// The branches that it points at: one, or two while they are compared.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<crate::texts::BranchName>))]
    pub branches: Vec<String>,
    /// Whether it answers "no update" to everyone.
    pub paused: bool,
}
