//! What an identity provider pushed.

use control_plane::domain::ids::{GroupId, ScimTokenId};
use control_plane::domain::scim::Object;
use control_plane::domain::scim::request::ScimRequest;
use control_plane::domain::scim::token::ScimToken;
use control_plane::domain::scim::user::{self, ScimUser, UserFacts};
use control_plane::domain::tenancy::{Group, GroupSource, User};
use control_plane::store::TenantStore;

use super::{Seed, digest};

/// The tenant's first user and a group of their own belong to an identity provider.
pub(in super::super) struct ScimSeed {
    pub(in super::super) user: ScimUser,
    pub(in super::super) group: Group,
    pub(in super::super) token: ScimToken,
    pub(in super::super) request: ScimRequest,
}

impl ScimSeed {
    pub(super) fn imagine(user: &User, slug: &str, id: &impl Fn() -> uuid::Uuid) -> Self {
        let (at, token_id) = (user.created_at, ScimTokenId(id()));
        let name = format!("{slug} pushed");
        Self {
            user: ScimUser {
                user: user.clone(),
                attributes: user::attributes_of(&user.user_name, &user.display_name, &user.email),
                version: 1,
                updated_at: at,
            },
            group: Group {
                id: GroupId(id()),
                display_name: name.clone(),
                source: GroupSource::Scim,
                external_id: Some(name.clone()),
                tenant_role: None,
                created_at: at,
                updated_at: at,
            },
            token: ScimToken {
                id: token_id,
                name: name.clone(),
                created_by: Some(user.id),
                created_at: at,
                expires_at: None,
                last_used_at: None,
            },
            request: ScimRequest {
                id: id(),
                at,
                token_id,
                method: "POST".to_owned(),
                path: "/Users".to_owned(),
                status: 201,
                detail: Some(name),
                duration_ms: 1,
                body: None,
            },
        }
    }

    pub(in super::super) fn attributes(&self) -> &Object {
        &self.user.attributes
    }

    pub(in super::super) fn facts(&self) -> UserFacts {
        user::facts(&self.user.attributes).expect("a person")
    }
}

impl Seed {
    pub(super) async fn insert_scim(&self, store: &TenantStore) {
        let ScimSeed { user, group, token, request } = &self.scim;
        store.insert_scim_user(user.user.id, self.scim.attributes(), &self.scim.facts(), store.now()).await.unwrap();
        store.insert_group(group).await.unwrap();
        store.insert_scim_group(group.id, store.now()).await.unwrap();
        store.add_group_members(group.id, &[self.user.id]).await.unwrap();
        store.insert_scim_token(token, digest()).await.unwrap();
        store.insert_scim_request(request).await.unwrap();
    }
}
