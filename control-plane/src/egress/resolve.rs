//! The one seam between us and DNS: names to addresses, and the texts of a name.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use hickory_resolver::config::{NameServerConfig, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::RData;
use hickory_resolver::{Resolver, TokioResolver};

use crate::domain::limits::{DNS_ATTEMPT_MS, DNS_ATTEMPTS};

pub trait Resolve: Send + Sync + 'static {
    /// All addresses of a name; who may be reached is not decided here.
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>>;

    /// The TXT records of a name, each whole; none if there is no such name.
    fn texts<'a>(&'a self, name: &'a str) -> BoxFuture<'a, io::Result<Vec<String>>>;
}

/// The operating system's resolver, and for texts, which it has no call for, the name servers that it is set up with.
#[derive(Debug, Clone, Default)]
pub struct SystemResolver {
    /// Name servers to ask for texts instead.
    servers: Vec<SocketAddr>,
}

impl SystemResolver {
    /// Asks these name servers for texts.
    pub fn with_servers(servers: Vec<SocketAddr>) -> Self {
        Self { servers }
    }

    /// Made for each question: they are rare, and whoever has just published a record wants to see it, not a cache.
    fn resolver(&self) -> io::Result<TokioResolver> {
        let mut builder = if self.servers.is_empty() {
            TokioResolver::builder_tokio().map_err(io::Error::other)?
        } else {
            let servers = self.servers.iter().map(|at| {
                let mut server = NameServerConfig::udp_and_tcp(at.ip());
                server.connections.iter_mut().for_each(|connection| connection.port = at.port());
                server
            });
            let config = ResolverConfig::from_name_servers(servers.collect());
            Resolver::builder_with_config(config, TokioRuntimeProvider::default())
        };
        let options = builder.options_mut();
        options.cache_size = 0;
        options.attempts = DNS_ATTEMPTS;
        options.timeout = Duration::from_millis(DNS_ATTEMPT_MS);
        builder.build().map_err(io::Error::other)
    }

    async fn look_up(&self, name: &str) -> io::Result<Vec<String>> {
        // With the dot at the end no search list of this machine is tried.
        match self.resolver()?.txt_lookup(format!("{name}.")).await {
            Ok(found) => Ok(found.answers().iter().filter_map(|record| text(&record.data)).collect()),
            Err(error) if error.is_no_records_found() || error.is_nx_domain() => Ok(Vec::new()),
            Err(error) => Err(io::Error::other(error)),
        }
    }
}

/// One record may come in pieces of 255 bytes; together they are its text (RFC 7208 §3.3 says so for the same use).
fn text(data: &RData) -> Option<String> {
    let RData::TXT(text) = data else { return None };
    Some(String::from_utf8_lossy(&text.txt_data.concat()).into_owned())
}

impl Resolve for SystemResolver {
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>> {
        async move { Ok(tokio::net::lookup_host((host, port)).await?.collect()) }.boxed()
    }

    fn texts<'a>(&'a self, name: &'a str) -> BoxFuture<'a, io::Result<Vec<String>>> {
        self.look_up(name).boxed()
    }
}

/// A fixed table of names that no DNS knows, and of where they are, whatever port is asked for.
#[derive(Debug, Clone, Default)]
pub struct StaticResolver {
    /// At port 0: at the port that is asked for.
    pub names: HashMap<String, Vec<SocketAddr>>,
    /// Can be written while it is in use.
    pub texts: TextTable,
}

/// The texts of names; clones are one table.
#[derive(Debug, Clone, Default)]
pub struct TextTable(Arc<Mutex<HashMap<String, Vec<String>>>>);

impl TextTable {
    /// Replaces the texts of a name; none removes it.
    pub fn set(&self, name: &str, texts: &[&str]) {
        let texts = texts.iter().map(|text| (*text).to_owned()).collect();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), texts);
    }

    fn get(&self, name: &str) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned().unwrap_or_default()
    }
}

impl Resolve for StaticResolver {
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>> {
        let at = |one: &SocketAddr| SocketAddr::new(one.ip(), if one.port() == 0 { port } else { one.port() });
        let found = self.names.get(host).map(|addresses| addresses.iter().map(at).collect());
        async move { found.ok_or_else(|| io::ErrorKind::NotFound.into()) }.boxed()
    }

    fn texts<'a>(&'a self, name: &'a str) -> BoxFuture<'a, io::Result<Vec<String>>> {
        async move { Ok(self.texts.get(name)) }.boxed()
    }
}

#[cfg(test)]
mod tests;
