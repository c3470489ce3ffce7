//! A tenant with people of every kind, and for each call things of its own to act upon: cells do not see each other.

use control_plane::app::nodes;
use control_plane::app::platform::{self, NewTenant};
use control_plane::app::sessions;
use control_plane::crypto::{password, tokens};
use control_plane::domain::access::{ServerRole, TenantRole};
use control_plane::domain::api_key::KeyScope;
use control_plane::domain::audit::Actor;
use control_plane::domain::ids::{
    AccessGrantId, ApiKeyId, AuthOverrideId, CallRecordId, IdentityProviderId, LimitRuleId, OAuthGrantId, ServerId,
    SessionId, TenantId, UserCredentialId, UserId, UserIdentityId,
};
use control_plane::domain::server::{AccessGrant, Subject};
use control_plane::domain::tenancy::User;
use control_plane::store::TenantStore;
use reqwest::header::{AUTHORIZATION, COOKIE, HeaderName};
use reqwest::{Client, Method, RequestBuilder};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use world::World;
use world::people::PASSWORD;
use world::world::Setup;

use super::things::{
    Things, insert_api_key, insert_call, insert_connection, insert_credential, insert_override, insert_person,
    insert_service_account, slug, start_session,
};
use super::{
    account, api_keys, clients, connections, credentials, groups, identity, limits, people, platform as operators,
    scim, servers, service_accounts, tenancy,
};

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
    /// What it is about.
    pub(super) server: ServerId,
    /// The id in the path that not everybody may see, and one like it that does not exist.
    pub(super) invisible: String,
    pub(super) absent: String,
}

pub(super) struct Scene {
    pub(super) world: World,
    client: Client,
    acme: TenantId,
    globex: TenantId,
    stranger: UserId,
    /// Has a password.
    pub(super) owner: User,
    pub(super) manager: UserId,
    pub(super) user: UserId,
}

/// What a body may depend on.
pub(super) struct Asked<'a> {
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    pub(super) what: &'a str,
    /// A name that nothing has yet.
    pub(super) fresh: &'a str,
    pub(super) owner_name: &'a str,
    pub(super) operator_token: &'a str,
    pub(super) things: &'a Things,
}

impl Asked<'_> {
    pub(super) fn email(&self) -> String {
        format!("{}@acme.example", self.fresh)
    }

    pub(super) fn slug(&self) -> String {
        slug("n", self.fresh)
    }

    /// A body that is good for whoever may send it. Each topic knows its own.
    fn body(&self) -> Option<Value> {
        if ["GET", "DELETE"].contains(&self.method) {
            return None;
        }
        let topics = [
            account::body,
            tenancy::body,
            people::body,
            connections::body,
            credentials::body,
            groups::body,
            api_keys::body,
            service_accounts::body,
            servers::body,
            clients::body,
            operators::body,
            scim::body,
            limits::body,
            identity::body,
        ];
        let body = topics.into_iter().find_map(|body| body(self));
        Some(body.unwrap_or_else(|| panic!("{} {}: what is sent? Its topic must say", self.method, self.path)))
    }
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
        let of = match what {
            "oneself" => person.unwrap_or(things.person.id),
            "of an owner" => things.other_owner.id,
            _ => things.person.id,
        };
        let call = insert_call(&store, things.server.id, of).await;
        let key_owner = if what == "of a service account" { things.service_account.into() } else { of.into() };
        let key = insert_api_key(&store, key_owner, KeyScope::All, tokens::random_bytes().unwrap()).await;
        let (session, connection) = insert_connection(&store, of, &things).await;
        let scim_token = scim::insert_token(&store).await;
        let domain = account::insert_domain(&self.world, &store).await;
        if operation.starts_with("DELETE") && operation.ends_with("/second-factor") {
            account::enrol(&store, &things.person).await;
            account::enrol(&store, &things.other_owner).await;
        }
        let (provider, bound) = match operation.contains("{provider}") || operation.contains("{identity}") {
            true => identity::insert_provider(&store, of).await,
            false => (IdentityProviderId(store.new_id()), UserIdentityId(store.new_id())),
        };
        let credential = match operation.contains("{credential}") {
            true => insert_credential(&store, of, &things).await,
            false => UserCredentialId(store.new_id()),
        };
        let auth_override = match operation.contains("{override}") {
            true => insert_override(&store, of, &things).await,
            false => AuthOverrideId(store.new_id()),
        };
        let limit_rule = match operation.contains("{limit_rule}") {
            true => limits::insert(&store).await,
            false => LimitRuleId(store.new_id()),
        };
        let bundle = match operation.contains("{use}") {
            true => self.insert_virtual_server(&store, &things).await,
            false => ServerId(store.new_id()),
        };
        store.commit().await.unwrap();
        let fresh = self.world.app().new_id().simple().to_string();
        let (method, path) = operation.split_once(' ').unwrap();
        let owner_name = &self.owner.user_name;
        let operator_token = self.world.operator.token.expose_secret();
        let body = Asked { method, path, what, fresh: &fresh, owner_name, operator_token, things: &things }.body();
        let target = match what {
            "oneself" | "own role" => person.unwrap_or(things.person.id),
            "of an owner" => things.other_owner.id,
            _ => things.person.id,
        };
        let invitation = if what == "of an owner" { &things.owner_invitation } else { &things.invitation };
        let path = path
            .replace("{tenant}", "acme")
            .replace("{server}", &things.server.id.to_string())
            .replace("{group}", &things.group.to_string())
            .replace("{service_account}", &things.service_account.to_string())
            .replace("{domain}", &domain.to_string())
            .replace("{grant}", &things.grant.to_string())
            .replace("{user}", &target.to_string())
            .replace("{invitation}", &invitation.id.to_string())
            .replace("{client}", &things.client.id.to_string())
            .replace("{call}", &call.to_string())
            .replace("{key}", &key.to_string())
            .replace("{session}", &session.to_string())
            .replace("{connection}", &connection.to_string())
            .replace("{credential}", &credential.to_string())
            .replace("{override}", &auth_override.to_string())
            .replace("{limit_rule}", &limit_rule.to_string())
            .replace("{use}", &bundle.to_string())
            .replace("{token}", &scim_token.to_string())
            .replace("{provider}", &provider.to_string())
            .replace("{identity}", &bound.to_string())
            .replace("{node}", &self.enrol_node(operation, &fresh).await);
        let query = match what {
            "somebody's" => format!("?user={}", things.person.id),
            "of a service account" if operation.starts_with("GET") => {
                format!("?service_account={}", things.service_account)
            }
            "everybody's" => "?everyone=true".to_owned(),
            "by the hour" => "?bucket=hour&group_by=user".to_owned(),
            "as a file" => "?format=csv".to_owned(),
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
            body,
            server: things.server.id,
            invisible: match operation {
                operation if operation.contains("{call}") => call.to_string(),
                operation if operation.contains("{key}") => key.to_string(),
                operation if operation.contains("{session}") => session.to_string(),
                operation if operation.contains("{connection}") => connection.to_string(),
                _ => things.server.id.to_string(),
            },
            absent: match operation {
                operation if operation.contains("{call}") => CallRecordId(self.world.app().new_id()).to_string(),
                operation if operation.contains("{key}") => ApiKeyId(self.world.app().new_id()).to_string(),
                operation if operation.contains("{session}") => SessionId(self.world.app().new_id()).to_string(),
                operation if operation.contains("{connection}") => OAuthGrantId(self.world.app().new_id()).to_string(),
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
        let key = insert_api_key(&store, owner.into(), scope, tokens::sha256(&secret)).await;
        store.commit().await.unwrap();
        let text = proto::api_key::text(key.0, secret.expose_secret());
        Call { headers: vec![(AUTHORIZATION, format!("Bearer {text}"))], ..call }
    }

    /// The same call by a service account that manages the server, with its key.
    pub(super) async fn call_by_service_account(&self, operation: &str, what: &str) -> Call {
        let call = self.call(operation, what, Caller::Manager).await;
        let store = self.world.app().store.tenant(self.acme).await.unwrap();
        let account = insert_service_account(&store).await;
        let (id, role, created_at) = (AccessGrantId(store.new_id()), ServerRole::Manager, store.now());
        let (server_id, subject) = (call.server, Subject::ServiceAccount(account));
        let grant = AccessGrant { id, server_id, role, subject, created_at };
        store.insert_access_grant(&grant, None).await.unwrap();
        let secret = tokens::opaque("").unwrap();
        let key = insert_api_key(&store, account.into(), KeyScope::All, tokens::sha256(&secret)).await;
        store.commit().await.unwrap();
        let text = proto::api_key::text(key.0, secret.expose_secret());
        Call { headers: vec![(AUTHORIZATION, format!("Bearer {text}"))], ..call }
    }

    async fn enrol_node(&self, operation: &str, name: &str) -> String {
        if !operation.contains("{node}") {
            return String::new();
        }
        nodes::enrol(self.world.app(), Actor::System, name, "default").await.unwrap().0.id.to_string()
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
}

async fn create_tenant(world: &World, slug: &str) -> TenantId {
    let new = NewTenant { slug: slug.to_owned(), display_name: slug.to_uppercase(), ..NewTenant::default() };
    platform::create_tenant(world.app(), Actor::System, new).await.unwrap().0.id
}
