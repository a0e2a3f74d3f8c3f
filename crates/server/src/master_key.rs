//! The master key, from where the settings say.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use publishing::ports::Entropy;
use signing::seal::MasterKey;
use zeroize::Zeroizing;

use crate::config::MasterKeySource;

/// Why there is no master key.
#[derive(Debug, thiserror::Error)]
pub enum MasterKeyError {
    /// The file cannot be read or written.
    #[error("{SETTING_FILE}: {path} cannot be read or written")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The text is not a key.
    #[error("{setting}: this is no master key")]
    Text {
        /// Where it stands.
        setting: String,
        /// Why.
        #[source]
        source: signing::seal::MasterKeyError,
    },
}

const SETTING: &str = "signing.master_key";
const SETTING_FILE: &str = "signing.master_key_file";

/// What to change when the key is not the right one, with the file where there is one.
pub fn setting(source: &MasterKeySource) -> String {
    match source {
        MasterKeySource::Text(_) => SETTING.into(),
        MasterKeySource::File { path, .. } => format!("{SETTING_FILE}: {}", path.display()),
    }
}

/// Reads the key. Makes one when the settings allow it and the data is new: data that exists was sealed by a key that is
/// gone, and another one would hide that.
pub fn load(source: &MasterKeySource, is_new: bool, entropy: &dyn Entropy) -> Result<MasterKey, MasterKeyError> {
    let no_key = |error| MasterKeyError::Text { setting: setting(source), source: error };
    match source {
        MasterKeySource::Text(text) => MasterKey::parse(text).map_err(no_key),
        MasterKeySource::File { path, create } => {
            let file = |source| MasterKeyError::File { path: path.clone(), source };
            let text = match fs::read_to_string(path) {
                Ok(text) => Zeroizing::new(text),
                Err(error) if *create && is_new && error.kind() == io::ErrorKind::NotFound => {
                    create_file(path, entropy).map_err(file)?
                }
                Err(error) => return Err(file(error)),
            };
            MasterKey::parse(&text).map_err(no_key)
        }
    }
}

/// Writes a new key beside its place and moves it there, so that a cut start leaves no half of one.
fn create_file(path: &Path, entropy: &dyn Entropy) -> io::Result<Zeroizing<String>> {
    let mut bytes = [0; 32];
    bytes[..16].copy_from_slice(&entropy.bytes());
    bytes[16..].copy_from_slice(&entropy.bytes());
    let text = MasterKey::from_bytes(bytes).to_base64();
    let unfinished = path.with_extension(format!("key.{:02x}{:02x}", entropy.bytes()[0], entropy.bytes()[0]));
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&unfinished)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    // A link, unlike a move, does not replace: of two servers that start at once on a shared directory, one makes the key.
    let linked = fs::hard_link(&unfinished, path);
    fs::remove_file(&unfinished)?;
    let text = match linked {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Zeroizing::new(fs::read_to_string(path)?),
        linked => linked.map(|()| text)?,
    };
    // The name must be as durable as the database that needs it.
    #[cfg(unix)]
    fs::File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()?;
    Ok(text)
}
