//! A tenant with people of every kind, and for each call things of its own to act upon: cells do not see each other.

use chrono::TimeDelta;
use control_plane::app::platform::{self, NewTenant};
use control_plane::app::{nodes, sessions};
use control_plane::crypto::{password, tokens};
use control_plane::domain::access::{ServerRole, TenantRole};
use control_plane::domain::api_key::{ApiKey, KeyScope};
use control_plane::domain::audit::Actor;
use control_plane::domain::call::{CallOutcome, CallRecord, Fault};
use control_plane::domain::configuration::PrincipalKind;
use control_plane::domain::ids::{
    AccessGrantId, ApiKeyId, CallRecordId, ClientId, InvitationId, ServerId, SessionId, TenantId, UserId,
};
use control_plane::domain::invitation::Invitation;
use control_plane::domain::oauth::client::{Client as OAuthClient, ClientAuth, ClientKind};
use control_plane::domain::server::{AccessGrant, OutboundAuth, Server, ServerStatus, Subject};
use control_plane::domain::tenancy::{User, UserSource, UserStatus};
use control_plane::store::TenantStore;
use reqwest::header::{AUTHORIZATION, COOKIE, HeaderName};
use reqwest::{Client, Method, RequestBuilder};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use world::World;
use world::people::PASSWORD;
use world::world::Setup;

/// Who calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Caller {
    Nobody,
    Stranger,
    Member,
    User,
    Manager,
    Auditor,
    Admin,
    Owner,
    Operator,
    Revoked,
}

pub(super) const CALLERS: [Caller; 10] = [
    Caller::Nobody,
    Caller::Stranger,
    Caller::Member,
    Caller::User,
    Caller::Manager,
    Caller::Auditor,
    Caller::Admin,
    Caller::Owner,
    Caller::Operator,
    Caller::Revoked,
];

/// A request, ready but for the headers that tell it from a forged one.
#[derive(Clone)]
pub(super) struct Call {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) headers: Vec<(HeaderName, String)>,
    pub(super) body: Option<Value>,
    /// The id in the path that not everybody may see, and one like it that does not exist.
    pub(super) invisible: String,
    pub(super) absent: String,
}

pub(super) struct Scene {
    world: World,
    client: Client,
    acme: TenantId,
    globex: TenantId,
    stranger: UserId,
    /// Has a password.
    owner: User,
    manager: UserId,
    user: UserId,
}

/// What one call may act upon.
struct Things {
    server: Server,
    /// Of `person` on the server.
    grant: AccessGrantId,
    person: User,
    other_owner: User,
    invitation: Invitation,
    owner_invitation: Invitation,
    client: OAuthClient,
}

impl Scene {
    pub(super) async fn open(setup: Setup) -> Self {
        let world = setup.nodes(0).start().await;
        let (acme, globex) = (create_tenant(&world, "acme").await, create_tenant(&world, "globex").await);
        let elsewhere = world.app().store.tenant(globex).await.unwrap();
        let stranger = insert_person(&elsewhere, TenantRole::Owner).await.id;
        elsewhere.commit().await.unwrap();
        let password_hash = password::hash(PASSWORD.into()).await.unwrap();
        let store = world.app().store.tenant(acme).await.unwrap();
        let owner = insert_person(&store, TenantRole::Owner).await;
        store.put_password_hash(owner.id, &password_hash).await.unwrap();
        let manager = insert_person(&store, TenantRole::Member).await.id;
        let user = insert_person(&store, TenantRole::Member).await.id;
        store.commit().await.unwrap();
        let client = world::http::builder().build().unwrap();
        Self { world, client, acme, globex, stranger, owner, manager, user }
    }

    pub(super) fn origin(&self) -> &str {
        &self.world.auth_origin
    }

    pub(super) fn request(&self, call: &Call) -> RequestBuilder {
        let mut request = self.client.request(call.method.clone(), format!("{}{}", self.origin(), call.path));
        for (name, value) in &call.headers {
            request = request.header(name, value);
        }
        match &call.body {
            Some(body) => request.json(body),
            None => request,
        }
    }

    /// The call of an operation by somebody, on things made for it.
    pub(super) async fn call(&self, operation: &str, what: &str, caller: Caller) -> Call {
        let store = self.world.app().store.tenant(self.acme).await.unwrap();
        let things = self.insert_things(&store).await;
        let person = self.person(&store, caller).await;
        let cookie = match person {
            Some(person) => Some(start_session(&store, person, caller == Caller::Revoked).await),
            None => None,
        };
        let of = if what == "oneself" { person.unwrap_or(things.person.id) } else { things.person.id };
        let call = insert_call(&store, things.server.id, of).await;
        let key = insert_api_key(&store, of, KeyScope::All, tokens::random_bytes().unwrap()).await;
        store.commit().await.unwrap();
        let fresh = self.world.app().new_id().simple().to_string();
        let (method, path) = operation.split_once(' ').unwrap();
        let target = match what {
            "oneself" | "own role" => person.unwrap_or(things.person.id),
            "of an owner" => things.other_owner.id,
            _ => things.person.id,
        };
        let invitation = if what == "of an owner" { &things.owner_invitation } else { &things.invitation };
        let path = path
            .replace("{tenant}", "acme")
            .replace("{server}", &things.server.id.to_string())
            .replace("{grant}", &things.grant.to_string())
            .replace("{user}", &target.to_string())
            .replace("{invitation}", &invitation.id.to_string())
            .replace("{client}", &things.client.id.to_string())
            .replace("{call}", &call.to_string())
            .replace("{key}", &key.to_string())
            .replace("{node}", &self.enrol_node(operation, &fresh).await);
        let query = match what {
            "somebody's" => format!("?user={}", things.person.id),
            "everybody's" => "?everyone=true".to_owned(),
            _ => String::new(),
        };
        let confirm = if operation.starts_with("DELETE") && operation.ends_with("{server}") {
            format!("?confirm={}", things.server.slug)
        } else {
            String::new()
        };
        Call {
            method: method.parse().unwrap(),
            path: format!("/api/v1{path}{confirm}{query}"),
            headers: self.headers(caller, cookie).await,
            body: self.body(operation, what, &fresh, &things),
            invisible: match operation {
                operation if operation.contains("{call}") => call.to_string(),
                operation if operation.contains("{key}") => key.to_string(),
                _ => things.server.id.to_string(),
            },
            absent: match operation {
                operation if operation.contains("{call}") => CallRecordId(self.world.app().new_id()).to_string(),
                operation if operation.contains("{key}") => ApiKeyId(self.world.app().new_id()).to_string(),
                _ => ServerId(self.world.app().new_id()).to_string(),
            },
        }
    }

    /// The same call by the owner, with an API key and nothing else.
    pub(super) async fn call_by_key(&self, operation: &str, what: &str, scoped: bool) -> Call {
        let call = self.call(operation, what, Caller::Owner).await;
        let store = self.world.app().store.tenant(self.acme).await.unwrap();
        let owner = insert_person(&store, TenantRole::Owner).await.id;
        let scope = match scoped {
            true => KeyScope::Servers(vec![self.insert_server(&store).await.id]),
            false => KeyScope::All,
        };
        let secret = tokens::opaque("").unwrap();
        let key = insert_api_key(&store, owner, scope, tokens::sha256(&secret)).await;
        store.commit().await.unwrap();
        let text = proto::api_key::text(key.0, secret.expose_secret());
        Call { headers: vec![(AUTHORIZATION, format!("Bearer {text}"))], ..call }
    }

    async fn enrol_node(&self, operation: &str, name: &str) -> String {
        if !operation.contains("{node}") {
            return String::new();
        }
        nodes::enrol(self.world.app(), name, "default").await.unwrap().0.id.to_string()
    }

    async fn headers(&self, caller: Caller, session: Option<SecretString>) -> Vec<(HeaderName, String)> {
        match caller {
            Caller::Nobody => Vec::new(),
            Caller::Operator => {
                vec![(AUTHORIZATION, format!("Bearer {}", self.world.operator.token.expose_secret()))]
            }
            // A good session of another tenant, also under the name of this one.
            Caller::Stranger => {
                let (_, token) = sessions::start(self.world.app(), self.globex, self.stranger, "").await.unwrap();
                let token = token.expose_secret();
                vec![(COOKIE, format!("portway-session-globex={token}; portway-session-acme={token}"))]
            }
            _ => {
                let token = session.unwrap();
                vec![(COOKIE, format!("portway-session-acme={}", token.expose_secret()))]
            }
        }
    }

    /// Callers that no other call must notice are new people.
    async fn person(&self, store: &TenantStore, caller: Caller) -> Option<UserId> {
        let role = match caller {
            Caller::Nobody | Caller::Stranger | Caller::Operator => return None,
            Caller::User => return Some(self.user),
            Caller::Manager => return Some(self.manager),
            Caller::Member => TenantRole::Member,
            Caller::Auditor => TenantRole::Auditor,
            Caller::Admin => TenantRole::Admin,
            Caller::Owner | Caller::Revoked => TenantRole::Owner,
        };
        Some(insert_person(store, role).await.id)
    }

    async fn insert_things(&self, store: &TenantStore) -> Things {
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
        let client = OAuthClient {
            id,
            client_id: id.to_string(),
            kind: ClientKind::Static,
            auth: ClientAuth::Secret,
            name: "Client".to_owned(),
            redirect_uris: vec!["https://client.example/callback".to_owned()],
            created_at: store.now(),
            last_used_at: None,
        };
        store.insert_static_client(&client).await.unwrap();
        Things { server, grant, person, other_owner, invitation, owner_invitation, client }
    }

    async fn insert_server(&self, store: &TenantStore) -> Server {
        let id = ServerId(store.new_id());
        let server = Server {
            id,
            slug: slug("s", id.0).parse().unwrap(),
            display_name: "Server".to_owned(),
            description: String::new(),
            upstream_url: "https://mcp.example/mcp".to_owned(),
            outbound_auth: OutboundAuth::None,
            status: ServerStatus::Enabled,
            timeout_ms: 0,
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

async fn create_tenant(world: &World, slug: &str) -> TenantId {
    let new = NewTenant { slug: slug.to_owned(), display_name: slug.to_uppercase(), ..NewTenant::default() };
    platform::create_tenant(world.app(), Actor::System, new).await.unwrap().0.id
}

/// The last digits: the first ones are the time.
fn slug(letter: &str, id: uuid::Uuid) -> String {
    format!("{letter}{}", &id.simple().to_string()[14..])
}

async fn insert_person(store: &TenantStore, role: TenantRole) -> User {
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

async fn insert_call(store: &TenantStore, server_id: ServerId, caller: UserId) -> CallRecordId {
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
    user_id: UserId,
    scope: KeyScope,
    secret_sha256: [u8; 32],
) -> ApiKeyId {
    let id = ApiKeyId(store.new_id());
    let (name, created_at) = ("ci".to_owned(), store.now());
    let key = ApiKey { id, user_id, name, scope, created_at, expires_at: None, last_used_at: None, revoked_at: None };
    store.insert_api_key(&key, secret_sha256).await.unwrap();
    id
}

async fn start_session(store: &TenantStore, person: UserId, revoked: bool) -> SecretString {
    let (id, token): (SessionId, _) = sessions::start_in(store, person, "").await.unwrap();
    if revoked {
        assert!(store.revoke_session(id).await.unwrap());
    }
    token
}

impl Scene {
    /// A body that is good for whoever may send it.
    fn body(&self, operation: &str, what: &str, fresh: &str, things: &Things) -> Option<Value> {
        let email = format!("{fresh}@acme.example");
        let slug = format!("n{}", &fresh[14..]);
        let (method, path) = operation.split_once(' ').unwrap();
        Some(match (method, path, what) {
            ("GET" | "DELETE", ..) => return None,
            (_, "/tenants/{tenant}" | "/platform/tenants/{tenant}", _) => json!({"display_name": "Acme"}),
            (_, "/tenants/{tenant}/session", _) => {
                json!({"user_name": self.owner.user_name, "password": PASSWORD})
            }
            (_, "/tenants/{tenant}/users/{user}", "own role") => json!({"role": "owner"}),
            (_, "/tenants/{tenant}/users/{user}", "make owner") => json!({"role": "owner"}),
            (_, "/tenants/{tenant}/users/{user}", "of an owner") => json!({"role": "member"}),
            (_, "/tenants/{tenant}/users/{user}", "deactivate") => json!({"status": "deactivated"}),
            (_, "/tenants/{tenant}/users/{user}", _) => json!({"display_name": "Somebody else"}),
            (_, "/tenants/{tenant}/invitations", "make owner") => json!({"email": email, "role": "owner"}),
            (_, "/tenants/{tenant}/invitations", _) => json!({"email": email, "role": "member"}),
            (_, "/tenants/{tenant}/keys", "for a server") => {
                json!({"name": "ci", "never_expires": true, "server_ids": [things.server.id]})
            }
            (_, "/tenants/{tenant}/keys", _) => json!({"name": "ci"}),
            (_, "/tenants/{tenant}/servers", _) => {
                json!({"slug": slug, "display_name": "New", "upstream_url": "https://mcp.example/mcp"})
            }
            (_, "/tenants/{tenant}/servers/{server}", _) => json!({"description": "changed"}),
            (_, "/tenants/{tenant}/servers/{server}/grants", "everyone") => {
                json!({"subject": {"kind": "everyone"}, "role": "user"})
            }
            (_, "/tenants/{tenant}/servers/{server}/grants", _) => {
                json!({"subject": {"kind": "user", "id": things.person.id}, "role": "manager"})
            }
            (_, "/tenants/{tenant}/clients", _) => {
                json!({"name": "New", "redirect_uris": ["http://localhost/callback"], "auth": "secret"})
            }
            (_, "/tenants/{tenant}/clients/{client}", _) => json!({"name": "Renamed"}),
            (_, "/tenants/{tenant}/clients/{client}/secrets", _) => json!({"overlap_s": 0}),
            (_, "/platform/tenants/{tenant}/key-rotations", _) => json!({"keys": ["signing", "session"]}),
            (_, "/platform/nodes", _) => json!({"name": fresh, "pool": "default"}),
            (_, "/platform/tenants", _) => json!({"slug": slug, "display_name": "New"}),
            (_, "/platform/tenants/{tenant}/owner-invitations", _) => json!({"email": email}),
            _ => panic!("{operation}: what is sent? Add it here"),
        })
    }
}
