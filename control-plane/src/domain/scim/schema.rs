//! What attributes there are: read from `schemas.json`, which is also what `/Schemas` shows. Members that the file leaves
//! out have the default of RFC 7643 §2.2.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

/// Names of schemas.
pub const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
pub const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
pub const ENTERPRISE_USER: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
pub const SERVICE_PROVIDER_CONFIG: &str = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig";
pub const RESOURCE_TYPE: &str = "urn:ietf:params:scim:schemas:core:2.0:ResourceType";
pub const SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:Schema";
/// Names of messages.
pub const LIST_RESPONSE: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
pub const SEARCH_REQUEST: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";
pub const ERROR: &str = "urn:ietf:params:scim:api:messages:2.0:Error";

/// What can be provisioned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    User,
    Group,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct Schema {
    pub id: String,
    pub name: String,
    pub description: String,
    pub attributes: Vec<Attribute>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attribute {
    pub name: String,
    #[serde(rename = "type", default)]
    pub value_type: ValueType,
    #[serde(default)]
    pub multi_valued: bool,
    #[serde(default)]
    pub required: bool,
    #[serde(default)]
    pub case_exact: bool,
    #[serde(default)]
    pub mutability: Mutability,
    #[serde(default)]
    pub returned: Returned,
    #[serde(default)]
    pub uniqueness: Uniqueness,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub canonical_values: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reference_types: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sub_attributes: Vec<Attribute>,
}

macro_rules! word {
    ($name:ident { $first:ident $(, $rest:ident)* }) => {
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "camelCase")]
        pub enum $name { #[default] $first $(, $rest)* }
    };
}

word!(ValueType { String, Boolean, Decimal, Integer, DateTime, Reference, Binary, Complex });
word!(Mutability { ReadWrite, ReadOnly, Immutable, WriteOnly });
word!(Returned { Default, Always, Never, Request });
word!(Uniqueness { None, Server, Global });

/// Attributes of every resource, which no schema lists (RFC 7643 §3.1).
const COMMON: &str = r#"[
    {"name": "schemas", "multiValued": true, "returned": "always", "caseExact": true},
    {"name": "id", "caseExact": true, "mutability": "readOnly", "returned": "always", "uniqueness": "server"},
    {"name": "externalId", "caseExact": true},
    {"name": "meta", "type": "complex", "mutability": "readOnly", "subAttributes": [
        {"name": "resourceType", "caseExact": true, "mutability": "readOnly"},
        {"name": "created", "type": "dateTime", "mutability": "readOnly"},
        {"name": "lastModified", "type": "dateTime", "mutability": "readOnly"},
        {"name": "location", "type": "reference", "caseExact": true, "mutability": "readOnly"},
        {"name": "version", "caseExact": true, "mutability": "readOnly"}
    ]}
]"#;

// Both texts are part of the program; a test reads them.
static SCHEMAS: LazyLock<Vec<Schema>> =
    LazyLock::new(|| serde_json::from_str(include_str!("schemas.json")).unwrap_or_default());
static COMMON_ATTRIBUTES: LazyLock<Vec<Attribute>> = LazyLock::new(|| serde_json::from_str(COMMON).unwrap_or_default());

/// All that `/Schemas` shows.
pub fn all() -> &'static [Schema] {
    &SCHEMAS
}

impl Kind {
    pub const fn name(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Group => "Group",
        }
    }

    /// The path of its list, below the base.
    pub const fn endpoint(self) -> &'static str {
        match self {
            Self::User => "/Users",
            Self::Group => "/Groups",
        }
    }

    pub const fn urn(self) -> &'static str {
        match self {
            Self::User => USER,
            Self::Group => GROUP,
        }
    }

    pub const fn extension_urns(self) -> &'static [&'static str] {
        match self {
            Self::User => &[ENTERPRISE_USER],
            Self::Group => &[],
        }
    }

    /// An attribute of the core schema or of every resource, in any case.
    pub fn attribute(self, name: &str) -> Option<&'static Attribute> {
        let own = SCHEMAS.iter().find(|schema| schema.id == self.urn()).and_then(|schema| schema.attribute(name));
        own.or_else(|| find(&COMMON_ATTRIBUTES, name))
    }

    /// A schema that extends this kind, in any case.
    pub fn extension(self, urn: &str) -> Option<&'static Schema> {
        let known = self.extension_urns().iter().find(|known| known.eq_ignore_ascii_case(urn))?;
        SCHEMAS.iter().find(|schema| schema.id == *known)
    }
}

impl Schema {
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        find(&self.attributes, name)
    }
}

impl Attribute {
    pub fn sub(&self, name: &str) -> Option<&Attribute> {
        find(&self.sub_attributes, name)
    }

    /// What a comparison of the whole attribute compares: `emails` stands for `emails.value`.
    pub fn value(&self) -> Option<&Attribute> {
        self.sub("value")
    }
}

/// Attribute names are case-insensitive (RFC 7643 §2.1).
fn find<'a>(attributes: &'a [Attribute], name: &str) -> Option<&'a Attribute> {
    attributes.iter().find(|attribute| attribute.name.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_texts_are_read_and_names_are_found_in_any_case() {
        let names: Vec<&str> = all().iter().map(|schema| schema.name.as_str()).collect();
        assert_eq!(names, ["User", "Group", "EnterpriseUser", "ServiceProviderConfig", "ResourceType", "Schema"]);
        let work = Kind::User.attribute("EMAILS").and_then(|emails| emails.sub("Type")).unwrap();
        assert_eq!(work.canonical_values, ["work", "home", "other"]);
        assert!(Kind::User.attribute("meta").unwrap().sub("lastmodified").is_some());
        assert!(Kind::Group.attribute("userName").is_none());
        let manager = Kind::User.extension(&ENTERPRISE_USER.to_uppercase()).unwrap().attribute("manager").unwrap();
        assert_eq!(manager.value().unwrap().value_type, ValueType::String);
        assert!(Kind::Group.extension(ENTERPRISE_USER).is_none());
    }

    #[test]
    fn an_attribute_shows_every_member() {
        let shown = serde_json::to_value(Kind::User.attribute("userName").unwrap()).unwrap();
        assert_eq!(
            shown,
            serde_json::json!({
                "name": "userName", "type": "string", "multiValued": false, "required": true, "caseExact": false,
                "mutability": "readWrite", "returned": "default", "uniqueness": "server"
            })
        );
    }
}
