//! The connection to the control plane: TLS, deadlines, and the node's enrolment secret on every call.

use secrecy::ExposeSecret;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint};
use tonic::{Request, Status};

use crate::config::ControlPlaneConfig;
use crate::limits;

/// Why the control plane can never be reached with these settings.
#[derive(Debug, thiserror::Error)]
pub enum ChannelError {
    #[error("control_plane.ca_file: {0}")]
    CaFile(#[source] std::io::Error),
    #[error("control_plane.url: {0}")]
    Endpoint(#[source] tonic::transport::Error),
    #[error("control_plane.node_secret: cannot travel in a header")]
    Secret,
}

/// Where the control plane is and how this node says who it is.
#[derive(Clone)]
pub(crate) struct ControlPlane {
    endpoint: Endpoint,
    bearer: Bearer,
}

/// Adds `authorization: Bearer pwn_…`.
#[derive(Clone)]
pub(crate) struct Bearer(MetadataValue<Ascii>);

impl ControlPlane {
    pub(crate) fn new(config: &ControlPlaneConfig) -> Result<Self, ChannelError> {
        let mut endpoint = Endpoint::from_shared(config.url.to_string())
            .map_err(ChannelError::Endpoint)?
            .connect_timeout(limits::CONTROL_PLANE_CONNECT_TIMEOUT)
            .tcp_nodelay(true)
            .http2_adaptive_window(true);
        if config.url.scheme() == "https" {
            let tls = match &config.ca_file {
                Some(file) => {
                    let pem = std::fs::read(file).map_err(ChannelError::CaFile)?;
                    ClientTlsConfig::new().ca_certificate(Certificate::from_pem(pem))
                }
                None => ClientTlsConfig::new().with_webpki_roots(),
            };
            endpoint = endpoint.tls_config(tls).map_err(ChannelError::Endpoint)?;
        }
        let header = format!("Bearer {}", config.node_secret.expose_secret());
        let mut bearer: MetadataValue<Ascii> = header.parse().map_err(|_| ChannelError::Secret)?;
        bearer.set_sensitive(true);
        Ok(Self { endpoint, bearer: Bearer(bearer) })
    }

    /// A connection that is opened, and opened again, when something is asked.
    pub(crate) fn connect_lazily(&self) -> (Channel, Bearer) {
        (self.endpoint.connect_lazy(), self.bearer.clone())
    }

    pub(crate) async fn connect(&self) -> Result<(Channel, Bearer), tonic::transport::Error> {
        Ok((self.endpoint.connect().await?, self.bearer.clone()))
    }
}

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request.metadata_mut().insert("authorization", self.0.clone());
        Ok(request)
    }
}
