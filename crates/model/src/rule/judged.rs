//! A rule's verdict on one device, told node by node.

use std::fmt::Write as _;

use super::{Fact, Node};
use crate::Device;

/// What one node says, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// The node's name in JSON.
    pub kind: &'static str,
    /// What it asks for, in words.
    pub asks: String,
    /// Whether it holds; none when that is unknown.
    pub verdict: Option<bool>,
    /// The fact that it asks about, where it asks about one; `device` where it asks for the device's id.
    pub fact: Option<String>,
    /// What the device says about that; none when it says nothing.
    pub said: Option<String>,
    /// Those beneath it, all of them, also where the first ones settled it.
    pub nodes: Vec<Judged>,
}

/// As many values of a list as are shown.
const SHOWN_VALUES: usize = 5;

pub(super) fn judge(node: &Node, device: &Device<'_>) -> Judged {
    let beneath: &[Node] = match node {
        Node::All(nodes) | Node::Any(nodes) => nodes,
        Node::Not(node) => std::slice::from_ref(node),
        _ => &[],
    };
    let fact = match node {
        Node::Eq { fact, .. } | Node::In { fact, .. } | Node::Prefix { fact, .. } | Node::Version { fact, .. } => {
            Some(fact)
        }
        _ => None,
    };
    let by_id = matches!(node, Node::DeviceIn(_));
    let id = || device.id.map(|id| id.to_string());
    Judged {
        kind: node.kind(),
        asks: asks(node),
        verdict: node.holds(device),
        fact: fact.map(Fact::to_string).or_else(|| by_id.then(|| "device".into())),
        said: fact.and_then(|fact| device.fact(fact)).map(str::to_owned).or_else(|| by_id.then(id).flatten()),
        nodes: beneath.iter().map(|node| judge(node, device)).collect(),
    }
}

fn asks(node: &Node) -> String {
    match node {
        Node::All(_) => "all of these".into(),
        Node::Any(_) => "one of these".into(),
        Node::Not(_) => "not this".into(),
        Node::Eq { fact, value } => format!("{fact} is {value:?}"),
        Node::In { fact, values } => {
            let mut text = format!("{fact} is one of ");
            for (number, value) in values.iter().take(SHOWN_VALUES).enumerate() {
                let comma = if number == 0 { "" } else { ", " };
                // Writing to a string does not fail.
                let _ = write!(text, "{comma}{value:?}");
            }
            let hidden = values.iter().len().saturating_sub(SHOWN_VALUES);
            if hidden > 0 {
                let _ = write!(text, " and {hidden} more");
            }
            text
        }
        Node::Prefix { fact, value } => format!("{fact} begins with {value:?}"),
        Node::Version { fact, range } => format!("{fact} is a version in {:?}", range.as_str()),
        Node::DeviceIn(ids) => match ids.len() {
            1 => "the device is the one that the rule names".into(),
            count => format!("the device is one of {count}"),
        },
    }
}
