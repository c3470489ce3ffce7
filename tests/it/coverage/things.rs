//! What one call may act upon, made for it.

use chrono::TimeDelta;
use control_plane::app::sessions;
use control_plane::crypto::tokens;
use control_plane::domain::access::{ServerRole, TenantRole};
use control_plane::domain::api_key::{ApiKey, KeyScope};
use control_plane::domain::bundle::{Member, Offer};
use control_plane::domain::call::{CallOutcome, CallRecord, Fault};
use control_plane::domain::configuration::PrincipalKind;
use control_plane::domain::credential::{AccountKind, AuthOverride, CredentialMark, UserCredential};
use control_plane::domain::ids::{
    AccessGrantId, ApiKeyId, AuthOverrideId, CallRecordId, ClientId, GroupId, InvitationId, OAuthGrantId, ServerId,
    ServiceAccountId, SessionId, UserCredentialId, UserId,
};
use control_plane::domain::invitation::Invitation;
use control_plane::domain::key_form::{HeaderTemplate, KeyField, KeyForm};
use control_plane::domain::oauth::Grant;
use control_plane::domain::oauth::client::{Client, ClientAuth, ClientKind};
use control_plane::domain::principal::PrincipalId;
use control_plane::domain::server::ServerKind;
use control_plane::domain::server::{AccessGrant, OutboundAuth, Server, ServerStatus, Subject};
use control_plane::domain::service_account::{ServiceAccount, ServiceAccountStatus};
use control_plane::domain::tenancy::{Group, GroupSource, User, UserSource, UserStatus};
use control_plane::domain::transport::Transport;
use control_plane::store::TenantStore;
use secrecy::SecretString;

use super::scene::Scene;

/// What one call may act upon.
pub(super) struct Things {
    pub(super) server: Server,
    /// Of `person` on the server.
    pub(super) grant: AccessGrantId,
    pub(super) person: User,
    pub(super) other_owner: User,
    pub(super) invitation: Invitation,
    pub(super) owner_invitation: Invitation,
    pub(super) client: Client,
    pub(super) service_account: ServiceAccountId,
    pub(super) group: GroupId,
}

impl Scene {
    pub(super) async fn insert_things(&self, store: &TenantStore) -> Things {
        let (person, other_owner) =
            (insert_person(store, TenantRole::Member).await, insert_person(store, TenantRole::Owner).await);
        let server = self.insert_server(store).await;
        let subjects =
            [(self.manager, ServerRole::Manager), (self.user, ServerRole::User), (person.id, ServerRole::User)];
        let mut grant = AccessGrantId(store.new_id());
        for (user, role) in subjects {
            grant = AccessGrantId(store.new_id());
            let (server_id, subject, created_at) = (server.id, Subject::User(user), store.now());
            let given = AccessGrant { id: grant, server_id, role, subject, created_at };
            store.insert_access_grant(&given, Some(self.owner.id)).await.unwrap();
        }
        let invitation = self.insert_invitation(store, TenantRole::Member).await;
        let owner_invitation = self.insert_invitation(store, TenantRole::Owner).await;
        let id = ClientId(store.new_id());
        let client = Client {
            id,
            client_id: id.to_string(),
            kind: ClientKind::Static,
            auth: ClientAuth::Secret,
            name: "Client".to_owned(),
            redirect_uris: vec!["https://client.example/callback".to_owned()],
            created_at: store.now(),
            last_used_at: None,
            blocked_at: None,
        };
        store.insert_static_client(&client).await.unwrap();
        let service_account = insert_service_account(store).await;
        let group = insert_group(store).await;
        Things { server, grant, person, other_owner, invitation, owner_invitation, client, service_account, group }
    }

    pub(super) async fn insert_server(&self, store: &TenantStore) -> Server {
        let id = ServerId(store.new_id());
        let server = Server {
            id,
            slug: slug("s", &id.0.simple().to_string()).parse().unwrap(),
            display_name: "Server".to_owned(),
            description: String::new(),
            upstream_url: "https://mcp.example/mcp".to_owned(),
            outbound_auth: OutboundAuth::PerUserHeader(key_form()),
            status: ServerStatus::Enabled,
            timeout_ms: 0,
            kind: ServerKind::Single,
            transport: Transport::default(),
            tool_switches: Default::default(),
            tags: Vec::new(),
            created_by: Some(self.owner.id),
            created_at: store.now(),
            updated_at: store.now(),
        };
        store.insert_server(&server).await.unwrap();
        server
    }

    async fn insert_invitation(&self, store: &TenantStore, role: TenantRole) -> Invitation {
        let id = InvitationId(store.new_id());
        let invitation = Invitation {
            id,
            email: format!("{}@acme.example", id.0.simple()),
            role,
            created_by: Some(self.owner.id),
            created_at: store.now(),
            expires_at: store.now() + TimeDelta::hours(1),
            outcome: None,
        };
        store.insert_invitation(&invitation, tokens::random_bytes().unwrap()).await.unwrap();
        invitation
    }
}

impl Scene {
    /// One that has the server as a member.
    pub(super) async fn insert_virtual_server(&self, store: &TenantStore, things: &Things) -> ServerId {
        let id = ServerId(store.new_id());
        let slug = slug("v", &id.0.simple().to_string()).parse().unwrap();
        let (kind, upstream_url) = (ServerKind::Virtual, String::new());
        let server = Server { id, slug, kind, upstream_url, ..things.server.clone() };
        store.insert_server(&server).await.unwrap();
        let (alias, offer) = ("one".to_owned(), Offer::default());
        let member = Member { server_id: things.server.id, alias, offer };
        store.replace_server_members(id, &[member], Some(self.owner.id)).await.unwrap();
        id
    }
}

/// What goes out for somebody; nobody reads it.
pub(super) async fn insert_override(store: &TenantStore, owner: UserId, things: &Things) -> AuthOverrideId {
    let one = AuthOverride {
        id: AuthOverrideId(store.new_id()),
        owner: owner.into(),
        server_id: things.server.id,
        upstream_origin: "https://mcp.example".to_owned(),
        header_names: vec!["authorization".to_owned()],
        headers_sealed: vec![1],
        mark: CredentialMark { version: 1, set_at: store.now() },
        set_by: Some(owner),
        created_at: store.now(),
    };
    store.insert_auth_override(&one).await.unwrap();
    one.id
}

fn key_form() -> KeyForm {
    let field = KeyField { name: "token".to_owned(), label: "Token".to_owned(), hint: String::new() };
    let header = HeaderTemplate { name: "authorization".to_owned(), value: "Bearer {token}".to_owned() };
    KeyForm { fields: vec![field], headers: vec![header] }
}

/// Somebody's key for a server, as it is stored; nobody reads it.
pub(super) async fn insert_credential(store: &TenantStore, owner: UserId, things: &Things) -> UserCredentialId {
    let credential = UserCredential {
        id: UserCredentialId(store.new_id()),
        owner: owner.into(),
        server_id: things.server.id,
        kind: AccountKind::Form,
        expires_at: None,
        refused_at: None,
        refreshed_at: None,
        scope: String::new(),
        upstream_origin: "https://mcp.example".to_owned(),
        values_sealed: vec![1],
        mark: CredentialMark { version: 1, set_at: store.now() },
        set_by: None,
        created_at: store.now(),
    };
    store.insert_user_credential(&credential).await.unwrap();
    credential.id
}

/// The last digits: the first ones are the time.
pub(super) fn slug(letter: &str, id: &str) -> String {
    format!("{letter}{}", &id[14..])
}

pub(super) async fn insert_person(store: &TenantStore, role: TenantRole) -> User {
    let id = UserId(store.new_id());
    let name = format!("{}@acme.example", id.0.simple());
    let user = User {
        id,
        user_name: name.clone(),
        email: name,
        display_name: "Somebody".to_owned(),
        role,
        assigned_role: role,
        source: UserSource::Local,
        external_id: None,
        status: UserStatus::Active,
        epoch: 1,
        created_at: store.now(),
    };
    store.insert_user(&user).await.unwrap();
    user
}

async fn insert_group(store: &TenantStore) -> GroupId {
    let (id, now) = (GroupId(store.new_id()), store.now());
    let display_name = slug("g", &id.0.simple().to_string());
    let source = GroupSource::Local;
    let group =
        Group { id, display_name, source, external_id: None, tenant_role: None, created_at: now, updated_at: now };
    store.insert_group(&group).await.unwrap();
    id
}

pub(super) async fn insert_service_account(store: &TenantStore) -> ServiceAccountId {
    let (id, status) = (ServiceAccountId(store.new_id()), ServiceAccountStatus::Active);
    let (name, description) = (slug("ci", &id.0.simple().to_string()), String::new());
    let account = ServiceAccount { id, name, description, status, epoch: 1, created_at: store.now() };
    store.insert_service_account(&account).await.unwrap();
    id
}

pub(super) async fn insert_call(store: &TenantStore, server_id: ServerId, caller: UserId) -> CallRecordId {
    let id = CallRecordId(store.new_id());
    let call = CallRecord {
        id,
        tenant_id: store.tenant_id(),
        started_at: store.now(),
        principal_kind: PrincipalKind::User,
        principal_id: caller.0,
        client_name: "IDE".to_owned(),
        client_version: "1".to_owned(),
        client_id: String::new(),
        api_key_id: None,
        server_id,
        member_id: None,
        method: "tools/list".to_owned(),
        target: String::new(),
        client_protocol: "2025-06-18".to_owned(),
        upstream_protocol: "2025-06-18".to_owned(),
        outcome: CallOutcome::Ok,
        error_reason: String::new(),
        fault: Fault::None,
        bytes_in: 0,
        bytes_out: 0,
        duration_us: 0,
        upstream_us: 0,
        trace_id: String::new(),
        rule_ids: Vec::new(),
        node_id: String::new(),
    };
    store.insert_call_records(&[call]).await.unwrap();
    id
}

pub(super) async fn insert_api_key(
    store: &TenantStore,
    owner: PrincipalId,
    scope: KeyScope,
    secret_sha256: [u8; 32],
) -> ApiKeyId {
    let id = ApiKeyId(store.new_id());
    let (name, created_at) = ("ci".to_owned(), store.now());
    let (expires_at, last_used_at, revoked_at, successor_id) = (None, None, None, None);
    let key = ApiKey { id, owner, name, scope, created_at, expires_at, last_used_at, revoked_at, successor_id };
    store.insert_api_key(&key, secret_sha256).await.unwrap();
    id
}

pub(super) async fn start_session(store: &TenantStore, person: UserId, revoked: bool) -> SecretString {
    let (id, token): (SessionId, _) = sessions::start_in(store, person, "").await.unwrap();
    if revoked {
        assert!(store.revoke_session(id).await.unwrap());
    }
    token
}

/// A browser in which somebody is signed in, and a client that they approved there.
pub(super) async fn insert_connection(
    store: &TenantStore,
    user_id: UserId,
    things: &Things,
) -> (SessionId, OAuthGrantId) {
    let (session_id, _) = sessions::start_in(store, user_id, "").await.unwrap();
    let grant = Grant {
        id: OAuthGrantId(store.new_id()),
        user_id,
        client_id: things.client.id,
        server_id: things.server.id,
        session_id,
        asserted_by: None,
        resource: "https://gateway.example/acme/mcp/s/server".to_owned(),
        scope: "mcp".to_owned(),
        created_at: store.now(),
        revoked_at: None,
    };
    store.insert_oauth_grant(&grant).await.unwrap();
    assert!(store.touch_oauth_grant(grant.id).await.unwrap());
    (session_id, grant.id)
}
