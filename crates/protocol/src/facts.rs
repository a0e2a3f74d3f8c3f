//! The one table of what a device may say about itself for rules: fact → request header → extra parameter.
//!
//! The stock check says the platform, the runtime version, the channel and the environment. All else is the app's to
//! say, in one of two ways:
//! - a header that its config declares (`updates.requestHeaders`), which is fixed when the binary is built;
//! - an extra parameter that it sets while it runs, `Updates.setExtraParamAsync(key, value)`.
//!
//! What is set while it runs counts for more: it is later, and knows what the build could not. An empty text says
//! nothing. A header that is not UTF-8 says nothing either; parameters are ASCII.

use std::borrow::Cow;

use arrayvec::ArrayVec;
use http::HeaderMap;

use crate::names;
use crate::request::{CheckRequest, MAX_PARAMS};

/// What a device may say about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fact {
    /// `ios` or `android`.
    Platform,
    /// What the binary was built for.
    RuntimeVersion,
    /// The channel baked into the binary.
    Channel,
    /// What the client calls its environment: the stock client says `BARE`.
    Environment,
    /// The binary's build number: `ios.buildNumber`, `android.versionCode`.
    AppBuildId,
    /// The binary's version as people see it: `version` of the app's config.
    AppVersion,
    /// The operating system's version.
    OsVersion,
    /// The device's model.
    DeviceModel,
    /// The user's language and region, such as `de-DE`.
    Locale,
}

/// Who says a fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SaidBy {
    /// Every check.
    EveryCheck,
    /// The stock client by itself; foreign ones may not.
    StockClient,
    /// The app, and its binary already knows it: a header in its config will do.
    Build,
    /// The app, which knows it only while it runs: an extra parameter.
    Run,
}

impl Fact {
    /// Every fact, in the order in which tables show them.
    pub const ALL: [Self; 9] = [
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

    /// Its name in rules.
    pub const fn name(self) -> &'static str {
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
        }
    }

    /// The request header that says it.
    pub const fn header(self) -> &'static str {
        match self {
            Self::Platform => names::PLATFORM,
            Self::RuntimeVersion => names::RUNTIME_VERSION,
            Self::Channel => names::CHANNEL,
            Self::Environment => "expo-updates-environment",
            Self::AppBuildId => "expo-app-build-id",
            Self::AppVersion => "updraft-app-version",
            Self::OsVersion => "updraft-os-version",
            Self::DeviceModel => "updraft-device-model",
            Self::Locale => "updraft-locale",
        }
    }

    /// The extra parameter that says it, and counts for more than the header; none for what decides about the answer in
    /// other ways too. Called as the header: those are lower case, as keys must be (RFC 9651 §3.1.2).
    pub const fn param(self) -> Option<&'static str> {
        match self {
            Self::Platform | Self::RuntimeVersion | Self::Channel => None,
            Self::Environment
            | Self::AppBuildId
            | Self::AppVersion
            | Self::OsVersion
            | Self::DeviceModel
            | Self::Locale => Some(self.header()),
        }
    }

    /// Who says it.
    pub const fn said_by(self) -> SaidBy {
        match self {
            Self::Platform | Self::RuntimeVersion | Self::Channel => SaidBy::EveryCheck,
            Self::Environment => SaidBy::StockClient,
            Self::AppBuildId | Self::AppVersion => SaidBy::Build,
            Self::OsVersion | Self::DeviceModel | Self::Locale => SaidBy::Run,
        }
    }

    /// The fact of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fact| fact.name() == name)
    }
}

/// What a check says beside what every check says ([`SaidBy::EveryCheck`]).
#[derive(Clone, Debug, Default)]
pub struct Told<'r> {
    /// Each fact once.
    pub facts: ArrayVec<(Fact, Cow<'r, str>), { Fact::ALL.len() }>,
    /// The extra parameters, each key once: the first [`MAX_PARAMS`] of the header.
    pub params: ArrayVec<(&'r str, Cow<'r, str>), MAX_PARAMS>,
}

impl<'r> Told<'r> {
    /// Reads it from a check. Does not allocate, but for parameters that have a quote or backslash in them.
    pub fn by(request: &CheckRequest<'r>) -> Self {
        let params = request.extra_params();
        let said = |fact: Fact| Some((fact, said(fact, request.headers(), &params)?));
        let facts =
            Fact::ALL.into_iter().filter(|fact| fact.said_by() != SaidBy::EveryCheck).filter_map(said).collect();
        Self { facts, params }
    }
}

fn said<'r>(fact: Fact, headers: &'r HeaderMap, params: &[(&'r str, Cow<'r, str>)]) -> Option<Cow<'r, str>> {
    let set = params.iter().find(|(key, _)| Some(*key) == fact.param()).map(|(_, text)| text.clone());
    let baked = || headers.get(fact.header()).and_then(|value| std::str::from_utf8(value.as_bytes()).ok());
    set.filter(|text| !text.is_empty()).or_else(|| baked().filter(|text| !text.is_empty()).map(Cow::Borrowed))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use http::{HeaderMap, HeaderName, HeaderValue};

    use super::{Fact, SaidBy, Told};
    use crate::request::{MAX_PARAMS, parse_check};

    #[test]
    fn every_row_can_be_said() {
        let mut seen = HashSet::new();
        for fact in Fact::ALL {
            assert!(seen.insert(fact.header()) && Fact::parse(fact.name()) == Some(fact), "{fact:?}");
            assert!(HeaderName::from_static(fact.header()) == fact.header(), "lower case");
            assert_eq!(fact.param().is_none(), fact.said_by() == SaidBy::EveryCheck, "{fact:?}");
        }
    }

    fn told(headers: &[(&str, &[u8])]) -> Vec<String> {
        let stock: [(&str, &[u8]); 3] =
            [("expo-platform", b"ios"), ("expo-runtime-version", b"1"), ("accept", b"multipart/mixed")];
        let mut map = HeaderMap::new();
        for (name, value) in stock.iter().chain(headers) {
            map.append(HeaderName::try_from(*name).unwrap(), HeaderValue::from_bytes(value).unwrap());
        }
        let request = parse_check(&map, None).unwrap();
        let told = Told::by(&request);
        let facts = told.facts.iter().map(|(fact, text)| format!("{}={text}", fact.name()));
        facts.chain(told.params.iter().map(|(key, text)| format!("param:{key}={text}"))).collect()
    }

    #[test]
    fn a_parameter_counts_for_more_than_a_header_and_nothing_says_nothing() {
        let extra = "expo-extra-params";
        for (headers, expected) in [
            (&[][..], vec![]),
            (&[("expo-app-build-id", &b"41"[..])], vec!["app_build_id=41"]),
            (&[("expo-updates-environment", b"BARE"), ("expo-channel-name", b"beta")], vec!["environment=BARE"]),
            (
                &[("expo-app-build-id", b"41"), (extra, b"expo-app-build-id=\"42\", cohort=\"a \\\"b\\\"\"")],
                vec!["app_build_id=42", "param:expo-app-build-id=42", "param:cohort=a \"b\""],
            ),
            (
                &[("updraft-locale", b"de-DE"), (extra, b"updraft-locale=\"\"")],
                vec!["locale=de-DE", "param:updraft-locale="],
            ),
            (&[("updraft-locale", b"")], vec![]),
            (&[("updraft-locale", b"\xff")], vec![]),
            (&[("updraft-locale", "日".as_bytes())], vec!["locale=日"]),
            (&[("updraft-locale", b"fr"), (extra, b"updraft-locale=\"de")], vec!["locale=fr"]),
            (&[(extra, b"a=\"1\", b=2, a=\"3\"")], vec!["param:a=3"]),
            (&[(extra, b"a=\"1\", a=2")], vec![]),
            (&[(extra, b"a=\"1\""), (extra, b"b=\"2\"")], vec!["param:a=1", "param:b=2"]),
            (&[(extra, b"a=\"1\""), (extra, b"no dictionary")], vec![]),
        ] {
            assert_eq!(told(headers), expected, "{headers:?}");
        }
    }

    #[test]
    fn more_parameters_than_are_read_do_no_harm() {
        let many: Vec<String> = (0..=MAX_PARAMS).map(|number| format!("a{number}=\"x\"")).collect();
        let told = told(&[("expo-extra-params", many.join(", ").as_bytes())]);
        assert_eq!(told.len(), MAX_PARAMS);
    }
}
