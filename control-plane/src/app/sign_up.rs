//! Tenants that people make for themselves, where the operator lets them: an address, a link in the mail, a form. The
//! answer to an address is the same whatever happens to it.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use super::{invitations, platform};
use crate::crypto::{password, tokens};
use crate::domain::access::TenantRole;
use crate::domain::audit::{Actor, AuditEntry};
use crate::domain::fields::{self, Mistakes};
use crate::domain::ids::{SignUpId, UserId};
use crate::domain::limits::SIGN_UP_MAIL_WAITS_MS;
use crate::domain::sign_up::SignUp;
use crate::domain::tenancy::{Tenant, User, UserSource, UserStatus};
use crate::domain::{Error, Result};
use crate::mail::{Letter, Mailer};
use crate::rate::Door;
use crate::state::App;
use crate::store::ResourceKind;

/// What somebody types behind the link.
pub struct NewOrganisation<'a> {
    pub display_name: &'a str,
    pub slug: &'a str,
    pub owner_name: &'a str,
    pub password: SecretString,
}

#[derive(Template)]
#[template(path = "mail/sign_up.txt")]
struct SignUpText<'a> {
    link: &'a str,
    expires: &'a str,
}

#[derive(Template)]
#[template(path = "mail/sign_up.html")]
struct SignUpHtml<'a> {
    link: &'a str,
    expires: &'a str,
}

/// Mails a link to an address. Whoever asks learns nothing of what became of it.
pub async fn ask(app: &Arc<App>, email: &str, address: IpAddr) -> Result<()> {
    app.rates.take_outside_tenants(Door::SignUp(address))?;
    let mut mistakes = Mistakes::default();
    let email = mistakes.take("email", fields::email(email));
    let email = mistakes.finish(email)?;
    // What sends mail to others is for nobody to drive, from wherever they come.
    app.rates.take_outside_tenants(Door::SignUps)?;
    if app.rates.take_outside_tenants(Door::Mailbox(email.clone())).is_err() {
        tracing::info!("an address was asked for too often: no further link is mailed to it for now");
        return Ok(());
    }
    let store = app.store.system().await?;
    let (sign_up, token) = (SignUp::begin(SignUpId(store.new_id()), email, store.now()), tokens::opaque("pwu_")?);
    store.insert_sign_up(&sign_up, tokens::sha256(&token)).await?;
    store.commit().await?;
    let link = SecretString::from(format!("{}/new/{}", app.config.public_origin, token.expose_secret()));
    let sender = app.clone();
    app.tasks.spawn("sign-up-mail", async move { deliver(&sender, &sign_up, &link).await });
    Ok(())
}

/// Tries for a minute: who still has no mail then asks again.
async fn deliver(app: &App, sign_up: &SignUp, link: &SecretString) {
    let Some(mailer) = &app.mailer else { return };
    for wait_ms in SIGN_UP_MAIL_WAITS_MS {
        tokio::select! {
            () = app.tasks.shutdown().cancelled() => return,
            () = tokio::time::sleep(Duration::from_millis(wait_ms)) => {}
        }
        match send(mailer, sign_up, link).await {
            Ok(()) => return,
            Err((is_final, reason)) => {
                tracing::warn!(sign_up.id = %sign_up.id, reason, "the mail of a sign-up was not sent");
                if is_final {
                    return;
                }
            }
        }
    }
}

async fn send(mailer: &Mailer, sign_up: &SignUp, link: &SecretString) -> std::result::Result<(), (bool, String)> {
    let expires = sign_up.expires_at.format("%-d %B %Y, %H:%M UTC").to_string();
    let link = link.expose_secret();
    let unrendered = |error: askama::Error| (true, error.to_string());
    let letter = Letter {
        id: sign_up.id.to_string(),
        to: &sign_up.email,
        subject: "Your organisation on Portway".to_owned(),
        text: SignUpText { link, expires: &expires }.render().map_err(unrendered)?,
        html: SignUpHtml { link, expires: &expires }.render().map_err(unrendered)?,
        at: sign_up.created_at.into(),
    };
    mailer.send(letter).await.map_err(|error| (error.is_final, error.reason))
}

/// The open sign-up of a link. Looking changes nothing: mail scanners follow links too.
pub async fn find(app: &App, token: &SecretString) -> Result<Option<SignUp>> {
    let store = app.store.system_read().await?;
    let found = store.find_sign_up_by_token(tokens::sha256(token)).await?;
    Ok(found.filter(|sign_up| sign_up.is_open(store.now())))
}

/// Makes the tenant and its owner, and uses the link up, in one transaction. Of two at once, one succeeds.
pub async fn complete(app: &App, token: &SecretString, form: NewOrganisation<'_>) -> Result<(Tenant, User)> {
    let mut mistakes = Mistakes::default();
    let (slug, display_name) = (form.slug.to_owned(), form.display_name.to_owned());
    let new = platform::NewTenant { slug, display_name, ..platform::NewTenant::default() };
    let checked = platform::check(app, new, &mut mistakes);
    let owner_name = mistakes.take("owner_name", fields::name(form.owner_name));
    mistakes.take("password", invitations::check_password(&form.password));
    let ((tenant, _), owner_name) = mistakes.finish(checked.zip(owner_name))?;
    let gone = || Error::NotFound { what: "sign-up" };
    let sign_up = find(app, token).await?.ok_or_else(gone)?;
    // Outside of any transaction: hashing takes long.
    let password_hash = password::hash(form.password).await?;

    let system = app.store.system().await?;
    if !system.use_sign_up(sign_up.id).await? {
        return Err(gone());
    }
    let owner_id = UserId(system.new_id());
    let actor = Actor::User(owner_id);
    let (store, tenant) = platform::insert(app, system, tenant, actor).await?;
    let owner = User {
        id: owner_id,
        user_name: sign_up.email.clone(),
        email: sign_up.email,
        display_name: owner_name,
        role: TenantRole::Owner,
        assigned_role: TenantRole::Owner,
        source: UserSource::Local,
        external_id: None,
        status: UserStatus::Active,
        epoch: 1,
        created_at: store.now(),
    };
    store.insert_user(&owner).await?;
    store.put_password_hash(owner.id, &password_hash).await?;
    store.changed(ResourceKind::Principal, owner.id.0);
    let (action, target_id) = ("user.created", Some(owner.id.0));
    let detail = json!({ "role": owner.role, "source": owner.source, "sign_up_id": sign_up.id });
    store.audit(AuditEntry { actor, action, target_kind: "user", target_id, detail });
    store.commit().await?;
    tracing::info!(tenant.id = %tenant.id, tenant.slug = %tenant.slug, "a tenant was made by its owner");
    Ok((tenant, owner))
}

/// Links that expired are of no use to anybody.
pub async fn forget_expired(app: &App) -> Result<()> {
    let store = app.store.system().await?;
    let rows = store.delete_expired_sign_ups(store.now()).await?;
    if rows > 0 {
        store.commit().await?;
        tracing::info!(rows, "links of sign-ups forgotten");
    }
    Ok(())
}
