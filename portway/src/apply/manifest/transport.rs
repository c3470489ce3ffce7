//! What calls to a server carry and whom they trust, as files say it.

use std::collections::BTreeMap;

use control_plane::domain::Error;
use control_plane::domain::fields::Mistakes;
use control_plane::domain::transport::Transport;

use super::super::yaml::{Node, Value};
use super::{Reader, find, joined};

const WITHIN: &str = "spec.transport";

impl Reader<'_> {
    pub(super) fn transport(&mut self, node: &Node) -> Option<Transport> {
        let entries = self.map(node, WITHIN, &["staticHeaders", "forwardableHeaders", "caCertificates"])?;
        let fixed = find(entries, "staticHeaders").map(|node| self.texts(node, "spec.transport.staticHeaders"));
        let forwardable = find(entries, "forwardableHeaders")
            .map(|node| self.list(node, "spec.transport.forwardableHeaders", Self::owned));
        let certificates =
            find(entries, "caCertificates").map(|node| self.owned(node, "spec.transport.caCertificates"));
        let transport = Transport {
            static_headers: fixed.unwrap_or_else(|| Some(BTreeMap::new()))?,
            forwardable_headers: forwardable.unwrap_or_else(|| Some(Vec::new()))?,
            ca_certificates: match certificates {
                Some(pem) => Some(pem?),
                None => None,
            },
        };
        let mut mistakes = Mistakes::default();
        let transport = transport.checked(&mut mistakes);
        match mistakes.finish(Some(transport)) {
            Ok(transport) => Some(transport),
            Err(Error::InvalidFields(errors)) => {
                for error in errors {
                    let field = error.field.replacen("transport.static_headers", "spec.transport.staticHeaders", 1);
                    let field = field.replacen("transport.forwardable_headers", "spec.transport.forwardableHeaders", 1);
                    let field = field.replacen("transport.ca_certificates", "spec.transport.caCertificates", 1);
                    self.wrong(node.line, &field, error.message);
                }
                None
            }
            Err(error) => {
                self.wrong(node.line, WITHIN, error.to_string());
                None
            }
        }
    }

    /// A mapping of names to texts.
    pub(super) fn texts(&mut self, node: &Node, within: &str) -> Option<BTreeMap<String, String>> {
        let Value::Map(entries) = &node.value else {
            self.wrong(node.line, within, format!("must be a mapping, not {}", node.kind()));
            return None;
        };
        let read = entries.iter().map(|entry| {
            let value = self.text(&entry.node, &joined(within, &entry.key))?;
            Some((entry.key.clone(), value.to_owned()))
        });
        read.collect()
    }
}
