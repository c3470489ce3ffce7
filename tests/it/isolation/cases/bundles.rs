//! What virtual servers are made of, and overrides.

use control_plane::domain::bundle::Member;
use control_plane::domain::credential::AuthOverride;
use control_plane::domain::ids::AuthOverrideId;
use control_plane::store::TenantStore;

use super::super::seed::{Seed, servers::member};
use super::{Case, Expected, Outcome, cases, page};

/// One for the server that nobody has one for.
fn another(store: &TenantStore, own: &Seed) -> AuthOverride {
    let (id, server_id) = (AuthOverrideId(store.new_id()), own.bare_server.id);
    AuthOverride { id, server_id, ..own.auth_override.clone() }
}

fn of(seed: &Seed) -> [Member; 1] {
    [member(&seed.bare_server)]
}

pub(super) fn cases() -> Vec<Case> {
    cases! { |store, their, own|
        refused replace_server_members(their.virtual_server.id, &of(own), None);
        refused replace_server_members(own.virtual_server.id, &of(their), None);
        hidden list_server_members(&[their.virtual_server.id]);
        hidden list_server_uses(their.bare_server.id);
        hidden may_use_as_member(their.user.id.into(), their.bare_server.id);
        hidden delete_server_member(their.virtual_server.id, their.bare_server.id);
        hidden find_connectable_server(&their.server.slug, their.user.id);
        refused insert_auth_override(&AuthOverride { owner: their.user.id.into(), ..another(store, own) });
        refused insert_auth_override(&AuthOverride { server_id: their.bare_server.id, ..another(store, own) });
        hidden find_auth_override(their.server.id, their.user.id.into());
        hidden get_auth_override(their.server.id, their.auth_override.id);
        hidden list_auth_overrides(their.server.id, None, page());
        hidden delete_auth_override(their.auth_override.id);
        hidden delete_auth_overrides_for(their.server.id);
    }
}
