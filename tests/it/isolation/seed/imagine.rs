//! Everything that a tenant gets, in memory first.

use chrono::{DateTime, TimeDelta, Utc};
use control_plane::domain::access::{ServerRole, TenantRole};
use control_plane::domain::api_key::{ApiKey, KeyScope};
use control_plane::domain::call::{CallOutcome, CallRecord, Fault};
use control_plane::domain::configuration::PrincipalKind;
use control_plane::domain::credential::{AccountKind, AuthOverride, CredentialMark, SealedCredential, UserCredential};
use control_plane::domain::ids::{
    AccessGrantId, ApiKeyId, AuthOverrideId, AuthorizationRequestId, CallRecordId, ClientId, GroupId, InvitationId,
    LimitRuleId, OAuthGrantId, ServerId, ServiceAccountId, SessionId, TenantId, UserCredentialId, UserId,
};
use control_plane::domain::invitation::Invitation;
use control_plane::domain::limit_rule::{
    KeyPart, LimitMode, LimitRule, LimitRuleSpec, LimitSubject, LimitWindow, Period, WithoutRedis,
};
use control_plane::domain::oauth::client::{ClientAuth, ClientKind};
use control_plane::domain::oauth::{AuthorizationCode, AuthorizationRequest, Client, Grant, RefreshToken};
use control_plane::domain::server::{AccessGrant, Server, ServerKind, Subject};
use control_plane::domain::session::Session;
use control_plane::domain::tenancy::{Group, GroupSource, Tenant, TenantSettings, TenantStatus};
use control_plane::domain::upstream_oauth::AccountFlow;
use control_plane::store::{SigningKeyRow, Store, UpstreamClientRow};
use serde_json::json;
use uuid::Uuid;

use super::account::AccountSeed;
use super::people::user;
use super::scim::ScimSeed;
use super::servers::server;
use super::sso::Sso;
use super::{REDIRECT_HOST, SCOPE, Seed, digest};

impl Seed {
    /// All of it in memory, with fresh ids.
    pub(super) async fn imagine(store: &Store, slug: &str) -> Self {
        let system = store.system_read().await.unwrap();
        let (now, id) = (system.now(), || system.new_id());
        let later = now + TimeDelta::hours(1);
        let text = |what: &str| format!("{slug} {what}");
        let user = user(UserId(id()), slug, now);
        let scim = ScimSeed::imagine(&user, slug, &id);
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
            owner: user.id.into(),
            name: text("key"),
            scope: KeyScope::All,
            created_at: now,
            expires_at: Some(later),
            last_used_at: None,
            revoked_at: None,
            successor_id: None,
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
            blocked_at: None,
        };
        let user_credential = UserCredential {
            id: UserCredentialId(id()),
            owner: user.id.into(),
            server_id: server.id,
            kind: AccountKind::Oauth,
            expires_at: Some(later),
            refused_at: None,
            refreshed_at: None,
            scope: text("scope"),
            upstream_origin: text("origin"),
            values_sealed: digest().to_vec(),
            mark: CredentialMark { version: 7, set_at: now },
            set_by: Some(user.id),
            created_at: now,
        };
        let virtual_server = Server {
            id: ServerId(id()),
            slug: format!("{slug}-virtual").parse().unwrap(),
            kind: ServerKind::Virtual,
            upstream_url: String::new(),
            ..server.clone()
        };
        let auth_override = AuthOverride {
            id: AuthOverrideId(id()),
            owner: user.id.into(),
            server_id: server.id,
            upstream_origin: text("origin"),
            header_names: vec![text("header")],
            headers_sealed: digest().to_vec(),
            mark: CredentialMark { version: 3, set_at: now },
            set_by: Some(user.id),
            created_at: now,
        };
        let limit_rule = LimitRule {
            id: LimitRuleId(id()),
            spec: LimitRuleSpec {
                name: text("limit"),
                servers: vec![server.id],
                tools: vec![text("tool")],
                subjects: vec![LimitSubject::User(user.id)],
                key: vec![KeyPart::Subject, KeyPart::Tool],
                windows: vec![LimitWindow { limit: 5, per: Period::Minute, burst: None }],
                mode: LimitMode::Enforce,
                without_redis: WithoutRedis::LocalShare,
            },
            created_at: now,
            updated_at: now,
        };
        let request_id = AuthorizationRequestId(id());
        let sso = Sso::imagine(id, slug, user.id, request_id, now);
        let upstream_client = |issuer: Option<String>, server_id| UpstreamClientRow {
            id: id(),
            issuer,
            server_id,
            client_id: text("client"),
            secret_sealed: Some(digest().to_vec()),
        };
        let upstream_clients = [upstream_client(Some(text("issuer")), None), upstream_client(None, Some(server.id))];
        let account_flow = AccountFlow {
            id: id(),
            user_id: user.id,
            server_id: server.id,
            state_sha256: digest().to_vec(),
            secrets_sealed: digest().to_vec(),
            request_id: None,
            created_at: now,
            expires_at: later,
        };
        let oauth_grant = Grant {
            id: OAuthGrantId(id()),
            user_id: user.id,
            client_id: client.id,
            server_id: server.id,
            session_id: session.id,
            asserted_by: Some(sso.provider.id),
            resource: text("resource"),
            scope: SCOPE.to_owned(),
            created_at: now,
            revoked_at: None,
        };
        Self {
            scim,
            sso,
            data_key: id(),
            user_credential,
            virtual_server,
            auth_override,
            limit_rule,
            upstream_clients,
            account_flow,
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
            account: AccountSeed::imagine(&system, slug),
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
                id: request_id,
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
