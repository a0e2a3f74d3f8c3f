//! The app config: a file that can be edited, or code that cannot.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::InitOptions;
use super::plan::{Action, Change};
use super::refusal::{InitError, Unreadable};
use crate::app_json::JsonText;
use crate::expo::{Project, ProjectFiles};
use crate::failure::Failure;
use crate::files;

/// The app config of a project.
pub(super) enum Config {
    /// JSON in a file.
    File(ConfigFile),
    /// Code, and what it comes to.
    Code {
        name: &'static str,
        app: Value,
        /// Why what it comes to is not known.
        unknown: Option<String>,
    },
}

/// JSON in a file.
pub(super) struct ConfigFile {
    name: &'static str,
    path: PathBuf,
    /// What was read; none where there is no file yet.
    read: Option<String>,
    text: JsonText,
    app: Value,
    /// The app config lies beneath `expo`.
    is_wrapped: bool,
}

impl Config {
    /// Reads it; code is evaluated by Expo's tools.
    pub(super) async fn read(files: &ProjectFiles, options: &InitOptions) -> Result<Self, Failure> {
        if let Some(name) = files.dynamic_config {
            let project = Project { directory: &options.project, programs: &options.programs };
            let (app, unknown) = match project.private_config().await {
                Ok(config) => (config.into_value(), None),
                Err(error) => (json!({}), Some(error.to_string())),
            };
            return Ok(Self::Code { name, app, unknown });
        }
        let name = files.static_config.unwrap_or("app.json");
        ConfigFile::read(name, options.project.join(name)).map(Self::File)
    }

    /// Its name in the project.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::File(file) => file.name,
            Self::Code { name, .. } => name,
        }
    }

    /// What it says of the app.
    pub(super) fn app(&self) -> &Value {
        match self {
            Self::File(file) => &file.app,
            Self::Code { app, .. } => app,
        }
    }
}

impl ConfigFile {
    fn read(name: &'static str, path: PathBuf) -> Result<Self, Failure> {
        let read = read_if_there(&path)?;
        let text = read.clone().unwrap_or_else(|| "{\n  \"expo\": {}\n}\n".into());
        let (text, value) = JsonText::parse(text)
            .map_err(|source| InitError::NotEditable { path: path.clone(), source: Unreadable(source) })?;
        let wrapped = value.get("expo").filter(|expo| expo.is_object());
        Ok(Self { name, path, read, text, is_wrapped: wrapped.is_some(), app: wrapped.unwrap_or(&value).clone() })
    }

    /// Whether the plan still holds: somebody may have edited the file while the question stood there.
    pub(super) fn require_unchanged(&self) -> Result<(), Failure> {
        if read_if_there(&self.path)? == self.read { Ok(()) } else { Err(InitError::Changed(self.path.clone()).into()) }
    }

    /// Writes what was planned, or nothing at all.
    pub(super) fn write(&mut self, changes: &[Change]) -> Result<(), Failure> {
        for Change { wish, .. } in changes.iter().filter(|change| matches!(change.action, Action::Add | Action::Change))
        {
            let prefix = self.is_wrapped.then_some("expo");
            let path: Vec<&str> = prefix.into_iter().chain(wish.path.iter().map(String::as_str)).collect();
            self.text.set(&path, &wish.value);
        }
        self.require_unchanged()?;
        files::replace(&self.path, self.text.as_str())
    }
}

fn read_if_there(path: &Path) -> Result<Option<String>, Failure> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(source) => Err(Failure::File { path: path.to_owned(), verb: "read", source }),
    }
}

/// The certificate, which may need a directory first. Whole or not at all, and never over another file.
pub(super) fn write_certificate(path: &Path, pem: &str) -> Result<(), Failure> {
    if let Some(directory) = path.parent() {
        std::fs::create_dir_all(directory).map_err(|source| Failure::File {
            path: path.to_owned(),
            verb: "written",
            source,
        })?;
    }
    files::put(path, pem)
}

/// The app config in a file, or why it cannot be read.
pub(crate) fn read_json(path: &Path) -> Result<Value, String> {
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    let (_, value) = JsonText::parse(text).map_err(|error| {
        let source = std::error::Error::source(&error).map(|source| format!(": {source}")).unwrap_or_default();
        format!("{error}{source}")
    })?;
    Ok(value.get("expo").filter(|expo| expo.is_object()).unwrap_or(&value).clone())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{ConfigFile, write_certificate};

    #[test]
    fn what_was_edited_meanwhile_is_not_replaced() {
        let project = tempfile::TempDir::new().unwrap();
        let path = project.path().join("app.json");
        for (before, meanwhile, is_refused) in [
            (Some("{\"name\": \"a\"}"), Some("{\"name\": \"b\"}"), true),
            (Some("{\"name\": \"a\"}"), None, true),
            (None, Some("{}"), true),
            (Some("{}"), Some("{}"), false),
            (None, None, false),
        ] {
            let lay = |text: Option<&str>| match text {
                Some(text) => fs::write(&path, text).unwrap(),
                None => drop(fs::remove_file(&path)),
            };
            lay(before);
            let mut file = ConfigFile::read("app.json", path.clone()).unwrap();
            lay(meanwhile);
            let refused = file.write(&[]).err();
            assert_eq!(
                refused.as_ref().map(crate::Failure::code),
                is_refused.then_some("config_changed"),
                "{before:?}"
            );
            if is_refused {
                assert_eq!(fs::read_to_string(&path).ok().as_deref(), meanwhile);
            }
        }
    }

    #[test]
    fn a_certificate_that_cannot_be_whole_is_not_there_at_all() {
        let project = tempfile::TempDir::new().unwrap();
        let path = project.path().join("certs/certificate.pem");
        write_certificate(&path, "PEM").unwrap();
        // What a cut run has left whole is taken for written; what is something else stays.
        write_certificate(&path, "PEM").unwrap();
        assert!(write_certificate(&path, "other").is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "PEM");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }
}
