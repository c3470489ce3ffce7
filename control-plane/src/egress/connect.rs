//! The guarded connector: the address that was checked is the address that is dialled, so a name that changes its mind
//! in between gains nothing.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::Uri;
use hyper_util::rt::TokioIo;
use ipnet::IpNet;
use tokio::net::TcpStream;

use super::address::may_reach;
use super::resolve::Resolve;

/// Why no connection was opened.
#[derive(Debug, thiserror::Error)]
pub(super) enum ConnectError {
    #[error("the address is not one this control plane may reach")]
    Blocked,
    #[error("https only")]
    Plaintext,
    #[error("the URL has no host")]
    NoHost,
    #[error("resolving failed: {0}")]
    Resolve(io::Error),
    #[error("connecting failed: {0}")]
    Connect(io::Error),
}

#[derive(Clone)]
pub(super) struct GuardedConnector {
    pub(super) resolver: Arc<dyn Resolve>,
    pub(super) allowed: Arc<[IpNet]>,
    /// Our own gateway, where the operator said it is: any address, also without TLS.
    pub(super) is_own: bool,
}

impl GuardedConnector {
    async fn connect(self, uri: Uri) -> Result<TokioIo<TcpStream>, ConnectError> {
        let mut last = ConnectError::Blocked;
        for address in self.permitted(&uri).await? {
            match TcpStream::connect(address).await {
                Ok(stream) => return Ok(TokioIo::new(stream)),
                Err(error) => last = ConnectError::Connect(error),
            }
        }
        Err(last)
    }

    async fn permitted(&self, uri: &Uri) -> Result<Vec<SocketAddr>, ConnectError> {
        let encrypted = uri.scheme() == Some(&http::uri::Scheme::HTTPS);
        let host = uri.host().filter(|host| !host.is_empty()).ok_or(ConnectError::NoHost)?;
        let port = uri.port_u16().unwrap_or(if encrypted { 443 } else { 80 });
        let literal = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        let addresses = match literal {
            Ok(ip) => vec![SocketAddr::new(ip, port)],
            Err(_) => self.resolver.resolve(host, port).await.map_err(ConnectError::Resolve)?,
        };
        // Nobody listens in on loopback.
        if !encrypted && !self.is_own && !addresses.iter().all(|at| at.ip().to_canonical().is_loopback()) {
            return Err(ConnectError::Plaintext);
        }
        let permitted: Vec<_> =
            addresses.into_iter().filter(|at| self.is_own || may_reach(at.ip(), &self.allowed)).collect();
        if permitted.is_empty() { Err(ConnectError::Blocked) } else { Ok(permitted) }
    }
}

impl tower::Service<Uri> for GuardedConnector {
    type Response = TokioIo<TcpStream>;
    type Error = ConnectError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        Box::pin(self.clone().connect(uri))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::super::resolve::StaticResolver;
    use super::*;

    #[tokio::test]
    async fn atk_15_names_are_judged_by_their_addresses() {
        async fn check(uri: &str, expected: &str) {
            let ip = |text: &str| SocketAddr::new(text.parse().unwrap(), 443);
            let names = HashMap::from([
                ("public.example".to_owned(), vec![ip("93.184.216.34")]),
                ("rebind.example".to_owned(), vec![ip("169.254.169.254"), ip("::ffff:127.0.0.1")]),
                ("mixed.example".to_owned(), vec![ip("10.0.0.1"), ip("93.184.216.34")]),
                ("inside.example".to_owned(), vec![ip("10.1.0.7")]),
            ]);
            let allowed = Arc::from(["10.1.0.0/16".parse().unwrap()]);
            let resolver = Arc::new(StaticResolver { names, ..StaticResolver::default() });
            let connector = GuardedConnector { resolver, allowed, is_own: false };
            let verdict = match connector.permitted(&uri.parse().unwrap()).await {
                Ok(addresses) => format!("{addresses:?}"),
                Err(error) => format!("{error:?}"),
            };
            assert!(verdict.starts_with(expected), "{uri}: {verdict}");
        }
        check("https://public.example/client", "[93.184.216.34:443]").await;
        check("http://public.example/client", "Plaintext").await;
        check("https://rebind.example:8443/", "Blocked").await;
        check("https://mixed.example/", "[93.184.216.34:443]").await;
        check("https://inside.example/", "[10.1.0.7:443]").await;
        check("https://localhost/", "Resolve").await;
        check("https://127.0.0.1/", "Blocked").await;
        check("https://[::1]/", "Blocked").await;
        check("https://[::ffff:10.2.0.9]/", "Blocked").await;
        check("http://10.1.0.7/", "Plaintext").await;
        check("http://127.0.0.1/", "Blocked").await;
        let allowed = Arc::from(["127.0.0.0/8".parse().unwrap()]);
        let connector = GuardedConnector { resolver: Arc::new(StaticResolver::default()), allowed, is_own: false };
        assert!(connector.permitted(&"http://127.0.0.1:8080/".parse().unwrap()).await.is_ok());
        assert!(connector.permitted(&"http://[::1]:8080/".parse().unwrap()).await.is_err());
    }
}
