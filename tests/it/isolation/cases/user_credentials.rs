//! What people present to servers for themselves.

use chrono::TimeDelta;
use control_plane::domain::credential::UserCredential;
use control_plane::domain::ids::UserCredentialId;
use control_plane::domain::upstream_oauth::AccountFlow;
use control_plane::store::{TenantStore, UpstreamClientRow};

use super::super::seed::{Seed, digest};
use super::{Case, Expected, Outcome, cases, page};

/// One for the server that nobody has one for.
fn another(store: &TenantStore, own: &Seed) -> UserCredential {
    let (id, server_id) = (UserCredentialId(store.new_id()), own.bare_server.id);
    UserCredential { id, server_id, ..own.user_credential.clone() }
}

/// A fresh one.
fn flow(store: &TenantStore, own: &Seed) -> AccountFlow {
    let state_sha256 = digest().to_vec();
    AccountFlow { id: store.new_id(), state_sha256, ..own.account_flow.clone() }
}

fn state(of: &Seed) -> [u8; 32] {
    of.account_flow.state_sha256.as_slice().try_into().expect("a digest")
}

pub(super) fn cases() -> Vec<Case> {
    cases! { |store, their, own|
        refused insert_user_credential(&UserCredential { owner: their.user.id.into(), ..another(store, own) });
        refused insert_user_credential(&UserCredential { server_id: their.bare_server.id, ..another(store, own) });
        hidden update_user_credential(&their.user_credential);
        hidden find_user_credential(their.server.id, their.user.id.into());
        hidden get_user_credential(their.server.id, their.user_credential.id);
        hidden list_user_credentials(their.server.id, None, page());
        hidden list_credentials_of(their.user.id.into());
        hidden delete_user_credential(their.user_credential.id);
        hidden delete_user_credentials_for(their.server.id);
        own delete_credentials_of_leavers(store.now() + TimeDelta::days(999));
        hidden void_leases_of(their.user.id.into());
        hidden claim_refresh(their.user_credential.id, their.user_credential.mark.version, store.now());
        hidden release_refresh(their.user_credential.id, store.now());
        refused insert_upstream_client(&UpstreamClientRow {
            id: store.new_id(), server_id: Some(their.bare_server.id), ..own.upstream_clients[1].clone()
        });
        hidden find_upstream_client_at(their.upstream_clients[0].issuer.as_deref().unwrap());
        hidden find_upstream_client_of(their.server.id);
        hidden delete_upstream_client_at(
            their.upstream_clients[0].issuer.as_deref().unwrap(), &their.upstream_clients[0].client_id
        );
        hidden delete_upstream_client_of(their.server.id);
        refused insert_account_flow(&AccountFlow { user_id: their.user.id, ..flow(store, own) });
        refused insert_account_flow(&AccountFlow { server_id: their.server.id, ..flow(store, own) });
        refused insert_account_flow(&AccountFlow { request_id: Some(their.request.id), ..flow(store, own) });
        hidden find_account_flow(their.account_flow.id);
        hidden find_account_flow_by_state(state(their));
        hidden use_account_flow(their.account_flow.id);
        own delete_ended_account_flows(store.now() + TimeDelta::days(999));
    }
}
