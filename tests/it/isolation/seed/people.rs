//! Users, what they hold, groups and service accounts.

use chrono::{DateTime, Utc};
use control_plane::domain::access::TenantRole;
use control_plane::domain::api_key::ApiKey;
use control_plane::domain::credential::UserCredential;
use control_plane::domain::ids::{ApiKeyId, UserCredentialId, UserId};
use control_plane::domain::service_account::{ServiceAccount, ServiceAccountStatus};
use control_plane::domain::tenancy::{User, UserSource, UserStatus};
use control_plane::store::TenantStore;

use super::{Seed, digest};

impl Seed {
    pub(super) async fn insert_people(&self, store: &TenantStore) {
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

    /// How providers of servers know the tenant, and somebody on their way to one.
    pub(super) async fn insert_upstream(&self, store: &TenantStore) {
        for client in &self.upstream_clients {
            assert!(store.insert_upstream_client(client).await.unwrap());
        }
        store.insert_account_flow(&self.account_flow).await.unwrap();
    }

    /// The person's own, and one of somebody who left.
    pub(super) async fn insert_user_credentials(&self, store: &TenantStore) {
        store.insert_user_credential(&self.user_credential).await.unwrap();
        let slug = format!("{}-leaver", self.tenant.slug);
        let status = UserStatus::Deactivated { at: store.now() };
        let leaver = User { status, ..user(UserId(store.new_id()), &slug, store.now()) };
        store.insert_user(&leaver).await.unwrap();
        let (id, owner) = (UserCredentialId(store.new_id()), leaver.id.into());
        store.insert_user_credential(&UserCredential { id, owner, ..self.user_credential.clone() }).await.unwrap();
    }

    pub(super) async fn insert_service_account(&self, store: &TenantStore) {
        let account = ServiceAccount {
            id: self.service_account,
            name: format!("{} account", self.tenant.slug),
            description: String::new(),
            status: ServiceAccountStatus::Active,
            epoch: 0,
            created_at: self.tenant.created_at,
        };
        store.insert_service_account(&account).await.unwrap();
        let (id, owner) = (ApiKeyId(store.new_id()), account.id.into());
        store.insert_api_key(&ApiKey { id, owner, ..self.api_key.clone() }, digest()).await.unwrap();
    }
}

pub(super) fn user(id: UserId, slug: &str, now: DateTime<Utc>) -> User {
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
