//! Names to addresses: the one seam between us and DNS.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;

use futures::FutureExt as _;
use futures::future::BoxFuture;

/// Answers all addresses of a name; who may be reached is not decided here.
pub trait Resolve: Send + Sync + 'static {
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>>;
}

/// The operating system's resolver.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>> {
        async move { Ok(tokio::net::lookup_host((host, port)).await?.collect()) }.boxed()
    }
}

/// A fixed table of names that no DNS knows, and of where they are, whatever port is asked for.
#[derive(Debug, Clone, Default)]
pub struct StaticResolver {
    pub names: HashMap<String, Vec<SocketAddr>>,
}

impl Resolve for StaticResolver {
    fn resolve<'a>(&'a self, host: &'a str, _: u16) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>> {
        let found = self.names.get(host).cloned();
        async move { found.ok_or_else(|| io::ErrorKind::NotFound.into()) }.boxed()
    }
}
