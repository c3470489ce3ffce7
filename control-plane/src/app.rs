//! Use-cases: one public function per verb. REST, the authorization server's pages and gRPC call these; nothing else
//! opens a store. A use-case checks access, validates, writes, notes audit and changed resources, commits.

pub mod access_grants;
pub mod acks;
pub mod api_keys;
pub mod audit;
pub mod auth_overrides;
pub mod authorize;
pub mod broker;
pub mod calls;
pub mod clients;
pub mod connections;
pub mod consent;
mod credentials;
pub mod documents;
pub mod domains;
pub mod grants;
pub mod groups;
pub mod home;
pub mod identity_providers;
pub mod invitations;
pub mod keys;
pub mod limit_rules;
pub mod machine_tokens;
pub mod mail;
pub mod mcp_client;
pub mod nodes;
pub mod operator_sessions;
pub mod people;
pub mod platform;
pub mod playground;
pub mod presets;
pub mod provision;
pub mod provisioning;
pub mod publish;
pub mod reach;
pub mod registration;
pub mod replicas;
pub mod revocation;
pub mod scim;
pub mod second_factor;
pub mod server_probes;
pub mod servers;
pub mod service_accounts;
pub mod sessions;
pub mod sign_in;
pub mod sign_up;
pub mod sso;
pub mod tail;
pub mod tenancy;
pub mod tool_switches;
pub mod upkeep;
pub mod upstream_oauth;
pub mod usage;
pub mod usage_series;
pub mod user_credentials;

use std::sync::Arc;

use crate::domain::access::{Action, TenantRole, allows};
use crate::domain::audit::Actor;
use crate::domain::ids::{ApiKeyId, SessionId, TenantId, UserId};
use crate::domain::principal::PrincipalId;
use crate::domain::{Error, Result};
use crate::state::App;

/// The person or service account behind a request.
#[derive(Debug, Clone, Copy)]
pub struct Caller {
    pub principal: PrincipalId,
    pub role: TenantRole,
    pub proof: Proof,
}

/// What showed who the caller is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    Session(SessionId),
    ApiKey(ApiKeyId),
}

impl Caller {
    /// The person. Refused for service accounts: what asks for it belongs to people.
    pub fn user_id(&self) -> Result<UserId> {
        let public = "This is for people: a service account cannot do it.";
        self.principal.user().ok_or(Error::KeyNotAllowed { public })
    }

    /// The browser session. Refused for API keys: what asks for it is for people who are there.
    pub fn session_id(&self) -> Result<SessionId> {
        match self.proof {
            Proof::Session(id) => Ok(id),
            Proof::ApiKey(_) => Err(Error::KeyNotAllowed { public: "Sign in for this: an API key cannot do it." }),
        }
    }
}

/// Who calls, for which tenant: the first argument of every use-case inside a tenant.
#[derive(Clone)]
pub struct Ctx {
    pub app: Arc<App>,
    pub tenant_id: TenantId,
    pub caller: Caller,
}

impl Ctx {
    /// Refuses what the caller's tenant role does not allow.
    pub fn require(&self, action: Action) -> Result<()> {
        if allows(self.caller.role, action) { Ok(()) } else { Err(Error::Forbidden { action: action.describe() }) }
    }

    pub fn actor(&self) -> Actor {
        match (self.caller.principal, self.caller.proof) {
            (PrincipalId::User(id), Proof::Session(_)) => Actor::User(id),
            (PrincipalId::User(id), Proof::ApiKey(key)) => Actor::UserByKey(id, key),
            (PrincipalId::ServiceAccount(id), Proof::ApiKey(key)) => Actor::ServiceAccount(id, Some(key)),
            (PrincipalId::ServiceAccount(id), Proof::Session(_)) => Actor::ServiceAccount(id, None),
        }
    }
}
