//! The live server against its committed description: schemathesis makes requests of docs/openapi.json, good and bad ones,
//! and judges every answer by it.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::serving::{Server, free_port, run, workspace};

/// Requests of one operation in each phase: about a minute on two cores.
const REQUESTS: &str = "40";
/// The same requests at every run, unless another seed is given.
const SEED: &str = "1";

/// Runs it; fails on the first finding, with all of them printed.
pub fn check(seed: Option<&str>) -> Result<()> {
    let seed = seed.unwrap_or(SEED);
    ensure!(seed.parse::<u64>().is_ok(), "the seed {seed:?} is no number");
    let root = workspace().canonicalize()?;
    let scratch = root.join("target/schemathesis");
    let data = scratch.join("data");
    if data.exists() {
        fs::remove_dir_all(&data)?;
    }
    fs::create_dir_all(&scratch)?;
    let tool = install(&root, &scratch)?;
    let port = free_port()?;
    let url = format!("http://127.0.0.1:{port}");
    let mut command = Command::new("cargo");
    command.args(["run", "--locked", "--package", "updraft", "--", "quickstart", "--export"]);
    command.arg(root.join("examples/hello-expo/dist")).current_dir(&root);
    let mut server = Server::start(&mut command, &data, port, &url)?;
    println!("schemathesis: seed {seed}");
    let findings = Command::new(tool)
        .arg("--config-file")
        .arg(root.join("xtask/schemathesis/schemathesis.toml"))
        .arg("run")
        .arg(root.join("docs/openapi.json"))
        .args(["--url", &url, "--seed", seed, "--max-examples", REQUESTS, "--request-timeout", "20", "--no-color"])
        .args(["--generation-database", "none"])
        .env("UPDRAFT_TOKEN", &server.token)
        .env("SCHEMATHESIS_HOOKS", root.join("xtask/schemathesis/hooks.py"))
        .current_dir(&scratch)
        .stdin(Stdio::null())
        .status();
    server.interrupt()?;
    let findings = findings.context("running schemathesis")?;
    ensure!(findings.success(), "schemathesis found something; run it again with `cargo xtask schemathesis {seed}`");
    println!("schemathesis: the server does what its description says");
    Ok(())
}

/// The tool in its pinned version, with everything that it needs in pinned versions, in a place of its own.
fn install(root: &Path, scratch: &Path) -> Result<std::path::PathBuf> {
    let requirements = root.join("xtask/schemathesis/requirements.txt");
    let (venv, installed) = (scratch.join("venv"), scratch.join("venv/installed.txt"));
    let wanted = fs::read_to_string(&requirements)?;
    if fs::read_to_string(&installed).ok().as_deref() != Some(&wanted) {
        run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&venv))?;
        run(Command::new(venv.join("bin/pip"))
            .args(["install", "--quiet", "--disable-pip-version-check", "--no-deps", "--requirement"])
            .arg(&requirements))?;
        fs::write(installed, wanted)?;
    }
    Ok(venv.join("bin/schemathesis"))
}
