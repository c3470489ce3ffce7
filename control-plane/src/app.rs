//! Use-cases: one public function per verb. REST, the authorization server's pages and gRPC call these; nothing else
//! opens a store. A use-case checks access, validates, writes, notes audit and changed resources, commits.

pub mod access_grants;
pub mod authorize;
pub mod calls;
pub mod consent;
pub mod grants;
pub mod home;
pub mod invitations;
pub mod keys;
pub mod nodes;
pub mod people;
pub mod platform;
pub mod provision;
pub mod publish;
pub mod registration;
pub mod servers;
pub mod sessions;
pub mod sign_in;
pub mod tenancy;
pub mod upkeep;
pub mod usage;

use std::sync::Arc;

use crate::domain::access::{Action, TenantRole, allows};
use crate::domain::audit::Actor;
use crate::domain::ids::{SessionId, TenantId, UserId};
use crate::domain::{Error, Result};
use crate::state::App;

/// The signed-in person of a request.
#[derive(Debug, Clone, Copy)]
pub struct Caller {
    pub user_id: UserId,
    pub session_id: SessionId,
    pub role: TenantRole,
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
        Actor::User(self.caller.user_id)
    }
}
