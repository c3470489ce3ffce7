//! One-time links by which people join a tenant. The link is shown once to who made it; only its digest is stored.

use std::collections::HashMap;

use chrono::TimeDelta;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use super::{Ctx, mail};
use crate::config::Config;
use crate::crypto::{password, tokens};
use crate::domain::access::{Action, TenantRole};
use crate::domain::audit::{Actor, AuditEntry};
use crate::domain::fields::{self, Mistakes};
use crate::domain::ids::{InvitationId, TenantId, UserId};
use crate::domain::invitation::{Delivery, Invitation, InvitationStatus};
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
    pub delivery: Delivery,
}

/// An invitation, and how its link reached the person.
pub struct Sent {
    pub invitation: Invitation,
    pub delivery: Delivery,
}

/// How the link is to reach the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Mail,
    ByHand,
}

/// What a person who follows a link types.
pub struct Acceptance<'a> {
    pub display_name: &'a str,
    pub password: SecretString,
}

/// By mail unless asked otherwise, where there is a mail server; then the link is for the person alone.
pub async fn create(ctx: &Ctx, email: &str, role: TenantRole, way: Option<Way>) -> Result<NewInvitation> {
    ctx.require(Action::ManagePeople)?;
    let way = way.unwrap_or(if ctx.app.mailer.is_some() { Way::Mail } else { Way::ByHand });
    if way == Way::Mail && ctx.app.mailer.is_none() {
        let public = "this deployment has no mail server: ask for the link and pass it on";
        return Err(Error::invalid("invitation.no_mail", "delivery", public));
    }
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
    let mut new = insert(&ctx.app.config, &store, &tenant, email, role, ctx.actor()).await?;
    if way == Way::Mail {
        mail::enqueue(&ctx.app, &store, new.invitation.id, &new.link).await?;
        new.delivery = Delivery::Pending { reason: None };
    }
    store.commit().await?;
    ctx.app.mail_waits.notify_one();
    Ok(new)
}

pub async fn list(ctx: &Ctx, page: PageRequest<Created>) -> Result<Page<Sent>> {
    ctx.require(Action::ReadPeople)?;
    let store = ctx.app.store.tenant_read(ctx.tenant_id).await?;
    let page = store.list_invitations(page).await?;
    let ids: Vec<InvitationId> = page.items.iter().map(|one| one.id).collect();
    let mut mailed: HashMap<InvitationId, Delivery> = store.list_deliveries(&ids).await?.into_iter().collect();
    Ok(page.map(|invitation| {
        let delivery = mailed.remove(&invitation.id).unwrap_or(Delivery::ByHand);
        Sent { invitation, delivery }
    }))
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
    Ok(NewInvitation { invitation, link: link.into(), delivery: Delivery::ByHand })
}

/// Length only: rules about kinds of characters make passwords worse (NIST SP 800-63B §3.1.1).
pub(super) fn check_password(password: &SecretString) -> Result<(), fields::Mistake> {
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
