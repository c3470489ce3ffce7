//! One of everything in one tenant. Every text holds the tenant's slug, so that a leak shows.

use chrono::{DateTime, TimeDelta, Utc};
use control_plane::crypto::tokens;
use control_plane::domain::access::{ServerRole, TenantRole};
use control_plane::domain::api_key::{ApiKey, KeyScope};
use control_plane::domain::audit::{Actor, AuditEntry};
use control_plane::domain::call::{CallOutcome, CallRecord, Fault};
use control_plane::domain::configuration::PrincipalKind;
use control_plane::domain::credential::{CredentialMark, SealedCredential};
use control_plane::domain::ids::{
    AccessGrantId, ApiKeyId, AuthorizationRequestId, CallRecordId, ClientId, GroupId, InvitationId, OAuthGrantId,
    ServerId, ServiceAccountId, SessionId, TenantId, UserId,
};
use control_plane::domain::invitation::Invitation;
use control_plane::domain::oauth::client::{ClientAuth, ClientKind, ClientSecret};
use control_plane::domain::oauth::registration::Registration;
use control_plane::domain::oauth::{AuthorizationCode, AuthorizationRequest, Client, Grant, RefreshToken};
use control_plane::domain::server::{AccessGrant, OutboundAuth, Server, ServerStatus, Subject};
use control_plane::domain::session::Session;
use control_plane::domain::tenancy::{
    Group, GroupSource, Tenant, TenantSettings, TenantStatus, User, UserSource, UserStatus,
};
use control_plane::store::{ConsentKey, KeyState, NewDataKey, ResourceKind, SigningKeyRow, Store, TenantStore};
use serde_json::json;
use uuid::Uuid;

use super::rows::Backstage;

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
}

pub(super) const REDIRECT_HOST: &str = "ide.example";
pub(super) const SCOPE: &str = "mcp";

/// A digest that nothing has.
pub(super) fn digest() -> [u8; 32] {
    tokens::random_bytes().expect("randomness")
}

impl Seed {
    pub(super) async fn plant(store: &Store, backstage: &Backstage, slug: &str) -> Self {
        let mut seed = Self::imagine(store, slug).await;
        seed.insert_tenant(store).await;
        let people = store.tenant(seed.tenant.id).await.unwrap();
        seed.insert_people(&people).await;
        people.commit().await.unwrap();
        // No use-case of this version makes these.
        seed.insert_service_account(backstage).await;
        let rest = store.tenant(seed.tenant.id).await.unwrap();
        seed.insert_servers(&rest).await;
        seed.insert_keys(&rest).await;
        seed.insert_authorization(&rest).await;
        seed.revision = seed.commit_noting(rest).await;
        let calls = store.tenant(seed.tenant.id).await.unwrap();
        calls.insert_call_records(std::slice::from_ref(&seed.call)).await.unwrap();
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
        ]
    }

    pub(super) fn consent(&self) -> ConsentKey<'_> {
        let (user_id, client_id, server_id) = (self.user.id, self.client.id, self.server.id);
        ConsentKey { user_id, client_id, server_id, redirect_host: REDIRECT_HOST, scope: SCOPE }
    }

    async fn insert_tenant(&self, store: &Store) {
        let system = store.system().await.unwrap();
        system.history_id().await.unwrap();
        let data_key = NewDataKey { id: system.new_id(), kek_id: "kek".to_owned(), wrapped: digest().to_vec() };
        system.insert_tenant(&self.tenant, data_key).await.unwrap();
        system.commit().await.unwrap();
    }

    async fn insert_people(&self, store: &TenantStore) {
        store.insert_user(&self.user).await.unwrap();
        store.put_password_hash(self.user.id, &format!("hash of {}", self.user.user_name)).await.unwrap();
        store.insert_session(&self.session, self.session_sha256, self.tenant.slug.as_str()).await.unwrap();
        store.insert_api_key(&self.api_key, digest()).await.unwrap();
        store.insert_invitation(&self.invitation, self.invitation_sha256).await.unwrap();
        let name = format!("bea@{}.example", self.tenant.slug);
        let stranger =
            User { id: self.stranger, user_name: name.clone(), email: name, external_id: None, ..self.user.clone() };
        store.insert_user(&stranger).await.unwrap();
        store.insert_group(&self.group).await.unwrap();
        store.add_group_members(self.group.id, &[self.user.id]).await.unwrap();
    }

    async fn insert_service_account(&self, backstage: &Backstage) {
        let (tenant, at) = (self.tenant.id.0, self.tenant.created_at);
        let name = format!("{} account", self.tenant.slug);
        let account = "INSERT INTO service_accounts (tenant_id, id, name, status, epoch, created_at, updated_at)
                       VALUES ($1, $2, $3, 'active', 0, $4, $5)";
        backstage.run(account, [tenant.into(), self.service_account.0.into(), name.into(), at.into(), at.into()]).await;
    }

    async fn insert_servers(&self, store: &TenantStore) {
        store.insert_server(&self.server).await.unwrap();
        store.insert_server(&self.bare_server).await.unwrap();
        store.put_shared_credential(&self.credential, Some(self.user.id)).await.unwrap();
        let others = [Subject::Everyone, Subject::Group(self.group.id), Subject::ServiceAccount(self.service_account)];
        let others =
            others.map(|subject| AccessGrant { id: AccessGrantId(store.new_id()), subject, ..self.grant.clone() });
        for grant in others.iter().chain([&self.grant]) {
            store.insert_access_grant(grant, Some(self.user.id)).await.unwrap();
        }
    }

    async fn insert_keys(&self, store: &TenantStore) {
        store.insert_signing_key(&self.signing_key).await.unwrap();
        let pending = SigningKeyRow { id: self.pending_key, activated_at: None, ..self.signing_key.clone() };
        store.insert_signing_key(&pending).await.unwrap();
        let retired = SigningKeyRow { id: store.new_id(), retired_at: Some(store.now()), ..self.signing_key.clone() };
        store.insert_signing_key(&retired).await.unwrap();
        store.insert_session_key(store.new_id(), digest().to_vec(), KeyState::Active).await.unwrap();
        store.insert_session_key(self.session_key, digest().to_vec(), KeyState::Pending).await.unwrap();
        // The one before it retires.
        assert!(store.activate_session_key(self.session_key).await.unwrap());
        store.insert_session_key(self.pending_session_key, digest().to_vec(), KeyState::Pending).await.unwrap();
    }

    async fn insert_authorization(&self, store: &TenantStore) {
        let unused = (ClientId(store.new_id()), format!("{} unused", self.tenant.slug));
        for (id, client_id) in [(self.client.id, &self.client.client_id), (unused.0, &unused.1)] {
            store.insert_dynamic_client(id, client_id, &registration(&self.client)).await.unwrap();
        }
        store.mark_client_authorized(self.client.id).await.unwrap();
        store.put_document_client(&self.document_client_id, &registration(&self.client)).await.unwrap();
        for expires_at in [None, Some(store.now())] {
            store.insert_client_secret(&client_secret(store, self.client.id, expires_at)).await.unwrap();
        }
        let ended = Session { id: SessionId(store.new_id()), revoked_at: Some(store.now()), ..self.session.clone() };
        store.insert_session(&ended, digest(), "").await.unwrap();
        store.remember_consent(self.consent()).await.unwrap();
        store.insert_authorization_request(&self.request).await.unwrap();
        store.insert_oauth_grant(&self.oauth_grant).await.unwrap();
        store.insert_authorization_code(&self.code, self.code_sha256).await.unwrap();
        let redeemed = AuthorizationCode { id: store.new_id(), used_at: Some(store.now()), ..self.code.clone() };
        store.insert_authorization_code(&redeemed, digest()).await.unwrap();
        store.insert_refresh_token(&self.refresh, self.refresh_sha256).await.unwrap();
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

pub(super) fn client_secret(
    store: &TenantStore,
    client_id: ClientId,
    expires_at: Option<DateTime<Utc>>,
) -> ClientSecret {
    ClientSecret { id: store.new_id(), client_id, sha256: digest().to_vec(), created_at: store.now(), expires_at }
}

pub(super) fn registration(client: &Client) -> Registration {
    Registration {
        name: client.name.clone(),
        redirect_uris: client.redirect_uris.clone(),
        metadata: serde_json::Map::new(),
    }
}

impl Seed {
    /// All of it in memory, with fresh ids.
    async fn imagine(store: &Store, slug: &str) -> Self {
        let system = store.system_read().await.unwrap();
        let (now, id) = (system.now(), || system.new_id());
        let later = now + TimeDelta::hours(1);
        let text = |what: &str| format!("{slug} {what}");
        let user = user(UserId(id()), slug, now);
        let session = Session {
            id: SessionId(id()),
            user_id: user.id,
            created_at: now,
            last_seen_at: now,
            expires_at: later,
            revoked_at: None,
        };
        let api_key = ApiKey {
            id: ApiKeyId(id()),
            user_id: user.id,
            name: text("key"),
            scope: KeyScope::All,
            created_at: now,
            expires_at: Some(later),
            last_used_at: None,
            revoked_at: None,
        };
        let invitation = Invitation {
            id: InvitationId(id()),
            email: format!("bo@{slug}.example"),
            role: TenantRole::Member,
            created_by: Some(user.id),
            created_at: now,
            expires_at: later,
            outcome: None,
        };
        let server = server(ServerId(id()), slug, user.id, now);
        let bare_server =
            Server { id: ServerId(id()), slug: format!("{slug}-bare").parse().unwrap(), ..server.clone() };
        let credential = SealedCredential {
            server_id: server.id,
            upstream_origin: format!("https://{slug}.example"),
            headers_sealed: digest().to_vec(),
            mark: CredentialMark { version: 1, set_at: now },
        };
        let grant = AccessGrant {
            id: AccessGrantId(id()),
            server_id: server.id,
            role: ServerRole::Manager,
            subject: Subject::User(user.id),
            created_at: now,
        };
        let client = Client {
            id: ClientId(id()),
            client_id: text("client"),
            name: text("IDE"),
            redirect_uris: vec![format!("https://{REDIRECT_HOST}/{slug}")],
            kind: ClientKind::Dynamic,
            auth: ClientAuth::None,
            created_at: now,
            last_used_at: None,
        };
        let oauth_grant = Grant {
            id: OAuthGrantId(id()),
            user_id: user.id,
            client_id: client.id,
            server_id: server.id,
            session_id: session.id,
            resource: text("resource"),
            scope: SCOPE.to_owned(),
            created_at: now,
            revoked_at: None,
        };
        Self {
            revision: 0,
            stranger: UserId(id()),
            group: Group {
                id: GroupId(id()),
                display_name: text("group"),
                source: GroupSource::Scim,
                external_id: Some(text("group")),
                tenant_role: Some(TenantRole::Auditor),
                created_at: now,
                updated_at: now,
            },
            service_account: ServiceAccountId(id()),
            session_sha256: digest(),
            invitation_sha256: digest(),
            signing_key: SigningKeyRow {
                id: id(),
                public_jwk: json!({ "kty": text("key") }),
                private_sealed: digest().to_vec(),
                created_at: now,
                activated_at: Some(now),
                retired_at: None,
            },
            pending_key: id(),
            session_key: id(),
            pending_session_key: id(),
            document_client_id: format!("https://{slug}.example/client"),
            request: AuthorizationRequest {
                id: AuthorizationRequestId(id()),
                browser_sha256: digest().to_vec(),
                client_id: client.id,
                redirect_uri: client.redirect_uris[0].clone(),
                state: Some(text("state")),
                scope: SCOPE.to_owned(),
                resource: text("resource"),
                code_challenge: text("challenge"),
                created_at: now,
                expires_at: later,
                decided_at: None,
            },
            code: AuthorizationCode {
                id: id(),
                grant_id: oauth_grant.id,
                redirect_uri: client.redirect_uris[0].clone(),
                code_challenge: text("challenge"),
                expires_at: later,
                used_at: None,
            },
            code_sha256: digest(),
            refresh: RefreshToken {
                id: id(),
                grant_id: oauth_grant.id,
                issued_at: now,
                expires_at: later,
                rotated_at: None,
                successor_sealed: None,
            },
            refresh_sha256: digest(),
            call: call(CallRecordId(id()), slug, server.id, user.id, now),
            tenant: tenant(TenantId(id()), slug, now),
            user,
            session,
            api_key,
            invitation,
            server,
            bare_server,
            credential,
            grant,
            client,
            oauth_grant,
        }
    }
}

fn tenant(id: TenantId, slug: &str, now: DateTime<Utc>) -> Tenant {
    Tenant {
        id,
        slug: slug.parse().unwrap(),
        display_name: format!("{slug} Inc."),
        status: TenantStatus::Active,
        issuer: format!("https://auth.example/t/{slug}"),
        gateway_origins: vec![format!("https://{slug}.example")],
        pool: "default".to_owned(),
        region: "default".to_owned(),
        settings: TenantSettings::default(),
        created_at: now,
    }
}

fn user(id: UserId, slug: &str, now: DateTime<Utc>) -> User {
    User {
        id,
        user_name: format!("ana@{slug}.example"),
        email: format!("ana@{slug}.example"),
        display_name: format!("{slug} Ana"),
        role: TenantRole::Owner,
        assigned_role: TenantRole::Owner,
        source: UserSource::Local,
        external_id: Some(format!("{slug} Ana")),
        status: UserStatus::Active,
        epoch: 0,
        created_at: now,
    }
}

fn server(id: ServerId, slug: &str, created_by: UserId, now: DateTime<Utc>) -> Server {
    Server {
        id,
        slug: format!("{slug}-github").parse().unwrap(),
        display_name: format!("{slug} GitHub"),
        description: format!("{slug} issues"),
        upstream_url: format!("https://{slug}.example/mcp"),
        outbound_auth: OutboundAuth::None,
        status: ServerStatus::Enabled,
        timeout_ms: 60_000,
        created_by: Some(created_by),
        created_at: now,
        updated_at: now,
    }
}

fn call(id: CallRecordId, slug: &str, server_id: ServerId, user_id: UserId, now: DateTime<Utc>) -> CallRecord {
    CallRecord {
        id,
        // The store says whose it is, not the record.
        tenant_id: TenantId(Uuid::nil()),
        started_at: now,
        principal_kind: PrincipalKind::User,
        principal_id: user_id.0,
        client_name: format!("{slug} IDE"),
        client_version: "1".to_owned(),
        client_id: format!("{slug} client"),
        api_key_id: None,
        server_id,
        member_id: None,
        method: "tools/call".to_owned(),
        target: format!("{slug} tool"),
        client_protocol: "2025-06-18".to_owned(),
        upstream_protocol: "2025-06-18".to_owned(),
        outcome: CallOutcome::Ok,
        error_reason: String::new(),
        fault: Fault::None,
        bytes_in: 1,
        bytes_out: 2,
        duration_us: 3,
        upstream_us: 4,
        trace_id: id.0.simple().to_string(),
        rule_ids: Vec::new(),
        node_id: format!("{slug} node"),
    }
}
