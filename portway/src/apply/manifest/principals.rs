//! Documents of groups and service accounts.

use control_plane::domain::access::TenantRole;
use control_plane::domain::fields;

use super::super::yaml::Node;
use super::{AccountSpec, GroupSpec, Name, Reader, find};

impl Reader<'_> {
    pub(super) fn group(&mut self, document: &Node) -> Option<GroupSpec> {
        let (name, spec) = self.head(document, "name", fields::name)?;
        let entries = self.map(spec, "spec", &["tenantRole", "members"])?;
        let tenant_role = find(entries, "tenantRole").map(|node| self.tenant_role(node));
        let members = find(entries, "members").map(|node| self.members(node));
        Some(GroupSpec {
            place: self.place(document.line),
            name: Name(name?),
            tenant_role: tenant_role.unwrap_or(Some(None))?,
            members: match members {
                Some(members) => Some(members?),
                None => None,
            },
        })
    }

    /// `none` rather than nothing: a word that stands for itself.
    fn tenant_role(&mut self, node: &Node) -> Option<Option<TenantRole>> {
        match self.text(node, "spec.tenantRole")? {
            "none" => Some(None),
            "admin" => Some(Some(TenantRole::Admin)),
            "auditor" => Some(Some(TenantRole::Auditor)),
            _ => {
                self.wrong(node.line, "spec.tenantRole", "must be admin, auditor or none");
                None
            }
        }
    }

    /// User names in lower case, each once.
    fn members(&mut self, node: &Node) -> Option<Vec<String>> {
        let names = self.list(node, "spec.members", |reader, node, field| {
            reader.text(node, field).map(|name| name.trim().to_lowercase())
        })?;
        let twice = names.iter().enumerate().find(|(at, name)| names.iter().take(*at).any(|first| first == *name));
        if let Some((_, name)) = twice {
            self.wrong(node.line, "spec.members", format!("{name} is there twice"));
            return None;
        }
        Some(names)
    }

    pub(super) fn account(&mut self, document: &Node) -> Option<AccountSpec> {
        let (name, spec) = self.head(document, "name", fields::name)?;
        let entries = self.map(spec, "spec", &["description", "enabled"])?;
        let description =
            find(entries, "description").map(|node| self.checked(node, "spec.description", fields::description));
        let enabled = find(entries, "enabled").map(|node| self.truth(node, "spec.enabled"));
        Some(AccountSpec {
            place: self.place(document.line),
            name: Name(name?),
            description: description.unwrap_or_else(|| Some(String::new()))?,
            enabled: enabled.unwrap_or(Some(true))?,
        })
    }
}
