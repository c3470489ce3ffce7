//! One-time links by which people join a tenant. The link is shown once to who made it; only its digest is stored.

use chrono::TimeDelta;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use super::Ctx;
use crate::config::Config;
use crate::crypto::{password, tokens};
use crate::domain::access::{Action, TenantRole};
use crate::domain::audit::{Actor, AuditEntry};
use crate::domain::fields::{self, Mistakes};
use crate::domain::ids::{InvitationId, TenantId, UserId};
use crate::domain::invitation::{Invitation, InvitationStatus};
use crate::domain::limits::{INVITATION_S, PASSWORD_BYTES_MAX, PASSWORD_CHARS_MIN};
use crate::domain::page::{Created, Page, PageRequest};
use crate::domain::tenancy::{Tenant, TenantStatus, User, UserSource, UserStatus};
use crate::domain::{Error, Result};
use crate::state::App;
use crate::store::{ResourceKind, TenantStore};

/// A fresh invitation and its link.
pub struct NewInvitation {
    pub invitation: Invitation,
    pub link: SecretString,
}

/// What a person who follows a link types.
pub struct Acceptance<'a> {
    pub display_name: &'a str,
    pub password: SecretString,
}

pub async fn create(ctx: &Ctx, email: &str, role: TenantRole) -> Result<NewInvitation> {
    ctx.require(Action::ManagePeople)?;
    if role == TenantRole::Owner {
        ctx.require(Action::ManageOwners)?;
    }
    let mut mistakes = Mistakes::default();
    let email = mistakes.take("email", fields::email(email));
    let email = mistakes.finish(email)?;
    let store = ctx.app.store.tenant(ctx.tenant_id).await?;
    if store.find_user_by_name(&email).await?.is_some() {
        return Err(Error::conflict("invitation.user_exists", "a person of this address is in the tenant already"));
    }
    let tenant = store.get_tenant().await?;
    let new = insert(&ctx.app.config, &store, &tenant, email, role, ctx.actor()).await?;
    store.commit().await?;
    Ok(new)
}

pub async fn list(ctx: &Ctx, page: PageRequest<Created>) -> Result<Page<Invitation>> {
    ctx.require(Action::ReadPeople)?;
    ctx.app.store.tenant_read(ctx.tenant_id).await?.list_invitations(page).await
}

/// Ends an open invitation. One that has ended stays as it is.
pub async fn revoke(ctx: &Ctx, id: InvitationId) -> Result<()> {
    ctx.require(Action::ManagePeople)?;
    let store = ctx.app.store.tenant(ctx.tenant_id).await?;
    let invitation = store.find_invitation(id).await?.ok_or(Error::NotFound { what: "invitation" })?;
    if invitation.role == TenantRole::Owner {
        ctx.require(Action::ManageOwners)?;
    }
    if store.revoke_invitation(id).await? {
        store.audit(entry(ctx.actor(), "invitation.revoked", id, json!({})));
    }
    store.commit().await?;
    Ok(())
}

/// The open invitation of a link. Looking changes nothing: mail scanners follow links too.
pub async fn find_by_token(app: &App, tenant_id: TenantId, token: &SecretString) -> Result<Option<Invitation>> {
    let store = app.store.tenant_read(tenant_id).await?;
    let found = store.find_invitation_by_token(tokens::sha256(token)).await?;
    Ok(found.filter(|invitation| invitation.status(store.now()) == InvitationStatus::Pending))
}

/// Makes the person and their password, and uses the link up, in one transaction. Of two at once, one succeeds.
pub async fn accept(app: &App, tenant_id: TenantId, token: &SecretString, form: Acceptance<'_>) -> Result<User> {
    let mut mistakes = Mistakes::default();
    let display_name = mistakes.take("display_name", fields::name(form.display_name));
    mistakes.take("password", check_password(&form.password));
    let display_name = mistakes.finish(display_name)?;
    find_by_token(app, tenant_id, token).await?.ok_or(Error::NotFound { what: "invitation" })?;
    // Outside of any transaction: hashing takes long.
    let password_hash = password::hash(form.password).await?;

    let store = app.store.tenant(tenant_id).await?;
    let tenant = store.get_tenant().await?;
    if tenant.status != TenantStatus::Active || !tenant.settings.local_accounts {
        return Err(Error::conflict("invitation.closed", "this tenant takes no local accounts now"));
    }
    let invitation = store.find_invitation_by_token(tokens::sha256(token)).await?;
    let invitation = invitation.ok_or(Error::NotFound { what: "invitation" })?;
    let user = User {
        id: UserId(store.new_id()),
        user_name: invitation.email.clone(),
        email: invitation.email,
        display_name,
        role: invitation.role,
        assigned_role: invitation.role,
        source: UserSource::Local,
        external_id: None,
        status: UserStatus::Active,
        epoch: 1,
        created_at: store.now(),
    };
    store.insert_user(&user).await?;
    store.put_password_hash(user.id, &password_hash).await?;
    if !store.accept_invitation(invitation.id, user.id).await? {
        return Err(Error::NotFound { what: "invitation" });
    }
    store.changed(ResourceKind::Principal, user.id.0);
    let detail = json!({ "user_id": user.id, "role": user.role });
    store.audit(entry(Actor::User(user.id), "invitation.accepted", invitation.id, detail));
    store.commit().await?;
    Ok(user)
}

/// Writes an invitation as part of a transaction. Earlier open links to the address end: the newest one counts.
pub(super) async fn insert(
    config: &Config,
    store: &TenantStore,
    tenant: &Tenant,
    email: String,
    role: TenantRole,
    actor: Actor,
) -> Result<NewInvitation> {
    let replaced = store.revoke_invitations_to(&email).await?;
    let (token, now) = (tokens::opaque("pwi_")?, store.now());
    let invitation = Invitation {
        id: InvitationId(store.new_id()),
        email,
        role,
        created_by: actor.user_id(),
        created_at: now,
        expires_at: now + TimeDelta::seconds(INVITATION_S),
        outcome: None,
    };
    store.insert_invitation(&invitation, tokens::sha256(&token)).await?;
    store.audit(entry(actor, "invitation.created", invitation.id, json!({ "role": role, "replaced": replaced })));
    let link = format!("{}/t/{}/join/{}", config.public_origin, tenant.slug, token.expose_secret());
    Ok(NewInvitation { invitation, link: link.into() })
}

/// Length only: rules about kinds of characters make passwords worse (NIST SP 800-63B §3.1.1).
fn check_password(password: &SecretString) -> Result<(), fields::Mistake> {
    let text = password.expose_secret();
    if text.chars().count() < PASSWORD_CHARS_MIN {
        return Err(("password.too_short", format!("must have at least {PASSWORD_CHARS_MIN} characters")));
    }
    if text.len() > PASSWORD_BYTES_MAX {
        return Err(("password.too_long", format!("must have at most {PASSWORD_BYTES_MAX} bytes")));
    }
    Ok(())
}

fn entry(actor: Actor, action: &'static str, id: InvitationId, detail: serde_json::Value) -> AuditEntry {
    AuditEntry { actor, action, target_kind: "invitation", target_id: Some(id.0), detail }
}
