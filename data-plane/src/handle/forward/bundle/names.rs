//! Whose thing a name stands for, by the name alone. Pure.
//!
//! A name that a manager chose counts before the names that are made of aliases; the control plane lets none be chosen
//! that would hide another member's (ATK-23).

use std::borrow::Cow;

use proto::members::may_be_shortened;

use crate::snapshot::{Choice, Item, Member};

/// Things with names of their own; resources have URIs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Tool,
    Prompt,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found<'m> {
    /// The member, and what it calls the thing.
    At(&'m Member, String),
    /// A shortened name: this member's list says what it stands for.
    Among(&'m Member),
    Nowhere,
}

impl Kind {
    pub(super) fn of(self, member: &Member) -> &Choice {
        match self {
            Self::Tool => &member.offer.tools,
            Self::Prompt => &member.offer.prompts,
        }
    }
}

/// What clients call a thing of this member, and how it is described to them, if that is not the member's own word.
/// `None`: it is not offered.
pub(super) fn exposed<'m>(kind: Kind, member: &'m Member, own: &str) -> Option<(String, Option<&'m str>)> {
    let item = kind.of(member).find(own)?;
    let name = item.and_then(|item| item.exposed_as.clone()).unwrap_or_else(|| member.alias.exposed(own));
    Some((name, item.and_then(|item| item.description.as_deref())))
}

pub(super) fn find<'m>(kind: Kind, members: &'m [Member], name: &str) -> Found<'m> {
    for member in members {
        if let Choice::Only(items) = kind.of(member)
            && let Some(item) = items.iter().find(|item| called(member, item) == name)
        {
            return Found::At(member, item.name.clone());
        }
    }
    // Aliases have no underscore: no two of them fit one name.
    let of_alias = members.iter().find_map(|member| Some((member, member.alias.own_name(name)?)));
    match of_alias {
        Some((member, own)) if *kind.of(member) == Choice::All => match may_be_shortened(name) {
            true => Found::Among(member),
            false => Found::At(member, own.to_owned()),
        },
        _ => Found::Nowhere,
    }
}

fn called<'i>(member: &Member, item: &'i Item) -> Cow<'i, str> {
    match &item.exposed_as {
        Some(name) => Cow::Borrowed(name),
        None => Cow::Owned(member.alias.exposed(&item.name)),
    }
}

/// The member of a resource or a template, and its own URI; `None`: nobody's, or not offered.
pub(super) fn find_uri<'m, 'u>(members: &'m [Member], uri: &'u str) -> Option<(&'m Member, &'u str)> {
    let of_alias = members.iter().find_map(|member| Some((member, member.alias.own_uri(uri)?)));
    let of_alias = of_alias.filter(|(member, _)| !member.offer.plain_uris);
    let (member, own) = of_alias.or_else(|| Some((members.iter().find(|member| member.offer.plain_uris)?, uri)))?;
    let offer = &member.offer;
    // What a template makes is a URI like any other: it is offered if its template may be.
    let is_offered = offer.resources.find(own).is_some()
        || match &offer.templates {
            Choice::All => true,
            Choice::Only(items) => items.iter().any(|item| item.name == own || could_make(&item.name, own)),
        };
    is_offered.then_some((member, own))
}

/// Whether a URI template (RFC 6570) could expand to this URI: its fixed parts stand in it, in order.
fn could_make(template: &str, uri: &str) -> bool {
    let (mut rest, mut at_start) = (uri, true);
    let mut parts = template.split('{');
    let first = parts.next().unwrap_or_default();
    let mut fixed = vec![first];
    fixed.extend(parts.map(|part| part.split_once('}').map_or("", |(_, fixed)| fixed)));
    let last = fixed.len() - 1;
    for (position, part) in fixed.into_iter().enumerate() {
        let found = match (at_start, position == last) {
            (true, true) => return rest == part,
            (true, false) => rest.strip_prefix(part),
            (false, true) => return rest.ends_with(part),
            (false, false) => rest.find(part).and_then(|at| rest.get(at + part.len()..)),
        };
        let Some(after) = found else { return false };
        (rest, at_start) = (after, false);
    }
    true
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proto::members::Alias;
    use uuid::Uuid;

    use super::*;
    use crate::snapshot::Offer;

    fn item(name: &str, exposed_as: Option<&str>) -> Item {
        Item { name: name.to_owned(), exposed_as: exposed_as.map(str::to_owned), description: None }
    }

    fn member(alias: &str, tools: Choice, resources: Choice, templates: Choice) -> Member {
        Member {
            server_id: Uuid::nil(),
            slug: "server".parse().expect("slug"),
            alias: Alias::parse(alias).expect("alias"),
            offer: Arc::new(Offer { tools, prompts: Choice::All, resources, templates, plain_uris: false }),
        }
    }

    fn members() -> [Member; 2] {
        [
            member("gh", Choice::All, Choice::All, Choice::All),
            member(
                "jira",
                Choice::Only(vec![item("search", None), item("make_issue", Some("new_ticket"))]),
                Choice::Only(vec![item("file:///a", None)]),
                Choice::Only(vec![item("jira://{project}/issues/{id}", None)]),
            ),
        ]
    }

    #[test]
    fn atk_05_what_is_listed_is_found_and_nothing_else() {
        fn check(name: &str, expected: Option<(&str, &str)>) {
            let members = members();
            let found = match find(Kind::Tool, &members, name) {
                Found::At(member, own) => Some((member.alias.to_string(), own)),
                Found::Among(member) => Some((member.alias.to_string(), "?".to_owned())),
                Found::Nowhere => None,
            };
            assert_eq!(found, expected.map(|(alias, own)| (alias.to_owned(), own.to_owned())), "{name}");
        }
        check("gh_search", Some(("gh", "search")));
        check("gh_", Some(("gh", "")));
        check("jira_search", Some(("jira", "search")));
        check("new_ticket", Some(("jira", "make_issue")));
        check("jira_make_issue", None);
        check("jira_delete_everything", None);
        check("search", None);
        check("other_search", None);
        check(&Alias::parse("gh").expect("alias").exposed(&"x".repeat(80)), Some(("gh", "?")));
        for member in members() {
            for own in ["search", "make_issue", "delete_everything"] {
                if let Some((name, _)) = exposed(Kind::Tool, &member, own) {
                    check(&name, Some((member.alias.as_str(), own)));
                }
            }
        }
    }

    #[test]
    fn uris() {
        fn check(uri: &str, expected: Option<(&str, &str)>) {
            let members = members();
            let found = find_uri(&members, uri).map(|(member, own)| (member.alias.to_string(), own));
            assert_eq!(found, expected.map(|(alias, own)| (alias.to_owned(), own)), "{uri}");
        }
        check("gh+file:///x", Some(("gh", "file:///x")));
        check("jira+file:///a", Some(("jira", "file:///a")));
        check("jira+file:///b", None);
        check("jira+jira://core/issues/7", Some(("jira", "jira://core/issues/7")));
        check("jira+jira://{project}/issues/{id}", Some(("jira", "jira://{project}/issues/{id}")));
        check("jira+jira://core/pages/7", None);
        check("file:///x", None);
        check("other+file:///x", None);
    }

    #[test]
    fn templates() {
        assert!(could_make("a://{x}", "a://1"));
        assert!(could_make("a://{x}/b", "a://1/b"));
        assert!(!could_make("a://{x}/b", "a://1/c"));
        assert!(could_make("{+url}", "https://anything"));
        assert!(!could_make("a://fixed", "a://other"));
        assert!(could_make("a://fixed", "a://fixed"));
    }
}
