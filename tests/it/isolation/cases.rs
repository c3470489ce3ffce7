//! The isolation suite's table: each method of the store, called by one tenant with what another one has.
//!
//! To add a method: one line here. `hidden` is the usual word. The suite also runs every `hidden` and `refused` line as
//! the tenant that is named in it, where it must succeed: a line that fails for another reason proves nothing.

use std::collections::{HashMap, HashSet};
use std::fmt::Debug;
use std::pin::Pin;

use chrono::{DateTime, TimeDelta};
use control_plane::domain::access::ServerRole;
use control_plane::domain::api_key::ApiKey;
use control_plane::domain::audit::{AuditEvent, ChainStatus};
use control_plane::domain::call::{CallFilter, CallRecord};
use control_plane::domain::error::Error;
use control_plane::domain::ids::{
    AccessGrantId, ApiKeyId, AuthorizationRequestId, CallRecordId, ClientId, GroupId, InvitationId, OAuthGrantId,
    ServerId, SessionId, UserId,
};
use control_plane::domain::invitation::Invitation;
use control_plane::domain::oauth::client::ClientSecret;
use control_plane::domain::oauth::{AuthorizationCode, AuthorizationRequest, Client, Grant, RefreshToken};
use control_plane::domain::page::{Page, PageRequest};
use control_plane::domain::server::{AccessGrant, Server, Subject};
use control_plane::domain::session::Session;
use control_plane::domain::tenancy::{Group, Tenant, User, UserFilter};
use control_plane::store::{Changes, ConsentKey, KeyState, ServersOf, SessionKeyRow, SigningKeyRow, TenantStore};
use uuid::Uuid;

use super::seed::{Seed, client_secret, digest, registration};

/// One call of one method.
pub(super) struct Case {
    pub(super) method: &'static str,
    pub(super) expected: Expected,
    pub(super) act: Act,
}

type Act = for<'a> fn(&'a TenantStore, &'a Seed, &'a Seed) -> Pin<Box<dyn Future<Output = Outcome> + Send + 'a>>;

/// What the stranger must get.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expected {
    /// Nothing: `None`, nothing in a list, none changed, not found.
    Hidden,
    /// An error: a foreign key that does not hold, or a row that is not there.
    Refused,
    /// Its own rows, and none of the other tenant's.
    Own,
}

/// What it got.
#[derive(Debug)]
pub(super) enum Outcome {
    Nothing,
    /// Done, without an answer: only the rows tell what.
    Done,
    Something(String),
    Failed(Error),
}

impl Outcome {
    fn of<T: Answer>(result: Result<T, Error>) -> Self {
        match result {
            Err(Error::NotFound { .. }) => Self::Nothing,
            Err(error) => Self::Failed(error),
            Ok(answer) => answer.outcome(),
        }
    }
}

/// Methods without a line, each with the reason. This list only shrinks.
pub(super) const EXEMPT: [(&str, &str); 2] = [
    ("commit", "takes no id and ends the transaction: every line below is committed with it"),
    ("commit_records", "takes no id and ends the transaction: the seed is committed with it"),
];

macro_rules! cases {
    (|$store:ident, $their:ident, $own:ident| $($expected:ident $method:ident($($argument:expr),* $(,)?);)*) => {
        vec![$(Case {
            method: stringify!($method),
            expected: cases!(@ $expected),
            act: |$store, $their, $own| Box::pin(async move {
                let _ = ($their, $own);
                Outcome::of($store.$method($($argument),*).await)
            }),
        }),*]
    };
    (@ hidden) => { Expected::Hidden };
    (@ refused) => { Expected::Refused };
    (@ own) => { Expected::Own };
}

/// The whole table.
pub(super) fn all() -> Vec<Case> {
    [
        tenancy(),
        people(),
        groups(),
        api_keys(),
        servers(),
        access(),
        keys(),
        clients(),
        authorization(),
        changes(),
        calls(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn page<P>() -> PageRequest<P> {
    PageRequest { limit: 100, after: None }
}

fn tenancy() -> Vec<Case> {
    cases! { |store, their, own|
        own get_tenant();
        own get_data_key();
        own update_tenant(&Tenant { id: their.tenant.id, ..own.tenant.clone() });
        own revision();
    }
}

fn people() -> Vec<Case> {
    cases! { |store, their, own|
        hidden find_user(their.user.id);
        hidden get_user(their.user.id);
        hidden lock_user(their.user.id);
        hidden find_user_by_name(&their.user.user_name);
        own list_users(&UserFilter::default(), page());
        hidden list_users(&UserFilter { text: Some(their.user.email.clone()), active: None }, page());
        own lock_active_owners();
        own list_admin_names(100);
        own insert_user(&User { id: UserId(store.new_id()), user_name: "new".to_owned(), external_id: None, ..own.user.clone() });
        hidden update_user(&User { epoch: 99, ..their.user.clone() });
        hidden delete_user(their.user.id);
        hidden find_password_hash(their.user.id);
        refused put_password_hash(their.user.id, "mine");
        refused insert_session(&Session { id: SessionId(store.new_id()), ..their.session.clone() }, digest(), "");
        hidden find_session_by_token(their.session_sha256);
        hidden touch_session(their.session.id, their.session.expires_at);
        hidden revoke_session(their.session.id);
        hidden revoke_sessions_of(their.user.id);
        own delete_ended_sessions(store.now() + TimeDelta::days(999));
        refused insert_invitation(
            &Invitation { id: InvitationId(store.new_id()), created_by: Some(their.user.id), ..own.invitation.clone() },
            digest(),
        );
        hidden find_invitation(their.invitation.id);
        hidden find_invitation_by_token(their.invitation_sha256);
        own list_invitations(page());
        hidden accept_invitation(their.invitation.id, own.user.id);
        refused accept_invitation(own.invitation.id, their.user.id);
        hidden revoke_invitation(their.invitation.id);
        hidden revoke_invitations_to(&their.invitation.email);
    }
}

fn groups() -> Vec<Case> {
    cases! { |store, their, own|
        hidden find_group(their.group.id);
        hidden get_group(their.group.id);
        hidden lock_group(their.group.id);
        hidden find_group_by_name(&their.group.display_name);
        own list_groups("", page());
        hidden list_groups_of(their.user.id);
        own insert_group(&Group { id: GroupId(store.new_id()), display_name: "new".to_owned(), external_id: None, ..own.group.clone() });
        hidden update_group(&Group { display_name: "taken over".to_owned(), ..their.group.clone() });
        hidden delete_group(their.group.id);
        hidden list_group_member_ids(their.group.id);
        hidden count_group_members(&[their.group.id]);
        refused add_group_members(their.group.id, &[own.stranger]);
        refused add_group_members(own.group.id, &[their.stranger]);
        hidden remove_group_members(their.group.id, &[their.user.id]);
        hidden settle_roles(&[their.user.id]);
        hidden delete_access_grants_of(Subject::User(their.user.id));
    }
}

fn api_keys() -> Vec<Case> {
    cases! { |store, their, own|
        refused insert_api_key(
            &ApiKey { id: ApiKeyId(store.new_id()), user_id: their.user.id, ..own.api_key.clone() }, digest());
        hidden find_api_key(their.api_key.id);
        own list_api_keys(None, page());
        hidden list_api_keys(Some(their.user.id), page());
        hidden count_live_api_keys(their.user.id, store.now());
        hidden touch_api_key(their.api_key.id, store.now());
        hidden revoke_api_key(their.api_key.id);
        hidden revoke_api_keys_of(their.user.id);
    }
}

fn servers() -> Vec<Case> {
    cases! { |store, their, own|
        refused insert_server(&Server {
            id: ServerId(store.new_id()),
            slug: "new".parse().unwrap(),
            created_by: Some(their.user.id),
            ..own.server.clone()
        });
        hidden find_server(their.server.id);
        hidden find_server_by_slug(&their.server.slug);
        own list_servers(ServersOf::Tenant, page());
        own list_servers(ServersOf::User(their.user.id), page());
        own list_servers(ServersOf::UsableBy(their.user.id), page());
        hidden list_server_roles(their.user.id, &[their.server.id]);
        hidden list_server_roles(own.user.id, &[their.server.id]);
        hidden update_server(&Server { display_name: "taken over".to_owned(), ..their.server.clone() });
        refused put_shared_credential(&their.credential, None);
        refused put_shared_credential(&own.credential, Some(their.user.id));
        hidden find_shared_credential(their.server.id);
        hidden list_credential_marks(&[their.server.id]);
        hidden delete_shared_credential(their.server.id);
        hidden find_usable_server(&their.server.slug, their.user.id);
        hidden find_usable_server(&their.server.slug, own.user.id);
        hidden may_use_server(their.server.id, their.user.id);
        hidden may_use_server(their.server.id, own.user.id);
        own list_usable_servers(their.user.id, "", 0, 100);
        own list_usable_servers(own.user.id, "", 0, 100);
    }
}

fn granted(store: &TenantStore, server_id: ServerId, subject: Subject, like: &AccessGrant) -> AccessGrant {
    AccessGrant { id: AccessGrantId(store.new_id()), server_id, subject, ..like.clone() }
}

fn access() -> Vec<Case> {
    cases! { |store, their, own|
        refused insert_access_grant(
            &granted(store, their.bare_server.id, Subject::User(own.user.id), &own.grant), None);
        refused insert_access_grant(
            &granted(store, own.bare_server.id, Subject::User(their.user.id), &own.grant), None);
        refused insert_access_grant(
            &granted(store, own.bare_server.id, Subject::Group(their.group.id), &own.grant), None);
        refused insert_access_grant(
            &granted(store, own.bare_server.id, Subject::ServiceAccount(their.service_account), &own.grant), None);
        refused insert_access_grant(
            &granted(store, own.bare_server.id, Subject::Everyone, &own.grant), Some(their.user.id));
        hidden find_access_grant(their.server.id, their.grant.id);
        hidden find_access_grant(own.server.id, their.grant.id);
        hidden find_access_grant_of(their.server.id, Subject::Everyone);
        hidden find_access_grant_of(own.server.id, their.grant.subject);
        hidden list_access_grants(their.server.id, page());
        hidden update_access_grant(their.grant.id, ServerRole::User);
        hidden delete_access_grant(their.grant.id);
        hidden delete_access_grants_on(their.server.id);
    }
}

fn keys() -> Vec<Case> {
    cases! { |store, their, own|
        own insert_signing_key(&SigningKeyRow { id: store.new_id(), ..own.signing_key.clone() });
        own list_signing_keys(DateTime::UNIX_EPOCH);
        own get_active_signing_key();
        hidden activate_signing_key(their.pending_key);
        own lock_active_signing_key();
        own delete_retired_signing_keys(store.now() + TimeDelta::days(999));
        own insert_session_key(store.new_id(), vec![1], KeyState::Pending);
        own lock_session_keys();
        hidden activate_session_key(their.pending_session_key);
        own delete_retired_session_keys(store.now() + TimeDelta::days(999));
    }
}

fn clients() -> Vec<Case> {
    cases! { |store, their, own|
        own insert_dynamic_client(ClientId(store.new_id()), "new", &registration(&own.client));
        hidden find_client_by_client_id(&their.client.client_id);
        hidden get_client(their.client.id);
        own list_clients(page());
        own insert_static_client(&Client { id: ClientId(store.new_id()), client_id: "by hand".to_owned(), ..own.client.clone() });
        own put_document_client("https://new.example/client", &registration(&own.client));
        hidden find_document_fetched_at(&their.document_client_id);
        hidden update_client(&Client { name: "taken over".to_owned(), ..their.client.clone() });
        hidden delete_client(their.client.id);
        refused insert_client_secret(&client_secret(store, their.client.id, None));
        hidden list_client_secrets(their.client.id);
        hidden end_client_secrets(their.client.id, store.now());
        own delete_ended_client_secrets(store.now() + TimeDelta::days(999));
        hidden mark_client_authorized(their.client.id);
        hidden touch_client(their.client.id);
        own delete_unused_clients(store.now() + TimeDelta::days(999));
        hidden is_consent_remembered(their.consent());
        refused remember_consent(ConsentKey { user_id: their.user.id, ..own.consent() });
        refused remember_consent(ConsentKey { client_id: their.client.id, ..own.consent() });
        refused remember_consent(ConsentKey { server_id: their.server.id, ..own.consent() });
    }
}

fn authorization() -> Vec<Case> {
    cases! { |store, their, own|
        refused insert_authorization_request(&AuthorizationRequest {
            id: AuthorizationRequestId(store.new_id()), client_id: their.client.id, ..own.request.clone()
        });
        hidden find_authorization_request(their.request.id);
        hidden decide_authorization_request(their.request.id);
        own delete_expired_authorization_requests(store.now() + TimeDelta::days(999));
        refused insert_oauth_grant(&Grant {
            id: OAuthGrantId(store.new_id()), user_id: their.user.id, ..own.oauth_grant.clone()
        });
        refused insert_oauth_grant(&Grant {
            id: OAuthGrantId(store.new_id()), client_id: their.client.id, ..own.oauth_grant.clone()
        });
        refused insert_oauth_grant(&Grant {
            id: OAuthGrantId(store.new_id()), server_id: their.server.id, ..own.oauth_grant.clone()
        });
        refused insert_oauth_grant(&Grant {
            id: OAuthGrantId(store.new_id()), session_id: their.session.id, ..own.oauth_grant.clone()
        });
        hidden find_oauth_grant(their.oauth_grant.id);
        hidden touch_oauth_grant(their.oauth_grant.id);
        hidden revoke_oauth_grant(their.oauth_grant.id, "test");
        hidden revoke_oauth_grants_of(their.user.id, "test");
        refused insert_authorization_code(
            &AuthorizationCode { id: store.new_id(), grant_id: their.oauth_grant.id, ..own.code.clone() }, digest());
        hidden lock_authorization_code(their.code_sha256);
        refused use_authorization_code(their.code.id);
        hidden is_grant_redeemed(their.oauth_grant.id);
        hidden delete_unused_codes(their.oauth_grant.id);
        refused insert_refresh_token(
            &RefreshToken { id: store.new_id(), grant_id: their.oauth_grant.id, ..own.refresh.clone() }, digest());
        hidden lock_refresh_token(their.refresh_sha256);
        refused rotate_refresh_token(their.refresh.id, vec![1]);
        hidden extend_refresh_token(their.refresh.id, store.now() + TimeDelta::days(999));
        own delete_expired_refresh_tokens(store.now() + TimeDelta::days(999));
    }
}

fn changes() -> Vec<Case> {
    cases! { |store, their, own|
        own list_changes(0, own.revision);
        own list_configuration();
        hidden list_resources(&their.resources());
        own list_audit_events(page());
    }
}

fn calls() -> Vec<Case> {
    cases! { |store, their, own|
        hidden known_servers(&HashSet::from([their.server.id.0]));
        hidden known_principals(&HashSet::from([their.user.id.0, their.service_account.0]));
        own insert_call_records(&[CallRecord {
            id: CallRecordId(store.new_id()), tenant_id: their.tenant.id, ..own.call.clone()
        }]);
        own list_calls(&CallFilter::default(), page());
        hidden list_calls(&CallFilter { server_id: Some(their.server.id), ..CallFilter::default() }, page());
        hidden get_call(their.call.id);
    }
}

/// What a method answers, sorted into nothing and something.
trait Answer {
    fn outcome(&self) -> Outcome;
}

fn unless(nothing: bool, answer: &impl Debug) -> Outcome {
    if nothing { Outcome::Nothing } else { Outcome::Something(format!("{answer:?}")) }
}

macro_rules! answers {
    ($($answer:ty),* $(,)?) => {
        $(impl Answer for $answer {
            fn outcome(&self) -> Outcome {
                unless(false, self)
            }
        })*
    };
}

answers!(u32, String, ClientId, Tenant, User, Group, Client, CallRecord, Changes, (Uuid, String, Vec<u8>));

impl Answer for () {
    fn outcome(&self) -> Outcome {
        Outcome::Done
    }
}

impl Answer for bool {
    fn outcome(&self) -> Outcome {
        unless(!self, self)
    }
}

/// A count, or a revision.
impl Answer for u64 {
    fn outcome(&self) -> Outcome {
        unless(*self == 0, self)
    }
}

impl<T: Debug> Answer for Option<T> {
    fn outcome(&self) -> Outcome {
        unless(self.is_none(), self)
    }
}

impl<K: Debug, V: Debug> Answer for HashMap<K, V> {
    fn outcome(&self) -> Outcome {
        unless(self.is_empty(), self)
    }
}

impl<T: Debug> Answer for HashSet<T> {
    fn outcome(&self) -> Outcome {
        unless(self.is_empty(), self)
    }
}

impl<T: Debug> Answer for Page<T> {
    fn outcome(&self) -> Outcome {
        unless(self.items.is_empty(), self)
    }
}

impl Answer for (Page<AuditEvent>, ChainStatus) {
    fn outcome(&self) -> Outcome {
        let bodies = self.0.items.iter().map(|event| String::from_utf8_lossy(&event.body));
        unless(self.0.items.is_empty(), &(self, bodies.collect::<Vec<_>>()))
    }
}

impl<T: Shown> Answer for Vec<T> {
    fn outcome(&self) -> Outcome {
        unless(self.is_empty(), &self.iter().map(Shown::text).collect::<Vec<_>>())
    }
}

impl Answer for SigningKeyRow {
    fn outcome(&self) -> Outcome {
        unless(false, &self.text())
    }
}

/// Members of lists. Private keys have no `Debug`; their ids tell enough.
trait Shown {
    fn text(&self) -> String;
}

impl Shown for SigningKeyRow {
    fn text(&self) -> String {
        format!("{} {}", self.id, self.public_jwk)
    }
}

macro_rules! shown {
    ($($member:ty),* $(,)?) => {
        $(impl Shown for $member {
            fn text(&self) -> String {
                format!("{self:?}")
            }
        })*
    };
}

shown!(
    String,
    Uuid,
    UserId,
    Group,
    AccessGrantId,
    ApiKeyId,
    ClientSecret,
    SessionKeyRow,
    control_plane::store::UsableServer,
    control_plane::domain::configuration::Resource,
);
