//! Changes, audit and call records.

use std::collections::HashSet;

use control_plane::domain::call::{CallFilter, CallRecord};
use control_plane::domain::ids::CallRecordId;

use super::{Case, Expected, Outcome, cases, page};

pub(super) fn cases() -> Vec<Case> {
    [changes(), calls()].into_iter().flatten().collect()
}

fn changes() -> Vec<Case> {
    cases! { |store, their, own|
        own list_changes(0, own.revision);
        own list_configuration();
        hidden list_resources(&their.resources());
        own list_audit_events(page());
    }
}

fn calls() -> Vec<Case> {
    cases! { |store, their, own|
        hidden known_servers(&HashSet::from([their.server.id.0]));
        hidden known_principals(&HashSet::from([their.user.id.0, their.service_account.0]));
        own insert_call_records(&[CallRecord {
            id: CallRecordId(store.new_id()), tenant_id: their.tenant.id, ..own.call.clone()
        }]);
        own list_calls(&CallFilter::default(), page());
        hidden list_calls(&CallFilter { server_id: Some(their.server.id), ..CallFilter::default() }, page());
        hidden get_call(their.call.id);
    }
}
