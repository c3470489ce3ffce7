//! Changes, audit and call records.

use std::collections::HashSet;

use control_plane::domain::audit::AuditFilter;
use control_plane::domain::call::{CallFilter, CallRecord};
use control_plane::domain::ids::CallRecordId;
use control_plane::domain::usage::{GroupBy, Span, UsageFilter, roll_up};

use super::{Case, Expected, Outcome, cases, page};

pub(super) fn cases() -> Vec<Case> {
    [changes(), calls()].into_iter().flatten().collect()
}

fn changes() -> Vec<Case> {
    cases! { |store, their, own|
        own list_changes(0, own.revision);
        own list_configuration();
        hidden list_resources(&their.resources());
        own list_audit_events(&AuditFilter::default(), page());
        hidden list_audit_events(&AuditFilter { actor_id: Some(their.user.id.0), ..AuditFilter::default() }, page());
        own read_audit_events(0, 1_000, 100);
        own find_audit_event(1);
        own find_audit_range(None, None);
        own get_audit_head();
    }
}

fn usage(now: chrono::DateTime<chrono::Utc>) -> UsageFilter {
    let (from, to) = (now - chrono::TimeDelta::days(2), now + chrono::TimeDelta::days(2));
    let (within, server_id, principal_id) = (None, None, None);
    let (client, method, tool) = (None, None, None);
    UsageFilter { within, span: Span::Hour, from, to, server_id, principal_id, client, method, tool }
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
        hidden list_calls_at(&[their.call.place()]);
        hidden count_calls(&CallFilter { server_id: Some(their.server.id), ..CallFilter::default() }, 10);
        own list_managed_servers(their.user.id.into(), 10);
        own add_usage(&roll_up([&own.call]));
        own list_usage_points(&usage(store.now()), None);
        hidden list_usage_points(&UsageFilter { server_id: Some(their.server.id), ..usage(store.now()) }, None);
        own list_usage_series(&usage(store.now()), GroupBy::User, 10);
        hidden list_usage_series(&UsageFilter { principal_id: Some(their.user.id.0), ..usage(store.now()) }, GroupBy::Group, 10);
        own delete_usage_before(Span::Day, store.now() + chrono::TimeDelta::days(2));
        own delete_calls_before(store.now() + chrono::TimeDelta::days(1), 10);
    }
}
