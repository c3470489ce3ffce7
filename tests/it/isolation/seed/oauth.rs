//! Keys, clients, and an authorization from request to refresh token.

use chrono::{DateTime, Utc};
use control_plane::domain::ids::{ClientId, SessionId};
use control_plane::domain::oauth::AuthorizationCode;
use control_plane::domain::oauth::Client;
use control_plane::domain::oauth::client::ClientSecret;
use control_plane::domain::oauth::registration::Registration;
use control_plane::domain::session::Session;
use control_plane::store::{KeyState, SigningKeyRow, TenantStore};

use super::{Seed, digest};

impl Seed {
    pub(super) async fn insert_keys(&self, store: &TenantStore) {
        store.insert_signing_key(&self.signing_key).await.unwrap();
        let pending = SigningKeyRow { id: self.pending_key, activated_at: None, ..self.signing_key.clone() };
        store.insert_signing_key(&pending).await.unwrap();
        let retired = SigningKeyRow { id: store.new_id(), retired_at: Some(store.now()), ..self.signing_key.clone() };
        store.insert_signing_key(&retired).await.unwrap();
        store.insert_session_key(store.new_id(), digest().to_vec(), KeyState::Active).await.unwrap();
        store.insert_session_key(self.session_key, digest().to_vec(), KeyState::Pending).await.unwrap();
        // The one before it retires.
        assert!(store.activate_session_key(self.session_key).await.unwrap());
        store.insert_session_key(self.pending_session_key, digest().to_vec(), KeyState::Pending).await.unwrap();
    }

    pub(super) async fn insert_authorization(&self, store: &TenantStore) {
        let unused = (ClientId(store.new_id()), format!("{} unused", self.tenant.slug));
        for (id, client_id) in [(self.client.id, &self.client.client_id), (unused.0, &unused.1)] {
            store.insert_dynamic_client(id, client_id, &registration(&self.client)).await.unwrap();
        }
        store.mark_client_authorized(self.client.id).await.unwrap();
        store.put_document_client(&self.document_client_id, &registration(&self.client)).await.unwrap();
        let document_client = store.find_client_by_client_id(&self.document_client_id).await.unwrap().unwrap();
        let blocked = Client { blocked_at: Some(store.now()), ..document_client };
        store.update_client(&blocked).await.unwrap();
        for expires_at in [None, Some(store.now())] {
            store.insert_client_secret(&client_secret(store, self.client.id, expires_at)).await.unwrap();
        }
        let ended = Session { id: SessionId(store.new_id()), revoked_at: Some(store.now()), ..self.session.clone() };
        store.insert_session(&ended, digest(), "").await.unwrap();
        store.remember_consent(self.consent()).await.unwrap();
        store.insert_authorization_request(&self.request).await.unwrap();
        store.insert_oauth_grant(&self.oauth_grant).await.unwrap();
        store.insert_authorization_code(&self.code, self.code_sha256).await.unwrap();
        let redeemed = AuthorizationCode { id: store.new_id(), used_at: Some(store.now()), ..self.code.clone() };
        store.insert_authorization_code(&redeemed, digest()).await.unwrap();
        // A token was issued, and is told to nodes as void.
        assert!(store.touch_oauth_grant(self.oauth_grant.id).await.unwrap());
        assert!(store.void_tokens_of_grant(self.oauth_grant.id).await.unwrap());
        store.insert_refresh_token(&self.refresh, self.refresh_sha256).await.unwrap();
    }
}

pub(in super::super) fn client_secret(
    store: &TenantStore,
    client_id: ClientId,
    expires_at: Option<DateTime<Utc>>,
) -> ClientSecret {
    ClientSecret { id: store.new_id(), client_id, sha256: digest().to_vec(), created_at: store.now(), expires_at }
}

pub(in super::super) fn registration(client: &Client) -> Registration {
    Registration {
        name: client.name.clone(),
        redirect_uris: client.redirect_uris.clone(),
        metadata: serde_json::Map::new(),
    }
}
