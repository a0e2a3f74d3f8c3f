//! What people wrote in a request's fields, parsed into what it means, or refused by the field's name.

use api::Code;
use model::control::{OnRollout, Selection};
use model::{BasisPoints, BranchName, ChannelName, Platform, Rule, RuntimeVersion};
use publishing::TermsAsked;
use uuid::Uuid;

use crate::failure::Failure;

/// Characters of what people write about an update.
const LONGEST_MESSAGE: usize = 10_000;

/// A message for people.
pub fn message(message: Option<String>) -> Result<Option<String>, Failure> {
    if message.as_ref().is_some_and(|message| message.chars().count() > LONGEST_MESSAGE) {
        return Err(Failure::bad_field("message", format!("it has more than {LONGEST_MESSAGE} characters")));
    }
    message.as_deref().map(|message| printable("message", message)).transpose()?;
    Ok(message)
}

/// Text of several lines. Other control characters are refused: not every database takes them, and no terminal should.
pub fn printable(field: &str, text: &str) -> Result<(), Failure> {
    match text.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        None => Ok(()),
        Some(character) => Err(Failure::bad_field(field, format!("it has the control character {character:?}"))),
    }
}

/// A platform's name.
pub fn platform(field: &str, name: &str) -> Result<Platform, Failure> {
    Platform::parse(name).ok_or_else(|| Failure::bad_field(field, format!("{name:?} is not `ios` or `android`")))
}

/// A platform's name, where one was given.
pub fn any_platform(name: Option<&str>) -> Result<Option<Platform>, Failure> {
    name.map(|name| platform("platform", name)).transpose()
}

/// A runtime version.
pub fn runtime_version(field: &str, text: &str) -> Result<RuntimeVersion, Failure> {
    RuntimeVersion::parse(text).map_err(|error| Failure::bad_name(field, error))
}

/// A channel's name in a body.
pub fn channel(field: &str, name: &str) -> Result<ChannelName, Failure> {
    ChannelName::parse(name).map_err(|error| Failure::bad_name(field, error))
}

/// A branch's name in a body.
pub fn branch(field: &str, name: &str) -> Result<BranchName, Failure> {
    BranchName::parse(name).map_err(|error| Failure::bad_name(field, error))
}

/// The channel in the path. A text that cannot name one names none: the same answer as for any other unknown one.
pub fn channel_in_path(name: &str) -> Result<ChannelName, Failure> {
    let unknown = || Failure::new(Code::UnknownChannel, format!("the app has no channel {name:?}")).field("channel");
    ChannelName::parse(name).map_err(|_| unknown())
}

/// The branch in the path; as with a channel.
pub fn branch_in_path(name: &str) -> Result<BranchName, Failure> {
    let unknown = || Failure::new(Code::UnknownBranch, format!("the app has no branch {name:?}")).field("branch");
    BranchName::parse(name).map_err(|_| unknown())
}

/// A group's id or one update's.
pub fn update_id(field: &str, text: &str) -> Result<Uuid, Failure> {
    let unknown = || Failure::new(Code::UnknownUpdate, format!("the app has no update or group {text:?}")).field(field);
    Uuid::parse_str(text).map_err(|_| unknown())
}

/// The entries that the path's id names, of one platform or of all.
pub fn selection(id: &str, platform: Option<&str>) -> Result<Selection, Failure> {
    Ok(Selection { id: update_id("id", id)?, platform: any_platform(platform)? })
}

/// A share of the devices.
pub fn share(field: &str, basis_points: u16) -> Result<BasisPoints, Failure> {
    BasisPoints::try_from(basis_points).map_err(|_| {
        let most = BasisPoints::ALL.get();
        Failure::new(Code::RolloutOver100, format!("{field}: it is more than {most} basis points, which are 100 %"))
            .field(field)
    })
}

/// What an operation does about a rollout that is open.
pub fn on_rollout(asked: api::OnRollout) -> OnRollout {
    match asked {
        api::OnRollout::Refuse => OnRollout::Refuse,
        api::OnRollout::Finish => OnRollout::Finish,
        api::OnRollout::Revert => OnRollout::Revert,
    }
}

/// The largest Expo config, in bytes of JSON: several hundred times a real one. It stands in every manifest.
const LARGEST_CONFIG: usize = 1 << 20;

/// A public Expo config.
pub fn expo_config(field: &str, config: Option<serde_json::Value>) -> Result<Option<serde_json::Value>, Failure> {
    let size = config.as_ref().map_or(0, |config| config.to_string().len());
    if size > LARGEST_CONFIG {
        return Err(Failure::bad_field(field, format!("it has {size} bytes, and {LARGEST_CONFIG} are allowed")));
    }
    Ok(config)
}

/// A rule, with the place of what is wrong with it.
pub fn rule(json: &serde_json::Value) -> Result<Rule, Failure> {
    Rule::read(json).map_err(|bad| Failure::new(Code::InvalidRule, format!("rule: {bad}")).field("rule"))
}

/// To whom new entries are served.
pub fn terms(
    rollout: Option<u16>,
    rule: Option<serde_json::Value>,
    about: api::OnRollout,
) -> Result<TermsAsked, Failure> {
    let rule = rule.map(|json| self::rule(&json));
    Ok(TermsAsked {
        rollout: rollout.map(|basis_points| share("rollout", basis_points)).transpose()?,
        rule: rule.transpose()?,
        on_rollout: on_rollout(about),
    })
}

/// How many are asked for, within bounds.
pub fn limit(asked: Option<u16>, default: u16, most: u16) -> Result<u16, Failure> {
    match asked {
        None => Ok(default),
        Some(limit) if (1..=most).contains(&limit) => Ok(limit),
        Some(limit) => Err(Failure::bad_field("limit", format!("{limit} is not 1 to {most}"))),
    }
}
