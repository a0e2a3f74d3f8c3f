//! Why a project cannot be set up.

use std::path::PathBuf;

use signing::CertificateError;

use crate::app_json::NotEditable;

/// Why a project cannot be set up. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// The config cannot be read as JSON.
    #[error("{} cannot be edited", path.display())]
    NotEditable {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: Unreadable,
    },
    /// It is JSON, but what should hold settings is a text, a number or a list.
    #[error("the app config cannot be edited: its `{0}` is no object")]
    NoObject(String),
    /// The config was changed while the command looked at it.
    #[error("{} was changed meanwhile", .0.display())]
    Changed(PathBuf),
    /// Settings decide whether updates come from this server at all, and are set otherwise.
    #[error("the app has other settings: {}", .0.join("; "))]
    OtherSettings(Vec<String>),
    /// The app trusts a certificate of no key on the server.
    #[error("the app verifies updates with {path} ({subject}), which belongs to no signing key of the server")]
    OtherCertificate {
        /// As the config has it.
        path: String,
        /// The certificate's subject.
        subject: String,
    },
    /// The certificate that the config names cannot be used.
    #[error("the app's certificate {path} cannot be used")]
    Certificate {
        /// As the config has it.
        path: String,
        /// Why not.
        source: CertificateError,
    },
    /// A file lies where the certificate goes.
    #[error("{} is there and is not the certificate of key {key_id}", path.display())]
    InTheWay {
        /// The file.
        path: PathBuf,
        /// The chosen key.
        key_id: String,
    },
    /// The server has only the leaf of a chain.
    #[error("key {0} signs with a certificate chain, and the server does not have the root that apps trust")]
    RootNeeded(String),
    /// The server lets nobody in without a key, or not with this one.
    #[error("{0}")]
    Door(String),
}

/// Why a file is no JSON to edit.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct Unreadable(pub(crate) NotEditable);

impl InitError {
    /// What to do next.
    pub(crate) fn hint(&self) -> &'static str {
        match self {
            Self::NotEditable { .. } => {
                "make it strict JSON and run the command again: comments and trailing commas, which Expo reads, could not be kept"
            }
            Self::NoObject(_) => "what stands there would be lost: correct it or remove it, and run the command again",
            Self::Changed(_) => "nothing was written: run the command again, and it goes by what the file says now",
            Self::OtherSettings(_) => {
                "nothing was written; check --server, --app and --project, or say --force to set this server up instead"
            }
            Self::OtherCertificate { .. } => {
                "binaries in the field refuse what another key signs: give the server that key with `updraft keys \
                 import`; if no such binary was released, remove codeSigningCertificate and codeSigningMetadata from \
                 the config and run this again"
            }
            Self::Certificate { .. } => "`updraft keys certificate` prints the one that belongs to a key",
            Self::InTheWay { .. } => "move it away, or name another place with --certificate",
            Self::RootNeeded(_) => {
                "put the root into the project, name it in updates.codeSigningCertificate, and run this again"
            }
            Self::Door(_) => "give a key of the server's `devices.api_keys` with --api-key or UPDRAFT_API_KEY",
        }
    }

    /// A stable word for programs.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::NotEditable { .. } | Self::NoObject(_) => "not_editable",
            Self::Changed(_) => "config_changed",
            Self::OtherSettings(_) => "other_settings",
            Self::OtherCertificate { .. } => "other_certificate",
            Self::Certificate { .. } => "invalid_certificate",
            Self::InTheWay { .. } => "file_in_the_way",
            Self::RootNeeded(_) => "root_needed",
            Self::Door(_) => "api_key",
        }
    }
}
