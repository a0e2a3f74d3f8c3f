//! Files that the command line writes for its user: whole or not at all, and over something else only when asked to.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::failure::Failure;

/// A place for a file, tried before there is anything to write.
pub(crate) struct Place {
    path: PathBuf,
    scratch: NamedTempFile,
}

impl Place {
    /// A place where nothing lies yet, in a directory that takes files.
    pub(crate) fn free(path: &Path) -> Result<Self, Failure> {
        match fs::symlink_metadata(path) {
            Ok(_) => Err(not_written(path, taken())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Self::beside(path),
            Err(source) => Err(not_written(path, source)),
        }
    }

    fn beside(path: &Path) -> Result<Self, Failure> {
        let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::metadata(directory).map_err(|source| not_written(path, source))?;
        let scratch = for_everyone(&mut tempfile::Builder::new())
            .prefix(".updraft-")
            .tempfile_in(directory)
            // Its own words name the scratch file.
            .map_err(|error| not_written(path, error.kind().into()))?;
        Ok(Self { path: path.to_owned(), scratch })
    }

    /// Puts the text there, in one step.
    pub(crate) fn fill(self, text: &str) -> Result<(), Failure> {
        let Self { path, mut scratch } = self;
        let written = scratch.write_all(text.as_bytes()).and_then(|()| scratch.as_file().sync_all());
        written.map_err(|source| not_written(&path, source))?;
        match scratch.persist_noclobber(&path) {
            Ok(_) => Ok(()),
            Err(error) => Err(not_written(&path, error.error)),
        }
    }
}

/// Puts the text there, unless it is there already.
pub(crate) fn put(path: &Path, text: &str) -> Result<(), Failure> {
    let is_there = fs::metadata(path).is_ok_and(|known| known.is_file() && known.len() == text.len() as u64)
        && fs::read(path).is_ok_and(|known| known == text.as_bytes());
    if is_there { Ok(()) } else { Place::free(path)?.fill(text) }
}

/// Another text in place of what is there, if anything is. A link stays one, and so do the permissions.
pub(crate) fn replace(path: &Path, text: &str) -> Result<(), Failure> {
    let target = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let Place { mut scratch, .. } = Place::beside(&target)?;
    let write = || {
        scratch.write_all(text.as_bytes())?;
        scratch.as_file().sync_all()?;
        if let Ok(metadata) = fs::metadata(&target) {
            scratch.as_file().set_permissions(metadata.permissions())?;
        }
        scratch.persist(&target)?;
        Ok(())
    };
    write().map_err(|source| not_written(path, source))
}

fn not_written(path: &Path, source: io::Error) -> Failure {
    Failure::File { path: path.to_owned(), verb: "written", source }
}

fn taken() -> io::Error {
    io::Error::new(io::ErrorKind::AlreadyExists, "it exists already")
}

/// As open as other files of this user, not as closed as scratch files are.
#[cfg(unix)]
fn for_everyone<'a, 'b, 'c>(builder: &'c mut tempfile::Builder<'a, 'b>) -> &'c mut tempfile::Builder<'a, 'b> {
    use std::os::unix::fs::PermissionsExt as _;
    builder.permissions(fs::Permissions::from_mode(0o666))
}

#[cfg(not(unix))]
fn for_everyone<'a, 'b, 'c>(builder: &'c mut tempfile::Builder<'a, 'b>) -> &'c mut tempfile::Builder<'a, 'b> {
    builder
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::{Place, put, replace};

    fn names(directory: &TempDir) -> Vec<String> {
        let entries = fs::read_dir(directory.path()).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn a_file_is_there_whole_or_not_at_all() {
        let directory = TempDir::new().unwrap();
        let path = directory.path().join("certificate.pem");
        drop(Place::free(&path).unwrap());
        assert_eq!(names(&directory), [""; 0], "a place that was not used leaves nothing");
        put(&path, "text").unwrap();
        put(&path, "text").unwrap();
        assert_eq!(
            (names(&directory), fs::read_to_string(&path).unwrap().as_str()),
            (vec!["certificate.pem".into()], "text")
        );
        assert!(put(&path, "other").is_err());

        // Somebody was quicker.
        let other = directory.path().join("other.pem");
        let place = Place::free(&other).unwrap();
        fs::write(&other, "theirs").unwrap();
        assert!(place.fill("ours").is_err());
        assert_eq!((fs::read_to_string(&other).unwrap().as_str(), names(&directory).len()), ("theirs", 2));
    }

    #[cfg(unix)]
    #[test]
    fn a_file_is_as_open_as_others() {
        use std::os::unix::fs::PermissionsExt as _;
        let directory = TempDir::new().unwrap();
        let [ours, plain, fresh] = ["ours", "plain", "fresh"].map(|name| directory.path().join(name));
        put(&ours, "x").unwrap();
        replace(&fresh, "x").unwrap();
        fs::write(&plain, "x").unwrap();
        let mode = |path| fs::metadata(path).unwrap().permissions().mode();
        assert_eq!((mode(&ours), mode(&fresh)), (mode(&plain), mode(&plain)));
        // What has a mode of its own keeps it.
        fs::set_permissions(&plain, fs::Permissions::from_mode(0o640)).unwrap();
        replace(&plain, "y").unwrap();
        assert_eq!((mode(&plain) & 0o777, fs::read_to_string(&plain).unwrap().as_str()), (0o640, "y"));
    }
}
