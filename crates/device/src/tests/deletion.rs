//! The proof that every rule is tested: a device without it does something else in some vector or story.

use protocol::Platform;

use super::stories;
use super::story::transcript;
use super::vectors::from_files;
use crate::{Rule, RuleSet};

#[test]
fn deleting_any_rule_fails_a_test() {
    let vectors = from_files();
    let mut untested = Vec::new();
    for rule in Rule::ALL {
        for platform in rule.platforms() {
            if !a_vector_notices(*rule, platform, &vectors) && !a_story_notices(*rule, platform) {
                untested.push(format!("{rule} on {platform}"));
            }
        }
    }
    assert!(untested.is_empty(), "no test notices when these are deleted:\n{}", untested.join("\n"));
}

fn a_vector_notices(rule: Rule, platform: Platform, vectors: &[super::vectors::Vector]) -> bool {
    vectors.iter().any(|vector| {
        // Only a vector that the rule refuses can notice, and reading them all again would take minutes.
        vector.expected.get(&platform) == Some(&Some(rule))
            && vector.verdict(platform, RuleSet::without(rule)) != Some(rule)
    })
}

fn a_story_notices(rule: Rule, platform: Platform) -> bool {
    stories::all().filter(|story| story.platforms.contains(&platform)).any(|story| {
        let lines = transcript(story, platform, RuleSet::without(rule));
        lines.iter().zip(story.steps).any(|(line, (_, expected))| line != expected)
    })
}
