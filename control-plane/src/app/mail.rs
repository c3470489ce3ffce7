//! Invitations by mail: written down with the invitation, sent afterwards, tried again for a day. Any replica sends any
//! mail; a claim keeps two from sending the same one. The link is sealed while it waits and never logged.

use std::time::Duration;

use askama::Template;
use chrono::TimeDelta;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use tokio::time::{MissedTickBehavior, interval};

use crate::crypto::vault::Purpose;
use crate::domain::audit::{Actor, AuditEntry};
use crate::domain::ids::{InvitationId, TenantId};
use crate::domain::invitation::{Invitation, InvitationStatus};
use crate::domain::limits::{MAIL_BATCH, MAIL_CLAIM_S, MAIL_POLL_MS, MAIL_RETRIES_S};
use crate::domain::{Error, Result};
use crate::mail::{Letter, MailError, Mailer};
use crate::state::App;
use crate::store::TenantStore;

#[derive(Template)]
#[template(path = "mail/invitation.txt")]
struct InvitationText<'a> {
    inviter: &'a str,
    tenant_name: &'a str,
    link: &'a str,
    expires: &'a str,
}

#[derive(Template)]
#[template(path = "mail/invitation.html")]
struct InvitationHtml<'a> {
    inviter: &'a str,
    tenant_name: &'a str,
    link: &'a str,
    expires: &'a str,
}

/// A mail that this process sends now.
struct Outgoing {
    invitation: Invitation,
    link: SecretString,
    tenant_name: String,
    inviter: String,
    attempts: u32,
}

/// Writes down that an invitation is to be mailed, as part of its transaction.
pub(super) async fn enqueue(app: &App, store: &TenantStore, id: InvitationId, link: &SecretString) -> Result<()> {
    let key = app.data_key(store).await?;
    let sealed = key.seal(store.tenant_id(), Purpose::InvitationLink, id.0, link.expose_secret().as_bytes())?;
    store.insert_invitation_mail(id, sealed).await
}

/// Sends what is due, when woken and now and then, until shutdown.
pub async fn deliver(app: &App) {
    let Some(mailer) = &app.mailer else { return };
    let mut ticks = interval(Duration::from_millis(MAIL_POLL_MS));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = app.tasks.shutdown().cancelled() => return,
            _ = ticks.tick() => {}
            () = app.mail_waits.notified() => {}
        }
        tokio::select! {
            () = app.tasks.shutdown().cancelled() => return,
            outcome = send_due(app, mailer) => if let Err(error) = outcome {
                tracing::error!(%error, "mails wait: looking for them failed");
            }
        }
    }
}

async fn send_due(app: &App, mailer: &Mailer) -> Result<()> {
    let due = app.store.system_read().await?.list_due_mails(MAIL_BATCH).await?;
    if due.len() as u64 == MAIL_BATCH {
        app.mail_waits.notify_one();
    }
    for (tenant, id) in due {
        if let Err(error) = send_one(app, mailer, tenant, id).await {
            tracing::error!(tenant.id = %tenant, invitation.id = %id, %error, "a mail was not handled");
        }
    }
    Ok(())
}

async fn send_one(app: &App, mailer: &Mailer, tenant: TenantId, id: InvitationId) -> Result<()> {
    let Some(outgoing) = claim(app, tenant, id).await? else { return Ok(()) };
    let outcome = mailer.send(outgoing.letter()?).await;
    let store = app.store.tenant(tenant).await?;
    match outcome {
        Ok(()) => {
            store.end_invitation_mail(id, None).await?;
            store.audit(entry("invitation.mailed", id, json!({})));
        }
        Err(error) => {
            tracing::warn!(tenant.id = %tenant, invitation.id = %id, reason = %error, "a mail was not sent");
            give_up_or_delay(&store, id, &error, outgoing.attempts).await?;
        }
    }
    store.commit().await?;
    Ok(())
}

async fn give_up_or_delay(store: &TenantStore, id: InvitationId, error: &MailError, attempts: u32) -> Result<()> {
    let retry_s = usize::try_from(attempts).ok().and_then(|attempts| MAIL_RETRIES_S.get(attempts.saturating_sub(1)));
    match retry_s {
        Some(after_s) if !error.is_final => {
            store.delay_invitation_mail(id, store.now() + TimeDelta::seconds(*after_s), &error.reason).await
        }
        _ => {
            store.end_invitation_mail(id, Some(&error.reason)).await?;
            store.audit(entry("invitation.mail_failed", id, json!({ "reason": error.reason })));
            Ok(())
        }
    }
}

/// Takes a mail, unless another replica has it, or the invitation ended while it waited.
async fn claim(app: &App, tenant: TenantId, id: InvitationId) -> Result<Option<Outgoing>> {
    let store = app.store.tenant(tenant).await?;
    let until = store.now() + TimeDelta::seconds(MAIL_CLAIM_S);
    let Some(claimed) = store.claim_invitation_mail(id, until).await? else { return Ok(None) };
    let invitation = store.find_invitation(id).await?.ok_or(Error::NotFound { what: "invitation" })?;
    if invitation.status(store.now()) != InvitationStatus::Pending {
        store.end_invitation_mail(id, Some("the invitation ended before it was mailed")).await?;
        store.commit().await?;
        return Ok(None);
    }
    let key = app.data_key(&store).await?;
    let link = key.open(tenant, Purpose::InvitationLink, id.0, &claimed.link_sealed)?;
    let link = String::from_utf8(link.to_vec()).map_err(Error::internal)?;
    let inviter = match invitation.created_by {
        Some(user) => store.find_user(user).await?.map(|user| user.display_name),
        None => None,
    };
    let tenant_name = store.get_tenant().await?.display_name;
    store.commit().await?;
    let inviter = inviter.unwrap_or_else(|| "An administrator".to_owned());
    Ok(Some(Outgoing { invitation, link: link.into(), tenant_name, inviter, attempts: claimed.attempts }))
}

impl Outgoing {
    fn letter(&self) -> Result<Letter<'_>> {
        let (inviter, tenant_name, link) =
            (self.inviter.as_str(), self.tenant_name.as_str(), self.link.expose_secret());
        let expires = self.invitation.expires_at.format("%-d %B %Y, %H:%M UTC").to_string();
        let text = InvitationText { inviter, tenant_name, link, expires: &expires };
        let html = InvitationHtml { inviter, tenant_name, link, expires: &expires };
        Ok(Letter {
            id: self.invitation.id.to_string(),
            to: &self.invitation.email,
            subject: format!("{inviter} invites you to {tenant_name} on Portway"),
            text: text.render().map_err(Error::internal)?,
            html: html.render().map_err(Error::internal)?,
            at: self.invitation.created_at.into(),
        })
    }
}

fn entry(action: &'static str, id: InvitationId, detail: serde_json::Value) -> AuditEntry {
    AuditEntry { actor: Actor::System, action, target_kind: "invitation", target_id: Some(id.0), detail }
}
