//! Fetching what a record names from other hosts, whose addresses anybody may have written.
//!
//! A name is looked up once, every address that it has must be public, and the connection goes to one of those: there is no
//! second look-up that could answer otherwise. No redirect is followed, no proxy asked, nothing is kept of the bytes but
//! their hash.

mod addresses;
mod decode;

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use http::{HeaderMap, header};
use model::BlobHash;
use publishing::ports::{FetchAsset, FetchError};
use publishing::{AssetUrl, is_public};
use reqwest::Client;
use reqwest::redirect::Policy;
use tokio::sync::{OnceCell, mpsc};

use self::addresses::{Lookup, NotPublic, PublicOnly, SystemLookup};
use self::decode::{Coding, Decoding};
use crate::config::AdminPublish;

/// Asks other hosts over HTTP.
pub struct WebFetch {
    /// Made when it is first needed: it reads the machine's certificates, which a server without records can do without.
    client: OnceCell<Client>,
    lookup: Arc<dyn Lookup>,
    allow_private_addresses: bool,
    time: Duration,
    largest: u64,
}

/// Pieces of a body that may wait for their hashing.
const PIECES_WAITING: usize = 8;
/// What every phone decodes (protocol.md §6), so that what is hashed is what a phone gets.
const ACCEPT_ENCODING: &str = "br, gzip";

impl WebFetch {
    /// For files of at most `largest` bytes.
    pub fn new(settings: &AdminPublish, largest: u64) -> Self {
        Self::looking_up(Arc::new(SystemLookup), settings, largest)
    }

    fn looking_up(lookup: Arc<dyn Lookup>, settings: &AdminPublish, largest: u64) -> Self {
        let AdminPublish { allow_private_addresses, fetch_time } = *settings;
        Self { client: OnceCell::new(), lookup, allow_private_addresses, time: fetch_time, largest }
    }

    async fn client(&self) -> Result<&Client, FetchError> {
        let resolver =
            PublicOnly { lookup: self.lookup.clone(), allow_private_addresses: self.allow_private_addresses };
        let make = async || {
            let build = || {
                Client::builder()
                    .dns_resolver(Arc::new(resolver))
                    .no_proxy()
                    .redirect(Policy::none())
                    .referer(false)
                    .user_agent(concat!("updraft/", env!("CARGO_PKG_VERSION")))
                    .build()
            };
            let built = tokio::task::spawn_blocking(build).await.map_err(|error| unreachable(&error))?;
            built.map_err(|error| unreachable(&error))
        };
        self.client.get_or_try_init(make).await
    }

    async fn fetch(&self, url: &AssetUrl) -> Result<BlobHash, FetchError> {
        let private = || FetchError::PrivateAddress { host: url.host().to_owned() };
        // An address that is written out is never looked up.
        if !self.allow_private_addresses && url.known_address().is_some_and(|address| !is_public(address)) {
            return Err(private());
        }
        let request = self.client().await?.get(url.as_str()).header(header::ACCEPT_ENCODING, ACCEPT_ENCODING);
        let mut answer = request.send().await.map_err(|error| {
            if causes(&error).any(<dyn Error>::is::<NotPublic>) { private() } else { unreachable(&error) }
        })?;
        let status = answer.status();
        if status.is_redirection() {
            let to =
                answer.headers().get(header::LOCATION).map(|to| String::from_utf8_lossy(to.as_bytes()).into_owned());
            return Err(FetchError::Redirected { status: status.as_u16(), to: to.unwrap_or_else(|| "nowhere".into()) });
        }
        if status != http::StatusCode::OK {
            return Err(FetchError::Status(status.as_u16()));
        }
        let coding = coding(answer.headers())?;
        let (pieces, arriving) = mpsc::channel(PIECES_WAITING);
        let decoding = Decoding { coding, largest: self.largest };
        let hashing = tokio::task::spawn_blocking(move || decoding.hash(arriving));
        while let Some(piece) = answer.chunk().await.map_err(|error| unreachable(&error))? {
            // Whoever hashes has given up and says why.
            if pieces.send(piece).await.is_err() {
                break;
            }
        }
        drop(pieces);
        hashing.await.map_err(|error| unreachable(&error))?
    }
}

#[async_trait]
impl FetchAsset for WebFetch {
    async fn sha256(&self, url: &AssetUrl) -> Result<BlobHash, FetchError> {
        let fetched = tokio::time::timeout(self.time, self.fetch(url)).await;
        fetched.unwrap_or(Err(FetchError::TimedOut(self.time)))
    }
}

fn coding(headers: &HeaderMap) -> Result<Coding, FetchError> {
    let mut named = headers.get_all(header::CONTENT_ENCODING).iter();
    match (named.next(), named.next()) {
        (None, _) => Ok(Coding::Identity),
        (Some(one), None) => {
            let text = String::from_utf8_lossy(one.as_bytes()).trim().to_ascii_lowercase();
            Coding::parse(&text).ok_or(FetchError::UnknownEncoding(text))
        }
        (Some(_), Some(_)) => Err(FetchError::UnknownEncoding("several".into())),
    }
}

/// The error with what is beneath it, which says more than it does itself.
fn unreachable(error: &(dyn Error + 'static)) -> FetchError {
    FetchError::Unreachable(causes(error).map(ToString::to_string).collect::<Vec<_>>().join(": "))
}

fn causes<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error: &&'e (dyn Error + 'static)| -> Option<&'e (dyn Error + 'static)> {
        (*error).source()
    })
}

#[cfg(test)]
mod tests;
