//! Who may do what: the whole permission table on one screen.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Role of a person in a tenant. Each may all that the ones after it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TenantRole {
    Owner,
    Admin,
    Auditor,
    Member,
}

/// Role of a subject on one server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ServerRole {
    User,
    Manager,
}

/// What a person can ask for inside a tenant, apart from using what is granted to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Change the tenant's name and settings.
    ManageTenant,
    ReadPeople,
    ManagePeople,
    /// Give or take the owner role.
    ManageOwners,
    ReadAllServers,
    RegisterServers,
    /// Edit or retire any server and its grants; managers may do so on theirs.
    ManageAllServers,
    ReadAllCalls,
    ReadAudit,
    /// See everybody's API keys; their own everybody sees.
    ReadAllKeys,
    RevokeAnyKey,
    ReadServiceAccounts,
    /// Make, change and delete service accounts, and their keys.
    ManageServiceAccounts,
    /// Make, change and delete groups, their members and the tenant role that they give.
    ManageGroups,
    /// See identity providers and who is bound to them.
    ReadIdentity,
    /// Change and try identity providers, unbind people from them.
    ManageIdentity,
    ReadClients,
    /// Register OAuth clients by hand, delete any.
    ManageClients,
    ReadProvisioning,
    /// Give tokens to identity providers, and people into their hands.
    ManageProvisioning,
    ReadDomains,
    ManageDomains,
    ReadLimits,
    /// Say how often callers may call.
    ManageLimits,
}

impl Action {
    /// Words for a refusal: "you may not …".
    pub const fn describe(self) -> &'static str {
        match self {
            Self::ManageTenant => "change the settings of this tenant",
            Self::ReadPeople => "see the people of this tenant",
            Self::ManagePeople => "invite or change people",
            Self::ManageOwners => "give or take the owner role",
            Self::ReadAllServers => "see servers that are not granted to you",
            Self::RegisterServers => "register servers",
            Self::ManageAllServers => "change this server",
            Self::ReadAllCalls => "see other people's calls",
            Self::ReadAudit => "read the audit log",
            Self::ReadAllKeys => "see other people's API keys",
            Self::RevokeAnyKey => "revoke other people's API keys",
            Self::ReadServiceAccounts => "see the service accounts of this tenant",
            Self::ManageServiceAccounts => "change service accounts",
            Self::ManageGroups => "change groups",
            Self::ReadIdentity => "see the identity providers of this tenant",
            Self::ManageIdentity => "change the identity providers of this tenant",
            Self::ReadClients => "see the OAuth clients of this tenant",
            Self::ManageClients => "change the OAuth clients of this tenant",
            Self::ReadProvisioning => "see how this tenant is provisioned",
            Self::ManageProvisioning => "change how this tenant is provisioned",
            Self::ReadDomains => "see the e-mail domains of this tenant",
            Self::ManageDomains => "change the e-mail domains of this tenant",
            Self::ReadLimits => "see the limits of this tenant",
            Self::ManageLimits => "change the limits of this tenant",
        }
    }
}

/// The table.
pub const fn allows(role: TenantRole, action: Action) -> bool {
    use Action::*;
    use TenantRole::*;
    match (role, action) {
        (Owner, _) => true,
        (Admin, ManageOwners) => false,
        (Admin, _) => true,
        (Auditor, ReadPeople | ReadAllServers | ReadAllCalls | ReadAudit | ReadAllKeys | ReadClients) => true,
        (Auditor, ReadServiceAccounts | ReadIdentity | ReadProvisioning | ReadDomains | ReadLimits) => true,
        (Auditor | Member, _) => false,
    }
}

impl TenantRole {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Auditor => "auditor",
            Self::Member => "member",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Owner, Self::Admin, Self::Auditor, Self::Member].into_iter().find(|role| role.as_str() == text)
    }
}

impl ServerRole {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Manager => "manager",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::User, Self::Manager].into_iter().find(|role| role.as_str() == text)
    }
}
