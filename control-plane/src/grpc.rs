//! What nodes talk to: the configuration stream, the sink of call records and the broker of credentials, over TLS
//! unless on loopback.
//!
//! Every call begins in [`authority`]: who is this node, and which pool is it of. Nothing here opens a store.

mod authority;
mod config_sync;
mod credentials;
#[cfg(test)]
mod tests;
mod usage;

use std::sync::Arc;
use std::time::Duration;

use proto::wire::config_sync_server::ConfigSyncServer;
use proto::wire::credential_broker_server::CredentialBrokerServer;
use proto::wire::usage_sink_server::UsageSinkServer;
use tokio::net::TcpListener;
use tonic::Status;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Identity, Server, ServerTlsConfig};

use crate::config::TlsFiles;
use crate::domain::limits::{
    BROKER_MESSAGE_BYTES_MAX, GRPC_STREAMS_PER_CONNECTION_MAX, NODE_MESSAGE_BYTES_MAX, USAGE_MESSAGE_BYTES_MAX,
};
use crate::domain::{Error, Result};
use crate::state::App;

/// Finds dead connections below streams that say nothing themselves.
const KEEPALIVE_EVERY: Duration = Duration::from_secs(10);
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(10);

/// Serves nodes on `listener` until shutdown. Fails if TLS is configured and its files are not usable.
pub fn serve(app: &Arc<App>, listener: TcpListener) -> Result<()> {
    let mut server = Server::builder()
        .http2_keepalive_interval(Some(KEEPALIVE_EVERY))
        .http2_keepalive_timeout(Some(KEEPALIVE_TIMEOUT))
        .max_concurrent_streams(GRPC_STREAMS_PER_CONNECTION_MAX);
    if let Some(files) = &app.config.grpc_tls {
        server = server.tls_config(tls(files)?).map_err(|error| bad_tls(error.to_string()))?;
    }
    let config_sync = ConfigSyncServer::new(config_sync::Service::new(app.clone()))
        .max_decoding_message_size(NODE_MESSAGE_BYTES_MAX)
        .max_encoding_message_size(usize::MAX);
    let usage =
        UsageSinkServer::new(usage::Service::new(app.clone())).max_decoding_message_size(USAGE_MESSAGE_BYTES_MAX);
    let credentials = CredentialBrokerServer::new(credentials::Service::new(app.clone()))
        .max_decoding_message_size(BROKER_MESSAGE_BYTES_MAX);
    let shutdown = app.tasks.shutdown().clone();
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    let serving = server
        .add_service(config_sync)
        .add_service(usage)
        .add_service(credentials)
        .serve_with_incoming_shutdown(incoming, shutdown.clone().cancelled_owned());
    app.tasks.spawn("grpc", async move {
        if let Err(error) = serving.await {
            tracing::error!(%error, "the listener for nodes failed: stopping");
            shutdown.cancel();
        }
    });
    Ok(())
}

fn tls(files: &TlsFiles) -> Result<ServerTlsConfig> {
    let read = |path: &std::path::Path| {
        std::fs::read(path).map_err(|error| bad_tls(format!("cannot read {}: {error}", path.display())))
    };
    let identity = Identity::from_pem(read(&files.cert_file)?, read(&files.key_file)?);
    Ok(ServerTlsConfig::new().identity(identity))
}

fn bad_tls(public: String) -> Error {
    Error::invalid("config.grpc_tls", "grpc_tls", public)
}

/// A domain error as a node sees it: what it may do about it, and no more.
fn status(error: &Error) -> Status {
    match error {
        Error::Unauthenticated => Status::unauthenticated("the enrolment secret is not accepted"),
        Error::BadKey { code, .. } => Status::unauthenticated(*code),
        Error::KeyNotAllowed { public } => Status::permission_denied(*public),
        Error::Forbidden { action } => Status::permission_denied(*action),
        Error::NotFound { what } => Status::not_found(*what),
        Error::Invalid { .. } | Error::InvalidFields(_) | Error::Conflict { .. } => {
            Status::invalid_argument(error.code())
        }
        Error::RateLimited { .. } | Error::TooMany { .. } => Status::resource_exhausted(error.code()),
        Error::Unavailable { internal } => {
            tracing::warn!(internal, "a node is told to come back later");
            Status::unavailable("try again")
        }
        Error::Internal(cause) => {
            tracing::error!(%cause, "a call of a node failed");
            Status::internal("internal")
        }
    }
}
