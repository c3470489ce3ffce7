//! Rows for tests of the streams, without the use-cases that make them.

use sea_orm::{ActiveModelTrait, ActiveValue::Set};
use uuid::Uuid;

use super::TenantStore;
use super::entity::{revoked_grant, server, server_grant, user};

impl TenantStore {
    pub(crate) async fn seed_user(&self, name: &str) -> Uuid {
        let id = self.new_id();
        let row = user::ActiveModel {
            tenant_id: Set(self.tenant_id.0),
            id: Set(id),
            user_name: Set(name.to_owned()),
            email: Set(format!("{name}@example.com")),
            display_name: Set(name.to_owned()),
            role: Set("member".to_owned()),
            status: Set("active".to_owned()),
            epoch: Set(1),
            created_at: Set(self.now()),
            updated_at: Set(self.now()),
            deactivated_at: Set(None),
            assigned_role: Set("member".to_owned()),
            source: Set("local".to_owned()),
            external_id: Set(None),
            credentials_version: Set(0),
        };
        row.insert(&self.tx).await.unwrap();
        id
    }

    pub(crate) async fn seed_server(&self, slug: &str) -> Uuid {
        let id = self.new_id();
        let row = server::ActiveModel {
            tenant_id: Set(self.tenant_id.0),
            id: Set(id),
            slug: Set(slug.to_owned()),
            display_name: Set(slug.to_owned()),
            description: Set(String::new()),
            upstream_url: Set("https://mcp.example.com/".to_owned()),
            outbound_auth: Set(serde_json::json!({ "kind": "none" })),
            status: Set("enabled".to_owned()),
            kind: Set("single".to_owned()),
            transport: Set(None),
            tool_switches: Set(None),
            tags: Set(None),
            timeout_ms: Set(0),
            created_by: Set(None),
            created_at: Set(self.now()),
            updated_at: Set(self.now()),
        };
        row.insert(&self.tx).await.unwrap();
        id
    }

    pub(crate) async fn seed_retired(&self, server_id: Uuid) {
        let row = server::ActiveModel {
            tenant_id: Set(self.tenant_id.0),
            id: Set(server_id),
            status: Set("retired".to_owned()),
            ..Default::default()
        };
        row.update(&self.tx).await.unwrap();
    }

    /// A grant that was ended now, with a token that lives an hour more.
    pub(crate) async fn seed_revoked_grant(&self) -> Uuid {
        let id = self.new_id();
        let row = revoked_grant::ActiveModel {
            tenant_id: Set(self.tenant_id.0),
            id: Set(id),
            revoked_at: Set(self.now()),
            forget_after: Set(self.now() + chrono::TimeDelta::hours(1)),
        };
        row.insert(&self.tx).await.unwrap();
        id
    }

    pub(crate) async fn seed_grant_to_everyone(&self, server_id: Uuid) -> Uuid {
        let id = self.new_id();
        let row = server_grant::ActiveModel {
            tenant_id: Set(self.tenant_id.0),
            id: Set(id),
            server_id: Set(server_id),
            role: Set("user".to_owned()),
            subject_kind: Set("everyone".to_owned()),
            user_id: Set(None),
            group_id: Set(None),
            service_account_id: Set(None),
            created_by: Set(None),
            created_at: Set(self.now()),
        };
        row.insert(&self.tx).await.unwrap();
        id
    }
}
