//! What nodes are told of a tenant, read as it is now. The full picture and the resources of a delta come from the
//! same queries, so that a sequence of deltas ends where the full picture is.

use std::collections::HashMap;

use chrono::TimeDelta;
use sea_orm::sea_query::Query;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, Select};
use uuid::Uuid;

use super::api_keys::to_api_key;
use super::entity::{
    api_key, auth_override, group_member, limit_rule, revoked_grant, server, server_grant, service_account,
    session_key, shared_credential, signing_key, tenant, user,
};
use super::limit_rules::rule_of;
use super::session_keys::KeyState;
use super::shared_credentials::credential_of;
use super::tenancy::to_tenant;
use super::{SystemStore, TenantStore, db_error, unreadable};
use crate::domain::access::ServerRole;
use crate::domain::configuration::{Principal, PrincipalKind, Resource, ResourceKind, SealedSessionKey};
use crate::domain::ids::{AccessGrantId, GroupId, OAuthGrantId, ServerId, ServiceAccountId, UserId};
use crate::domain::limits::{API_KEY_EXPIRED_TOLD_S, SIGNING_KEY_RETIRED_S};
use crate::domain::server::{AccessGrant, Server, ServerKind, ServerStatus, Subject};
use crate::domain::tenancy::Tenant;
use crate::domain::tool_switches::ToolSwitches;
use crate::domain::{Error, Result};

/// Which rows of a table.
#[derive(Clone, Copy)]
enum Pick<'a> {
    All,
    Ids(&'a [Uuid]),
}

impl Pick<'_> {
    fn narrow<E: EntityTrait>(self, query: Select<E>, id: impl ColumnTrait) -> Select<E> {
        match self {
            Self::All => query,
            Self::Ids(ids) => query.filter(id.is_in(ids.iter().copied())),
        }
    }
}

impl TenantStore {
    /// Everything nodes hold of the tenant. Open the store with `tenant_snapshot`.
    pub async fn list_configuration(&self) -> Result<Vec<Resource>> {
        let mut all = Vec::new();
        for kind in ResourceKind::ALL {
            all.append(&mut self.read(kind, Pick::All).await?);
        }
        Ok(all)
    }

    /// Those of the named resources that exist; what is missing in the answer is gone.
    pub async fn list_resources(&self, named: &[(ResourceKind, Uuid)]) -> Result<Vec<Resource>> {
        let mut found = Vec::new();
        for kind in ResourceKind::ALL {
            let ids: Vec<Uuid> = named.iter().filter(|(of, _)| *of == kind).map(|(_, id)| *id).collect();
            if !ids.is_empty() {
                found.append(&mut self.read(kind, Pick::Ids(&ids)).await?);
            }
        }
        Ok(found)
    }

    async fn read(&self, kind: ResourceKind, pick: Pick<'_>) -> Result<Vec<Resource>> {
        match kind {
            ResourceKind::TenantSettings => self.read_settings().await,
            ResourceKind::Server => self.read_servers(pick).await,
            ResourceKind::VirtualServer => self.read_virtual_servers(pick).await,
            ResourceKind::Principal => self.read_principals(pick).await,
            ResourceKind::AccessGrant => self.read_grants(pick).await,
            ResourceKind::SigningKey => self.read_signing_keys(pick).await,
            ResourceKind::SessionKey => self.read_session_keys(pick).await,
            ResourceKind::ApiKey => self.read_api_keys(pick).await,
            ResourceKind::SharedSecret => self.read_shared_credentials(pick).await,
            ResourceKind::RevokedGrant => self.read_revoked_grants(pick).await,
            ResourceKind::LimitRule => self.read_limit_rules(pick).await,
        }
    }

    async fn read_settings(&self) -> Result<Vec<Resource>> {
        let Tenant { id: tenant_id, status, settings, .. } = self.get_tenant().await?;
        let blocked_clients = self.list_blocked_clients().await?;
        Ok(vec![Resource::TenantSettings { tenant_id, status, settings, blocked_clients }])
    }

    async fn read_servers(&self, pick: Pick<'_>) -> Result<Vec<Resource>> {
        let query = server::Entity::find()
            .filter(server::Column::TenantId.eq(self.tenant_id.0))
            .filter(server::Column::Status.ne(ServerStatus::Retired.as_str()));
        let query = query.filter(server::Column::Kind.eq(ServerKind::Single.as_str()));
        let rows = pick.narrow(query, server::Column::Id).all(&self.tx).await.map_err(db_error)?;
        let mut overridden = self.read_overridden(pick).await?;
        let one = |row: server::Model| {
            let overridden = overridden.remove(&row.id).unwrap_or_default();
            Ok(Resource::Server { server: Box::new(server_of(row)?), overridden })
        };
        rows.into_iter().map(one).collect()
    }

    /// By server, for whom there is an auth override.
    async fn read_overridden(&self, pick: Pick<'_>) -> Result<HashMap<Uuid, Vec<Uuid>>> {
        let query = auth_override::Entity::find().filter(auth_override::Column::TenantId.eq(self.tenant_id.0));
        let rows = pick.narrow(query, auth_override::Column::ServerId).all(&self.tx).await.map_err(db_error)?;
        let mut overridden: HashMap<Uuid, Vec<Uuid>> = HashMap::new();
        for row in rows {
            overridden.entry(row.server_id).or_default().extend(row.user_id.or(row.service_account_id));
        }
        Ok(overridden)
    }

    async fn read_virtual_servers(&self, pick: Pick<'_>) -> Result<Vec<Resource>> {
        let query = server::Entity::find()
            .filter(server::Column::TenantId.eq(self.tenant_id.0))
            .filter(server::Column::Status.ne(ServerStatus::Retired.as_str()))
            .filter(server::Column::Kind.eq(ServerKind::Virtual.as_str()));
        let rows = pick.narrow(query, server::Column::Id).all(&self.tx).await.map_err(db_error)?;
        let ids: Vec<ServerId> = rows.iter().map(|row| ServerId(row.id)).collect();
        let mut members = self.list_server_members(&ids).await?;
        let one = |row: server::Model| {
            let members = members.remove(&ServerId(row.id)).unwrap_or_default();
            Ok(Resource::VirtualServer { server: Box::new(server_of(row)?), members })
        };
        rows.into_iter().map(one).collect()
    }

    async fn read_grants(&self, pick: Pick<'_>) -> Result<Vec<Resource>> {
        let retired = Query::select()
            .column(server::Column::Id)
            .from(server::Entity)
            .and_where(server::Column::TenantId.eq(self.tenant_id.0))
            .and_where(server::Column::Status.eq(ServerStatus::Retired.as_str()))
            .take();
        let query = server_grant::Entity::find()
            .filter(server_grant::Column::TenantId.eq(self.tenant_id.0))
            .filter(server_grant::Column::ServerId.not_in_subquery(retired));
        let rows = pick.narrow(query, server_grant::Column::Id).all(&self.tx).await.map_err(db_error)?;
        rows.into_iter().map(|row| grant_of(row).map(Resource::AccessGrant)).collect()
    }

    async fn read_principals(&self, pick: Pick<'_>) -> Result<Vec<Resource>> {
        let mut groups = self.read_group_ids(pick).await?;
        let users = user::Entity::find().filter(user::Column::TenantId.eq(self.tenant_id.0));
        let users = pick.narrow(users, user::Column::Id).all(&self.tx).await.map_err(db_error)?;
        let accounts = service_account::Entity::find().filter(service_account::Column::TenantId.eq(self.tenant_id.0));
        let accounts = pick.narrow(accounts, service_account::Column::Id).all(&self.tx).await.map_err(db_error)?;
        let users =
            users.into_iter().map(|row| (row.id, PrincipalKind::User, row.status, row.epoch, row.credentials_version));
        let accounts = accounts
            .into_iter()
            .map(|row| (row.id, PrincipalKind::ServiceAccount, row.status, row.epoch, row.credentials_version));
        let principal = |(id, kind, status, epoch, credentials): (Uuid, PrincipalKind, String, i64, i64)| {
            // An unknown status is not active: nodes must never be told a laxer state than the one stored.
            let (active, epoch) = (status == "active", u64::try_from(epoch).map_err(Error::internal)?);
            let credentials = u64::try_from(credentials).map_err(Error::internal)?;
            let group_ids = groups.remove(&id).unwrap_or_default();
            Ok(Resource::Principal(Principal { id, kind, active, epoch, credentials, group_ids }))
        };
        users.chain(accounts).map(principal).collect()
    }

    async fn read_group_ids(&self, pick: Pick<'_>) -> Result<HashMap<Uuid, Vec<Uuid>>> {
        let query = group_member::Entity::find().filter(group_member::Column::TenantId.eq(self.tenant_id.0));
        let rows = pick.narrow(query, group_member::Column::UserId).all(&self.tx).await.map_err(db_error)?;
        let mut groups: HashMap<Uuid, Vec<Uuid>> = HashMap::new();
        for row in rows {
            groups.entry(row.user_id).or_default().push(row.group_id);
        }
        Ok(groups)
    }

    async fn read_signing_keys(&self, pick: Pick<'_>) -> Result<Vec<Resource>> {
        let horizon = self.now() - TimeDelta::seconds(SIGNING_KEY_RETIRED_S);
        let published = Condition::any()
            .add(signing_key::Column::RetiredAt.is_null())
            .add(signing_key::Column::RetiredAt.gt(horizon));
        let query =
            signing_key::Entity::find().filter(signing_key::Column::TenantId.eq(self.tenant_id.0)).filter(published);
        let rows = pick.narrow(query, signing_key::Column::Id).all(&self.tx).await.map_err(db_error)?;
        Ok(rows.into_iter().map(|row| Resource::SigningKey { id: row.id, public_jwk: row.public_jwk }).collect())
    }

    async fn read_shared_credentials(&self, pick: Pick<'_>) -> Result<Vec<Resource>> {
        let query = shared_credential::Entity::find().filter(shared_credential::Column::TenantId.eq(self.tenant_id.0));
        let rows = pick.narrow(query, shared_credential::Column::ServerId).all(&self.tx).await.map_err(db_error)?;
        rows.into_iter().map(|row| credential_of(row).map(Resource::SharedSecret)).collect()
    }

    async fn read_revoked_grants(&self, pick: Pick<'_>) -> Result<Vec<Resource>> {
        let query = revoked_grant::Entity::find()
            .filter(revoked_grant::Column::TenantId.eq(self.tenant_id.0))
            .filter(revoked_grant::Column::ForgetAfter.gt(self.now()));
        let rows = pick.narrow(query, revoked_grant::Column::Id).all(&self.tx).await.map_err(db_error)?;
        let grant = |row: revoked_grant::Model| Resource::RevokedGrant {
            id: OAuthGrantId(row.id),
            revoked_at: row.revoked_at,
            forget_after: row.forget_after,
        };
        Ok(rows.into_iter().map(grant).collect())
    }

    async fn read_limit_rules(&self, pick: Pick<'_>) -> Result<Vec<Resource>> {
        let query = limit_rule::Entity::find().filter(limit_rule::Column::TenantId.eq(self.tenant_id.0));
        let rows = pick.narrow(query, limit_rule::Column::Id).all(&self.tx).await.map_err(db_error)?;
        rows.into_iter().map(|row| rule_of(row).map(Resource::LimitRule)).collect()
    }

    async fn read_session_keys(&self, pick: Pick<'_>) -> Result<Vec<Resource>> {
        let query = session_key::Entity::find().filter(session_key::Column::TenantId.eq(self.tenant_id.0));
        let rows = pick.narrow(query, session_key::Column::Id).all(&self.tx).await.map_err(db_error)?;
        let key = |row: session_key::Model| {
            let key_id = u32::try_from(row.key_id).map_err(Error::internal)?;
            let seals = KeyState::parse(&row.state)? != KeyState::Pending;
            let (id, secret_sealed, created_at) = (row.id, row.secret_sealed, row.created_at);
            Ok(Resource::SessionKey(SealedSessionKey { id, key_id, secret_sealed, created_at, seals }))
        };
        rows.into_iter().map(key).collect()
    }
}

impl TenantStore {
    async fn read_api_keys(&self, pick: Pick<'_>) -> Result<Vec<Resource>> {
        let horizon = self.now() - TimeDelta::seconds(API_KEY_EXPIRED_TOLD_S);
        let told =
            Condition::any().add(api_key::Column::ExpiresAt.is_null()).add(api_key::Column::ExpiresAt.gt(horizon));
        let query = api_key::Entity::find()
            .filter(api_key::Column::TenantId.eq(self.tenant_id.0))
            .filter(api_key::Column::RevokedAt.is_null())
            .filter(told);
        let rows = pick.narrow(query, api_key::Column::Id).all(&self.tx).await.map_err(db_error)?;
        let key =
            |row: api_key::Model| Ok(Resource::ApiKey { key: to_api_key(&row)?, secret_sha256: row.secret_sha256 });
        rows.into_iter().map(key).collect()
    }
}

impl SystemStore {
    /// Every tenant that nodes of the pool serve, whatever its status.
    pub async fn list_tenants_of_pool(&self, pool: &str) -> Result<Vec<Tenant>> {
        let rows =
            tenant::Entity::find().filter(tenant::Column::Pool.eq(pool)).all(&self.tx).await.map_err(db_error)?;
        rows.into_iter().map(to_tenant).collect()
    }
}

pub(super) fn server_of(row: server::Model) -> Result<Server> {
    Ok(Server {
        id: ServerId(row.id),
        slug: row.slug.parse().map_err(|_| unreadable("servers", "slug"))?,
        display_name: row.display_name,
        description: row.description,
        upstream_url: row.upstream_url,
        outbound_auth: serde_json::from_value(row.outbound_auth).map_err(Error::internal)?,
        status: ServerStatus::parse(&row.status).ok_or_else(|| unreadable("servers", "status"))?,
        timeout_ms: u32::try_from(row.timeout_ms).map_err(Error::internal)?,
        kind: ServerKind::parse(&row.kind).ok_or_else(|| unreadable("servers", "kind"))?,
        transport: row.transport.map(serde_json::from_value).transpose().map_err(Error::internal)?.unwrap_or_default(),
        tool_switches: switches_of(row.tool_switches)?,
        tags: row.tags.map(serde_json::from_value).transpose().map_err(Error::internal)?.unwrap_or_default(),
        created_by: row.created_by.map(UserId),
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}

/// What cannot be read must never read as all tools on.
fn switches_of(stored: Option<serde_json::Value>) -> Result<ToolSwitches> {
    Ok(stored.map(serde_json::from_value).transpose().map_err(Error::internal)?.unwrap_or_default())
}

pub(super) fn grant_of(row: server_grant::Model) -> Result<AccessGrant> {
    let subject = match (row.subject_kind.as_str(), row.user_id, row.group_id, row.service_account_id) {
        ("user", Some(id), None, None) => Subject::User(UserId(id)),
        ("group", None, Some(id), None) => Subject::Group(GroupId(id)),
        ("service_account", None, None, Some(id)) => Subject::ServiceAccount(ServiceAccountId(id)),
        ("everyone", None, None, None) => Subject::Everyone,
        _ => return Err(unreadable("server_grants", "subject_kind")),
    };
    Ok(AccessGrant {
        id: AccessGrantId(row.id),
        server_id: ServerId(row.server_id),
        role: ServerRole::parse(&row.role).ok_or_else(|| unreadable("server_grants", "role"))?,
        subject,
        created_at: row.created_at,
    })
}
