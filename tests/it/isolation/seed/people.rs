//! Users, what they hold, groups and service accounts.

use chrono::{DateTime, Utc};
use control_plane::domain::access::TenantRole;
use control_plane::domain::ids::UserId;
use control_plane::domain::tenancy::{User, UserSource, UserStatus};
use control_plane::store::TenantStore;

use super::super::rows::Backstage;
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

    pub(super) async fn insert_service_account(&self, backstage: &Backstage) {
        let (tenant, at) = (self.tenant.id.0, self.tenant.created_at);
        let name = format!("{} account", self.tenant.slug);
        let account = "INSERT INTO service_accounts (tenant_id, id, name, status, epoch, created_at, updated_at)
                       VALUES ($1, $2, $3, 'active', 0, $4, $5)";
        backstage.run(account, [tenant.into(), self.service_account.0.into(), name.into(), at.into(), at.into()]).await;
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
