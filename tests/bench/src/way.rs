//! A way to the control plane that can be held: whoever is on it hears no more, and nobody hangs up.

use std::net::SocketAddr;

use anyhow::Result;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

pub struct Way {
    pub entry: SocketAddr,
    held: watch::Sender<bool>,
    /// Ends with the way.
    _carrier: JoinSet<()>,
}

impl Way {
    pub async fn to(address: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let (entry, held) = (listener.local_addr()?, watch::Sender::new(false));
        let mut carrier = JoinSet::new();
        carrier.spawn(carry(listener, address, held.subscribe()));
        Ok(Self { entry, held, _carrier: carrier })
    }

    /// For good.
    pub fn hold(&self) {
        self.held.send_replace(true);
    }
}

async fn carry(listener: TcpListener, address: SocketAddr, held: watch::Receiver<bool>) {
    let mut connections = JoinSet::new();
    while let Ok((near, _)) = listener.accept().await {
        connections.spawn(connection(near, address, held.clone()));
    }
}

async fn connection(mut near: TcpStream, address: SocketAddr, mut held: watch::Receiver<bool>) {
    let Ok(mut far) = TcpStream::connect(address).await else { return };
    let is_held = async { held.wait_for(|held| *held).await.is_ok() };
    tokio::select! {
        biased;
        _ = is_held => std::future::pending().await,
        _ = copy_bidirectional(&mut near, &mut far) => {}
    }
}
