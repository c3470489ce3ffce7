//! Service accounts: machines that call under a name of their own, with keys and grants but without a sign-in.

use chrono::{DateTime, Utc};

use super::ids::ServiceAccountId;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceAccount {
    pub id: ServiceAccountId,
    /// Unique in the tenant, in any case.
    pub name: String,
    pub description: String,
    pub status: ServiceAccountStatus,
    /// Nodes and sessions of an older epoch are void.
    pub epoch: u64,
    pub created_at: DateTime<Utc>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServiceAccountStatus {
    Active,
    Deactivated { at: DateTime<Utc> },
}

/// Which service accounts to list.
#[derive(Debug, Clone, Default)]
pub struct ServiceAccountFilter {
    /// Part of the name or description, in any case.
    pub text: String,
    pub active: Option<bool>,
}

impl ServiceAccount {
    pub const fn is_active(&self) -> bool {
        matches!(self.status, ServiceAccountStatus::Active)
    }
}
