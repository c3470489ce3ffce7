//! What a virtual server is made of, as files say it: as the API has it, with the slugs of the members for their ids.

use std::collections::HashMap;

use control_plane::domain::Error;
use control_plane::domain::bundle::{self, Item, Offer};
use control_plane::domain::fields::{self, Mistake as Wrong, Mistakes};
use control_plane::domain::ids::ServerId;
use uuid::Uuid;

use super::super::yaml::{Entry, Node, Value};
use super::{Member, MemberSpec, Reader, find, joined};

impl Reader<'_> {
    /// None at all may be what is left of a virtual server: that is for the plan to know.
    pub(super) fn bundled(&mut self, node: &Node) -> Option<Vec<MemberSpec>> {
        let members = self.list(node, "spec.members", Self::member)?;
        (members.is_empty() || self.fit_together(node, &members)).then_some(members)
    }

    fn member(&mut self, node: &Node, field: &str) -> Option<MemberSpec> {
        let entries = self.map(node, field, &["server", "alias", "offer"])?;
        let server = self.required(node, entries, field, "server");
        let server = server.and_then(|node| self.checked(node, &joined(field, "server"), server_name));
        let alias = self.required(node, entries, field, "alias");
        let alias = alias.and_then(|node| self.owned(node, &joined(field, "alias")));
        let offer = find(entries, "offer").map(|node| self.offer(node, &joined(field, "offer")));
        let offer = offer.unwrap_or_else(|| Some(Offer::default()));
        let member = Member { server: server?, alias: alias?, offer: offer? };
        Some(MemberSpec { place: self.place(node.line), member })
    }

    fn offer(&mut self, node: &Node, field: &str) -> Option<Offer> {
        let known = ["tools", "prompts", "resources", "resourceTemplates", "plainUris"];
        let entries = self.map(node, field, &known)?;
        let tools = self.items(entries, field, "tools");
        let prompts = self.items(entries, field, "prompts");
        let resources = self.items(entries, field, "resources");
        let resource_templates = self.items(entries, field, "resourceTemplates");
        let plain_uris = find(entries, "plainUris").map(|node| self.truth(node, &joined(field, "plainUris")));
        Some(Offer {
            tools: tools?,
            prompts: prompts?,
            resources: resources?,
            resource_templates: resource_templates?,
            plain_uris: plain_uris.unwrap_or(Some(false))?,
        })
    }

    /// A list that may be absent; `None` is a mistake.
    fn items(&mut self, entries: &[Entry], within: &str, key: &str) -> Option<Option<Vec<Item>>> {
        match find(entries, key) {
            Some(node) => self.list(node, &joined(within, key), Self::item).map(Some),
            None => Some(None),
        }
    }

    fn item(&mut self, node: &Node, field: &str) -> Option<Item> {
        let entries = self.map(node, field, &["name", "exposedAs", "description"])?;
        let name = self.required(node, entries, field, "name");
        let name = name.and_then(|node| self.owned(node, &joined(field, "name")));
        let exposed_as = find(entries, "exposedAs").map(|node| self.owned(node, &joined(field, "exposedAs")));
        let description = find(entries, "description").map(|node| self.owned(node, &joined(field, "description")));
        Some(Item {
            name: name?,
            exposed_as: match exposed_as {
                Some(text) => Some(text?),
                None => None,
            },
            description: match description {
                Some(text) => Some(text?),
                None => None,
            },
        })
    }

    /// What the control plane says of them together. It knows members by id, so each name stands for one here.
    fn fit_together(&mut self, node: &Node, members: &[MemberSpec]) -> bool {
        let mut numbers: HashMap<&str, u128> = HashMap::new();
        let numbered = members.iter().zip(0..).map(|(MemberSpec { member, .. }, at)| {
            let number = *numbers.entry(member.server.as_str()).or_insert(at);
            let server_id = ServerId(Uuid::from_u128(number));
            bundle::Member { server_id, alias: member.alias.clone(), offer: member.offer.clone() }
        });
        let mut mistakes = Mistakes::default();
        bundle::check(&numbered.collect::<Vec<_>>(), &mut mistakes);
        match mistakes.finish(Some(())) {
            Ok(()) => true,
            Err(Error::InvalidFields(errors)) => {
                for error in errors {
                    self.wrong(line(node, &error.field), &in_files(&error.field), error.message);
                }
                false
            }
            Err(error) => {
                self.wrong(node.line, "spec.members", error.to_string());
                false
            }
        }
    }
}

/// A slug; or an id, which stands for what whoever exported does not see.
pub(super) fn server_name(text: &str) -> Result<String, Wrong> {
    match text.parse::<ServerId>() {
        Ok(id) => Ok(id.to_string()),
        Err(_) => fields::server_slug(text).map(|slug| slug.to_string()),
    }
}

/// The API's name of a field as files have it.
fn in_files(field: &str) -> String {
    let field = field.replacen("server_id", "server", 1).replacen("exposed_as", "exposedAs", 1);
    let field = field.replacen("resource_templates", "resourceTemplates", 1).replacen("plain_uris", "plainUris", 1);
    format!("spec.{field}")
}

/// Where the member is that a field such as `members[2].alias` belongs to.
fn line(node: &Node, field: &str) -> usize {
    let index = field.strip_prefix("members[").and_then(|rest| rest.split(']').next()?.parse::<usize>().ok());
    match (&node.value, index) {
        (Value::List(items), Some(index)) => items.get(index).map_or(node.line, |item| item.line),
        _ => node.line,
    }
}
