//! The guarded connector: resolve, check every address, pin, connect (ATK-14). The address that was checked is the
//! address that is dialled, so a name that changes its mind in between gains nothing.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper_util::rt::TokioIo;
use ipnet::IpNet;
use tokio::net::TcpStream;

use super::address::{Verdict, judge};
use super::resolve::Resolve;

/// Why no connection was opened.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    #[error("the address is not one this gateway may reach")]
    Blocked,
    #[error("plain http is allowed to operator-named ranges only")]
    Plaintext,
    #[error("the URL has no host")]
    NoHost,
    #[error("resolving failed: {0}")]
    Resolve(io::Error),
    #[error("connecting failed: {0}")]
    Connect(io::Error),
    #[error("connecting took too long")]
    Timeout,
}

#[derive(Clone)]
pub struct GuardedConnector {
    resolver: Arc<dyn Resolve>,
    allowed: Arc<[IpNet]>,
    timeout: Duration,
}

impl GuardedConnector {
    pub fn new(resolver: Arc<dyn Resolve>, allowed: Arc<[IpNet]>, timeout: Duration) -> Self {
        Self { resolver, allowed, timeout }
    }

    async fn connect(self, uri: Uri) -> Result<TokioIo<TcpStream>, ConnectError> {
        let attempt = async {
            let addresses = self.permitted(&uri).await?;
            let mut last = ConnectError::Blocked;
            for address in addresses {
                match TcpStream::connect(address).await {
                    Ok(stream) => {
                        // Frames are small and latency is the product.
                        let _ = stream.set_nodelay(true);
                        return Ok(TokioIo::new(stream));
                    }
                    Err(error) => last = ConnectError::Connect(error),
                }
            }
            Err(last)
        };
        tokio::time::timeout(self.timeout, attempt).await.unwrap_or(Err(ConnectError::Timeout))
    }

    async fn permitted(&self, uri: &Uri) -> Result<Vec<SocketAddr>, ConnectError> {
        let https = uri.scheme() == Some(&http::uri::Scheme::HTTPS);
        let host = uri.host().filter(|host| !host.is_empty()).ok_or(ConnectError::NoHost)?;
        let port = uri.port_u16().unwrap_or(if https { 443 } else { 80 });
        let literal = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        let addresses = match literal {
            Ok(ip) => vec![SocketAddr::new(ip, port)],
            Err(_) => self.resolver.resolve(host, port).await.map_err(ConnectError::Resolve)?,
        };
        let judged: Vec<_> = addresses.into_iter().map(|addr| (addr, judge(addr.ip(), &self.allowed))).collect();
        let usable = |verdict: &Verdict| match verdict {
            Verdict::Allowed => true,
            Verdict::Public => https,
            Verdict::Refused => false,
        };
        let permitted: Vec<_> = judged.iter().filter(|(_, verdict)| usable(verdict)).map(|(addr, _)| *addr).collect();
        if permitted.is_empty() {
            let plaintext = judged.iter().any(|(_, verdict)| *verdict == Verdict::Public);
            return Err(if plaintext { ConnectError::Plaintext } else { ConnectError::Blocked });
        }
        Ok(permitted)
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
    async fn atk_14_names_are_judged_by_their_addresses() {
        async fn check(uri: &str, expected: &str) {
            let ip = |text: &str| text.parse::<IpAddr>().expect("address");
            let names = HashMap::from([
                ("public.example".to_owned(), vec![ip("93.184.216.34")]),
                ("rebind.example".to_owned(), vec![ip("169.254.169.254"), ip("::ffff:127.0.0.1")]),
                ("mixed.example".to_owned(), vec![ip("10.0.0.1"), ip("93.184.216.34")]),
                ("inside.example".to_owned(), vec![ip("10.1.0.7")]),
            ]);
            let connector = GuardedConnector::new(
                Arc::new(StaticResolver { names }),
                Arc::from(["10.1.0.0/16".parse().expect("range")]),
                Duration::from_secs(1),
            );
            let verdict = match connector.permitted(&uri.parse().expect("URI")).await {
                Ok(addresses) => format!("{addresses:?}"),
                Err(error) => format!("{error:?}"),
            };
            assert!(verdict.starts_with(expected), "{uri}: {verdict}");
        }
        check("https://public.example/mcp", "[93.184.216.34:443]").await;
        check("http://public.example/mcp", "Plaintext").await;
        check("https://rebind.example:8443/", "Blocked").await;
        check("https://mixed.example/", "[93.184.216.34:443]").await;
        check("http://inside.example:81/", "[10.1.0.7:81]").await;
        check("https://localhost/", "Resolve").await;
        check("http://127.0.0.1/", "Blocked").await;
        check("http://[::1]/", "Blocked").await;
        check("http://[::ffff:10.1.0.9]:80/", "[[::ffff:10.1.0.9]:80]").await;
        check("https://2130706433/", "Resolve").await;
    }
}
