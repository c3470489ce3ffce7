//! Phase 5: how often. Whoever is here has been let in, so strangers drain nobody's budget (ATK-32); lists and discovery
//! count like everything that has an answer (ATK-33). What carries no question counts nowhere: notifications, replies,
//! pings, the end of a session.
//!
//! A call through a virtual server counts at the virtual server and at the member that has the tool, under the member's
//! own name of it. A question to all members counts once at the virtual server, and at each member under the rules that
//! name that member.

use std::sync::Arc;

use aws_lc_rs::digest::{Context, SHA256};
use uuid::Uuid;

use super::authenticate::Caller;
use super::decode::Meaning;
use super::record::Recorder;
use crate::Node;
use crate::error::{Failure, Limited};
use crate::limiter::{Charge, Verdict};
use crate::mcp::method::Method;
use crate::metrics::LimitDecision;
use crate::snapshot::{LimitRule, Principal, Server};

/// How a stream without a message is counted.
const LISTEN: &str = "http/get";

/// Whose requests are counted, and at which server.
#[derive(Clone, Copy)]
pub(super) struct Meter<'a> {
    pub(super) node: &'a Node,
    pub(super) caller: &'a Caller,
    /// The server that the URL names.
    pub(super) entry: &'a Server,
    pub(super) recorder: &'a Recorder,
}

/// What is asked for, as far as rules look at it.
struct Ask<'a> {
    /// Who asks.
    principal: &'a Principal,
    /// The server that is called: of a virtual one the member, once that is known.
    server: Uuid,
    method: &'a str,
    tool: Option<&'a str>,
}

impl Meter<'_> {
    /// A message to the server that the URL names. What a virtual server passes on to one member waits until it is known
    /// to which.
    pub(super) async fn message(self, meaning: &Meaning) -> Result<(), Failure> {
        let Some(method) = meaning.method.filter(|method| *method != Method::Ping) else { return Ok(()) };
        if self.entry.members.is_some() && method.is_about_one_thing() {
            return Ok(());
        }
        self.count(None, method.name(), meaning.tool()).await
    }

    /// A client that wants to listen.
    pub(super) async fn listening(self) -> Result<(), Failure> {
        self.count(None, LISTEN, None).await
    }

    /// A message that a virtual server passes on to the member that it is for, with that member's name of its target.
    pub(super) async fn routed(self, member: Uuid, meaning: &Meaning) -> Result<(), Failure> {
        let Some(method) = meaning.method.filter(|method| method.is_about_one_thing()) else { return Ok(()) };
        self.count(Some(member), method.name(), meaning.tool()).await
    }

    /// One of many questions that a request to a virtual server causes.
    pub(super) async fn aside(self, member: Uuid, meaning: &Meaning) -> Result<(), Failure> {
        let Some(method) = meaning.method else { return Ok(()) };
        let principal = self.principal()?;
        let rules = self.caller.snapshot.limits.of_member(member, self.entry.id, principal);
        self.charge(&rules, &Ask { principal, server: member, method: method.name(), tool: None }).await
    }

    async fn count(self, member: Option<Uuid>, method: &str, tool: Option<&str>) -> Result<(), Failure> {
        let limits = &self.caller.snapshot.limits;
        if limits.is_empty() {
            return Ok(());
        }
        let (principal, server) = (self.principal()?, member.unwrap_or(self.entry.id));
        let rules = limits.matching(&[self.entry.id, server], principal, tool);
        self.charge(&rules, &Ask { principal, server, method, tool }).await
    }

    fn principal(&self) -> Result<&Principal, Failure> {
        let principal = self.caller.snapshot.principals.get(&self.caller.principal_id);
        principal.map(|principal| &**principal).ok_or(Failure::NotFound)
    }

    async fn charge(&self, rules: &[&LimitRule], ask: &Ask<'_>) -> Result<(), Failure> {
        if rules.is_empty() {
            return Ok(());
        }
        let (node, tenant) = (self.node, self.caller.snapshot.tenant_id);
        self.recorder.rules(rules.iter().map(|rule| rule.id));
        let charges: Vec<Charge<'_>> = rules.iter().map(|rule| Charge { rule, budget: budget(rule, ask) }).collect();
        let name = |charge: usize| rules.get(charge).map_or_else(|| Arc::from(""), |rule| rule.name.clone());
        match node.limiter.charge(tenant, &charges).await {
            Verdict::Allowed { over } => {
                let decision = if over.is_empty() { LimitDecision::allowed } else { LimitDecision::would_refuse };
                node.metrics.limit(decision);
                for rule in over.iter().filter_map(|place| rules.get(*place)) {
                    tracing::debug!(tenant.id = %tenant, rule.id = %rule.id, "a watched limit would have refused");
                }
                Ok(())
            }
            Verdict::Refused { charge, retry_after } => {
                node.metrics.limit(LimitDecision::refused);
                Err(Failure::RateLimited(Limited { rule: name(charge), retry_after_s: seconds(retry_after) }))
            }
            Verdict::Uncounted { charge } => {
                node.metrics.limit(LimitDecision::uncounted);
                Err(Failure::LimitUncounted(name(charge)))
            }
        }
    }
}

/// Rounded up: who comes back then is let in.
fn seconds(time: std::time::Duration) -> u32 {
    u32::try_from(time.as_micros().div_ceil(1_000_000)).unwrap_or(u32::MAX)
}

/// Which budget of the rule this is. A fingerprint: what people and tools are called does not leave the process.
fn budget(rule: &LimitRule, ask: &Ask<'_>) -> u128 {
    let apart = rule.counted_apart;
    if !(apart.subject || apart.server || apart.tool) {
        return 0;
    }
    let mut context = Context::new(&SHA256);
    if apart.subject {
        context.update(ask.principal.id.as_bytes());
    }
    if apart.server {
        context.update(ask.server.as_bytes());
    }
    match ask.tool {
        Some(tool) if apart.tool => {
            context.update(b"t");
            context.update(tool.as_bytes());
        }
        None if apart.tool => {
            context.update(b"m");
            context.update(ask.method.as_bytes());
        }
        _ => {}
    }
    let digest = context.finish();
    digest.as_ref().first_chunk().map_or(0, |bytes| u128::from_be_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{CountedApart, PrincipalKind};

    #[test]
    fn what_has_a_budget_of_its_own() {
        let person = |number| Principal {
            id: Uuid::from_u128(number),
            kind: PrincipalKind::User,
            active: true,
            epoch: 0,
            credentials: 0,
            group_ids: Default::default(),
        };
        let check = |subject, server, tool, differing: [bool; 4]| {
            let counted_apart = CountedApart { subject, server, tool };
            let mut rule = LimitRule::plain(Uuid::nil(), 5, 60);
            rule.counted_apart = counted_apart;
            let (ana, ben) = (person(1), person(2));
            let ask =
                |principal, server, method, tool| Ask { principal, server: Uuid::from_u128(server), method, tool };
            let one = budget(&rule, &ask(&ana, 1, "tools/call", Some("a")));
            let others = [
                ask(&ben, 1, "tools/call", Some("a")),
                ask(&ana, 2, "tools/call", Some("a")),
                ask(&ana, 1, "tools/call", Some("b")),
                ask(&ana, 1, "tools/list", None),
            ];
            assert_eq!(others.map(|other| budget(&rule, &other) != one), differing, "{counted_apart:?}");
        };
        check(false, false, false, [false; 4]);
        check(true, false, false, [true, false, false, false]);
        check(false, true, false, [false, true, false, false]);
        check(false, false, true, [false, false, true, true]);
        check(true, true, true, [true; 4]);
        assert_eq!(seconds(std::time::Duration::from_micros(1)), 1);
    }
}
