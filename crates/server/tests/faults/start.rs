//! A server in this process, with settings as an operator writes them.

use std::collections::BTreeMap;
use std::path::Path;

use server::config::{self, Settings};
use server::{RunningServer, StartError};
use testing::{Anonymous, Publisher};

/// Settings for a data directory, with some changed.
pub fn settings(data_dir: &Path, changed: &[(&str, &str)]) -> Settings {
    let data_dir = data_dir.display().to_string();
    let mut environment = BTreeMap::from([
        ("UPDRAFT_DATA_DIR", data_dir.as_str()),
        ("UPDRAFT_PUBLIC_URL", "http://127.0.0.1:0"),
        ("UPDRAFT_LISTEN", "127.0.0.1:0"),
        ("UPDRAFT_ASSETS_BROTLI_QUALITY", "5"),
        ("UPDRAFT_LOG_CHECKS", "false"),
    ]);
    environment.extend(changed.iter().copied());
    let environment = environment.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
    config::read(None, environment).unwrap()
}

/// Starts on a data directory.
pub async fn start(data_dir: &Path) -> Result<RunningServer, StartError> {
    server::start(settings(data_dir, &[])).await
}

/// Scheme and authority of a server.
pub fn url(server: &RunningServer) -> String {
    format!("http://{}", server.address)
}

/// A caller with the operator's token.
pub fn publisher(server: &RunningServer) -> Publisher {
    Publisher::new(&url(server), &server.process_token)
}

/// A caller without anything.
pub fn anonymous(server: &RunningServer) -> Anonymous {
    Anonymous::new(&url(server))
}

/// An error with everything beneath it, as `updraft serve` prints it.
pub fn whole(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
