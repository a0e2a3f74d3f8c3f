//! A rule as lists and the audit log tell it.

use model::rule::Node;
use model::{BlobHash, Rule};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// A longer rule is only summed up, in bytes of its JSON: a rule of 10,000 devices has 390 kB, in each line that tells it.
const LONGEST: usize = 1_024;

/// The rule, or when it is long `{"summary": {"sha256": …, "bytes": …, "devices": …}}`, which is no rule. The hash is that of
/// the rule's JSON without white space.
pub fn told_rule(rule: &Rule) -> Value {
    let whole = json!(rule);
    let text = whole.to_string();
    if text.len() <= LONGEST {
        return whole;
    }
    let sha256 = BlobHash(Sha256::digest(&text).into()).to_string();
    json!({ "summary": { "sha256": sha256, "bytes": text.len(), "devices": devices(rule.root()) } })
}

fn devices(node: &Node) -> usize {
    match node {
        Node::All(nodes) | Node::Any(nodes) => nodes.iter().map(devices).sum(),
        Node::Not(inner) => devices(inner),
        Node::DeviceIn(ids) => ids.len(),
        Node::Eq { .. } | Node::In { .. } | Node::Prefix { .. } | Node::Version { .. } => 0,
    }
}
