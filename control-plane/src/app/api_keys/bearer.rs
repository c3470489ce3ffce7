//! Who the bearer of an API key is, for the REST API.

use proto::api_key::{self, ApiKeyText};
use secrecy::{ExposeSecret, SecretString};

use super::super::{Caller, Proof};
use crate::crypto::tokens;
use crate::domain::access::TenantRole;
use crate::domain::api_key::{ApiKeyStatus, KeyScope};
use crate::domain::ids::{ApiKeyId, TenantId};
use crate::domain::principal::PrincipalId;
use crate::domain::service_account::ServiceAccount;
use crate::domain::tenancy::{TenantStatus, User};
use crate::domain::{Error, Result};
use crate::state::App;
use crate::store::TenantStore;

/// Why a text is no key; said before anything is looked up.
pub fn check_text(text: &SecretString) -> Result<()> {
    match ApiKeyText::parse(text.expose_secret()) {
        Ok(_) => Ok(()),
        Err(api_key::ApiKeyFault::Shape) => {
            Err(Error::BadKey { code: "key.malformed", public: "The API key is incomplete: copy it again." })
        }
        Err(api_key::ApiKeyFault::Checksum) => {
            Err(Error::BadKey { code: "key.checksum", public: "The API key has a typo: its checksum does not fit." })
        }
    }
}

/// One answer for keys that never existed, of other tenants, with another secret, revoked, or of inactive owners.
pub fn unknown() -> Error {
    Error::BadKey { code: "key.unknown", public: "The API key is not known here: it was revoked, or never issued." }
}

/// Who the bearer of a key is, for the REST API. Keys for servers only are refused.
pub async fn authenticate(app: &App, tenant_id: TenantId, text: &SecretString) -> Result<Caller> {
    let parsed = ApiKeyText::parse(text.expose_secret()).map_err(|_| unknown())?;
    let digest = tokens::sha256_bytes(parsed.secret.as_bytes());
    let store = app.store.tenant_read(tenant_id).await?;
    let now = store.now();
    let found = store.find_api_key(ApiKeyId(parsed.id)).await?;
    let (key, _) = found.filter(|(_, stored)| tokens::same_digest(stored, &digest)).ok_or_else(unknown)?;
    match key.status(now) {
        ApiKeyStatus::Active => {}
        ApiKeyStatus::Expired => {
            return Err(Error::BadKey { code: "key.expired", public: "The API key has expired: make a new one." });
        }
        ApiKeyStatus::Revoked => return Err(unknown()),
    }
    let role = role_of(&store, key.owner).await?.ok_or_else(unknown)?;
    if store.get_tenant().await?.status != TenantStatus::Active {
        return Err(unknown());
    }
    drop(store);
    if key.scope != KeyScope::All {
        return Err(Error::KeyNotAllowed { public: "This API key is for single servers only: it cannot use the API." });
    }
    if key.touch_is_due(now) {
        let store = app.store.tenant(tenant_id).await?;
        store.touch_api_key(key.id, now).await?;
        store.commit().await?;
    }
    Ok(Caller { principal: key.owner, role, proof: Proof::ApiKey(key.id) })
}

/// The tenant role of an active owner. What a service account may do, its server roles say.
pub(in crate::app) async fn role_of(store: &TenantStore, owner: PrincipalId) -> Result<Option<TenantRole>> {
    Ok(match owner {
        PrincipalId::User(id) => store.find_user(id).await?.filter(User::is_active).map(|user| user.role),
        PrincipalId::ServiceAccount(id) => {
            let account = store.find_service_account(id).await?.filter(ServiceAccount::is_active);
            account.map(|_| TenantRole::Member)
        }
    })
}
