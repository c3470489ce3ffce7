//! Phase 4: may this caller do this? One decision for listing, calling, reading, completing and subscribing alike:
//! what a list hides, a call refuses (I11, ATK-5). Pure.

use std::sync::Arc;

use proto::names::{GatewayPath, ServerSlug};
use uuid::Uuid;

use super::authenticate::{Caller, Credential};
use super::decode::Meaning;
use crate::error::Failure;
use crate::snapshot::{PrincipalKind, Server, ServerState, Snapshot, ToolSwitches};

/// The decision about a server: a grant covers all that it has. What of it is switched off is in [`is_on`].
pub fn allowed(snapshot: &Snapshot, principal_id: Uuid, server: &Server) -> bool {
    let Some(principal) = snapshot.principals.get(&principal_id).filter(|principal| principal.active) else {
        return false;
    };
    let grants = &server.grants;
    let by_everyone = principal.kind == PrincipalKind::User && grants.everyone.is_some();
    by_everyone
        || grants.subjects.contains_key(&principal_id)
        || principal.group_ids.iter().any(|group| grants.subjects.contains_key(group))
}

/// The server of that name, if the caller may see it. Unknown, disabled, not granted and not in
/// the scope of their API key are one and the same.
pub fn server(caller: &Caller, path: &GatewayPath) -> Result<Arc<Server>, Failure> {
    let named = caller.snapshot.servers.get(&path.server);
    if named.is_some_and(|server| !caller.credential.reaches(server.id)) {
        return Err(Failure::NotFound);
    }
    visible(&caller.snapshot, caller.principal_id, &path.server)
}

/// The same for a caller who is still there when another snapshot comes.
pub fn visible(snapshot: &Snapshot, principal_id: Uuid, slug: &ServerSlug) -> Result<Arc<Server>, Failure> {
    let server = snapshot.servers.get(slug).ok_or(Failure::NotFound)?;
    if server.state == ServerState::Disabled || !allowed(snapshot, principal_id, server) {
        return Err(Failure::NotFound);
    }
    match server.state {
        ServerState::ConfigRejected => Err(Failure::ConfigRejected),
        ServerState::Enabled | ServerState::Disabled => Ok(server.clone()),
    }
}

/// A member of a virtual server, as it is now. A grant on the virtual server is enough to use it; its own state always
/// counts.
pub fn member(snapshot: &Snapshot, entry: &Server, id: Uuid) -> Result<Arc<Server>, Failure> {
    let member = entry.members.iter().flat_map(|members| members.iter()).find(|member| member.server_id == id);
    let server = member.and_then(|member| snapshot.servers.get(&member.slug)).filter(|server| server.id == id);
    match server {
        Some(server) if server.state == ServerState::Enabled => Ok(server.clone()),
        Some(server) if server.state == ServerState::ConfigRejected => Err(Failure::ConfigRejected),
        _ => Err(Failure::NotFound),
    }
}

/// Whether anything may be called with this credential now: an administrator can stop all calls, and those of a client.
pub fn open(snapshot: &Snapshot, credential: &Credential) -> Result<(), Failure> {
    if snapshot.calls_off {
        return Err(Failure::CallsOff);
    }
    match credential.client_id().is_some_and(|client| snapshot.blocked_clients.contains(client)) {
        true => Err(Failure::ClientBlocked),
        false => Ok(()),
    }
}

/// Whether a tool of a server is switched on, by the server's own name for it. Lists leave out what this refuses.
pub fn is_on(switches: Option<&ToolSwitches>, tool: &str) -> bool {
    switches.is_none_or(|switches| switches.is_on(tool))
}

/// Whether what the message asks of the server is switched on there.
pub fn switched_on(server: &Server, meaning: &Meaning) -> Result<(), Failure> {
    match meaning.tool().is_none_or(|tool| is_on(server.tools.as_deref(), tool)) {
        true => Ok(()),
        false => Err(Failure::ToolOff),
    }
}

/// Whether the caller may do what the message asks. What a member of a virtual server has switched off is found out on
/// the way to it.
pub fn check(caller: &Caller, server: &Server, meaning: &Meaning) -> Result<(), Failure> {
    open(&caller.snapshot, &caller.credential)?;
    if !allowed(&caller.snapshot, caller.principal_id, server) {
        return Err(Failure::Forbidden);
    }
    switched_on(server, meaning)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::map::{HashMap, HashSet};
    use crate::snapshot::{GrantIndex, Principal, Role, TenantStatus};

    fn id(number: u128) -> Uuid {
        Uuid::from_u128(number)
    }

    fn snapshot() -> Snapshot {
        let principal = |number, kind, active, groups: &[u128]| Principal {
            id: id(number),
            kind,
            active,
            epoch: 0,
            credentials: 0,
            group_ids: groups.iter().map(|group| id(*group)).collect::<HashSet<_>>(),
        };
        let principals = [
            principal(1, PrincipalKind::User, true, &[50]),
            principal(2, PrincipalKind::User, true, &[]),
            principal(3, PrincipalKind::ServiceAccount, true, &[]),
            principal(4, PrincipalKind::User, false, &[50]),
        ];
        Snapshot {
            tenant_id: id(9),
            revision: 1,
            status: TenantStatus::Active,
            allowed_origins: Vec::new(),
            offline_max_s: 0,
            calls_off: false,
            blocked_clients: Arc::default(),
            concurrent_calls_max: None,
            servers: HashMap::default(),
            principals: principals.into_iter().map(|principal| (principal.id, Arc::new(principal))).collect(),
            signing_keys: HashMap::default(),
            api_keys: HashMap::default(),
            session_keys: Vec::new(),
            revoked_grants: Arc::default(),
            limits: Arc::default(),
        }
    }

    #[test]
    fn atk_05_one_decision_by_grant() {
        fn check(grants: GrantIndex, allowed_ids: &[u128]) {
            let server = Server { grants, ..Server::plain(id(100), "github", "https://up.example/mcp") };
            let snapshot = snapshot();
            for number in [1, 2, 3, 4, 5] {
                let verdict = allowed(&snapshot, id(number), &server);
                assert_eq!(verdict, allowed_ids.contains(&number), "{number} {:?}", server.grants);
            }
        }
        let subject = |number| GrantIndex { everyone: None, subjects: HashMap::from_iter([(id(number), Role::User)]) };
        check(GrantIndex::default(), &[]);
        check(GrantIndex { everyone: Some(Role::User), subjects: HashMap::default() }, &[1, 2]);
        check(subject(2), &[2]);
        check(subject(50), &[1]);
        check(subject(3), &[3]);
        check(subject(4), &[]);
    }

    #[test]
    fn tool_switches() {
        fn check(others_off: bool, on: &[&str], off: &[&str], expected: &[&str]) {
            let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
            let switches = ToolSwitches { others_off, on: names(on), off: names(off) };
            let tools = ["a", "b", "c"];
            let are_on: Vec<&str> = tools.into_iter().filter(|tool| is_on(Some(&switches), tool)).collect();
            assert_eq!(are_on, expected, "{switches:?}");
        }
        check(false, &[], &[], &["a", "b", "c"]);
        check(true, &[], &[], &[]);
        check(false, &[], &["b"], &["a", "c"]);
        check(true, &["b"], &[], &["b"]);
        check(true, &["a", "b"], &["b"], &["a"]);
        assert!(is_on(None, "a"));
    }
}
