//! What an attribute path means for a kind of resource.

use scim_v2::filter::{AttrPath, PatchPath, ValFilter};

use super::schema::{Attribute, Kind, Schema};
use super::{ScimError, ScimResult};
use crate::domain::limits::SCIM_PATH_BYTES_MAX;

/// A place in a resource.
#[derive(Debug, Clone)]
pub(super) struct Target {
    pub(super) extension: Option<&'static Schema>,
    /// `None`: the extension as a whole.
    pub(super) attribute: Option<&'static Attribute>,
    /// Which elements of a multi-valued attribute.
    pub(super) elements: Option<ValFilter>,
    pub(super) sub: Option<&'static Attribute>,
}

impl Target {
    /// From the path of a PATCH operation, or a key of a path-less one; `None` if it is well-formed and names nothing.
    pub(super) fn parse(kind: Kind, text: &str) -> ScimResult<Option<Self>> {
        if text.len() > SCIM_PATH_BYTES_MAX {
            return Err(ScimError::InvalidPath(format!("a path has at most {SCIM_PATH_BYTES_MAX} bytes")));
        }
        // The grammar takes the last part of a bare URN for an attribute.
        if let Some(schema) = kind.extension(text) {
            return Ok(Some(Self { extension: Some(schema), attribute: None, elements: None, sub: None }));
        }
        // `$ref` is a name in the schemas and none in the grammar.
        if let Some(outer) = text.strip_suffix(".$ref") {
            let target = Self::parse(kind, outer)?;
            return Ok(target.and_then(|target| {
                let sub = target.attribute.and_then(|attribute| attribute.sub("$ref"))?;
                target.sub.is_none().then_some(Self { sub: Some(sub), ..target })
            }));
        }
        let path: PatchPath = text.parse().map_err(|error: scim_v2::filter::ParseError| {
            ScimError::InvalidPath(format!("the path {text:?} cannot be read: {}", one_line(&error)))
        })?;
        Ok(match path {
            PatchPath::Attr(path) => Self::resolve(kind, &path),
            PatchPath::Value(path) => Self::resolve(kind, &path.attr).and_then(|target| {
                let attribute = target.attribute.filter(|attribute| attribute.multi_valued && target.sub.is_none())?;
                let sub = match &path.sub_attr {
                    Some(name) => Some(attribute.sub(name)?),
                    None => None,
                };
                Some(Self { elements: Some(path.filter), sub, ..target })
            }),
        })
    }

    /// From a path without a value filter.
    pub(super) fn resolve(kind: Kind, path: &AttrPath) -> Option<Self> {
        let (extension, attribute) = match path.uri.as_deref() {
            Some(urn) if !urn.eq_ignore_ascii_case(kind.urn()) => {
                let schema = kind.extension(urn)?;
                (Some(schema), schema.attribute(&path.name)?)
            }
            _ => (None, kind.attribute(&path.name)?),
        };
        let sub = match &path.sub_attr {
            Some(name) => Some(attribute.sub(name)?),
            None => None,
        };
        Some(Self { extension, attribute: Some(attribute), elements: None, sub })
    }
}

/// The parser's words on one line.
pub(super) fn one_line(error: &impl std::fmt::Display) -> String {
    error.to_string().split_whitespace().collect::<Vec<_>>().join(" ")
}
