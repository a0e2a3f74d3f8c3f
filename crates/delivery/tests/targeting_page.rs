//! `docs/targeting.md` says what the code does: its table of facts is made of the protocol's, and its rules are rules.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use model::Rule;
use model::rule::Node;
use protocol::facts::{Fact, SaidBy};

const BEGIN: &str = "<!-- facts: made of crates/protocol/src/facts.rs -->\n";
const END: &str = "<!-- end of facts -->\n";

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/targeting.md")
}

fn table() -> String {
    let mut table = String::from("| fact | header | extra parameter | who says it |\n|---|---|---|---|\n");
    for fact in Fact::ALL {
        let param = fact.param().map_or_else(|| "–".to_owned(), |key| format!("`{key}`"));
        let who = match fact.said_by() {
            SaidBy::EveryCheck => "every check",
            SaidBy::StockClient => "the stock client: `BARE`",
            SaidBy::Build => "the app's config, or the app",
            SaidBy::Run => "the app while it runs",
        };
        writeln!(table, "| `{}` | `{}` | {param} | {who} |", fact.name(), fact.header()).unwrap();
    }
    table.push_str("| `param:<key>` | – | `<key>` | the app: a parameter of its own |\n");
    table
}

#[test]
#[expect(clippy::disallowed_methods, reason = "whether to renew a committed file is said by who runs the test")]
fn the_table_of_facts_is_the_protocols() {
    let text = fs::read_to_string(path()).unwrap();
    let (before, rest) = text.split_once(BEGIN).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    let expected = format!("{before}{BEGIN}{}{END}{after}", table());
    if std::env::var("UPDATE_TARGETING").is_ok_and(|value| value == "1") {
        fs::write(path(), &expected).unwrap();
    } else {
        assert!(text == expected, "renew it with `UPDATE_TARGETING=1 cargo test -p delivery --test targeting_page`");
    }
}

#[test]
fn its_rules_are_rules_and_every_node_is_told() {
    let text = fs::read_to_string(path()).unwrap();
    let blocks = text.split("```json\n").skip(1).map(|block| block.split_once("```").unwrap().0);
    let rules: Vec<Rule> = blocks.map(|json| serde_json::from_str(json).unwrap()).collect();
    assert!(rules.len() >= 3);
    for kind in Node::KINDS {
        assert!(text.contains(&format!("| `{{\"{kind}\": ")), "{kind}");
    }
}
