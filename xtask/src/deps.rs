//! Who may depend on whom: the table of ARCHITECTURE.md, held against `cargo metadata`.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// The rooms and what each may use of the workspace.
const MAY_USE: &[(&str, &[&str])] = &[
    ("protocol", &[]),
    ("model", &[]),
    ("api", &[]),
    ("signing", &["protocol"]),
    ("device", &["protocol", "signing"]),
    ("store", &["model"]),
    ("store-postgres", &["model", "store"]),
    ("store-sqlite", &["model", "store"]),
    ("blob", &["model"]),
    ("publishing", &["blob", "device", "model", "protocol", "signing", "store"]),
    ("delivery", &["blob", "model", "protocol", "signing", "store"]),
    ("admin", &["api", "delivery", "model", "publishing", "store"]),
    ("cli", &["api", "device", "protocol", "signing"]),
    (
        "server",
        &[
            "admin",
            "api",
            "blob",
            "delivery",
            "device",
            "model",
            "protocol",
            "publishing",
            "signing",
            "store",
            "store-postgres",
            "store-sqlite",
        ],
    ),
    ("updraft", &["cli", "server"]),
    ("xtask", &[]),
    ("bench", &["cli", "model", "server"]),
];

/// Only tests may use them, whatever room they are in.
const TESTS_ONLY: &[&str] = &["postgres-cluster", "testing"];

/// What tests of a room may use besides: the strict client judges what delivery answers.
const TESTS_MAY_USE: &[(&str, &[&str])] = &[("delivery", &["device"])];

/// Libraries that only the named rooms may see, directly.
const ONLY_UNDER: &[(&str, &[&str])] = &[
    ("axum", &["admin", "server", "testing"]),
    ("clap", &["cli", "updraft", "xtask", "bench"]),
    ("clap_complete", &["updraft"]),
    ("console", &["cli"]),
    ("etcetera", &["cli"]),
    ("getrandom", &["cli", "server", "testing"]),
    ("hyper", &["server", "bench"]),
    ("indicatif", &["cli"]),
    ("object_store", &["blob"]),
    ("plist", &["cli"]),
    ("rcgen", &["signing"]),
    ("reqwest", &["cli", "server", "testing"]),
    // Tests look into the database from the outside.
    ("sqlx", &["postgres-cluster", "store-postgres", "store-sqlite", "testing"]),
    ("utoipa", &["admin", "api"]),
    ("utoipa-axum", &["admin"]),
    ("x509-parser", &["signing"]),
    ("zip", &["cli"]),
];

/// Libraries that nobody may bring in, also indirectly.
const BANNED: &[(&str, &str)] = &[
    ("openssl", "one TLS stack: rustls"),
    ("native-tls", "one TLS stack: rustls"),
    ("rsa", "RUSTSEC-2023-0071: timing leaks with private keys"),
];

/// What the pure rooms may never see, directly: they do no I/O.
const PURE: &[&str] = &["protocol", "model", "api", "device"];
const IMPURE_LIBRARIES: &[&str] = &["tokio", "axum", "hyper", "sqlx", "object_store", "reqwest"];

/// One crate of the workspace and what its manifest names.
pub struct Room {
    name: String,
    uses: BTreeSet<String>,
    tests_use: BTreeSet<String>,
}

/// Fails on the first forbidden edge, with all of them named.
pub fn check() -> Result<()> {
    let output = Command::new("cargo")
        .args(["metadata", "--format-version", "1", "--all-features", "--locked"])
        .output()
        .context("running cargo metadata")?;
    if !output.status.success() {
        bail!("cargo metadata failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let mut faults = forbidden_edges(&rooms(&metadata));
    faults.extend(banned_packages(&metadata));
    if !faults.is_empty() {
        bail!("{} forbidden edge(s):\n  {}", faults.len(), faults.join("\n  "));
    }
    println!("deps: {} rooms, no forbidden edge", MAY_USE.len() + TESTS_ONLY.len());
    Ok(())
}

fn rooms(metadata: &Value) -> Vec<Room> {
    let members: BTreeSet<&str> =
        metadata["workspace_members"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let packages = metadata["packages"].as_array().into_iter().flatten();
    packages
        .filter(|package| package["id"].as_str().is_some_and(|id| members.contains(id)))
        .map(|package| {
            let (mut uses, mut tests_use) = (BTreeSet::new(), BTreeSet::new());
            for dependency in package["dependencies"].as_array().into_iter().flatten() {
                let name = dependency["name"].as_str().unwrap_or_default().to_owned();
                if dependency["kind"] == "dev" {
                    tests_use.insert(name)
                } else {
                    uses.insert(name)
                };
            }
            Room { name: package["name"].as_str().unwrap_or_default().to_owned(), uses, tests_use }
        })
        .collect()
}

/// The rules over the rooms alone.
pub fn forbidden_edges(rooms: &[Room]) -> Vec<String> {
    let table: BTreeMap<&str, &[&str]> = MAY_USE.iter().copied().collect();
    let names: BTreeSet<&str> = rooms.iter().map(|room| room.name.as_str()).collect();
    let mut faults = Vec::new();
    for room in rooms {
        let name = room.name.as_str();
        if !TESTS_ONLY.contains(&name) {
            match table.get(name) {
                None => faults.push(format!("{name} is not in the table of rooms")),
                Some(allowed) => {
                    let ours = room.uses.iter().filter(|used| names.contains(used.as_str()));
                    let forbidden = ours.filter(|used| !allowed.contains(&used.as_str()));
                    faults.extend(forbidden.map(|used| format!("{name} may not use {used}")));
                }
            }
        }
        for (library, under) in ONLY_UNDER {
            if room.uses.contains(*library) && !under.contains(&name) {
                faults.push(format!("{name} may not use {library}: only {} may", under.join(", ")));
            }
        }
        if PURE.contains(&name) {
            let impure = IMPURE_LIBRARIES.iter().filter(|library| room.uses.contains(**library));
            faults.extend(impure.map(|library| format!("{name} is pure and may not use {library}")));
        }
        // A test of a lower room that drives a higher one would turn the table upside down, but for `testing`.
        let tested =
            room.tests_use.iter().filter(|used| names.contains(used.as_str()) && !TESTS_ONLY.contains(&used.as_str()));
        let besides = TESTS_MAY_USE.iter().filter(|(room, _)| *room == name).flat_map(|(_, used)| used.iter());
        let allowed = table.get(name).copied().unwrap_or_default().iter().chain(besides);
        let allowed: BTreeSet<&str> = allowed.copied().collect();
        let upward =
            tested.filter(|used| !TESTS_ONLY.contains(&name) && *used != name && !allowed.contains(used.as_str()));
        faults.extend(upward.map(|used| format!("tests of {name} may not use {used}")));
    }
    faults
}

fn banned_packages(metadata: &Value) -> Vec<String> {
    let nodes = metadata["resolve"]["nodes"].as_array().into_iter().flatten();
    let resolved: BTreeSet<&str> = nodes.filter_map(|node| node["id"].as_str()).collect();
    let packages = metadata["packages"].as_array().into_iter().flatten();
    packages
        .filter(|package| package["id"].as_str().is_some_and(|id| resolved.contains(id)))
        .filter_map(|package| {
            let name = package["name"].as_str()?;
            let (_, reason) = BANNED.iter().find(|(banned, _)| *banned == name)?;
            Some(format!("{name} is banned: {reason}"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Room, forbidden_edges};

    fn room(name: &str, uses: &[&str], tests_use: &[&str]) -> Room {
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Room { name: name.into(), uses: set(uses), tests_use: set(tests_use) }
    }

    #[test]
    fn legal_edges_pass() {
        let rooms = [
            room("protocol", &["http"], &["proptest"]),
            room("model", &["uuid"], &[]),
            room("store", &["model"], &[]),
            room("store-sqlite", &["model", "sqlx", "store"], &["testing"]),
            room("testing", &["store-sqlite", "reqwest"], &[]),
        ];
        assert_eq!(forbidden_edges(&rooms), Vec::<String>::new());
    }

    #[test]
    fn each_kind_of_forbidden_edge_is_named() {
        let cases = [
            (room("model", &["protocol"], &[]), "model may not use protocol"),
            (
                room("store", &["sqlx"], &[]),
                "store may not use sqlx: only postgres-cluster, store-postgres, store-sqlite, testing may",
            ),
            (room("protocol", &["tokio"], &[]), "protocol is pure and may not use tokio"),
            (room("cli", &["testing"], &[]), "cli may not use testing"),
            (room("helpers", &[], &[]), "helpers is not in the table of rooms"),
            (room("model", &[], &["protocol"]), "tests of model may not use protocol"),
        ];
        for (faulty, expected) in cases {
            let others = [room("protocol", &[], &[]), room("testing", &[], &[])];
            let found = forbidden_edges(&others.into_iter().chain([faulty]).collect::<Vec<_>>());
            assert!(found.contains(&expected.to_owned()), "{expected}: {found:?}");
        }
    }
}
