//! The second factor of local accounts: enrolment, the second step of a sign-in, recovery codes, reset.
//!
//! After a right password there is a challenge, not a session: a token in a cookie of the browser that sent the password.
//! Only a right code turns it into a session.

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::sign_in::SignedIn;
use super::{Ctx, sessions};
use crate::crypto::vault::Purpose;
use crate::crypto::{tokens, totp};
use crate::domain::access::{Action, TenantRole};
use crate::domain::audit::{Actor, AuditEntry};
use crate::domain::ids::{TenantId, UserId};
use crate::domain::limits::{CHALLENGE_S, CODE_BYTES_MAX, RECOVERY_CODE_CHARS, RECOVERY_CODES};
use crate::domain::principal::PrincipalId;
use crate::domain::second_factor::{self, SecondFactor, is_required};
use crate::domain::tenancy::User;
use crate::domain::{Error, Result};
use crate::state::App;
use crate::store::TenantStore;

/// Whose factor a page is about, and how they showed who they are.
#[derive(Debug, Clone, Copy)]
pub enum Who {
    SignedIn(UserId),
    /// By a password only.
    Halfway {
        user_id: UserId,
        challenge: Uuid,
    },
}

/// What a person's app has to know.
pub struct Enrolment {
    /// For typing.
    pub secret: SecretString,
    /// For the camera.
    pub uri: SecretString,
}

/// Enrolled: recovery codes, shown once, and a session for who had none.
pub struct Enrolled {
    pub codes: Vec<SecretString>,
    pub signed_in: Option<SignedIn>,
}

/// How a code was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    Code,
    RecoveryCode {
        left: u64,
    },
    /// Wrong, used before, or of another time.
    Refused,
}

/// A person's factor, as it is shown.
#[derive(Debug, Clone, Copy)]
pub struct Status {
    pub enrolled_at: Option<DateTime<Utc>>,
    pub recovery_codes_left: u64,
    /// Their role asks for it.
    pub is_required: bool,
}

impl Who {
    pub const fn user_id(self) -> UserId {
        match self {
            Self::SignedIn(user_id) | Self::Halfway { user_id, .. } => user_id,
        }
    }
}

/// Remembers a right password as part of the sign-in's transaction; the token is for the cookie and nowhere else.
pub(super) async fn challenge(store: &TenantStore, user_id: UserId) -> Result<SecretString> {
    let token = tokens::opaque("")?;
    let expires_at = store.now() + chrono::TimeDelta::seconds(CHALLENGE_S);
    store.insert_challenge(store.new_id(), user_id, tokens::sha256(&token), expires_at).await?;
    Ok(token)
}

/// Whose password was right in this browser.
pub async fn find_halfway(app: &App, tenant_id: TenantId, token: &SecretString) -> Result<Option<Who>> {
    let store = app.store.tenant_read(tenant_id).await?;
    let found = store.find_challenge(tokens::sha256(token)).await?;
    Ok(found.map(|(challenge, user_id)| Who::Halfway { user_id, challenge }))
}

/// The second step: a right code makes the session. `None` is a wrong one.
pub async fn finish_sign_in(
    app: &App,
    tenant_id: TenantId,
    token: &SecretString,
    code: &SecretString,
    user_agent: &str,
) -> Result<Option<(SignedIn, Taken)>> {
    let store = app.store.tenant(tenant_id).await?;
    let (challenge, user_id) = store.find_challenge(tokens::sha256(token)).await?.ok_or(Error::Unauthenticated)?;
    let user = active(&store, user_id).await?;
    let factor = store.lock_second_factor(user_id).await?.filter(|factor| factor.confirmed_at.is_some());
    // Reset in between: the password begins again, and leads to an enrolment if one is needed.
    let factor = factor.ok_or(Error::Unauthenticated)?;
    let taken = take(app, &store, user_id, &factor, code).await?;
    if taken == Taken::Refused {
        store.commit().await?;
        return Ok(None);
    }
    if !store.delete_challenge(challenge).await? {
        return Err(Error::Unauthenticated);
    }
    let (session_id, token) = sessions::start_in(&store, user_id, user_agent).await?;
    store.commit().await?;
    Ok(Some((SignedIn { user, session_id, token }, taken)))
}

/// Judges a code, as part of a transaction that has to be committed whatever comes out. Fails while it must wait.
pub(super) async fn take(
    app: &App,
    store: &TenantStore,
    user_id: UserId,
    factor: &SecondFactor,
    code: &SecretString,
) -> Result<Taken> {
    let typed = code.expose_secret().trim();
    let typed: String = if typed.len() <= CODE_BYTES_MAX { second_factor::normalized(typed) } else { String::new() };
    if totp::is_code(&typed) {
        // Recovery codes are too many to guess: whoever is kept out by somebody else's guessing gets in with one.
        if let Some(open_at) = factor.open_at().filter(|at| *at > store.now()) {
            let wait_ms = (open_at - store.now()).num_milliseconds();
            return Err(Error::RateLimited { retry_after_ms: u64::try_from(wait_ms).unwrap_or(1).max(1) });
        }
        let secret = open(app, store, user_id, factor).await?;
        if let Some(step) = totp::matching_step(&secret, &typed, store.now())
            && store.accept_second_factor(user_id, step).await?
        {
            return Ok(Taken::Code);
        }
    } else if factor.confirmed_at.is_some() && store.use_recovery_code(user_id, digest(user_id, &typed)).await? {
        let left = store.count_recovery_codes(user_id).await?;
        store.audit(entry(Actor::User(user_id), "second_factor.recovery_code_used", user_id, json!({ "left": left })));
        return Ok(Taken::RecoveryCode { left });
    }
    store.count_factor_failure(user_id).await?;
    store.audit(entry(Actor::Anonymous, "second_factor.refused", user_id, json!({})));
    Ok(Taken::Refused)
}

/// What the app has to know; the same until it is confirmed, so that a reloaded page changes nothing.
pub async fn begin_enrolment(app: &App, tenant_id: TenantId, who: Who) -> Result<Enrolment> {
    let user_id = who.user_id();
    let store = app.store.tenant(tenant_id).await?;
    let user = active(&store, user_id).await?;
    let tenant = store.get_tenant().await?;
    if store.find_password_hash(user_id).await?.is_none() {
        let public = "You sign in through your organisation, which asks for a second factor itself if it wants one.";
        return Err(Error::conflict("second_factor.no_password", public));
    }
    let secret = match store.lock_second_factor(user_id).await? {
        Some(factor) if factor.confirmed_at.is_some() => return Err(enrolled_already()),
        Some(factor) => open(app, &store, user_id, &factor).await?,
        None => {
            let secret = Zeroizing::new(totp::new_secret()?.to_vec());
            let key = app.data_key(&store).await?;
            let sealed = key.seal(tenant_id, Purpose::SecondFactor, user_id.0, &secret)?;
            store.insert_second_factor(user_id, sealed).await?;
            secret
        }
    };
    store.commit().await?;
    let uri = totp::uri(&secret, &format!("Portway {}", tenant.display_name), &user.user_name);
    Ok(Enrolment { secret: totp::base32(&secret).into(), uri: uri.into() })
}

/// The first right code: from now on codes are asked for. `None` is a wrong one.
pub async fn confirm_enrolment(
    app: &App,
    tenant_id: TenantId,
    who: Who,
    code: &SecretString,
    user_agent: &str,
) -> Result<Option<Enrolled>> {
    let user_id = who.user_id();
    let store = app.store.tenant(tenant_id).await?;
    let user = active(&store, user_id).await?;
    let factor = store.lock_second_factor(user_id).await?.ok_or(Error::Unauthenticated)?;
    if factor.confirmed_at.is_some() {
        return Err(enrolled_already());
    }
    if take(app, &store, user_id, &factor, code).await? != Taken::Code {
        store.commit().await?;
        return Ok(None);
    }
    let codes = fresh_codes(&store, user_id).await?;
    store.audit(entry(Actor::User(user_id), "second_factor.enrolled", user_id, json!({})));
    let signed_in = match who {
        Who::SignedIn(_) => None,
        Who::Halfway { challenge, .. } => {
            if !store.delete_challenge(challenge).await? {
                return Err(Error::Unauthenticated);
            }
            let (session_id, token) = sessions::start_in(&store, user_id, user_agent).await?;
            Some(SignedIn { user, session_id, token })
        }
    };
    store.commit().await?;
    Ok(Some(Enrolled { codes, signed_in }))
}

pub async fn status(ctx: &Ctx, user_id: UserId) -> Result<Status> {
    if ctx.caller.principal != PrincipalId::User(user_id) {
        ctx.require(Action::ReadPeople)?;
    }
    let store = ctx.app.store.tenant_read(ctx.tenant_id).await?;
    let user = store.get_user(user_id).await?;
    let factor = store.find_second_factor(user_id).await?;
    Ok(Status {
        enrolled_at: factor.and_then(|factor| factor.confirmed_at),
        recovery_codes_left: store.count_recovery_codes(user_id).await?,
        is_required: is_required(ctx.app.config.require_second_factor, user.role),
    })
}

/// Fresh recovery codes for whoever shows a code of the app. `None` is a wrong one.
pub async fn renew_codes(ctx: &Ctx, code: &SecretString) -> Result<Option<Vec<SecretString>>> {
    let user_id = ctx.caller.user_id()?;
    let store = ctx.app.store.tenant(ctx.tenant_id).await?;
    let factor = confirmed(&store, user_id).await?;
    let codes = match take(&ctx.app, &store, user_id, &factor, code).await? {
        Taken::Refused => None,
        Taken::Code | Taken::RecoveryCode { .. } => Some(fresh_codes(&store, user_id).await?),
    };
    if codes.is_some() {
        store.audit(entry(ctx.actor(), "second_factor.recovery_codes_renewed", user_id, json!({})));
    }
    store.commit().await?;
    Ok(codes)
}

/// Takes one's own factor away; where the role asks for one, the next sign-in asks for a new one. False is a wrong code.
pub async fn remove(ctx: &Ctx, code: &SecretString) -> Result<bool> {
    ctx.caller.session_id()?;
    let user_id = ctx.caller.user_id()?;
    let store = ctx.app.store.tenant(ctx.tenant_id).await?;
    let factor = confirmed(&store, user_id).await?;
    let is_right = take(&ctx.app, &store, user_id, &factor, code).await? != Taken::Refused;
    if is_right {
        store.delete_second_factor(user_id).await?;
        store.audit(entry(ctx.actor(), "second_factor.removed", user_id, json!({})));
    }
    store.commit().await?;
    Ok(is_right)
}

/// Takes somebody else's factor away: their phone and their codes are lost. Their own people take away with a code, and
/// nobody that of a role above theirs. Sign-ins that wait for the old factor end.
pub async fn reset(ctx: &Ctx, user_id: UserId) -> Result<()> {
    ctx.require(Action::ManagePeople)?;
    let store = ctx.app.store.tenant(ctx.tenant_id).await?;
    let user = store.get_user(user_id).await?;
    if user.role == TenantRole::Owner {
        ctx.require(Action::ManageOwners)?;
    }
    if ctx.caller.principal == PrincipalId::User(user_id) {
        let public = "your own second factor you remove on your security page, with a code of it";
        return Err(Error::conflict("second_factor.own", public));
    }
    if !store.delete_second_factor(user_id).await? {
        return Err(Error::NotFound { what: "second factor" });
    }
    store.delete_challenges_of(user_id).await?;
    store.audit(entry(ctx.actor(), "second_factor.reset", user_id, json!({})));
    store.commit().await?;
    Ok(())
}

async fn fresh_codes(store: &TenantStore, user_id: UserId) -> Result<Vec<SecretString>> {
    let mut codes = Vec::with_capacity(RECOVERY_CODES);
    for _ in 0..RECOVERY_CODES {
        codes.push(recovery_code()?);
    }
    let digests: Vec<[u8; 32]> = codes.iter().map(|code| digest(user_id, code.expose_secret())).collect();
    store.replace_recovery_codes(user_id, &digests).await?;
    Ok(codes)
}

/// Fifty random bits, in letters that are not mistaken for each other. Longer than a code of the app, so never taken for
/// one.
fn recovery_code() -> Result<SecretString> {
    let bytes = tokens::random_bytes::<RECOVERY_CODE_CHARS>()?;
    let letters = bytes.iter().filter_map(|byte| LETTERS.get(usize::from(byte & 31)));
    Ok(letters.map(|&letter| char::from(letter)).collect::<String>().into())
}

const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz123456789";

/// With the person in it, so that equal codes of two people have nothing in common.
fn digest(user_id: UserId, code: &str) -> [u8; 32] {
    tokens::sha256_bytes(&[user_id.0.as_bytes(), code.as_bytes()].concat())
}

async fn open(app: &App, store: &TenantStore, user_id: UserId, factor: &SecondFactor) -> Result<Zeroizing<Vec<u8>>> {
    let key = app.data_key(store).await?;
    key.open(store.tenant_id(), Purpose::SecondFactor, user_id.0, &factor.secret_sealed)
}

async fn confirmed(store: &TenantStore, user_id: UserId) -> Result<SecondFactor> {
    let factor = store.lock_second_factor(user_id).await?.filter(|factor| factor.confirmed_at.is_some());
    factor.ok_or(Error::NotFound { what: "second factor" })
}

/// Locked, so that a deactivation at the same time leaves no session behind (I9).
async fn active(store: &TenantStore, user_id: UserId) -> Result<User> {
    store.lock_user(user_id).await?.filter(User::is_active).ok_or(Error::Unauthenticated)
}

fn enrolled_already() -> Error {
    Error::conflict("second_factor.enrolled", "You have a second factor already: remove it first, with a code of it.")
}

fn entry(actor: Actor, action: &'static str, user_id: UserId, detail: serde_json::Value) -> AuditEntry {
    AuditEntry { actor, action, target_kind: "user", target_id: Some(user_id.0), detail }
}
