//! What the authorization server keeps.

use chrono::{DateTime, TimeDelta};
use control_plane::domain::ids::{AuthorizationRequestId, ClientId, OAuthGrantId};
use control_plane::domain::oauth::{AuthorizationCode, AuthorizationRequest, Client, Grant, RefreshToken};
use control_plane::store::{ConsentKey, KeyState, SigningKeyRow};

use super::super::seed::{client_secret, digest, registration};
use super::{Case, Expected, Outcome, cases, page};

pub(super) fn cases() -> Vec<Case> {
    [keys(), clients(), authorization()].into_iter().flatten().collect()
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
        hidden lock_client(their.client.id);
        hidden update_client(&Client { name: "taken over".to_owned(), ..their.client.clone() });
        own list_blocked_clients();
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
