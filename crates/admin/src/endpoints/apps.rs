//! Apps.

pub mod create;
pub mod list;
pub mod show;

use store::AppRecord;

use crate::failure::Failure;

fn summary(app: &AppRecord) -> Result<api::AppSummary, Failure> {
    Ok(api::AppSummary {
        slug: app.slug.to_string(),
        created_at: publishing::instant(app.created_at)?,
        version: app.version,
    })
}
