//! What identity providers pushed.

use control_plane::domain::ids::{GroupId, ScimTokenId, UserId};
use control_plane::domain::scim::filter;
use control_plane::domain::scim::request::ScimRequest;
use control_plane::domain::scim::token::ScimToken;
use control_plane::domain::scim::{Kind, Window};

use control_plane::store::ScimFound;

use super::super::seed::digest;
use super::answers::{Answer, Shown, unless};
use super::{Case, Expected, Outcome, cases, page};

const ALL: Window = Window { start: 1, count: 100 };

pub(super) fn cases() -> Vec<Case> {
    cases! { |store, their, own|
        hidden find_scim_user(their.user.id);
        own list_scim_users(None, ALL, |_, _| true);
        hidden list_scim_users(Some(&name(&their.user.user_name)), ALL, |_, _| true);
        own list_scim_users(Some(&title()), ALL, |_, _| true);
        hidden list_scim_user_ids_among(&[their.user.id]);
        refused insert_scim_user(their.stranger, their.scim.attributes(), &their.scim.facts(), store.now());
        hidden update_scim_user(&their.scim.user, their.scim.attributes(), &their.scim.facts(), store.now());
        hidden list_scim_groups_of(&[their.user.id]);
        own count_scim_users();
        hidden delete_scim_user(their.user.id);
        hidden find_scim_group(their.scim.group.id);
        own list_scim_groups(None, ALL);
        hidden list_scim_groups(Some(&member(their.user.id)), ALL);
        hidden list_scim_members(&[their.scim.group.id]);
        refused insert_scim_group(their.group.id, store.now());
        hidden touch_scim_group(their.scim.group.id, store.now());
        hidden touch_scim_groups_of(their.user.id);
        own count_scim_groups();
        own insert_scim_token(&ScimToken { id: ScimTokenId(store.new_id()), ..own.scim.token.clone() }, digest());
        hidden find_scim_token(their.scim.token.id);
        own list_scim_tokens(page());
        own count_scim_tokens();
        hidden touch_scim_token(their.scim.token.id);
        hidden delete_scim_token(their.scim.token.id);
        own insert_scim_request(&ScimRequest { id: store.new_id(), ..own.scim.request.clone() });
        own list_scim_requests(page());
    }
}

fn name(user_name: &str) -> filter::Filter {
    filter::parse(Kind::User, &format!("userName eq \"{user_name}\"")).unwrap()
}

/// No column answers it: rows are looked at.
fn title() -> filter::Filter {
    filter::parse(Kind::User, "not (title eq \"x\")").unwrap()
}

fn member(id: UserId) -> filter::Filter {
    filter::parse(Kind::Group, &format!("members.value eq \"{id}\"")).unwrap()
}

impl<T: std::fmt::Debug> Answer for ScimFound<T> {
    fn outcome(&self) -> Outcome {
        unless(self.total == 0 && self.items.is_empty(), self)
    }
}

impl Shown for (UserId, GroupId, String) {
    fn text(&self) -> String {
        format!("{self:?}")
    }
}

impl Shown for (GroupId, UserId) {
    fn text(&self) -> String {
        format!("{self:?}")
    }
}
