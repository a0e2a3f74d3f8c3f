//! The protocol's facts as the model's.

use model::Facts;
use protocol::CheckRequest;
use protocol::facts::{Fact, Told};

/// What the check says beside what every check says. Read only where a rule of the app asks for it.
pub(crate) fn told<'r>(request: &CheckRequest<'r>) -> Facts<'r> {
    let told = Told::by(request);
    let mut facts = Facts::default();
    for (fact, text) in told.facts {
        facts.say(&named(fact), text);
    }
    for (key, text) in told.params {
        facts.say_param(key, text);
    }
    facts
}

const fn named(fact: Fact) -> model::Fact {
    match fact {
        Fact::Platform => model::Fact::Platform,
        Fact::RuntimeVersion => model::Fact::RuntimeVersion,
        Fact::Channel => model::Fact::Channel,
        Fact::Environment => model::Fact::Environment,
        Fact::AppBuildId => model::Fact::AppBuildId,
        Fact::AppVersion => model::Fact::AppVersion,
        Fact::OsVersion => model::Fact::OsVersion,
        Fact::DeviceModel => model::Fact::DeviceModel,
        Fact::Locale => model::Fact::Locale,
    }
}

#[cfg(test)]
mod tests {
    use protocol::facts::{Fact, SaidBy};

    use super::named;

    #[test]
    fn both_rooms_know_the_same_facts_by_the_same_names() {
        assert_eq!(Fact::ALL.map(named), model::Fact::NAMED);
        for fact in Fact::ALL {
            assert_eq!(named(fact).name(), fact.name());
            assert_eq!(named(fact).is_always_said(), fact.said_by() == SaidBy::EveryCheck, "{fact:?}");
        }
    }
}
