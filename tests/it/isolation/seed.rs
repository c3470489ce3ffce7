//! One of everything in one tenant. Every text holds the tenant's slug, so that a leak shows.

mod account;
mod imagine;
mod oauth;
mod people;
mod scim;
pub(super) mod servers;
mod sso;

use control_plane::crypto::tokens;
use control_plane::domain::api_key::ApiKey;
use control_plane::domain::audit::{Actor, AuditEntry};
use control_plane::domain::call::CallRecord;
use control_plane::domain::credential::{AuthOverride, SealedCredential, UserCredential};
use control_plane::domain::ids::{ServiceAccountId, UserId};
use control_plane::domain::invitation::Invitation;
use control_plane::domain::limit_rule::LimitRule;
use control_plane::domain::oauth::{AuthorizationCode, AuthorizationRequest, Client, Grant, RefreshToken};
use control_plane::domain::server::{AccessGrant, Server};
use control_plane::domain::session::Session;
use control_plane::domain::tenancy::{Group, Tenant, User};
use control_plane::domain::upstream_oauth::AccountFlow;
use control_plane::domain::usage::roll_up;
use control_plane::store::{
    ConsentKey, NewDataKey, ResourceKind, SigningKeyRow, Store, TenantStore, UpstreamClientRow,
};
use serde_json::json;
use uuid::Uuid;

use self::account::AccountSeed;
pub(super) use self::oauth::{client_secret, registration};
use self::scim::ScimSeed;
use self::sso::Sso;

/// What a tenant has, and the digests that open it.
pub(super) struct Seed {
    pub(super) tenant: Tenant,
    pub(super) revision: u64,
    pub(super) user: User,
    /// In no group.
    pub(super) stranger: UserId,
    pub(super) group: Group,
    pub(super) service_account: ServiceAccountId,
    pub(super) session: Session,
    pub(super) session_sha256: [u8; 32],
    pub(super) api_key: ApiKey,
    pub(super) invitation: Invitation,
    pub(super) invitation_sha256: [u8; 32],
    /// Granted to everyone, to the user, to the group and to the service account.
    pub(super) server: Server,
    /// Granted to nobody.
    pub(super) bare_server: Server,
    pub(super) credential: SealedCredential,
    pub(super) grant: AccessGrant,
    pub(super) signing_key: SigningKeyRow,
    pub(super) pending_key: Uuid,
    pub(super) session_key: Uuid,
    pub(super) pending_session_key: Uuid,
    pub(super) document_client_id: String,
    pub(super) client: Client,
    pub(super) request: AuthorizationRequest,
    pub(super) oauth_grant: Grant,
    /// Not redeemed; another one of the same grant is.
    pub(super) code: AuthorizationCode,
    pub(super) code_sha256: [u8; 32],
    pub(super) refresh: RefreshToken,
    pub(super) refresh_sha256: [u8; 32],
    pub(super) call: CallRecord,
    pub(super) data_key: Uuid,
    pub(super) user_credential: UserCredential,
    /// Of `bare_server`; the person may use it.
    pub(super) virtual_server: Server,
    /// Of the person on `server`.
    pub(super) auth_override: AuthOverride,
    /// About the person, at `server`.
    pub(super) limit_rule: LimitRule,
    /// One that registered itself, one that belongs to a server.
    pub(super) upstream_clients: [UpstreamClientRow; 2],
    pub(super) account_flow: AccountFlow,
    pub(super) scim: ScimSeed,
    pub(super) account: AccountSeed,
    pub(super) sso: Sso,
}

pub(super) const REDIRECT_HOST: &str = "ide.example";
pub(super) const SCOPE: &str = "mcp";

/// A digest that nothing has.
pub(super) fn digest() -> [u8; 32] {
    tokens::random_bytes().expect("randomness")
}

impl Seed {
    pub(super) async fn plant(store: &Store, slug: &str) -> Self {
        let mut seed = Self::imagine(store, slug).await;
        seed.insert_tenant(store).await;
        let people = store.tenant(seed.tenant.id).await.unwrap();
        seed.insert_people(&people).await;
        seed.insert_scim(&people).await;
        seed.insert_service_account(&people).await;
        people.commit().await.unwrap();
        let rest = store.tenant(seed.tenant.id).await.unwrap();
        seed.insert_servers(&rest).await;
        seed.insert_user_credentials(&rest).await;
        seed.insert_keys(&rest).await;
        seed.insert_authorization(&rest).await;
        seed.insert_account(&rest).await;
        seed.insert_upstream(&rest).await;
        seed.insert_sso(&rest).await;
        seed.revision = seed.commit_noting(rest).await;
        let calls = store.tenant(seed.tenant.id).await.unwrap();
        calls.insert_call_records(std::slice::from_ref(&seed.call)).await.unwrap();
        calls.add_usage(&roll_up([&seed.call])).await.unwrap();
        calls.commit_records().await.unwrap();
        seed
    }

    /// Every resource that nodes hold, but the settings: those have no id to guess.
    pub(super) fn resources(&self) -> Vec<(ResourceKind, Uuid)> {
        vec![
            (ResourceKind::Server, self.server.id.0),
            (ResourceKind::Principal, self.user.id.0),
            (ResourceKind::Principal, self.service_account.0),
            (ResourceKind::AccessGrant, self.grant.id.0),
            (ResourceKind::SigningKey, self.signing_key.id),
            (ResourceKind::SessionKey, self.session_key),
            (ResourceKind::ApiKey, self.api_key.id.0),
            (ResourceKind::SharedSecret, self.server.id.0),
            (ResourceKind::RevokedGrant, self.oauth_grant.id.0),
            (ResourceKind::LimitRule, self.limit_rule.id.0),
        ]
    }

    pub(super) fn consent(&self) -> ConsentKey<'_> {
        let (user_id, client_id, server_id) = (self.user.id, self.client.id, self.server.id);
        ConsentKey { user_id, client_id, server_id, redirect_host: REDIRECT_HOST, scope: SCOPE }
    }

    async fn insert_tenant(&self, store: &Store) {
        let system = store.system().await.unwrap();
        system.history_id().await.unwrap();
        let data_key = NewDataKey { id: self.data_key, kek_id: "kek".to_owned(), wrapped: digest().to_vec() };
        system.insert_tenant(&self.tenant, data_key).await.unwrap();
        system.commit().await.unwrap();
    }

    async fn commit_noting(&self, store: TenantStore) -> u64 {
        for (kind, id) in self.resources() {
            store.changed(kind, id);
            let (actor, target_id) = (Actor::User(self.user.id), Some(id));
            let detail = json!({ "note": self.tenant.display_name });
            store.audit(AuditEntry { actor, action: "seed.planted", target_kind: kind.as_str(), target_id, detail });
        }
        store.commit().await.unwrap()
    }
}
