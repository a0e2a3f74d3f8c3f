//! Paths inside an export.

use std::fmt;

use super::error::PathFault;

/// A relative path inside the export directory with `/` between its segments, none of which is empty, `.` or `..`.
///
/// On Windows `expo export` writes `assets\<md5>` (`createMetadataJson.js` joins with the platform's separator), so a
/// backslash is read as a separator before anything else is looked at: it can then hide neither `..` nor a UNC path. Metro
/// never puts one into a file's name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExportPath(String);

impl ExportPath {
    /// The longest path, in bytes.
    pub const MAX_BYTES: usize = 1024;

    /// Reads a path as `metadata.json` has it.
    pub fn parse(text: &str) -> Result<Self, PathFault> {
        if text.is_empty() {
            return Err(PathFault::Empty);
        }
        if text.len() > Self::MAX_BYTES {
            return Err(PathFault::TooLong);
        }
        if text.chars().any(char::is_control) {
            return Err(PathFault::ControlCharacter);
        }
        let path = text.replace('\\', "/");
        let has_drive =
            path.as_bytes().first().is_some_and(u8::is_ascii_alphabetic) && path.as_bytes().get(1) == Some(&b':');
        if path.starts_with('/') || has_drive {
            return Err(PathFault::Absolute);
        }
        for segment in path.split('/') {
            match segment {
                ".." => return Err(PathFault::LeavesExport),
                "" | "." => return Err(PathFault::EmptySegment),
                _ => {}
            }
        }
        Ok(Self(path))
    }

    /// With `/` between the segments, on every platform.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last segment.
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }
}

impl fmt::Display for ExportPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{ExportPath, PathFault};

    #[test]
    fn takes_what_expo_writes() {
        for (text, path, name) in [
            ("assets/0a328cd9", "assets/0a328cd9", "0a328cd9"),
            ("assets\\0a328cd9", "assets/0a328cd9", "0a328cd9"),
            ("_expo/static/js/ios/entry-0e.hbc", "_expo/static/js/ios/entry-0e.hbc", "entry-0e.hbc"),
            ("bundle.js", "bundle.js", "bundle.js"),
            ("1:x", "1:x", "1:x"),
            ("a/..b/c..", "a/..b/c..", "c.."),
            ("assets/ä b+c%20", "assets/ä b+c%20", "ä b+c%20"),
        ] {
            let parsed = ExportPath::parse(text).unwrap();
            assert_eq!((parsed.as_str(), parsed.file_name()), (path, name));
        }
    }

    #[test]
    fn refuses_what_could_leave_the_export() {
        let long = "x".repeat(ExportPath::MAX_BYTES + 1);
        for (text, fault) in [
            ("", PathFault::Empty),
            ("..", PathFault::LeavesExport),
            ("../x", PathFault::LeavesExport),
            ("a/../x", PathFault::LeavesExport),
            ("a/..", PathFault::LeavesExport),
            ("a\\..\\x", PathFault::LeavesExport),
            ("a/..\\x", PathFault::LeavesExport),
            ("/etc/passwd", PathFault::Absolute),
            ("\\\\server\\share", PathFault::Absolute),
            ("\\x", PathFault::Absolute),
            ("C:\\x", PathFault::Absolute),
            ("c:x", PathFault::Absolute),
            ("c:1", PathFault::Absolute),
            ("c:", PathFault::Absolute),
            ("a//b", PathFault::EmptySegment),
            ("a/", PathFault::EmptySegment),
            ("./a", PathFault::EmptySegment),
            ("a/./b", PathFault::EmptySegment),
            ("a\0b", PathFault::ControlCharacter),
            ("a\r\nb", PathFault::ControlCharacter),
            (long.as_str(), PathFault::TooLong),
        ] {
            assert_eq!(ExportPath::parse(text), Err(fault), "{text:?}");
        }
        assert!(ExportPath::parse(&long[1..]).is_ok());
    }

    proptest! {
        #[test]
        fn what_passes_stays_inside(text in "[a-c./\\\\:]{0,12}|\\PC{0,12}") {
            if let Ok(path) = ExportPath::parse(&text) {
                let inside = std::path::Path::new(path.as_str()).components()
                    .all(|component| matches!(component, std::path::Component::Normal(_)));
                prop_assert!(inside, "{path}");
                prop_assert!(!path.as_str().contains(['\\', '\0']));
                prop_assert!(!matches!(path.file_name(), "" | "." | ".."));
                prop_assert_eq!(ExportPath::parse(path.as_str()), Ok(path.clone()));
            }
        }
    }
}
