//! The two platforms that the client exists for.

use std::fmt;

/// A platform, as in `expo-platform` and in `metadata.json`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Platform {
    /// `android`
    Android,
    /// `ios`
    Ios,
}

impl Platform {
    /// Both, in the order in which they are listed to people.
    pub const ALL: [Self; 2] = [Self::Android, Self::Ios];

    /// The lower-case name that goes on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Android => "android",
            Self::Ios => "ios",
        }
    }

    /// Reads a name in any case: scripts written to the product brief send `iOS` too (protocol.md §8).
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|platform| platform.as_str().eq_ignore_ascii_case(name))
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::Platform;

    #[test]
    fn reads_any_case_and_nothing_else() {
        for (name, expected) in [
            ("ios", Some(Platform::Ios)),
            ("iOS", Some(Platform::Ios)),
            ("ANDROID", Some(Platform::Android)),
            ("android", Some(Platform::Android)),
            ("web", None),
            ("", None),
            (" ios", None),
            ("ios,android", None),
        ] {
            assert_eq!(Platform::parse(name), expected, "{name:?}");
        }
        for platform in Platform::ALL {
            assert_eq!(Platform::parse(platform.as_str()), Some(platform));
            assert_eq!(platform.to_string(), platform.as_str());
        }
    }
}
