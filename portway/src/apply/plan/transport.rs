//! What must change of what calls to a server carry and whom they trust.

use control_plane::domain::transport::Transport;

use super::{Field, shown};

const STATIC: &str = "transport.staticHeaders";
const FORWARDABLE: &str = "transport.forwardableHeaders";
const CERTIFICATES: &str = "transport.caCertificates";

pub(super) fn changes(stored: &Transport, wanted: &Transport) -> Vec<Field> {
    let (before, after) = (texts(stored), texts(wanted));
    // Certificates are told by their number, so they are compared by themselves.
    let differs = [
        stored.static_headers != wanted.static_headers,
        stored.forwardable_headers != wanted.forwardable_headers,
        stored.ca_certificates != wanted.ca_certificates,
    ];
    let pairs = before.into_iter().zip(after).zip(differs).filter(|(_, differs)| *differs);
    pairs.map(|(((name, before), (_, after)), _)| Field { name, before, after }).collect()
}

/// What is set of it.
pub(super) fn values(transport: &Transport) -> impl Iterator<Item = (&'static str, String)> {
    texts(transport).into_iter().filter(|(_, text)| text != NOTHING)
}

const NOTHING: &str = "none";

fn texts(transport: &Transport) -> [(&'static str, String); 3] {
    let fixed: Vec<String> =
        transport.static_headers.iter().map(|(name, value)| format!("{name} {}", shown(value))).collect();
    let certificates = match &transport.ca_certificates {
        Some(pem) => format!("{} certificate(s) in {} bytes", pem.matches("-----BEGIN").count(), pem.len()),
        None => String::new(),
    };
    let or_nothing = |text: String| if text.is_empty() { NOTHING.to_owned() } else { text };
    [
        (STATIC, or_nothing(fixed.join(", "))),
        (FORWARDABLE, or_nothing(transport.forwardable_headers.join(", "))),
        (CERTIFICATES, or_nothing(certificates)),
    ]
}
