//! What every command's help has beside its own words: examples and the exit codes.

use clap::Command;

use crate::exit::Exit;

/// Examples of a command: its path without the program's name, and lines as one would type them.
pub type Examples = (&'static str, &'static [&'static str]);

/// Examples of every command that talks to a server.
pub const EXAMPLES: &[Examples] = &[
    (
        "publish",
        &[
            "updraft publish --channel production --message 'Fix the basket'",
            "updraft publish --channel production --rollout 10",
            "updraft publish --branch main --input-dir dist --runtime-version 1.0.0",
        ],
    ),
    (
        "roll-back",
        &[
            "updraft roll-back --channel production --to previous",
            "updraft roll-back --channel production --to embedded --platform ios --message 'It crashes'",
        ],
    ),
    ("init", &["updraft init", "updraft init --channel staging --dry-run"]),
    ("doctor", &["updraft doctor", "updraft doctor --project apps/shop --json"]),
    ("rollout start", &["updraft rollout start 0190c0de-0000-7000-8000-000000000001 --percent 10"]),
    ("rollout set", &["updraft rollout set --channel production --percent 50"]),
    ("rollout finish", &["updraft rollout finish --channel production"]),
    ("rollout revert", &["updraft rollout revert --channel production"]),
    ("updates list", &["updraft updates list --channel production", "updraft updates list --state rolling --json"]),
    ("updates show", &["updraft updates show 0190c0de-0000-7000-8000-000000000001"]),
    ("updates edit", &["updraft updates edit 0190c0de-0000-7000-8000-000000000001 --message 'Fix the basket'"]),
    ("updates disable", &["updraft updates disable 0190c0de-0000-7000-8000-000000000001 --platform ios"]),
    ("updates enable", &["updraft updates enable 0190c0de-0000-7000-8000-000000000001"]),
    ("updates delete", &["updraft updates delete 0190c0de-0000-7000-8000-000000000001"]),
    (
        "updates target",
        &[
            "updraft updates target 0190c0de-0000-7000-8000-000000000001 --rule rule.json",
            "updraft updates target 0190c0de-0000-7000-8000-000000000001 --clear --platform ios",
        ],
    ),
    ("updates republish", &["updraft updates republish 0190c0de-0000-7000-8000-000000000001"]),
    (
        "updates promote",
        &["updraft updates promote 0190c0de-0000-7000-8000-000000000001 --channel production --rollout 5"],
    ),
    ("channels list", &["updraft channels list"]),
    ("channels show", &["updraft channels show production"]),
    ("channels create", &["updraft channels create beta", "updraft channels create beta --branch main"]),
    ("channels point", &["updraft channels point production --branch release-2"]),
    ("channels pause", &["updraft channels pause production"]),
    ("channels resume", &["updraft channels resume production"]),
    ("channels delete", &["updraft channels delete beta"]),
    ("channels rollout start", &["updraft channels rollout start production --branch release-2 --percent 10"]),
    ("channels rollout set", &["updraft channels rollout set production --percent 50"]),
    ("channels rollout finish", &["updraft channels rollout finish production"]),
    ("channels rollout revert", &["updraft channels rollout revert production"]),
    ("branches list", &["updraft branches list"]),
    ("branches show", &["updraft branches show main"]),
    ("branches create", &["updraft branches create release-2"]),
    ("branches rename", &["updraft branches rename main --to trunk"]),
    ("branches delete", &["updraft branches delete release-1"]),
    ("branches pin", &["updraft branches pin main --group 0190c0de-0000-7000-8000-000000000001"]),
    ("branches unpin", &["updraft branches unpin main"]),
    (
        "explain",
        &[
            "updraft explain --channel production --platform ios --runtime-version 1.0.0 --device 7f1c2d3e-4a5b-4c6d-8e7f-90a1b2c3d4e5",
        ],
    ),
    ("embedded list", &["updraft embedded list"]),
    (
        "embedded register",
        &[
            "updraft embedded register app-release.aab",
            "updraft embedded register --manifest app.manifest --bundle main.jsbundle --platform ios",
        ],
    ),
    ("apps list", &["updraft apps list"]),
    ("apps create", &["updraft apps create shop --channel production"]),
    ("apps show", &["updraft apps show --app shop"]),
    ("audit", &["updraft audit --limit 20"]),
    ("keys generate", &["updraft keys generate --key-id main --certificate-out certificate.pem"]),
    ("keys import", &["updraft keys import --key-id main --private-key private-key.pem --certificate certificate.pem"]),
    ("keys list", &["updraft keys list"]),
    ("keys certificate", &["updraft keys certificate --key-id main --out certificate.pem"]),
    (
        "device",
        &["updraft device --channel production --runtime-version 1.0.0 --certificate certificate.pem --platform ios"],
    ),
    ("login", &["updraft login --server https://updates.example.com", "updraft login --token-stdin < token.txt"]),
    ("logout", &["updraft logout", "updraft logout --all"]),
    ("whoami", &["updraft whoami"]),
];

/// The examples of a command.
pub fn examples<'a>(path: &str, tables: &[&'a [Examples]]) -> &'a [&'static str] {
    let known = tables.iter().flat_map(|table| table.iter());
    known.filter(|(of, _)| *of == path).map(|(_, lines)| *lines).next().unwrap_or_default()
}

/// Gives each command of the tree that does something its examples and the exit codes. What the environment holds is
/// not shown: it may be a secret, and it differs from one machine to the next.
pub fn dressed(parser: Command, tables: &[&[Examples]]) -> Command {
    dress(parser, "", tables)
}

fn dress(command: Command, path: &str, tables: &[&[Examples]]) -> Command {
    let command = command.mut_args(|argument| argument.hide_env_values(true));
    if !command.has_subcommands() {
        let extras = extras(examples(path, tables));
        return command.after_help(extras);
    }
    command.mut_subcommands(|child| {
        let path = if path.is_empty() { child.get_name().to_owned() } else { format!("{path} {}", child.get_name()) };
        dress(child, &path, tables)
    })
}

fn extras(examples: &[&str]) -> String {
    let examples: String = examples.iter().flat_map(|line| ["  ", line, "\n"]).collect();
    let examples = if examples.is_empty() { examples } else { format!("Examples:\n{examples}\n") };
    let codes: Vec<String> = Exit::ALL.map(|exit| format!("  {:<4} {}", exit.code(), exit.meaning())).into();
    format!("{examples}Exit codes:\n{}", codes.join("\n"))
}
