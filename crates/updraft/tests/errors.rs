#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]
//! `docs/errors.md` is made of the tables of codes: the server's, the device surface's, and the command line's.

use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

fn document() -> String {
    let mut text = format!("# Error codes\n\n{}\n## Of the command line\n\n", server::error_reference());
    text.push_str("What fails without the server's word has a code too, in the `code` of `--json`.\n\n");
    text.push_str("| code | what it means |\n|---|---|\n");
    for (code, meaning) in cli::codes::ALL {
        writeln!(text, "| `{code}` | {meaning} |").unwrap();
    }
    text
}

#[test]
#[expect(clippy::disallowed_methods, reason = "whether to renew a committed file is said by who runs the test")]
fn the_committed_list_is_made_of_the_tables() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/errors.md");
    if std::env::var("UPDATE_ERRORS").is_ok_and(|value| value == "1") {
        fs::write(&path, document()).unwrap();
    }
    assert!(
        fs::read_to_string(path).unwrap_or_default() == document(),
        "docs/errors.md is not what the tables say; renew it with `UPDATE_ERRORS=1 cargo test -p updraft --test errors`"
    );
}
