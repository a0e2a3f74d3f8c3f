//! Ranges of versions.
//!
//! The `semver` crate reads a range when it is written. A device's version is compared here, borrowed: the crate's own
//! type for versions takes memory for a long pre-release, and refuses `1.4`. The verdict is the crate's for every version
//! that it can read; a property holds that.

use std::cmp::Ordering;

use semver::{Comparator, Op, VersionReq};
use serde::{Serialize, Serializer};

/// A range such as `>=1.4.0, <2.0.0`, in the `semver` crate's syntax and with its meaning: a pre-release is inside only
/// when the range names a pre-release of the same version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionRange {
    text: Box<str>,
    wanted: VersionReq,
}

impl VersionRange {
    /// Reads a range.
    pub fn parse(text: &str) -> Result<Self, semver::Error> {
        Ok(Self { text: text.into(), wanted: VersionReq::parse(text)? })
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the version is inside; none when the text is no version. Of the three numbers the last may be missing and
    /// count as 0: `1.4` is `1.4.0`. Leading zeros are read over, for versions that are dates. Allocates nothing.
    pub fn contains(&self, version: &str) -> Option<bool> {
        let version = Version::read(version)?;
        let wanted = &self.wanted.comparators;
        let is_inside = wanted.iter().all(|wanted| version.fits(wanted));
        Some(
            is_inside
                && (version.pre.is_empty() || wanted.iter().any(|wanted| version.may_be_a_pre_release_of(wanted))),
        )
    }
}

impl Serialize for VersionRange {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

struct Version<'v> {
    major: u64,
    minor: u64,
    patch: u64,
    /// Empty for a release.
    pre: &'v str,
}

impl<'v> Version<'v> {
    fn read(text: &'v str) -> Option<Self> {
        let (text, build) = text.split_once('+').map_or((text, None), |(text, build)| (text, Some(build)));
        let (numbers, pre) = text.split_once('-').map_or((text, None), |(numbers, pre)| (numbers, Some(pre)));
        if ![pre, build].into_iter().flatten().all(are_identifiers) {
            return None;
        }
        let mut numbers = numbers.split('.');
        let (major, minor, patch) = (numbers.next()?, numbers.next(), numbers.next());
        if numbers.next().is_some() {
            return None;
        }
        let or_zero = |text: Option<&str>| text.map_or(Some(0), number);
        Some(Self {
            major: number(major)?,
            minor: or_zero(minor)?,
            patch: or_zero(patch)?,
            pre: pre.unwrap_or_default(),
        })
    }

    fn fits(&self, wanted: &Comparator) -> bool {
        match wanted.op {
            Op::Exact | Op::Wildcard => self.is(wanted),
            Op::Greater => self.lies(Ordering::Greater, wanted),
            Op::GreaterEq => self.is(wanted) || self.lies(Ordering::Greater, wanted),
            Op::Less => self.lies(Ordering::Less, wanted),
            Op::LessEq => self.is(wanted) || self.lies(Ordering::Less, wanted),
            Op::Tilde => self.is_newer_patch_of(wanted),
            Op::Caret => self.is_compatible_with(wanted),
            // One that a later version of the crate knows, and this one cannot have read.
            _ => false,
        }
    }

    fn is(&self, wanted: &Comparator) -> bool {
        self.numbers_against(wanted).is_eq() && self.pre_against(wanted).is_eq()
    }

    /// Beyond all that the range's version stands for: nothing of 1.4 is more than `1.4`.
    fn lies(&self, side: Ordering, wanted: &Comparator) -> bool {
        match self.numbers_against(wanted) {
            Ordering::Equal => wanted.patch.is_some() && self.pre_against(wanted) == side,
            order => order == side,
        }
    }

    fn is_newer_patch_of(&self, wanted: &Comparator) -> bool {
        let same_line = self.major == wanted.major && wanted.minor.is_none_or(|minor| self.minor == minor);
        same_line && self.is_no_older_in_patch(wanted)
    }

    /// Nothing left of the first number that is not zero may grow.
    fn is_compatible_with(&self, wanted: &Comparator) -> bool {
        if self.major != wanted.major {
            return false;
        }
        let Some(minor) = wanted.minor else { return true };
        let Some(patch) = wanted.patch else {
            return if wanted.major > 0 { self.minor >= minor } else { self.minor == minor };
        };
        if wanted.major > 0 && self.minor != minor {
            return self.minor > minor;
        }
        if self.minor != minor || (wanted.major == 0 && minor == 0 && self.patch != patch) {
            return false;
        }
        self.is_no_older_in_patch(wanted)
    }

    fn is_no_older_in_patch(&self, wanted: &Comparator) -> bool {
        match wanted.patch {
            Some(patch) if self.patch != patch => self.patch > patch,
            _ => self.pre_against(wanted).is_ge(),
        }
    }

    fn may_be_a_pre_release_of(&self, wanted: &Comparator) -> bool {
        let same = (wanted.major, wanted.minor, wanted.patch) == (self.major, Some(self.minor), Some(self.patch));
        same && !wanted.pre.is_empty()
    }

    /// By the numbers that the range gives.
    fn numbers_against(&self, wanted: &Comparator) -> Ordering {
        let by = |mine: u64, wanted: Option<u64>| wanted.map_or(Ordering::Equal, |wanted| mine.cmp(&wanted));
        let order = self.major.cmp(&wanted.major);
        order.then(by(self.minor, wanted.minor)).then(by(self.patch, wanted.patch))
    }

    /// A release is more than each of its pre-releases.
    fn pre_against(&self, wanted: &Comparator) -> Ordering {
        match (self.pre, wanted.pre.as_str()) {
            ("", "") => Ordering::Equal,
            ("", _) => Ordering::Greater,
            (_, "") => Ordering::Less,
            (mine, wanted) => by_identifiers(mine, wanted),
        }
    }
}

fn number(text: &str) -> Option<u64> {
    // `parse` alone would take a sign.
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

fn are_identifiers(text: &str) -> bool {
    let is_one = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    text.split('.').all(is_one)
}

/// Numbers before words, numbers by their size, words by their bytes; then the one with more of them (semver.org §11).
fn by_identifiers(one: &str, other: &str) -> Ordering {
    let (mut one, mut other) = (one.split('.'), other.split('.'));
    loop {
        let order = match (one.next(), other.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(one), Some(other)) => by_identifier(one, other),
        };
        if order.is_ne() {
            return order;
        }
    }
}

fn by_identifier(one: &str, other: &str) -> Ordering {
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    match (is_number(one), is_number(other)) {
        (true, true) => {
            let (one, other) = (one.trim_start_matches('0'), other.trim_start_matches('0'));
            one.len().cmp(&other.len()).then_with(|| one.cmp(other))
        }
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
        (false, false) => one.cmp(other),
    }
}
