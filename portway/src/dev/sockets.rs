//! The sockets of `portway dev`, bound before anything starts so that a taken port is the first thing said.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use anyhow::{Context, anyhow};
use tokio::net::TcpListener;

/// Free ports tried until one is free for both families.
const TRIES_MAX: usize = 16;

/// The port people see, on every loopback address that `localhost` may mean: a stranger listening on the other one would
/// be given tokens. Port 0 takes a free one.
pub(super) async fn bind_localhost(port: u16) -> anyhow::Result<(u16, Vec<TcpListener>)> {
    for _ in 0..TRIES_MAX {
        let v4 = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(|error| explain(error, port))?;
        let taken = v4.local_addr()?.port();
        match TcpListener::bind((Ipv6Addr::LOCALHOST, taken)).await {
            Ok(v6) => return Ok((taken, vec![v4, v6])),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && port == 0 => {}
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => return Err(explain(error, port)),
            // A machine without IPv6.
            Err(_) => return Ok((taken, vec![v4])),
        }
    }
    Err(anyhow!("found no port that is free for IPv4 and IPv6"))
}

/// A socket between our own parts.
pub(super) async fn bind_inside() -> anyhow::Result<(SocketAddr, TcpListener)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("cannot listen on loopback")?;
    Ok((listener.local_addr()?, listener))
}

fn explain(error: io::Error, port: u16) -> anyhow::Error {
    match error.kind() {
        io::ErrorKind::AddrInUse => anyhow!(
            "port {port} is taken by another program: stop that program, or choose another port: portway dev --port {}",
            if port == 8080 { 8090 } else { 8080 }
        ),
        io::ErrorKind::PermissionDenied => anyhow!("port {port} needs privileges: choose one above 1023 with --port"),
        _ => anyhow!(error).context(format!("cannot listen on localhost:{port}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_taken_port_says_what_to_do() {
        let (port, held) = bind_localhost(0).await.unwrap();
        let refused = bind_localhost(port).await.unwrap_err().to_string();
        assert!(refused.contains(&port.to_string()) && refused.contains("--port"), "{refused}");
        drop(held);
        assert_eq!(bind_localhost(port).await.unwrap().0, port);
    }
}
