//! Limits.

use control_plane::domain::ids::LimitRuleId;
use control_plane::domain::limit_rule::LimitRule;
use control_plane::store::TenantStore;

use super::super::seed::Seed;
use super::{Case, Expected, Outcome, cases, page};

/// Like the one of the seed, under another id and name.
fn another(store: &TenantStore, own: &Seed) -> LimitRule {
    let mut rule = LimitRule { id: LimitRuleId(store.new_id()), ..own.limit_rule.clone() };
    rule.spec.name.push_str(" again");
    rule
}

pub(super) fn cases() -> Vec<Case> {
    cases! { |store, their, own|
        hidden get_limit_rule(their.limit_rule.id);
        own list_limit_rules(page());
        own count_limit_rules();
        own insert_limit_rule(&another(store, own), None);
        hidden update_limit_rule(their.limit_rule.id, &another(store, own).spec);
        hidden delete_limit_rule(their.limit_rule.id);
    }
}
