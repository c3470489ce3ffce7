//! Tenants, people, sessions, invitations and API keys.

use chrono::TimeDelta;
use control_plane::domain::api_key::{ApiKey, ApiKeyFilter};
use control_plane::domain::ids::{ApiKeyId, GroupId, InvitationId, SessionId, UserId};
use control_plane::domain::invitation::Invitation;
use control_plane::domain::principal::PrincipalId;
use control_plane::domain::server::Subject;
use control_plane::domain::session::Session;
use control_plane::domain::tenancy::{Group, Tenant, User, UserFilter};

use super::super::seed::digest;
use super::{Case, Expected, Outcome, cases, page};

pub(super) fn cases() -> Vec<Case> {
    [tenancy(), people(), groups(), api_keys()].into_iter().flatten().collect()
}

fn tenancy() -> Vec<Case> {
    cases! { |store, their, own|
        own get_tenant();
        own lock_tenant();
        own get_data_key();
        hidden rewrap_data_key(their.data_key, "other", digest().to_vec());
        own destroy_data_keys();
        own update_tenant(&Tenant { id: their.tenant.id, ..own.tenant.clone() });
        own revision();
    }
}

fn people() -> Vec<Case> {
    cases! { |store, their, own|
        hidden find_user(their.user.id);
        hidden get_user(their.user.id);
        hidden lock_user(their.user.id);
        hidden find_user_by_name(&their.user.user_name);
        own list_users(&UserFilter::default(), page());
        hidden list_users(&UserFilter { text: Some(their.user.email.clone()), active: None }, page());
        own lock_active_owners();
        own list_admin_names(100);
        own insert_user(&User { id: UserId(store.new_id()), user_name: "new".to_owned(), external_id: None, ..own.user.clone() });
        hidden update_user(&User { epoch: 99, ..their.user.clone() });
        hidden delete_user(their.user.id);
        hidden find_password_hash(their.user.id);
        refused put_password_hash(their.user.id, "mine");
        refused insert_session(&Session { id: SessionId(store.new_id()), ..their.session.clone() }, digest(), "");
        hidden find_session_by_token(their.session_sha256);
        hidden touch_session(their.session.id, their.session.expires_at);
        hidden revoke_session(their.session.id);
        hidden revoke_sessions_of(their.user.id);
        own delete_ended_sessions(store.now() + TimeDelta::days(999));
        refused insert_invitation(
            &Invitation { id: InvitationId(store.new_id()), created_by: Some(their.user.id), ..own.invitation.clone() },
            digest(),
        );
        hidden find_invitation(their.invitation.id);
        hidden find_invitation_by_token(their.invitation_sha256);
        own list_invitations(page());
        hidden accept_invitation(their.invitation.id, own.user.id);
        refused accept_invitation(own.invitation.id, their.user.id);
        hidden revoke_invitation(their.invitation.id);
        hidden revoke_invitations_to(&their.invitation.email);
    }
}

fn groups() -> Vec<Case> {
    cases! { |store, their, own|
        hidden find_group(their.group.id);
        hidden get_group(their.group.id);
        hidden lock_group(their.group.id);
        hidden find_group_by_name(&their.group.display_name);
        own list_groups("", page());
        hidden list_groups_of(their.user.id);
        own insert_group(&Group { id: GroupId(store.new_id()), display_name: "new".to_owned(), external_id: None, ..own.group.clone() });
        hidden update_group(&Group { display_name: "taken over".to_owned(), ..their.group.clone() });
        hidden delete_group(their.group.id);
        hidden list_group_member_ids(their.group.id);
        hidden count_group_members(&[their.group.id]);
        hidden list_group_members(their.group.id, "", page());
        refused add_group_members(their.group.id, &[own.stranger]);
        refused add_group_members(own.group.id, &[their.stranger]);
        hidden remove_group_members(their.group.id, &[their.user.id]);
        hidden settle_roles(&[their.user.id]);
        hidden delete_access_grants_of(Subject::User(their.user.id));
    }
}

fn keys_of(owner: impl Into<PrincipalId>) -> ApiKeyFilter {
    ApiKeyFilter { owner: Some(owner.into()), ..ApiKeyFilter::default() }
}

fn api_keys() -> Vec<Case> {
    cases! { |store, their, own|
        refused insert_api_key(
            &ApiKey { id: ApiKeyId(store.new_id()), owner: their.user.id.into(), ..own.api_key.clone() }, digest());
        refused insert_api_key(
            &ApiKey { id: ApiKeyId(store.new_id()), owner: their.service_account.into(), ..own.api_key.clone() },
            digest(),
        );
        hidden find_api_key(their.api_key.id);
        own list_api_keys(&ApiKeyFilter::default(), page());
        hidden list_api_keys(&keys_of(their.user.id), page());
        hidden list_api_keys(&keys_of(their.service_account), page());
        hidden count_live_api_keys(their.user.id.into(), store.now());
        hidden count_live_api_keys(their.service_account.into(), store.now());
        hidden supersede_api_key(their.api_key.id, ApiKeyId(store.new_id()), store.now());
        hidden touch_api_key(their.api_key.id, store.now());
        hidden revoke_api_key(their.api_key.id);
        hidden revoke_api_keys_of(their.user.id);
        hidden revoke_api_keys_of(their.service_account);
        own delete_ended_api_keys(store.now() + TimeDelta::days(999), 100);
    }
}
