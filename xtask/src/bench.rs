//! Builds the benchmark and what it measures, in release, and runs it.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// Runs `bench` with these arguments from the root of the workspace.
pub fn run(arguments: &[&str]) -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let cargo = |arguments: &[&str]| -> Result<()> {
        let status = Command::new("cargo").args(arguments).current_dir(&root).status().context("running cargo")?;
        ensure!(status.success(), "cargo {} failed", arguments.join(" "));
        Ok(())
    };
    let run = ["run", "--quiet", "--release", "--locked", "--package", "bench", "--bin"];
    if let Some((&"decide", arguments)) = arguments.split_first() {
        return cargo(&[&run[..], &["decide", "--"], arguments].concat());
    }
    // Both at once: the benchmark starts the binaries that lie beside it.
    cargo(&["build", "--release", "--locked", "--package", "updraft", "--package", "bench"])?;
    cargo(&[&run[..], &["bench", "--"], arguments].concat())
}
