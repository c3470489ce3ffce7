//! Servers, and a grant for each kind of subject.

use chrono::{DateTime, Utc};
use control_plane::domain::bundle::{Member, Offer};
use control_plane::domain::ids::{AccessGrantId, ServerId, UserId};
use control_plane::domain::server::{AccessGrant, OutboundAuth, Server, ServerKind, ServerStatus, Subject};
use control_plane::domain::transport::Transport;
use control_plane::store::TenantStore;

use super::Seed;

impl Seed {
    pub(super) async fn insert_servers(&self, store: &TenantStore) {
        store.insert_server(&self.server).await.unwrap();
        store.insert_server(&self.bare_server).await.unwrap();
        store.insert_server(&self.virtual_server).await.unwrap();
        let member = member(&self.bare_server);
        store.replace_server_members(self.virtual_server.id, &[member], Some(self.user.id)).await.unwrap();
        let (id, server_id) = (AccessGrantId(store.new_id()), self.virtual_server.id);
        let grant = AccessGrant { id, server_id, ..self.grant.clone() };
        store.insert_access_grant(&grant, Some(self.user.id)).await.unwrap();
        store.insert_auth_override(&self.auth_override).await.unwrap();
        store.insert_limit_rule(&self.limit_rule, Some(self.user.id)).await.unwrap();
        store.put_shared_credential(&self.credential, Some(self.user.id)).await.unwrap();
        let others = [Subject::Everyone, Subject::Group(self.group.id), Subject::ServiceAccount(self.service_account)];
        let others =
            others.map(|subject| AccessGrant { id: AccessGrantId(store.new_id()), subject, ..self.grant.clone() });
        for grant in others.iter().chain([&self.grant]) {
            store.insert_access_grant(grant, Some(self.user.id)).await.unwrap();
        }
    }
}

pub(in super::super) fn member(server: &Server) -> Member {
    Member { server_id: server.id, alias: "bare".to_owned(), offer: Offer::default() }
}

pub(super) fn server(id: ServerId, slug: &str, created_by: UserId, now: DateTime<Utc>) -> Server {
    Server {
        id,
        slug: format!("{slug}-github").parse().unwrap(),
        display_name: format!("{slug} GitHub"),
        description: format!("{slug} issues"),
        upstream_url: format!("https://{slug}.example/mcp"),
        outbound_auth: OutboundAuth::None,
        status: ServerStatus::Enabled,
        timeout_ms: 60_000,
        kind: ServerKind::Single,
        transport: Transport::default(),
        tool_switches: Default::default(),
        tags: vec![slug.to_owned()],
        created_by: Some(created_by),
        created_at: now,
        updated_at: now,
    }
}
