//! Answers nodes that ask for a person's credential.

use std::sync::Arc;

use proto::convert;
use proto::wire::resolve_response::Outcome as Answer;
use proto::wire::{Header, Lease, NeedsUserAction, ResolveRequest, ResolveResponse, credential_broker_server};
use tonic::{Request, Response, Status};

use super::{authority, status};
use crate::app::broker::{self, Asked, Outcome};
use crate::domain::ids::{ServerId, TenantId};
use crate::state::App;

/// Implements `CredentialBroker`.
pub(super) struct Service {
    app: Arc<App>,
}

impl Service {
    pub(super) fn new(app: Arc<App>) -> Self {
        Self { app }
    }
}

#[async_trait::async_trait]
impl credential_broker_server::CredentialBroker for Service {
    async fn resolve(&self, request: Request<ResolveRequest>) -> Result<Response<ResolveResponse>, Status> {
        let node = authority::authenticate(&self.app, request.metadata()).await?;
        let ResolveRequest { tenant_id, server_id, bearer, via_server_id, refused_version } = request.into_inner();
        let id = |field, bytes: &[u8]| {
            convert::uuid(field, bytes).map_err(|error| Status::invalid_argument(error.to_string()))
        };
        let tenant = TenantId(id("tenant_id", &tenant_id)?);
        let via = match via_server_id.is_empty() {
            true => None,
            false => Some(ServerId(id("via_server_id", &via_server_id)?)),
        };
        let asked = Asked { server: ServerId(id("server_id", &server_id)?), via, refused_version };
        let outcome = broker::resolve(&self.app, &node, tenant, asked, &bearer.into()).await;
        let answer = match outcome.map_err(|error| status(&error))? {
            Outcome::Lease(lease) => Answer::Lease(Lease {
                headers: lease
                    .headers
                    .into_iter()
                    .map(|(name, value)| Header { name, value: value.as_str().to_owned() })
                    .collect(),
                upstream_origin: lease.upstream_origin,
                expires_unix_ms: u64::try_from(lease.expires_at.timestamp_millis()).unwrap_or_default(),
                version: lease.version,
                connect_url: lease.connect_url,
            }),
            Outcome::NeedsUserAction { code, connect_url } => {
                Answer::NeedsUserAction(NeedsUserAction { code: code.to_owned(), connect_url })
            }
        };
        Ok(Response::new(ResolveResponse { outcome: Some(answer) }))
    }
}
