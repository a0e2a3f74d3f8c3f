//! The commands of README.md and docs/getting-started.md, run as a newcomer would type them.
//!
//! Every fenced block with the info string `sh` is a terminal. `make run` is started and left running, as the text says;
//! all other blocks are typed into one shell, in order. The placeholder of the token is what `make run` printed. Each page
//! gets a server with a port and a data directory of its own, and a home of its own, so that the check disturbs nothing.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::serving::{Server, free_port, run, workspace};

/// What the pages write for the token.
const TOKEN_PLACEHOLDER: &str = "upd_…";
/// Where the example's app.json looks for updates: at what `make run` starts when nothing is set.
const EXAMPLE_SERVER: &str = "http://localhost:8080";

/// Runs both pages.
pub fn check() -> Result<()> {
    walk_through("README.md", example, |scratch, url, token| {
        next_update(&scratch.join("examples/hello-expo"), url, token)
    })?;
    walk_through("docs/getting-started.md", own_project, |_, _, _| Ok(()))
}

/// Types what a page says into a place that looks like a fresh clone. `lay_out` puts the page's project there; `then` looks
/// at what has become of it. Both are given the place and the server's URL, and `then` the token.
fn walk_through(
    page: &str,
    lay_out: impl FnOnce(&Path, &str) -> Result<()>,
    then: impl FnOnce(&Path, &str, &str) -> Result<()>,
) -> Result<()> {
    let root = workspace();
    let blocks = shell_blocks(&fs::read_to_string(root.join(page))?);
    let (run, typed): (Vec<_>, Vec<_>) = blocks.into_iter().partition(|block| block.trim() == "make run");
    ensure!(run.len() == 1, "{page} starts the server {} times", run.len());
    ensure!(!typed.is_empty(), "{page} has no command to run");
    ensure!(typed.concat().contains(TOKEN_PLACEHOLDER), "{page} does not say where the token goes");

    let port = free_port()?;
    let url = format!("http://127.0.0.1:{port}");
    let scratch = scratch(&root)?;
    lay_out(&scratch, &url)?;
    let mut make = Command::new("make");
    make.arg("run").current_dir(&root);
    let mut server = Server::start(&mut make, &scratch.join("data"), port, &url)?;
    let outcome = type_in(&typed.concat().replace(TOKEN_PLACEHOLDER, &server.token), &scratch, &url)
        .and_then(|()| then(&scratch, &url, &server.token));
    server.interrupt()?;
    outcome?;
    fs::remove_dir_all(&scratch)?;
    println!("readme: every command of {page} did what it says");
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

/// An empty place with the binary where a clone has it.
fn scratch(root: &Path) -> Result<PathBuf> {
    let scratch = root.join("target/readme");
    if scratch.exists() {
        fs::remove_dir_all(&scratch)?;
    }
    let built = root.join("target/release");
    fs::create_dir_all(scratch.join("target/release"))?;
    fs::write(
        scratch.join("target/release/updraft"),
        format!("#!/bin/sh\nexec '{}' \"$@\"\n", built.join("updraft").display()),
    )?;
    run(Command::new("chmod").arg("+x").arg(scratch.join("target/release/updraft")))?;
    Ok(scratch)
}

/// The example as a clone has it, but for the port, which is not that of `make run` here.
fn example(scratch: &Path, url: &str) -> Result<()> {
    let example = scratch.join("examples/hello-expo");
    copy(&workspace().join("examples/hello-expo"), &example)?;
    let config = fs::read_to_string(example.join("app.json"))?;
    ensure!(config.contains(EXAMPLE_SERVER), "the example's app.json does not name {EXAMPLE_SERVER}");
    fs::write(example.join("app.json"), config.replace(EXAMPLE_SERVER, url))?;
    Ok(())
}

/// What `create-expo-app` and `expo install` leave: the example before anybody set it up. Its lock file keeps the
/// versions, since templates move on.
fn own_project(scratch: &Path, _url: &str) -> Result<()> {
    let project = scratch.join("my-app");
    copy(&workspace().join("examples/hello-expo"), &project)?;
    fs::remove_dir_all(project.join("dist"))?;
    let mut config: Value = serde_json::from_str(&fs::read_to_string(project.join("app.json"))?)?;
    let expo = config["expo"].as_object_mut().context("the example's app.json has no `expo`")?;
    expo.insert("slug".into(), "my-app".into());
    for set_up in ["updates", "runtimeVersion"] {
        ensure!(expo.remove(set_up).is_some(), "the example's app.json has no `{set_up}`");
    }
    fs::write(project.join("app.json"), format!("{config:#}\n"))?;
    run(Command::new("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(&project))
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
        // Logins are kept beneath it.
        .env("XDG_CONFIG_HOME", directory.join("home"))
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
    let played = updraft(&[&device[..], &["--certificate", "certs/certificate.pem"]].concat())?;
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
