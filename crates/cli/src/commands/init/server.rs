//! What the server says of the app: its address, its channels, its keys, its door.

use api::{Code, CreateApp};
use http::StatusCode;
use protocol::names;

use super::InitOptions;
use super::refusal::InitError;
use crate::commands::device::{Network, update_url};
use crate::failure::Failure;
use crate::printer::Printer;
use crate::remote::{Remote, RemoteError};

/// What the server says of the app.
pub(super) struct Found {
    pub(super) app: api::App,
    pub(super) keys: Vec<api::Key>,
    /// The header in which it wants a key of every phone.
    pub(super) key_header: Option<String>,
}

/// Asks for all of it.
pub(super) async fn ask(options: &InitOptions, printer: &Printer) -> Result<Found, Failure> {
    let remote = Remote::new(options.connection.clone(), printer)?;
    let app = match remote.app().await {
        Err(RemoteError::Problem(problem))
            if problem.is(Code::UnknownApp) && options.create_app && !options.dry_run =>
        {
            let wanted = CreateApp { slug: options.connection.app.clone(), channel: options.channel.clone() };
            let created = remote.create_app(&wanted).await?;
            printer.note(&format!("Created app {} on the server", created.slug));
            remote.app().await?
        }
        found => found?,
    };
    let keys = remote.keys().await?.keys;
    let key_header = door(options, None).await?.map(|(_, header)| header);
    if let (Some(header), Some(key)) = (&key_header, &options.api_key)
        && let Some((said, _)) = door(options, Some((header, key))).await?
    {
        return Err(InitError::Door(said).into());
    }
    Ok(Found { app, keys, key_header })
}

/// Asks as a phone would: what it is told when it is turned away, and the header that this is about.
async fn door(options: &InitOptions, key: Option<(&str, &str)>) -> Result<Option<(String, String)>, Failure> {
    let connection = &options.connection;
    let network = Network::new(&connection.server, "gzip")?;
    let mut headers = vec![
        (names::PLATFORM.to_owned(), "ios".to_owned()),
        (names::PROTOCOL_VERSION.to_owned(), "1".to_owned()),
        (names::RUNTIME_VERSION.to_owned(), "updraft-init".to_owned()),
        ("accept".to_owned(), "multipart/mixed,application/expo+json,application/json".to_owned()),
    ];
    headers.extend(key.map(|(header, key)| (header.to_owned(), key.to_owned())));
    let answer = network.get(update_url(&connection.server, &connection.app).as_str(), &headers).await?;
    if answer.status != StatusCode::UNAUTHORIZED {
        return Ok(None);
    }
    match answer.refusal() {
        RemoteError::Problem(problem) => {
            let header = problem.field.unwrap_or_else(|| "x-api-key".into());
            Ok(Some((problem.detail, header)))
        }
        // A proxy in front asks for something of its own.
        other => Err(other.into()),
    }
}
