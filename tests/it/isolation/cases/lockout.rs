//! What people are signed in with, and the end of it.

use chrono::TimeDelta;

use super::{Case, Expected, Outcome, cases, page};

pub(super) fn cases() -> Vec<Case> {
    cases! { |store, their, own|
        hidden list_connections(their.user.id, page());
        hidden list_sessions(their.user.id, page());
        hidden find_session(their.session.id);
        hidden forget_consents(their.user.id, their.client.id, their.server.id);
        hidden void_tokens_of_grant(their.oauth_grant.id);
        hidden end_grants_of_client(their.client.id, "test");
        hidden find_asserted_grant(&their.oauth_grant);
        hidden end_asserted_grants(their.sso.provider.id, None, "test");
        own delete_lapsed_revoked_grants(store.now() + TimeDelta::days(999));
    }
}
