//! What people present to servers for themselves.

use chrono::TimeDelta;
use control_plane::domain::credential::UserCredential;
use control_plane::domain::ids::UserCredentialId;
use control_plane::store::TenantStore;

use super::super::seed::Seed;
use super::{Case, Expected, Outcome, cases, page};

/// One for the server that nobody has one for.
fn another(store: &TenantStore, own: &Seed) -> UserCredential {
    let (id, server_id) = (UserCredentialId(store.new_id()), own.bare_server.id);
    UserCredential { id, server_id, ..own.user_credential.clone() }
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
    }
}
