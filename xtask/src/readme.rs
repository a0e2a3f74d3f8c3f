//! The README's commands, run as a newcomer would type them.
//!
//! Every fenced block with the info string `sh` is a terminal. `make run` is started and left running, as the text says;
//! all other blocks are typed into one shell, in order. The placeholder of the token is what `make run` printed. The
//! server gets a port and a data directory of its own, so that the check disturbs nothing.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::serving::{Server, free_port, run, workspace};

/// What the README writes for the token.
const TOKEN_PLACEHOLDER: &str = "upd_…";

/// Runs the README.
pub fn check() -> Result<()> {
    let root = workspace();
    let readme = fs::read_to_string(root.join("README.md"))?;
    let blocks = shell_blocks(&readme);
    let (run, typed): (Vec<_>, Vec<_>) = blocks.into_iter().partition(|block| block.trim() == "make run");
    ensure!(run.len() == 1, "the README starts the server {} times", run.len());
    ensure!(!typed.is_empty(), "the README has no command to run");
    ensure!(typed.concat().contains(TOKEN_PLACEHOLDER), "the README does not say where the token goes");

    let scratch = scratch(&root)?;
    let port = free_port()?;
    let url = format!("http://127.0.0.1:{port}");
    let mut make = Command::new("make");
    make.arg("run").current_dir(&root);
    let mut server = Server::start(&mut make, &scratch.join("data"), port, &url)?;
    let outcome = type_in(&typed.concat().replace(TOKEN_PLACEHOLDER, &server.token), &scratch, &url)
        .and_then(|()| next_update(&scratch.join("examples/hello-expo"), &url, &server.token));
    server.interrupt()?;
    outcome?;
    fs::remove_dir_all(&scratch)?;
    println!("readme: every command of the README did what it says");
    Ok(())
}

/// The content of every `sh` block.
pub fn shell_blocks(markdown: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut open: Option<String> = None;
    for line in markdown.lines() {
        match (&mut open, line.trim_end()) {
            (None, "```sh") => open = Some(String::new()),
            (Some(_), "```") => blocks.extend(open.take()),
            (Some(block), line) => {
                block.push_str(line);
                block.push('\n');
            }
            (None, _) => {}
        }
    }
    blocks
}

/// A place that looks like a fresh clone to the README's commands, with the example in it and nothing else.
fn scratch(root: &Path) -> Result<PathBuf> {
    let scratch = root.join("target/readme");
    if scratch.exists() {
        fs::remove_dir_all(&scratch)?;
    }
    fs::create_dir_all(scratch.join("target"))?;
    let example = scratch.join("examples/hello-expo");
    copy(&root.join("examples/hello-expo"), &example)?;
    let built = root.join("target/release");
    fs::create_dir_all(scratch.join("target/release"))?;
    fs::write(
        scratch.join("target/release/updraft"),
        format!("#!/bin/sh\nexec '{}' \"$@\"\n", built.join("updraft").display()),
    )?;
    run(Command::new("chmod").arg("+x").arg(scratch.join("target/release/updraft")))?;
    Ok(scratch)
}

/// Copies a tree, but for what `npm` and `expo` leave behind.
fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        if [".expo", "node_modules"].iter().any(|skipped| entry.file_name() == *skipped) {
            continue;
        }
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// Types everything into one shell that stops at the first failure and shows what it runs.
fn type_in(commands: &str, directory: &Path, url: &str) -> Result<()> {
    let script = format!("set -eux\n{commands}");
    run(Command::new("bash")
        .args(["-c", &script])
        .current_dir(directory)
        .env("UPDRAFT_SERVER", url)
        .env("CI", "1")
        .env("EXPO_NO_TELEMETRY", "1")
        .env("EXPO_OFFLINE", "1")
        // The example's own repository is this one; what is published says so.
        .stdin(Stdio::null()))
}

/// One more edit, exported and published for real: every phone must install exactly what that publish says.
fn next_update(project: &Path, url: &str, token: &str) -> Result<()> {
    fs::write(project.join("greeting.ts"), "export const greeting = 'Hello once more';\n")?;
    let updraft = |arguments: &[&str]| -> Result<Value> {
        let mut command = Command::new("../../target/release/updraft");
        command.current_dir(project).args(arguments).arg("--json").stdin(Stdio::null()).stderr(Stdio::inherit());
        command.envs([("UPDRAFT_SERVER", url), ("UPDRAFT_TOKEN", token), ("CI", "1")]);
        command.envs([("EXPO_NO_TELEMETRY", "1"), ("EXPO_OFFLINE", "1")]);
        let output = command.output().with_context(|| format!("running {command:?}"))?;
        ensure!(output.status.success(), "{command:?} ended with {}", output.status);
        Ok(serde_json::from_slice(&output.stdout)?)
    };
    let published = updraft(&["publish", "--channel", "production", "--on-rollout", "finish"])?;
    let device = ["device", "--channel", "production", "--runtime-version", "1.0.0"];
    let played = updraft(&[&device[..], &["--certificate", "certificate.pem"]].concat())?;
    let id_of = |list: &Value, platform: &str, pointer: &str| {
        let of_platform = list.as_array().into_iter().flatten().find(|one| one["platform"] == platform);
        of_platform.and_then(|one| one.pointer(pointer)?.as_str().map(str::to_owned))
    };
    for platform in ["android", "ios"] {
        let issued = id_of(&published["updates"], platform, "/id").context("the publish names no update")?;
        let installed = id_of(&played["phones"], platform, "/runs/id").context("the phone installed nothing")?;
        ensure!(issued == installed, "{platform}: published {issued}, installed {installed}");
        println!("readme: {platform} installed {installed}, as published");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::shell_blocks;

    #[test]
    fn only_shell_blocks_are_commands() {
        let markdown = "text\n```sh\nmake run\n```\n```\noutput\n```\n```json\n{}\n```\n```sh\na\nb\n```\n";
        assert_eq!(shell_blocks(markdown), ["make run\n", "a\nb\n"]);
    }
}
