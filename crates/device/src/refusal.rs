//! What a refused answer is, and the one place where a check refuses.

use protocol::Platform;

use crate::rule::{Consequence, Rule, RuleSet};

/// Why the device does not take an answer or an asset.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{platform} client, rule {rule}: {message}")]
pub struct Refusal {
    /// The rule that was broken.
    pub rule: Rule,
    /// The platform whose client refuses.
    pub platform: Platform,
    /// What exactly is wrong, in words, with the offending value.
    pub message: String,
}

impl Refusal {
    /// What a real app does with such an answer.
    pub fn consequence(&self) -> Consequence {
        self.rule.consequence(self.platform).unwrap_or(Consequence::RefusesAnswer)
    }
}

/// A platform and the rules that are obeyed on it: what every check consults.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Law {
    pub(crate) platform: Platform,
    pub(crate) rules: RuleSet,
}

impl Law {
    /// Whether the rule exists on this platform and is obeyed.
    pub(crate) fn has(self, rule: Rule) -> bool {
        self.rules.has(rule) && rule.consequence(self.platform).is_some()
    }

    /// Refuses, unless the rule is left out or does not exist on this platform.
    pub(crate) fn refuse(self, rule: Rule, message: impl Into<String>) -> Result<(), Refusal> {
        if self.has(rule) { Err(self.refusal(rule, message)) } else { Ok(()) }
    }

    /// The refusal itself.
    pub(crate) fn refusal(self, rule: Rule, message: impl Into<String>) -> Refusal {
        Refusal { rule, platform: self.platform, message: message.into() }
    }

    /// Refuses when the condition does not hold.
    pub(crate) fn require(self, rule: Rule, condition: bool, message: impl FnOnce() -> String) -> Result<(), Refusal> {
        if condition { Ok(()) } else { self.refuse(rule, message()) }
    }
}

/// How a value is quoted in a message: shortened, so that a hostile answer does not fill a log.
pub(crate) fn quote(text: &str) -> String {
    const LONGEST: usize = 120;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{:?}…", &text[..end]),
        None => format!("{text:?}"),
    }
}
