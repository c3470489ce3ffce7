//! Identity providers, identities, sign-ins on their way, sessions that came from them.

use chrono::TimeDelta;
use control_plane::domain::identity::{IdentityProvider, IdentityTokens, SignInFlow, UserIdentity};
use control_plane::domain::ids::{IdentityProviderId, UserIdentityId};
use control_plane::store::TenantStore;

use super::super::seed::{Seed, digest};
use super::{Case, Expected, Outcome, cases, page};

/// Like the seed's, fresh.
fn provider(store: &TenantStore, like: &IdentityProvider) -> IdentityProvider {
    let (id, label) = (IdentityProviderId(store.new_id()), "new".to_owned());
    IdentityProvider { id, label, scim_source: false, ..like.clone() }
}

fn identity(store: &TenantStore, like: &UserIdentity) -> UserIdentity {
    UserIdentity { id: UserIdentityId(store.new_id()), subject: "new".to_owned(), ..like.clone() }
}

fn flow(store: &TenantStore, like: &SignInFlow) -> SignInFlow {
    SignInFlow { id: store.new_id(), state_sha256: digest().to_vec(), ..like.clone() }
}

fn state(seed: &Seed) -> [u8; 32] {
    seed.sso.flow.state_sha256.clone().try_into().expect("a digest")
}

pub(super) fn cases() -> Vec<Case> {
    let mut all = providers();
    all.extend(sign_ins());
    all
}

fn providers() -> Vec<Case> {
    cases! { |store, their, own|
        own insert_identity_provider(&provider(store, &own.sso.provider));
        hidden find_identity_provider(their.sso.provider.id);
        hidden get_identity_provider(their.sso.provider.id);
        own lock_identity_providers();
        own list_enabled_identity_providers();
        own list_identity_providers(page());
        own count_identity_providers();
        hidden update_identity_provider(&IdentityProvider { label: "taken over".to_owned(), ..their.sso.provider.clone() });
        refused insert_user_identity(&UserIdentity { user_id: their.user.id, ..identity(store, &own.sso.identity) });
        refused insert_user_identity(&UserIdentity { provider_id: their.sso.provider.id, ..identity(store, &own.sso.identity) });
        hidden find_user_identity(their.sso.provider.id, &their.sso.identity.issuer, &their.sso.identity.subject);
        hidden find_user_by_external_id(their.user.external_id.as_deref().unwrap());
        hidden list_user_identities(their.user.id);
        hidden count_identities_of_provider(their.sso.provider.id);
        hidden touch_user_identity(their.sso.identity.id);
        hidden delete_user_identity(their.user.id, their.sso.identity.id);
        refused put_identity_tokens(store.new_id(), &IdentityTokens { user_id: their.user.id, ..own.sso.tokens.clone() });
        refused put_identity_tokens(store.new_id(), &IdentityTokens { provider_id: their.sso.provider.id, ..own.sso.tokens.clone() });
        hidden find_identity_tokens(their.user.id, None);
        hidden claim_identity_tokens(&their.sso.tokens, store.now());
        hidden release_identity_tokens(&their.sso.tokens, store.now());
        hidden delete_identity_tokens(their.user.id, None);
        hidden delete_identity_tokens_at(their.sso.provider.id);
        hidden list_given_groups(their.user.id, their.sso.provider.id);
        hidden list_given_memberships(their.sso.provider.id);
        hidden mark_group_member_given(their.group.id, their.user.id, own.sso.provider.id);
    }
}

fn sign_ins() -> Vec<Case> {
    cases! { |store, their, own|
        refused insert_sign_in_flow(&SignInFlow { provider_id: their.sso.provider.id, ..flow(store, &own.sso.flow) });
        refused insert_sign_in_flow(&SignInFlow { request_id: Some(their.request.id), ..flow(store, &own.sso.flow) });
        refused insert_sign_in_flow(&SignInFlow { invitation_id: Some(their.invitation.id), ..flow(store, &own.sso.flow) });
        hidden find_sign_in_flow(their.sso.flow.id);
        hidden find_sign_in_flow_by_state(state(their));
        hidden use_sign_in_flow(their.sso.flow.id);
        refused remember_statement(their.sso.provider.id, digest(), store.now());
        hidden put_provider_session(their.session.id, &own.sso.session);
        hidden find_provider_session(their.session.id);
        hidden revoke_provider_sessions(their.sso.provider.id, None, None);
        own delete_ended_sign_ins(store.now() + TimeDelta::days(999));
        hidden delete_identity_provider(their.sso.provider.id);
    }
}
