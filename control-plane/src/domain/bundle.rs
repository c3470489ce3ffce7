//! What a virtual server is made of: members, what each of them offers, and the names it is offered under. Pure.

use std::collections::{HashMap, HashSet};

use proto::members::{Alias, NAME_LEN_MAX};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::fields::{self, Mistakes};
use super::ids::ServerId;
use super::limits::{MEMBER_ITEMS_MAX, MEMBERS_MAX};
use super::upstream_oauth::is_off;

/// A server within a virtual one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Member {
    pub server_id: ServerId,
    /// Begins the names of what it offers: 1 to 20 lower-case letters, digits and hyphens, starting with a letter.
    pub alias: String,
    #[serde(default)]
    pub offer: Offer,
}

/// What of a member is offered; a kind that is left out is offered whole.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Offer {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tools: Option<Vec<Item>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompts: Option<Vec<Item>>,
    /// By URI.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resources: Option<Vec<Item>>,
    /// By URI template.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_templates: Option<Vec<Item>>,
    /// Its resources keep their URIs, without the alias; for one member at most.
    #[serde(skip_serializing_if = "is_off")]
    pub plain_uris: bool,
}

/// One thing that is offered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// The member's own name of it.
    pub name: String,
    /// What clients call it; absent: the alias, an underscore and the name. Not for resources: those keep their URIs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exposed_as: Option<String>,
    /// What clients read about it; absent: the member's own description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// Every mistake of a list of members, by field.
pub fn check(members: &[Member], mistakes: &mut Mistakes) {
    if members.is_empty() || members.len() > MEMBERS_MAX {
        mistakes.add("members", ("members.count", format!("must be 1 to {MEMBERS_MAX} servers")));
    }
    let (mut servers, mut aliases) = (HashSet::new(), HashMap::new());
    for (index, member) in members.iter().enumerate() {
        if !servers.insert(member.server_id) {
            let message = "is a member already: choose all of its tools in one place".to_owned();
            mistakes.add(&format!("members[{index}].server_id"), ("members.twice", message));
        }
        let field = format!("members[{index}].alias");
        let alias = mistakes.take(&field, Alias::parse(&member.alias).map_err(|why| ("members.alias", why.to_owned())));
        if member.offer.plain_uris && members.iter().take(index).any(|other| other.offer.plain_uris) {
            let message = "is for one member at most: nobody could tell whose a URI is".to_owned();
            mistakes.add(&format!("members[{index}].offer.plain_uris"), ("members.plain_uris", message));
        }
        if let Some(alias) = alias
            && aliases.insert(member.alias.clone(), alias).is_some()
        {
            mistakes.add(&field, ("members.alias_twice", "is the alias of another member".to_owned()));
        }
    }
    for kind in [Kind::Tools, Kind::Prompts] {
        names(members, kind, &aliases, mistakes);
    }
    for (index, member) in members.iter().enumerate() {
        for (key, list) in
            [("resources", &member.offer.resources), ("resource_templates", &member.offer.resource_templates)]
        {
            let list = list.as_deref().unwrap_or_default();
            items(list, &format!("members[{index}].offer.{key}"), mistakes);
            for (at, _) in list.iter().enumerate().filter(|(_, item)| item.exposed_as.is_some()) {
                let field = format!("members[{index}].offer.{key}[{at}].exposed_as");
                mistakes.add(
                    &field,
                    ("members.exposed_as", "is for tools and prompts: resources keep their URIs".to_owned()),
                );
            }
        }
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Tools,
    Prompts,
}

impl Kind {
    const fn key(self) -> &'static str {
        match self {
            Self::Tools => "tools",
            Self::Prompts => "prompts",
        }
    }

    fn of(self, offer: &Offer) -> &[Item] {
        let list = match self {
            Self::Tools => &offer.tools,
            Self::Prompts => &offer.prompts,
        };
        list.as_deref().unwrap_or_default()
    }
}

/// No name stands for two things, and none that is chosen could be another member's (ATK-23).
fn names(members: &[Member], kind: Kind, aliases: &HashMap<String, Alias>, mistakes: &mut Mistakes) {
    let mut taken: HashMap<String, &str> = HashMap::new();
    for (index, member) in members.iter().enumerate() {
        let (key, list) = (kind.key(), kind.of(&member.offer));
        items(list, &format!("members[{index}].offer.{key}"), mistakes);
        for (at, item) in list.iter().enumerate() {
            let field = format!("members[{index}].offer.{key}[{at}].exposed_as");
            let name = match &item.exposed_as {
                Some(name) => {
                    if !is_plain(name) {
                        let message =
                            format!("must be 1 to {NAME_LEN_MAX} letters, digits, underscores, hyphens and dots");
                        mistakes.add(&field, ("members.exposed_as", message));
                    }
                    let other = aliases.values().find(|alias| alias.own_name(name).is_some());
                    if let Some(alias) = other {
                        let message = format!(
                            "could be a name of the member {alias}: choose one that does not begin with {alias}_"
                        );
                        mistakes.add(&field, ("members.shadowing", message));
                    }
                    name.clone()
                }
                None => match aliases.get(&member.alias) {
                    Some(alias) => alias.exposed(&item.name),
                    None => continue,
                },
            };
            if let Some(owner) = taken.insert(name.clone(), &member.alias) {
                let message = format!("is the name {name} again, which {owner} has already");
                mistakes.add(&field, ("members.collision", message));
            }
        }
    }
}

fn items(list: &[Item], field: &str, mistakes: &mut Mistakes) {
    if list.len() > MEMBER_ITEMS_MAX {
        mistakes.add(field, ("members.items", format!("must have at most {MEMBER_ITEMS_MAX} entries")));
    }
    let mut seen = HashSet::new();
    for (at, item) in list.iter().enumerate() {
        mistakes.take(&format!("{field}[{at}].name"), fields::item_name("members.name", &item.name));
        if !seen.insert(&item.name) {
            mistakes.add(&format!("{field}[{at}].name"), ("members.name_twice", "is chosen already".to_owned()));
        }
        if let Some(description) = &item.description {
            mistakes.take(&format!("{field}[{at}].description"), fields::description(description));
        }
    }
}

fn is_plain(name: &str) -> bool {
    let letters = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte));
    letters && !name.is_empty() && name.len() <= NAME_LEN_MAX
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::Error;

    fn item(name: &str, exposed_as: Option<&str>) -> Item {
        Item { name: name.to_owned(), exposed_as: exposed_as.map(str::to_owned), description: None }
    }

    fn member(number: u128, alias: &str, tools: Option<Vec<Item>>) -> Member {
        let offer = Offer { tools, ..Offer::default() };
        Member { server_id: ServerId(Uuid::from_u128(number)), alias: alias.to_owned(), offer }
    }

    fn codes(members: &[Member]) -> Vec<String> {
        let mut mistakes = Mistakes::default();
        check(members, &mut mistakes);
        match mistakes.finish(Some(())) {
            Err(Error::InvalidFields(errors)) => {
                errors.iter().map(|one| format!("{} {}", one.field, one.code)).collect()
            }
            _ => Vec::new(),
        }
    }

    #[test]
    fn members_and_their_names() {
        let none: [&str; 0] = [];
        assert_eq!(codes(&[]), ["members members.count"]);
        let two = [member(1, "gh", None), member(2, "jira", Some(vec![item("a", None), item("b", Some("bee"))]))];
        assert_eq!(codes(&two), none);
        assert_eq!(codes(&[member(1, "gh", None), member(1, "hg", None)]), ["members[1].server_id members.twice"]);
        assert_eq!(codes(&[member(1, "gh", None), member(2, "gh", None)]), ["members[1].alias members.alias_twice"]);
        assert_eq!(codes(&[member(1, "G_h", None)]), ["members[0].alias members.alias"]);
        let many = vec![member(1, "gh", Some(vec![item("a", None); 2]))];
        assert_eq!(
            codes(&many),
            [
                "members[0].offer.tools[1].name members.name_twice",
                "members[0].offer.tools[1].exposed_as members.collision"
            ]
        );
    }

    #[test]
    fn atk_23_no_chosen_name_takes_anothers_place() {
        let shadow = [member(1, "gh", None), member(2, "jira", Some(vec![item("a", Some("gh_search"))]))];
        assert_eq!(codes(&shadow), ["members[1].offer.tools[0].exposed_as members.shadowing"]);
        let same = [
            member(1, "gh", Some(vec![item("a", Some("find"))])),
            member(2, "jira", Some(vec![item("b", Some("find"))])),
        ];
        assert_eq!(codes(&same), ["members[1].offer.tools[0].exposed_as members.collision"]);
        let bad = [member(1, "gh", Some(vec![item("a", Some("fi nd")), item("\u{7}", None)]))];
        assert_eq!(codes(&bad).len(), 2);
    }
}
