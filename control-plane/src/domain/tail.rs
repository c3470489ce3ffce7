//! The live tail of the call log: which calls a listener is shown, and why it ends.
//!
//! [`CallFilter::finds`] says in memory what `store/calls.rs` says in SQL. They must agree: `it/call_log/tail.rs`.

use serde::Serialize;
use utoipa::ToSchema;

use super::call::{CallFilter, CallRecord, Reach};

/// Why a tail ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TailEnd {
    /// Signed out, or the session is over.
    SessionEnded,
    /// The API key was revoked or has expired.
    KeyEnded,
    /// The person or service account was.
    Deactivated,
    /// What was in sight no longer is: a role was taken.
    RoleLost,
    TenantSuspended,
    /// This replica stops; another one answers.
    ShuttingDown,
    /// It cannot be seen whether the listener may still listen.
    Unavailable,
}

impl CallFilter {
    /// Whether a search with this filter finds the call.
    pub fn finds(&self, call: &CallRecord) -> bool {
        let same = |wanted: &Option<String>, text: &str| wanted.as_deref().is_none_or(|wanted| wanted == text);
        self.within.as_ref().is_none_or(|reach| reach.sees(call))
            && self.server_id.is_none_or(|id| call.servers().any(|server| server == id))
            && self.member_id.is_none_or(|id| call.member_id == Some(id))
            && self.principal_id.is_none_or(|id| call.principal_id == id)
            && same(&self.client, &call.client_name)
            && same(&self.client_id, &call.client_id)
            && same(&self.method, &call.method)
            && same(&self.target, &call.target)
            && self.outcome.is_none_or(|outcome| call.outcome == outcome)
            && self.fault.is_none_or(|fault| call.fault == fault)
            && self.from.is_none_or(|from| call.started_at >= from)
            && self.to.is_none_or(|to| call.started_at < to)
    }
}

impl Reach {
    pub fn sees(&self, call: &CallRecord) -> bool {
        call.principal_id == self.principal_id || call.servers().any(|id| self.servers.contains(&id))
    }
}

/// Whether `now` hides servers that were in sight before; without a reach everything is.
pub fn hides_more(before: Option<&Reach>, now: Option<&Reach>) -> bool {
    match (before, now) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(before), Some(now)) => !before.servers.iter().all(|id| now.servers.contains(id)),
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta, Utc};
    use uuid::Uuid;

    use super::*;
    use crate::domain::call::tests::some_call;
    use crate::domain::call::{CallOutcome, Fault};
    use crate::domain::ids::ServerId;

    const ANA: Uuid = Uuid::from_u128(1);
    const BUNDLE: ServerId = ServerId(Uuid::from_u128(10));
    const WIKI: ServerId = ServerId(Uuid::from_u128(11));
    const OTHER: ServerId = ServerId(Uuid::from_u128(12));

    fn at() -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_000_000, 0).unwrap()
    }

    /// Ana's terminal reads a page of the wiki, through a virtual server.
    fn call() -> CallRecord {
        CallRecord {
            principal_id: ANA,
            client_name: "Terminal".to_owned(),
            client_id: "terminal-1".to_owned(),
            server_id: BUNDLE,
            member_id: Some(WIKI),
            target: "read".to_owned(),
            outcome: CallOutcome::ToolError,
            fault: Fault::Upstream,
            ..some_call(1, at())
        }
    }

    fn reach(of: u128, servers: &[ServerId]) -> Reach {
        Reach { principal_id: Uuid::from_u128(of), servers: servers.to_vec() }
    }

    #[test]
    fn a_filter_finds_what_it_says() {
        #[track_caller]
        fn check(filter: impl Fn(&mut CallFilter), expected: bool) {
            let mut found = CallFilter::default();
            filter(&mut found);
            assert_eq!(found.finds(&call()), expected, "{found:?}");
        }
        let text = |text: &str| Some(text.to_owned());
        check(|_| {}, true);
        for (server, called) in [(BUNDLE, true), (WIKI, true), (OTHER, false)] {
            check(|filter| filter.server_id = Some(server), called);
        }
        for (member, called) in [(WIKI, true), (BUNDLE, false), (OTHER, false)] {
            check(|filter| filter.member_id = Some(member), called);
        }
        check(|filter| (filter.server_id, filter.member_id) = (Some(OTHER), Some(WIKI)), false);
        check(|filter| filter.principal_id = Some(ANA), true);
        check(|filter| filter.principal_id = Some(Uuid::from_u128(2)), false);
        for (name, same) in [("Terminal", true), ("terminal", false), ("Term", false), ("", false)] {
            check(|filter| filter.client = text(name), same);
        }
        for (id, same) in [("terminal-1", true), ("Terminal-1", false)] {
            check(|filter| filter.client_id = text(id), same);
        }
        for (method, target, same) in
            [("tools/call", "read", true), ("tools/call", "write", false), ("tools/list", "read", false)]
        {
            check(|filter| (filter.method, filter.target) = (text(method), text(target)), same);
        }
        check(|filter| filter.outcome = Some(CallOutcome::ToolError), true);
        check(|filter| filter.outcome = Some(CallOutcome::Ok), false);
        check(|filter| filter.fault = Some(Fault::Upstream), true);
        check(|filter| filter.fault = Some(Fault::None), false);
        for (from, to, within) in [(-1, 1, true), (0, 1, true), (-1, 0, false), (1, 2, false)] {
            let bound = |seconds| Some(at() + TimeDelta::seconds(seconds));
            check(|filter| (filter.from, filter.to) = (bound(from), bound(to)), within);
        }
        for (reach, seen) in [
            (reach(1, &[]), true),
            (reach(2, &[]), false),
            (reach(2, &[OTHER]), false),
            (reach(2, &[OTHER, WIKI]), true),
            (reach(2, &[BUNDLE]), true),
        ] {
            check(|filter| filter.within = Some(reach.clone()), seen);
        }
        check(
            |filter| (filter.within, filter.principal_id) = (Some(reach(2, &[WIKI])), Some(Uuid::from_u128(2))),
            false,
        );
    }

    #[test]
    fn a_direct_call_has_no_member() {
        let direct = CallRecord { server_id: WIKI, member_id: None, ..call() };
        let of = |server_id, member_id| CallFilter { server_id, member_id, ..CallFilter::default() };
        assert!(of(Some(WIKI), None).finds(&direct));
        assert!(!of(None, Some(WIKI)).finds(&direct));
        assert!(!of(Some(BUNDLE), None).finds(&direct));
    }

    #[test]
    fn a_role_that_was_taken_hides_more() {
        #[track_caller]
        fn check(before: Option<&[ServerId]>, now: Option<&[ServerId]>, expected: bool) {
            let (before, now) = (before.map(|servers| reach(1, servers)), now.map(|servers| reach(1, servers)));
            assert_eq!(hides_more(before.as_ref(), now.as_ref()), expected, "{before:?} {now:?}");
        }
        check(None, None, false);
        check(None, Some(&[WIKI]), true);
        check(Some(&[WIKI]), None, false);
        check(Some(&[]), Some(&[]), false);
        check(Some(&[WIKI]), Some(&[OTHER, WIKI]), false);
        check(Some(&[WIKI, OTHER]), Some(&[OTHER]), true);
    }
}
