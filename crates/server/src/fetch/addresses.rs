//! From a name to the addresses that may be connected to.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use async_trait::async_trait;
use publishing::is_public;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// Knows the addresses of names.
#[async_trait]
pub(super) trait Lookup: Send + Sync {
    /// All of them.
    async fn addresses(&self, name: &str) -> std::io::Result<Vec<IpAddr>>;
}

/// Asks the system.
pub(super) struct SystemLookup;

#[async_trait]
impl Lookup for SystemLookup {
    async fn addresses(&self, name: &str) -> std::io::Result<Vec<IpAddr>> {
        Ok(tokio::net::lookup_host((name, 0)).await?.map(|address| address.ip()).collect())
    }
}

/// A name has an address that is not public.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("{0} is no public address")]
pub(super) struct NotPublic(IpAddr);

/// Tells the HTTP client where to connect, or that it must not. A name of which one address is private is refused whole:
/// which one is taken would be chance.
pub(super) struct PublicOnly {
    pub lookup: Arc<dyn Lookup>,
    pub allow_private_addresses: bool,
}

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        let (lookup, allow_private_addresses) = (self.lookup.clone(), self.allow_private_addresses);
        Box::pin(async move {
            let addresses = lookup.addresses(name.as_str()).await?;
            let private = addresses.iter().find(|address| !is_public(**address));
            if let Some(private) = private.filter(|_| !allow_private_addresses) {
                return Err(NotPublic(*private).into());
            }
            // The client puts the URL's port in the place of 0.
            let addresses: Addrs = Box::new(addresses.into_iter().map(|address| SocketAddr::new(address, 0)));
            Ok(addresses)
        })
    }
}
