//! Whom a provider's word means here. Somebody known is found by (provider, issuer, subject) and by nothing else; an
//! e-mail address that equals somebody's joins nobody to them (ATK-21).

use serde_json::json;

use super::Refusal;
use crate::app::{domains, provisioning};
use crate::domain::access::TenantRole;
use crate::domain::audit::{Actor, AuditEntry};
use crate::domain::identity::claims::Profile;
use crate::domain::identity::{IdentityProvider, ScimAttribute, UserIdentity};
use crate::domain::ids::{InvitationId, UserIdentityId};
use crate::domain::invitation::InvitationStatus;
use crate::domain::tenancy::{GroupSource, Provisioning, Tenant, TenantStatus, User, UserSource};
use crate::domain::{Error, Result};
use crate::store::TenantStore;

/// Why nobody is signed in, though the provider's word is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stranger {
    Deactivated,
    /// No account, and the tenant makes one by invitation only.
    NotInvited,
    /// The invitation is another address's, or the provider does not vouch for the address.
    OtherAddress,
    InvitationGone,
    /// No account, and the tenant's come by SCIM.
    NotProvisioned,
    NoVerifiedAddress,
    ForeignDomain,
    /// Somebody else has the name that an account would get.
    NameTaken,
}

impl Stranger {
    pub const fn code(self) -> &'static str {
        match self {
            Self::Deactivated => "sso.deactivated",
            Self::NotInvited => "sso.not_invited",
            Self::OtherAddress => "sso.other_address",
            Self::InvitationGone => "sso.invitation_gone",
            Self::NotProvisioned => "sso.not_provisioned",
            Self::NoVerifiedAddress => "sso.no_verified_address",
            Self::ForeignDomain => "sso.foreign_domain",
            Self::NameTaken => "sso.name_taken",
        }
    }
}

/// The person, active, made if the tenant's rules make one. The caller commits.
pub async fn find_or_make(
    store: &TenantStore,
    tenant: &Tenant,
    provider: &IdentityProvider,
    profile: &Profile,
    invitation: Option<InvitationId>,
) -> Result<User, Refusal> {
    if tenant.status != TenantStatus::Active {
        return Err(Error::conflict("tenant.suspended", "this tenant is suspended").into());
    }
    let refuse = |why| Refusal::Person { label: provider.label.clone(), why };
    let user = match store.find_user_identity(provider.id, &profile.issuer, &profile.subject).await? {
        Some(identity) => {
            store.touch_user_identity(identity.id).await?;
            store.lock_user(identity.user_id).await?.ok_or(Error::NotFound { what: "user" })?
        }
        None => {
            let user = match (invitation, tenant.settings.provisioning) {
                (Some(id), _) => accept(store, provider, profile, id).await?.map_err(refuse)?,
                (None, Provisioning::Scim) => find_unbound(store, provider, profile).await?.map_err(refuse)?,
                (None, Provisioning::Jit) => make(store, provider, profile).await?.map_err(refuse)?,
                (None, Provisioning::Invitation) => return Err(refuse(Stranger::NotInvited)),
            };
            bind(store, provider, profile, &user).await?;
            user
        }
    };
    if !user.is_active() {
        return Err(refuse(Stranger::Deactivated));
    }
    Ok(user)
}

/// Writes down who the person is at the provider, from now on the way to them.
async fn bind(store: &TenantStore, provider: &IdentityProvider, profile: &Profile, user: &User) -> Result<()> {
    let identity = UserIdentity {
        id: UserIdentityId(store.new_id()),
        user_id: user.id,
        provider_id: provider.id,
        issuer: profile.issuer.clone(),
        subject: profile.subject.clone(),
        created_at: store.now(),
        last_used_at: Some(store.now()),
    };
    store.insert_user_identity(&identity).await?;
    let detail = json!({ "identity_provider_id": provider.id, "identity_id": identity.id });
    let (target_kind, target_id) = ("user", Some(user.id.0));
    let actor = Actor::IdentityProvider(provider.id);
    store.audit(AuditEntry { actor, action: "identity.bound", target_kind, target_id, detail });
    Ok(())
}

/// The person of SCIM whom the provider's rule means: once, and nobody who is bound already, by any provider.
async fn find_unbound(
    store: &TenantStore,
    provider: &IdentityProvider,
    profile: &Profile,
) -> Result<Result<User, Stranger>> {
    let Some(value) = profile.binding.as_deref().filter(|_| provider.scim_source) else {
        return Ok(Err(Stranger::NotProvisioned));
    };
    let found = match provider.binding().attribute {
        ScimAttribute::ExternalId => store.find_user_by_external_id(value).await?,
        ScimAttribute::UserName => store.find_user_by_name(&value.to_lowercase()).await?,
    };
    // Locked, so that two first sign-ins do not both find them unbound.
    let user = match found {
        Some(user) => store.lock_user(user.id).await?,
        None => None,
    };
    match user {
        Some(user) if user.source == UserSource::Scim && store.list_user_identities(user.id).await?.is_empty() => {
            Ok(Ok(user))
        }
        _ => Ok(Err(Stranger::NotProvisioned)),
    }
}

/// An account at the first sign-in, for addresses of the tenant's own domains.
async fn make(store: &TenantStore, provider: &IdentityProvider, profile: &Profile) -> Result<Result<User, Stranger>> {
    let Some(email) = profile.email.as_deref().filter(|_| profile.email_verified) else {
        return Ok(Err(Stranger::NoVerifiedAddress));
    };
    let domain = email.rsplit_once('@').map_or("", |(_, domain)| domain);
    if !domains::is_verified(store, domain).await? {
        return Ok(Err(Stranger::ForeignDomain));
    }
    create(store, provider, profile, (email, TenantRole::Member, UserSource::Jit)).await
}

/// An account for whoever was invited, if the provider vouches that the address is theirs.
async fn accept(
    store: &TenantStore,
    provider: &IdentityProvider,
    profile: &Profile,
    id: InvitationId,
) -> Result<Result<User, Stranger>> {
    let invitation = store.find_invitation(id).await?;
    let open = invitation.filter(|invitation| invitation.status(store.now()) == InvitationStatus::Pending);
    let Some(invitation) = open else { return Ok(Err(Stranger::InvitationGone)) };
    if profile.email.as_deref() != Some(&invitation.email) || !profile.email_verified {
        return Ok(Err(Stranger::OtherAddress));
    }
    let new = (invitation.email.as_str(), invitation.role, UserSource::Local);
    let user = match create(store, provider, profile, new).await? {
        Ok(user) => user,
        Err(why) => return Ok(Err(why)),
    };
    if !store.accept_invitation(invitation.id, user.id).await? {
        return Ok(Err(Stranger::InvitationGone));
    }
    let detail = json!({ "user_id": user.id, "role": user.role, "identity_provider_id": provider.id });
    let (target_kind, target_id) = ("invitation", Some(invitation.id.0));
    let actor = Actor::User(user.id);
    store.audit(AuditEntry { actor, action: "invitation.accepted", target_kind, target_id, detail });
    Ok(Ok(user))
}

async fn create(
    store: &TenantStore,
    provider: &IdentityProvider,
    profile: &Profile,
    (email, role, source): (&str, TenantRole, UserSource),
) -> Result<Result<User, Stranger>> {
    if store.find_user_by_name(email).await?.is_some() {
        return Ok(Err(Stranger::NameTaken));
    }
    let new = provisioning::NewUser {
        user_name: email.to_owned(),
        email: email.to_owned(),
        display_name: profile.display_name(),
        role,
        source,
        external_id: None,
    };
    provisioning::create_user(store, Actor::IdentityProvider(provider.id), new).await.map(Ok)
}

/// Of the memberships that this provider gave, the person has exactly those that it gives now. Those that somebody else
/// gave are none of its business, and groups of SCIM are SCIM's. For ID tokens: an assertion is silent about groups.
pub async fn settle_groups(
    store: &TenantStore,
    provider: &IdentityProvider,
    profile: &Profile,
    user: &User,
) -> Result<()> {
    let (wanted, actor) = (&profile.groups, Actor::IdentityProvider(provider.id));
    let given = store.list_given_groups(user.id, provider.id).await?;
    for id in given.iter().filter(|id| !wanted.contains(id)) {
        let Some(group) = store.lock_group(*id).await? else { continue };
        provisioning::remove_members(store, actor, &group, &[user.id]).await?;
    }
    for id in wanted.iter().filter(|id| !given.contains(id)) {
        let group = store.lock_group(*id).await?.filter(|group| group.source == GroupSource::Local);
        let Some(group) = group else { continue };
        if provisioning::add_members(store, actor, &group, &[user.id]).await? > 0 {
            store.mark_group_member_given(group.id, user.id, provider.id).await?;
        }
    }
    Ok(())
}

/// Takes back every membership that the provider gave; answers how many.
pub async fn take_groups(store: &TenantStore, actor: Actor, provider: &IdentityProvider) -> Result<usize> {
    let mut taken = 0;
    for (group, people) in store.list_given_memberships(provider.id).await? {
        let Some(group) = store.lock_group(group).await? else { continue };
        taken += provisioning::remove_members(store, actor, &group, &people).await?;
    }
    Ok(taken)
}
