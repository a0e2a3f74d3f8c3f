//! The client's rules, one by one: what each is called, where it holds, and what breaking it does to an app.

use std::fmt;

use protocol::Platform;

pub use crate::rule_table::Rule;

/// What a real client does when a rule is broken.
///
/// Only [`RefusesAnswer`](Self::RefusesAnswer) and [`FailsDownload`](Self::FailsDownload) are errors that a real client
/// reports. The strict device refuses all of them: a client that silently does something else than the answer says is
/// worse than one that complains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Consequence {
    /// The check fails; nothing of the answer is kept, and the app runs what it had.
    RefusesAnswer,
    /// An exception that nothing catches: the app dies at every start until the answer changes.
    CrashesApp,
    /// The part or header is treated as if it were not there.
    IgnoresIt,
    /// The client reads another meaning than the one that was sent.
    Misreads,
    /// The client answers itself from its cache and does not ask the server.
    ServesStale,
    /// The asset is left out; the update is stored without it.
    DropsAsset,
    /// The update's row is deleted or replaced by another asset's.
    LosesUpdate,
    /// Bytes are stored and run unverified.
    StoresUnverified,
    /// The manifest is accepted, then the load fails.
    FailsDownload,
    /// The update is downloaded and stored, and never started.
    NeverLaunches,
    /// Nothing is broken: the rule decides what the client keeps, sends or starts.
    Decides,
}

/// One line of the table of rules.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Description {
    pub(crate) name: &'static str,
    pub(crate) android: Option<Consequence>,
    pub(crate) ios: Option<Consequence>,
    pub(crate) source: &'static str,
}

impl Rule {
    /// The stable name, in kebab case: what the files of `vectors/bad/` are checked against.
    pub const fn name(self) -> &'static str {
        self.describe().name
    }

    /// The rule of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|rule| rule.name() == name)
    }

    /// What breaking the rule does on that platform; none where the rule does not hold.
    pub const fn consequence(self, platform: Platform) -> Option<Consequence> {
        match platform {
            Platform::Android => self.describe().android,
            Platform::Ios => self.describe().ios,
        }
    }

    /// Where the rule holds.
    pub fn platforms(self) -> impl Iterator<Item = Platform> {
        Platform::ALL.into_iter().filter(move |platform| self.consequence(*platform).is_some())
    }

    /// The file or files of `expo-updates` 57.0.24 that the rule was read from, without their folders; where the
    /// behaviour is the platform's own, that library's name.
    pub const fn source(self) -> &'static str {
        self.describe().source
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The rules that a device obeys: all of them.
///
/// Every check asks here at its place, so leaving a rule out is the same as deleting the check. Only this room's own
/// tests can leave one out, to prove that some test then fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RuleSet {
    absent: u128,
}

impl RuleSet {
    /// Every rule.
    pub const ALL: Self = Self { absent: 0 };

    /// Whether the rule is obeyed.
    pub const fn has(self, rule: Rule) -> bool {
        self.absent & (1 << rule as u32) == 0
    }

    /// All rules but one.
    #[cfg(test)]
    pub(crate) const fn without(rule: Rule) -> Self {
        Self { absent: 1 << rule as u32 }
    }
}

impl Default for RuleSet {
    fn default() -> Self {
        Self::ALL
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Rule, RuleSet};

    #[test]
    fn every_rule_has_its_own_name_a_source_and_a_platform() {
        assert!(Rule::ALL.len() <= 128, "a RuleSet has 128 places");
        let mut names = BTreeSet::new();
        for rule in Rule::ALL {
            let name = rule.name();
            assert!(
                name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'),
                "{name}"
            );
            assert!(names.insert(name), "{name} twice");
            assert_eq!(Rule::from_name(name), Some(*rule));
            assert!(rule.platforms().next().is_some(), "{name} holds nowhere");
            assert!(!rule.source().is_empty(), "{name} comes from nowhere");
        }
    }

    #[test]
    fn leaving_one_out_leaves_all_others_in() {
        for rule in Rule::ALL {
            let rules = RuleSet::without(*rule);
            assert!(Rule::ALL.iter().all(|other| rules.has(*other) == (other != rule)));
        }
        assert!(Rule::ALL.iter().all(|rule| RuleSet::ALL.has(*rule)));
    }
}
