//! Phase 6: what opens the upstream's door for this call. Above all what the caller sent along for this server, then
//! what is stored for them alone, then what the server is called with.

use std::sync::Arc;

use http::HeaderMap;
use http::header::AUTHORIZATION;
use url::Url;
use zeroize::Zeroizing;

use super::authenticate::{Caller, Credential as Presented, bearer};
use super::forwarded::Forwarded;
use crate::Node;
use crate::error::{Failure, Need};
use crate::leases::LeaseKey;
use crate::snapshot::{HeaderRules, OutboundAuth, Server};
use crate::upstream::UpstreamFault;
use crate::upstream::credential::Credential;

/// Who calls, by which server of the tenant, and what they sent.
#[derive(Clone, Copy)]
pub(super) struct Visitor<'a> {
    pub(super) node: &'a Node,
    pub(super) caller: &'a Caller,
    /// The server that the URL names: a virtual one has its members called.
    pub(super) entry: &'a Server,
    pub(super) headers: &'a HeaderMap,
    pub(super) forwarded: Option<&'a Forwarded>,
}

impl Visitor<'_> {
    /// The server that the URL names, as this caller calls it. A virtual one has no door: its members have.
    pub(super) async fn enter(self, entry: &Arc<Server>) -> Result<Arc<Server>, Failure> {
        if entry.members.is_some() || self.is_served_as_is(entry) {
            return Ok(entry.clone());
        }
        Box::pin(self.attach(entry.clone())).await
    }

    /// Whether all callers call it alike, and this one sent nothing along.
    fn is_served_as_is(self, server: &Server) -> bool {
        let is_for_all = matches!(server.outbound_auth, OutboundAuth::None | OutboundAuth::Shared(_));
        is_for_all && self.forwarded.is_none() && !server.overrides.contains(&self.caller.principal_id)
    }

    /// A server as this caller calls it.
    pub(super) async fn attach(self, server: Arc<Server>) -> Result<Arc<Server>, Failure> {
        let given = match self.forwarded {
            Some(forwarded) => forwarded.of(&server)?,
            None => Default::default(),
        };
        let server = match given.added.is_empty() {
            true => server,
            false => {
                let headers = Arc::new(HeaderRules { added: given.added, ..(*server.headers).clone() });
                Arc::new(Server { headers, ..(*server).clone() })
            }
        };
        match given.credential {
            Some(credential) => Ok(with(&server, OutboundAuth::Given(credential))),
            None => self.stored(server, 0).await,
        }
    }

    /// The same after the upstream refused it: anew, if anew is another. What came with the call is what it is.
    pub(super) async fn renewed(self, refused: &Server, server: Arc<Server>) -> Result<Option<Arc<Server>>, Failure> {
        if !matches!(refused.outbound_auth, OutboundAuth::Leased { .. }) {
            return Ok(None);
        }
        let renewed = self.stored(server, refused.credential_version()).await?;
        let headers = refused.headers.clone();
        let is_another = renewed.credential_version() != refused.credential_version();
        Ok(is_another.then(|| Arc::new(Server { headers, ..(*renewed).clone() })))
    }

    async fn stored(self, server: Arc<Server>, refused_version: u64) -> Result<Arc<Server>, Failure> {
        let auth = match server.outbound_auth {
            _ if server.overrides.contains(&self.caller.principal_id) => 0,
            OutboundAuth::Brokered { version } => version,
            OutboundAuth::Original => return self.original(&server),
            _ => return Ok(server),
        };
        let snapshot = &self.caller.snapshot;
        let principal = snapshot.principals.get(&self.caller.principal_id).ok_or(Failure::NotFound)?;
        let key = LeaseKey {
            tenant: snapshot.tenant_id,
            principal: self.caller.principal_id,
            server: server.id,
            credentials: principal.credentials,
            auth,
        };
        let lease =
            self.node.leases.get(&*self.node.clock, key, bearer(self.headers)?, self.entry.id, refused_version).await?;
        lease.open(&server, key)
    }

    /// The caller's own token. An API key is for this gateway alone and never leaves it.
    fn original(self, server: &Arc<Server>) -> Result<Arc<Server>, Failure> {
        if matches!(self.caller.credential, Presented::ApiKey(_)) {
            return Err(Failure::KeyNotForwarded);
        }
        let value = Zeroizing::new(format!("Bearer {}", bearer(self.headers)?));
        // The sessions it opens are the caller's in any case, whichever token of theirs it is.
        let credential = Credential::new(Url::clone(&server.upstream_url), vec![(AUTHORIZATION, value)], 1);
        let credential = credential.ok_or(Failure::Upstream(UpstreamFault::CredentialOrigin))?;
        Ok(with(server, OutboundAuth::Given(credential)))
    }
}

fn with(server: &Arc<Server>, outbound_auth: OutboundAuth) -> Arc<Server> {
    Arc::new(Server { outbound_auth, ..(**server).clone() })
}

/// A refusal by the upstream is the person's affair where the credential is theirs.
pub(super) fn explain(failure: Failure, server: &Server) -> Failure {
    match (failure, server.connect_url()) {
        (Failure::Upstream(UpstreamFault::CredentialRefused), Some(url)) => {
            Failure::CredentialRequired(Need::new("credential.refused", &url))
        }
        (Failure::Upstream(UpstreamFault::ScopeMissing { scopes }), Some(url)) => {
            Failure::CredentialRequired(Need::of_scopes(&url, &scopes))
        }
        (failure, _) => failure,
    }
}
