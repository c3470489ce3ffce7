//! What must change of the members of a virtual server.

use control_plane::domain::bundle::Item;
use control_plane::domain::ids::ServerId;
use control_plane::domain::limits::MEMBERS_MAX;

use super::super::manifest::{Manifest, Member, MemberSpec, Mistake, ReachSpec, ServerSpec};
use super::super::present::{Present, Reach, Server};
use super::Line;

/// Members that are nowhere, go away, or have members themselves; and a server that would become another kind of thing.
pub(super) fn mistakes(spec: &ServerSpec, manifest: &Manifest, present: &Present, prune: bool) -> Vec<Mistake> {
    let was_virtual = present.server(&spec.slug).map(Server::is_virtual);
    if was_virtual.is_some_and(|was| was != spec.is_virtual()) {
        let (field, message) = match spec.is_virtual() {
            true => ("spec.members", "is for virtual servers, and this one has a URL: use another slug"),
            false => ("spec.url", "is for servers of their own, and this one has members: use another slug"),
        };
        return vec![Mistake { place: spec.place.clone(), field: field.to_owned(), message: message.to_owned() }];
    }
    let is_left_empty = present
        .server(&spec.slug)
        .is_some_and(|server| matches!(&server.reach, Reach::Members(none) if none.is_empty()));
    if spec.is_virtual() && spec.members().is_empty() && !is_left_empty {
        let (field, message) = ("spec.members".to_owned(), format!("must be 1 to {MEMBERS_MAX} servers"));
        return vec![Mistake { place: spec.place.clone(), field, message }];
    }
    let wrong = spec.members().iter().zip(0..).filter_map(|(MemberSpec { place, member }, at)| {
        let message = unfit(&member.server, manifest, present, prune)?;
        Some(Mistake { place: place.clone(), field: format!("spec.members[{at}].server"), message })
    });
    wrong.collect()
}

/// Why something cannot be a member.
fn unfit(name: &str, manifest: &Manifest, present: &Present, prune: bool) -> Option<String> {
    let has_members = match (manifest.server(name), present.seen(name)) {
        (Some(spec), _) => spec.is_virtual(),
        (None, Some(server)) => server.is_virtual,
        // By its id: the control plane knows.
        (None, None) if name.parse::<ServerId>().is_ok() => return None,
        (None, None) => {
            return Some(format!(
                "there is no server {name} that you see: describe it in a file, or register it first"
            ));
        }
    };
    if has_members {
        return Some(format!("{name} is a virtual server: name its members"));
    }
    let goes = prune && manifest.server(name).is_none() && present.server(name).is_some();
    goes.then(|| format!("{name} is in no file, and --prune deletes it: describe it, or leave it out here"))
}

/// One line for each member that comes, changes or goes.
pub(super) fn changes(spec: &ServerSpec, server: &Server) -> Vec<Line> {
    let (ReachSpec::Members(wanted), Reach::Members(stored)) = (&spec.reach, &server.reach) else { return Vec::new() };
    let wanted: Vec<&Member> = wanted.iter().map(|one| &one.member).collect();
    let mut lines = Vec::new();
    for member in &wanted {
        match stored.iter().find(|one| one.server == member.server) {
            None => lines.push(('+', 1, shown(member))),
            Some(before) if before != *member => {
                lines.push(('~', 1, format!("{} → {}", shown(before), shown(member))));
            }
            Some(_) => {}
        }
    }
    let gone = stored.iter().filter(|one| !wanted.iter().any(|member| member.server == one.server));
    lines.extend(gone.map(|one| ('-', 1, shown(one))));
    if lines.is_empty() && !stored.iter().eq(wanted.iter().copied()) {
        let order: Vec<&str> = wanted.iter().map(|member| member.server.as_str()).collect();
        lines.push(('~', 1, format!("order of members: {}", order.join(", "))));
    }
    lines
}

/// A member on one line: what is left out of its offer is offered whole.
pub(super) fn shown(member: &Member) -> String {
    let offer = &member.offer;
    let kinds = [
        ("tools", &offer.tools),
        ("prompts", &offer.prompts),
        ("resources", &offer.resources),
        ("resourceTemplates", &offer.resource_templates),
    ];
    let chosen = kinds.into_iter().filter_map(|(kind, items)| Some(format!("{kind} {}", list(items.as_deref()?))));
    let mut parts: Vec<String> = chosen.collect();
    parts.extend(offer.plain_uris.then(|| "plainUris".to_owned()));
    let offered = if parts.is_empty() { String::new() } else { format!(" ({})", parts.join("; ")) };
    format!("member {} as {}{offered}", member.server, member.alias)
}

fn list(items: &[Item]) -> String {
    let item = |item: &Item| {
        let name = match &item.exposed_as {
            Some(exposed_as) => format!("{} as {exposed_as}", item.name),
            None => item.name.clone(),
        };
        match &item.description {
            Some(description) => format!("{name} {}", super::shown(description)),
            None => name,
        }
    };
    format!("[{}]", items.iter().map(item).collect::<Vec<_>>().join(", "))
}
