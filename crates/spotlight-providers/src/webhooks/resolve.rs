//! Names, resolved by us and checked.

use std::{
    error::Error as StdError,
    fmt, io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use async_trait::async_trait;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use spotlight_core::domain::destination::Destinations;

/// Says which addresses a name has.
#[async_trait]
pub trait NameResolver: Send + Sync {
    /// The addresses of a name, in the order in which they are to be tried.
    ///
    /// # Errors
    /// When the name has none, or nobody could say.
    async fn resolve(&self, name: &str) -> io::Result<Vec<IpAddr>>;
}

/// Asks the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemResolver;

#[async_trait]
impl NameResolver for SystemResolver {
    async fn resolve(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        Ok(tokio::net::lookup_host((name, 0)).await?.map(|address| address.ip()).collect())
    }
}

/// The address is one that requests never go to. Names neither it nor its network: whoever made the endpoint hears this.
#[derive(Debug, Clone, Copy)]
pub(super) struct OutOfBounds;

impl fmt::Display for OutOfBounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the address is one that requests do not go to")
    }
}

impl StdError for OutOfBounds {}

/// Gives the client nothing but addresses that requests may go to. One that is not among a name's addresses refuses
/// them all: whoever mixes them is not to be trusted with the others.
pub(super) struct Guard {
    pub(super) names: Arc<dyn NameResolver>,
    pub(super) destinations: Destinations,
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let (names, destinations) = (Arc::clone(&self.names), self.destinations.clone());
        Box::pin(async move {
            let found = names.resolve(name.as_str()).await?;
            if !found.iter().all(|address| destinations.admit(*address)) {
                return Err(OutOfBounds.into());
            }
            // Port 0 stands for the one in the URL.
            let found: Vec<_> = found.into_iter().map(|address| SocketAddr::new(address, 0)).collect();
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}
