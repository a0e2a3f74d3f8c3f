//! `updraft doctor`.

use std::path::PathBuf;

use clap::Args;

use super::shared::OperatorArgs;

/// `updraft doctor`
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// The Expo project
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub project: PathBuf,
    /// The server.
    #[command(flatten)]
    pub operator: OperatorArgs,
}
