//! Values that are more than text.

use std::str::FromStr;

use clap::ValueEnum;

/// `--platform`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum PlatformArg {
    /// Only iOS
    Ios,
    /// Only Android
    Android,
    /// Both, as far as they are there
    #[default]
    All,
}

/// `--platform`, where there can be only one
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OnePlatformArg {
    /// iOS
    Ios,
    /// Android
    Android,
}

/// `--on-rollout`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum OnRolloutArg {
    /// Be refused
    #[default]
    Refuse,
    /// Finish it: everyone gets what was rolling out
    Finish,
    /// Revert it: what was beneath is issued again
    Revert,
}

/// `--state`
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum StateArg {
    /// A device of some channel can be offered it
    Served,
    /// The same, to a share of the devices
    Rolling,
    /// Something later stands before it, or no channel points at its branch
    Covered,
    /// It waits behind a pin
    Held,
    /// It is served to nobody any more
    Disabled,
}

/// `roll-back --to`
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RollBackToArg {
    /// What was served before
    Previous,
    /// The update inside the binary
    Embedded,
    /// A group or update, by its id
    Group(String),
}

impl FromStr for RollBackToArg {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "previous" => Ok(Self::Previous),
            "embedded" => Ok(Self::Embedded),
            _ => match uuid::Uuid::try_parse(text) {
                Ok(id) => Ok(Self::Group(id.hyphenated().to_string())),
                Err(_) => Err("write `previous`, `embedded`, or the id of a group or update"),
            },
        }
    }
}

/// A name or id that becomes one segment of a URL's path.
pub(super) fn segment(text: &str) -> Result<String, &'static str> {
    match text {
        "" => Err("it is empty"),
        // Every URL parser on the way takes them for the directory itself and the one above, however they are written.
        "." | ".." => Err("`.` and `..` cannot stand in a URL"),
        _ => Ok(text.to_owned()),
    }
}

/// The id of a device or an update, as clients send it.
pub(super) fn uuid(text: &str) -> Result<String, &'static str> {
    match uuid::Uuid::try_parse(text) {
        Ok(id) => Ok(id.hyphenated().to_string()),
        Err(_) => {
            Err("an id is a UUID, such as 7f1c2d3e-4a5b-4c6d-8e7f-90a1b2c3d4e5; the app's own name for a user is none")
        }
    }
}

/// `--header`
pub(super) fn header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write it as name=value")?;
    let name = http::HeaderName::try_from(name.trim()).map_err(|_| format!("{name:?} is not a header's name"))?;
    http::HeaderValue::try_from(value).map_err(|_| "the value has characters that a header cannot carry")?;
    Ok((name.to_string(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::{RollBackToArg, segment};

    #[test]
    fn a_roll_back_goes_to_a_word_or_an_id() {
        for (text, expected) in [
            ("previous", Some(RollBackToArg::Previous)),
            ("embedded", Some(RollBackToArg::Embedded)),
            (
                "0190C0DE-0000-7000-8000-000000000001",
                Some(RollBackToArg::Group("0190c0de-0000-7000-8000-000000000001".into())),
            ),
            ("yesterday", None),
            ("Previous", None),
            ("", None),
        ] {
            assert_eq!(text.parse().ok(), expected, "{text:?}");
        }
    }

    #[test]
    fn no_name_leads_elsewhere_in_a_path() {
        assert_eq!(["", ".", ".."].map(|name| segment(name).is_ok()), [false; 3]);
        assert_eq!(["a/b", "...", " ", "café"].map(|name| segment(name).is_ok()), [true; 4]);
    }
}
