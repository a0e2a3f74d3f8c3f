//! Which key binaries are to trust, and where its certificate lies.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use api::Key;
use serde_json::Value;
use signing::{Certificate, CertificateChain};

use super::InitOptions;
use super::plan::lookup;
use super::refusal::InitError;
use crate::failure::Failure;
use crate::machine;

/// How the app is to verify what it gets.
#[derive(Clone, Debug)]
pub(super) struct Trust {
    pub(super) key: Key,
    /// What `codeSigningCertificate` says.
    pub(super) path: String,
    /// Where that is.
    pub(super) file: PathBuf,
    /// The file has yet to be written.
    pub(super) is_missing: bool,
    /// The certificate is the root of the chain that travels with each manifest.
    pub(super) includes_chain: bool,
}

/// Chooses among the server's keys; none when it has none. A certificate that the app has already decides.
pub(super) fn choose(keys: Vec<Key>, config: &Value, options: &InitOptions) -> Result<Option<Trust>, Failure> {
    let setting = |path: &[&str]| lookup(config, path).and_then(Value::as_str);
    let configured = setting(&["updates", "codeSigningCertificate"]);
    if let Some(path) = configured
        && let Some(certificate) = read(&options.project.join(path), path)?
    {
        return keep(path, &certificate, keys, options).map(Some);
    }
    let metadata = setting(&["updates", "codeSigningMetadata", "keyid"]);
    let Some(key) = pick(keys, options.key_id.as_deref().or(metadata))? else { return Ok(None) };
    if key.chain.is_some() {
        return Err(InitError::RootNeeded(key.key_id).into());
    }
    let path = configured.map_or_else(|| config_path(&options.certificate), str::to_owned);
    let file = options.project.join(&path);
    let is_missing = match read(&file, &path) {
        Ok(None) => true,
        Ok(Some(certificate)) if is_of(&certificate, &key) => false,
        _ => return Err(InitError::InTheWay { path: file, key_id: key.key_id }.into()),
    };
    Ok(Some(Trust { key, path, file, is_missing, includes_chain: false }))
}

fn keep(path: &str, certificate: &Certificate, keys: Vec<Key>, options: &InitOptions) -> Result<Trust, Failure> {
    let asked = |key: &Key| options.key_id.as_ref().is_none_or(|asked| *asked == key.key_id);
    let now_ms = machine::now_ms();
    let found = keys.into_iter().filter(asked).find_map(|key| {
        let includes_chain = is_root_of(certificate, &key, now_ms);
        (is_of(certificate, &key) || includes_chain).then_some((key, includes_chain))
    });
    let Some((key, includes_chain)) = found else {
        let subject = certificate.subject().to_owned();
        return Err(InitError::OtherCertificate { path: path.into(), subject }.into());
    };
    Ok(Trust { key, path: path.into(), file: options.project.join(path), is_missing: false, includes_chain })
}

/// The key that was named, else `main`, else the only one.
fn pick(mut keys: Vec<Key>, named: Option<&str>) -> Result<Option<Key>, Failure> {
    if keys.is_empty() {
        return Ok(None);
    }
    let position = match named {
        Some(named) => keys.iter().position(|key| key.key_id == named),
        None if keys.len() == 1 => Some(0),
        None => keys.iter().position(|key| key.key_id == "main"),
    };
    if let Some(position) = position {
        return Ok(Some(keys.swap_remove(position)));
    }
    let known: Vec<String> = keys.into_iter().map(|key| key.key_id).collect();
    let several = || "the app has several signing keys".to_owned();
    Err(Failure::Usage {
        message: named.map_or_else(several, |named| format!("the app has no signing key {named:?}")),
        hint: format!("name one with --key-id: {}", known.join(", ")),
    })
}

pub(crate) fn is_of(certificate: &Certificate, key: &Key) -> bool {
    Certificate::from_pem(&key.certificate).is_ok_and(|known| known.as_der() == certificate.as_der())
}

pub(crate) fn is_root_of(certificate: &Certificate, key: &Key, now_ms: i64) -> bool {
    let chain = key.chain.as_deref().and_then(|chain| CertificateChain::from_pem(chain).ok());
    chain.is_some_and(|chain| chain.verify_to_root(certificate, now_ms).is_ok())
}

/// None where there is no file.
fn read(file: &Path, path: &str) -> Result<Option<Certificate>, Failure> {
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(Failure::File { path: file.to_owned(), verb: "read", source }),
    };
    let certificate =
        Certificate::from_pem(&text).map_err(|source| InitError::Certificate { path: path.to_owned(), source })?;
    Ok(Some(certificate))
}

/// As a config has it: with slashes, also on Windows, and relative to the project.
fn config_path(path: &Path) -> String {
    let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).filter(|part| part != ".").collect();
    if path.is_absolute() { path.display().to_string() } else { format!("./{}", parts.join("/")) }
}
