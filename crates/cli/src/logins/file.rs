//! The logins on disk: mode 0600 in a directory of mode 0700, replaced whole or not at all.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy as _;

use super::{LoginError, Logins};

const DIRECTORY: &str = "updraft";
const FILE: &str = "logins.json";
/// Far more than anybody's servers need.
const LARGEST: u64 = 1024 * 1024;

/// Where a user's logins are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginFile {
    path: PathBuf,
}

impl LoginFile {
    /// The user's own: in `updraft` beneath `$XDG_CONFIG_HOME`, `~/.config` or, on Windows, `%APPDATA%`. None where the
    /// environment knows no home.
    pub fn of_user() -> Option<Self> {
        etcetera::choose_base_strategy().ok().map(|directories| Self::in_config_dir(&directories.config_dir()))
    }

    /// In `updraft` beneath a directory of settings.
    pub fn in_config_dir(directory: &Path) -> Self {
        Self { path: directory.join(DIRECTORY).join(FILE) }
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What it holds; nothing when there is no such file.
    pub(crate) fn read(&self) -> Result<Logins, LoginError> {
        let file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Logins::default()),
            Err(error) => return Err(self.disk("read", error)),
        };
        self.refuse_exposed(&file)?;
        let mut text = Vec::new();
        file.take(LARGEST).read_to_end(&mut text).map_err(|error| self.disk("read", error))?;
        Logins::from_json(&text).map_err(|why| LoginError::Corrupt { path: self.path.clone(), why })
    }

    /// Takes the place of what was there, in one step.
    pub(crate) fn write(&self, logins: &Logins) -> Result<(), LoginError> {
        self.replace(logins.to_json().as_bytes()).map_err(|error| self.disk("written", error))
    }

    fn replace(&self, text: &[u8]) -> io::Result<()> {
        let directory = self.path.parent().unwrap_or(Path::new("."));
        create_private(directory)?;
        // Made with mode 0600, so that it is at no time open to others.
        let mut file = tempfile::NamedTempFile::new_in(directory)?;
        file.write_all(text)?;
        file.as_file().sync_all()?;
        file.persist(&self.path)?;
        Ok(())
    }

    #[cfg(unix)]
    fn refuse_exposed(&self, file: &File) -> Result<(), LoginError> {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = file.metadata().map_err(|error| self.disk("read", error))?.permissions().mode() & 0o777;
        if mode.is_multiple_of(0o100) { Ok(()) } else { Err(LoginError::Exposed { path: self.path.clone(), mode }) }
    }

    /// `%APPDATA%` is its user's alone.
    #[cfg(not(unix))]
    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "there is something to do elsewhere")]
    fn refuse_exposed(&self, _file: &File) -> Result<(), LoginError> {
        Ok(())
    }

    fn disk(&self, verb: &'static str, source: io::Error) -> LoginError {
        LoginError::Disk { path: self.path.clone(), verb, source }
    }
}

#[cfg(unix)]
fn create_private(directory: &Path) -> io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
    fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    // It may have been there, with another mode.
    fs::set_permissions(directory, fs::Permissions::from_mode(0o700))
}

#[cfg(not(unix))]
fn create_private(directory: &Path) -> io::Result<()> {
    fs::create_dir_all(directory)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{LoginError, LoginFile, Logins};

    fn some() -> Logins {
        let mut logins = Logins::default();
        logins.keep("https://a.example".parse().unwrap(), "upd_secret".parse().unwrap());
        logins
    }

    #[test]
    fn nothing_is_kept_at_first_and_then_what_was_written() {
        let home = tempfile::TempDir::new().unwrap();
        let file = LoginFile::in_config_dir(&home.path().join("deep/config"));
        assert_eq!(file.read().unwrap(), Logins::default());
        file.write(&some()).unwrap();
        assert_eq!(file.read().unwrap(), some());
        let directory = file.path().parent().unwrap();
        assert_eq!(fs::read_dir(directory).unwrap().count(), 1, "nothing is left beside it");
    }

    #[cfg(unix)]
    #[test]
    fn only_its_user_can_read_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let home = tempfile::TempDir::new().unwrap();
        let file = LoginFile::in_config_dir(home.path());
        let directory = home.path().join("updraft");
        fs::create_dir(&directory).unwrap();
        fs::set_permissions(&directory, fs::Permissions::from_mode(0o755)).unwrap();
        file.write(&some()).unwrap();
        let mode = |path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(file.path()), mode(directory.as_path())), (0o600, 0o700));

        for exposed in [0o644, 0o640, 0o606] {
            fs::set_permissions(file.path(), fs::Permissions::from_mode(exposed)).unwrap();
            let error = file.read().unwrap_err();
            assert!(matches!(error, LoginError::Exposed { mode, .. } if mode == exposed), "{error}");
            assert!(error.hint().unwrap().starts_with("`chmod 600 "));
        }
        // Writing heals it.
        file.write(&some()).unwrap();
        assert_eq!(file.read().unwrap(), some());
    }

    #[test]
    fn a_damaged_file_is_named_with_the_way_out() {
        let home = tempfile::TempDir::new().unwrap();
        let file = LoginFile::in_config_dir(home.path());
        file.write(&some()).unwrap();
        let whole = fs::read(file.path()).unwrap();
        fs::write(file.path(), &whole[..whole.len() / 2]).unwrap();
        let error = file.read().unwrap_err();
        let path = file.path().display().to_string();
        assert!(error.to_string().contains(&path), "{error}");
        assert!(error.hint().unwrap().contains(&format!("delete {path} and run `updraft login`")));
    }
}
