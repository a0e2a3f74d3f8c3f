//! `updraft keys`: signing keys and their certificates.

use std::path::{Path, PathBuf};

use api::{GenerateKey, ImportKey, Key, KeyHolder, Keys, Problem};

use crate::failure::Failure;
use crate::files::{self, Place};
use crate::printer::Printer;
use crate::remote::{Connection, Remote, RemoteError};
use crate::table;

/// Makes a key on the server, and writes its certificate where that was asked for.
pub async fn generate(
    connection: Connection,
    request: GenerateKey,
    certificate_out: Option<PathBuf>,
    printer: &Printer,
) -> Result<(), Failure> {
    let remote = Remote::new(connection, printer)?;
    // What lies there may be the certificate of another key, which binaries trust.
    let place = certificate_out.as_deref().map(Place::free).transpose()?;
    let key = remote.generate_key(&request).await.map_err(unsure)?;
    if let (Some(path), Some(place)) = (&certificate_out, place) {
        place.fill(&key.certificate)?;
        printer.note(&format!("wrote the certificate to {}", path.display()));
    }
    print_key("Generated", &key, printer);
    Ok(())
}

/// Gives the server a key. The files are read here; the private key is shown nowhere.
pub async fn import(
    connection: Connection,
    key_id: String,
    private_key: &Path,
    certificate: &Path,
    printer: &Printer,
) -> Result<(), Failure> {
    let remote = Remote::new(connection, printer)?;
    let request = ImportKey { key_id, private_key: read(private_key).await?, certificate: read(certificate).await? };
    let key = remote.import_key(&request).await.map_err(unsure)?;
    print_key("Imported", &key, printer);
    Ok(())
}

/// Lists the app's keys.
pub async fn list(connection: Connection, printer: &Printer) -> Result<(), Failure> {
    let keys = Remote::new(connection, printer)?.keys().await?;
    printer.data(&in_columns(&keys));
    printer.json(&keys);
    Ok(())
}

/// Prints a key's certificate, or writes it to a file.
pub async fn certificate(
    connection: Connection,
    key_id: &str,
    out: Option<&Path>,
    printer: &Printer,
) -> Result<(), Failure> {
    let app = connection.app.clone();
    let Keys { keys, .. } = Remote::new(connection, printer)?.keys().await?;
    let Some(key) = keys.iter().find(|key| key.key_id == key_id) else {
        let problem = Problem::new(api::Code::UnknownKey, format!("the app {app} has no signing key {key_id:?}"));
        return Err(RemoteError::Problem(Box::new(problem)).into());
    };
    match out {
        Some(path) => {
            files::put(path, &key.certificate)?;
            printer.note(&format!("wrote the certificate to {}", path.display()));
        }
        None => printer.data(&key.certificate),
    }
    printer.json(key);
    Ok(())
}

fn unsure(error: RemoteError) -> Failure {
    Failure::of_intent(error, "see with `updraft keys list` whether the key is there")
}

fn print_key(done: &str, key: &Key, printer: &Printer) {
    let Key { key_id, subject, fingerprint, not_after, .. } = key;
    printer.data(&format!(
        "{done} key {key_id} for {subject}, valid until {}\nFingerprint: {fingerprint}",
        day(not_after)
    ));
    printer.json(key);
}

fn in_columns(Keys { keys, .. }: &Keys) -> String {
    if keys.is_empty() {
        return "No keys yet: make one with `updraft keys generate --key-id main`".into();
    }
    let rows: Vec<[String; 5]> = keys
        .iter()
        .map(|key| {
            let holder = match key.holder {
                KeyHolder::Server => "server",
                KeyHolder::Ci => "elsewhere",
            };
            let fingerprint = key.fingerprint.chars().take(16).collect();
            [key.key_id.clone(), holder.into(), key.subject.clone(), day(&key.not_after).into(), fingerprint]
        })
        .collect();
    table::aligned(["key id", "held by", "subject", "valid until", "fingerprint"], &rows)
}

/// The day of an RFC 3339 instant.
fn day(instant: &str) -> &str {
    instant.split_once('T').map_or(instant, |(day, _)| day)
}

async fn read(path: &Path) -> Result<String, Failure> {
    tokio::fs::read_to_string(path).await.map_err(|source| Failure::File {
        path: path.to_owned(),
        verb: "read",
        source,
    })
}
