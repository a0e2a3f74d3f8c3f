//! What rules ask about a device.

use std::borrow::Cow;
use std::fmt;

use arrayvec::ArrayVec;
use serde::{Serialize, Serializer};

use crate::Device;

/// Something that a device says about itself. Where it stands in a request is the protocol's to know.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Fact {
    /// `android` or `ios`; every check says it.
    Platform,
    /// What the binary was built for; every check says it.
    RuntimeVersion,
    /// The channel baked into the binary; every check says it.
    Channel,
    /// What the client calls its environment; the stock client says `BARE`.
    Environment,
    /// The binary's build number.
    AppBuildId,
    /// The binary's version, as people see it.
    AppVersion,
    /// The operating system's version.
    OsVersion,
    /// The device's model.
    DeviceModel,
    /// The user's language and region, such as `de-DE`.
    Locale,
    /// A parameter that the app itself sets: `param:<key>`.
    Param(ParamKey),
}

/// How many facts have a name of their own.
const NAMED: usize = 9;
const PARAM: &str = "param:";

impl Fact {
    /// Those with a name of their own: all but [`Fact::Param`].
    pub const NAMED: [Self; NAMED] = [
        Self::Platform,
        Self::RuntimeVersion,
        Self::Channel,
        Self::Environment,
        Self::AppBuildId,
        Self::AppVersion,
        Self::OsVersion,
        Self::DeviceModel,
        Self::Locale,
    ];

    /// Its stable name; of a parameter what stands before the key.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Platform => "platform",
            Self::RuntimeVersion => "runtime_version",
            Self::Channel => "channel",
            Self::Environment => "environment",
            Self::AppBuildId => "app_build_id",
            Self::AppVersion => "app_version",
            Self::OsVersion => "os_version",
            Self::DeviceModel => "device_model",
            Self::Locale => "locale",
            Self::Param(_) => PARAM,
        }
    }

    /// Reads a name, `param:` with its key included.
    pub fn parse(name: &str) -> Option<Self> {
        match name.strip_prefix(PARAM) {
            Some(key) => ParamKey::parse(key).map(Self::Param),
            None => Self::NAMED.into_iter().find(|fact| fact.name() == name),
        }
    }

    /// Whether every check says it, so that it is never unknown.
    pub const fn is_always_said(&self) -> bool {
        matches!(self, Self::Platform | Self::RuntimeVersion | Self::Channel)
    }

    /// Its place among [`Fact::NAMED`].
    const fn place(&self) -> Option<usize> {
        Some(match self {
            Self::Platform => 0,
            Self::RuntimeVersion => 1,
            Self::Channel => 2,
            Self::Environment => 3,
            Self::AppBuildId => 4,
            Self::AppVersion => 5,
            Self::OsVersion => 6,
            Self::DeviceModel => 7,
            Self::Locale => 8,
            Self::Param(_) => return None,
        })
    }
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        if let Self::Param(key) = self { f.write_str(key.as_str()) } else { Ok(()) }
    }
}

impl Serialize for Fact {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The longest key of a parameter.
pub const MAX_PARAM_KEY_BYTES: usize = 64;

/// The key of a parameter that an app sets: lower-case letters, digits and `_-.*`, beginning with a letter or `*`
/// (RFC 9651 §3.1.2), since no device can send another.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ParamKey(Box<str>);

impl ParamKey {
    /// Reads a key.
    pub fn parse(key: &str) -> Option<Self> {
        let begins = |byte: u8| byte.is_ascii_lowercase() || byte == b'*';
        let goes_on = |byte: u8| begins(byte) || byte.is_ascii_digit() || b"_-.".contains(&byte);
        let (first, rest) = key.as_bytes().split_first()?;
        let fits = key.len() <= MAX_PARAM_KEY_BYTES && begins(*first) && rest.iter().copied().all(goes_on);
        fits.then(|| Self(key.into()))
    }

    /// The key.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The most parameters of one device that rules see.
pub const MAX_PARAMS: usize = 32;

/// What one device says beside what every check says. Borrowed from its request.
#[derive(Clone, Debug, Default)]
pub struct Facts<'r> {
    named: [Option<Cow<'r, str>>; NAMED],
    params: ArrayVec<(&'r str, Cow<'r, str>), MAX_PARAMS>,
}

impl<'r> Facts<'r> {
    /// The device says this. An empty text says nothing.
    pub fn say(&mut self, fact: &Fact, text: Cow<'r, str>) {
        if let Some(slot) = fact.place().and_then(|place| self.named.get_mut(place)) {
            *slot = Some(text).filter(|text| !text.is_empty());
        }
    }

    /// The app set this parameter; the first of one key counts. What is more than [`MAX_PARAMS`] is left out.
    pub fn say_param(&mut self, key: &'r str, text: Cow<'r, str>) {
        if !text.is_empty() {
            let _ = self.params.try_push((key, text));
        }
    }

    fn get(&self, fact: &Fact) -> Option<&str> {
        if let Fact::Param(asked) = fact {
            return self.params.iter().find(|(key, _)| *key == asked.as_str()).map(|(_, text)| &**text);
        }
        self.named.get(fact.place()?)?.as_deref()
    }
}

impl Device<'_> {
    /// What the device says; none when it does not say it.
    pub fn fact(&self, fact: &Fact) -> Option<&str> {
        match fact {
            Fact::Platform => Some(self.platform.as_str()),
            Fact::RuntimeVersion => Some(self.runtime_version),
            Fact::Channel => Some(self.channel),
            told => self.facts?.get(told),
        }
    }
}
