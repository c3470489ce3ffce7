//! Service accounts.

use control_plane::domain::ids::ServiceAccountId;
use control_plane::domain::service_account::{ServiceAccount, ServiceAccountFilter, ServiceAccountStatus};
use control_plane::store::TenantStore;

use super::super::seed::Seed;
use super::{Case, Expected, Outcome, cases, page};

/// Like the one of the seed, under another id and name.
fn account(store: &TenantStore, id: ServiceAccountId, name: &str) -> ServiceAccount {
    let (name, description) = (name.to_owned(), String::new());
    let status = ServiceAccountStatus::Active;
    ServiceAccount { id, name, description, status, epoch: 9, created_at: store.now() }
}

fn named(seed: &Seed) -> ServiceAccountFilter {
    ServiceAccountFilter { text: seed.tenant.slug.to_string(), active: Some(true) }
}

pub(super) fn cases() -> Vec<Case> {
    cases! { |store, their, own|
        hidden find_service_account(their.service_account);
        hidden get_service_account(their.service_account);
        hidden lock_service_account(their.service_account);
        own list_service_accounts(&ServiceAccountFilter::default(), page());
        hidden list_service_accounts(&named(their), page());
        own count_service_accounts();
        own insert_service_account(&account(store, ServiceAccountId(store.new_id()), "new"));
        hidden update_service_account(&account(store, their.service_account, "taken over"));
        hidden delete_service_account(their.service_account);
    }
}
