//! A tenant's servers as the documents that `apply` reads, in a stable order: applied again, they change nothing. Pure.

use super::manifest::{API_VERSION, KIND, SubjectSpec};
use super::present::{Auth, Grant, Server};
use super::text::scalar;

/// One document for each server.
pub(super) fn documents<'a>(servers: impl Iterator<Item = &'a Server>) -> String {
    let documents: Vec<String> = servers.map(document).collect();
    documents.join("---\n")
}

fn document(server: &Server) -> String {
    let mut lines = vec![
        format!("apiVersion: {API_VERSION}"),
        format!("kind: {KIND}"),
        "metadata:".to_owned(),
        format!("  slug: {}", scalar(&server.slug)),
        "spec:".to_owned(),
        format!("  displayName: {}", scalar(&server.display_name)),
        format!("  description: {}", scalar(&server.description)),
        format!("  url: {}", scalar(&server.url)),
        format!("  enabled: {}", server.enabled),
        format!("  timeoutMs: {}", server.timeout_ms),
    ];
    lines.append(&mut auth(&server.auth));
    match server.grants.is_empty() {
        true => lines.push("  grants: []".to_owned()),
        false => {
            lines.push("  grants:".to_owned());
            lines.extend(server.grants.iter().flat_map(grant));
        }
    }
    if server.other_grants > 0 {
        lines.push(format!("  # {} more to groups or service accounts: apply leaves them alone.", server.other_grants));
    }
    lines.iter().map(|line| format!("{line}\n")).collect()
}

fn auth(auth: &Auth) -> Vec<String> {
    match auth {
        Auth::None => vec!["  outboundAuth:".to_owned(), "    kind: none".to_owned()],
        Auth::SharedHeader { headers } => {
            let mut lines = vec![
                "  outboundAuth:".to_owned(),
                "    kind: sharedHeader".to_owned(),
                "    # Values are never exported: the stored ones are kept. To set one, add".to_owned(),
                "    #   secret: {fromEnv: NAME}".to_owned(),
                "    headers:".to_owned(),
            ];
            lines.extend(headers.iter().map(|header| format!("      - name: {}", scalar(&header.name))));
            lines
        }
    }
}

fn grant(grant: &Grant) -> [String; 2] {
    let subject = match &grant.subject {
        SubjectSpec::Everyone => "    - everyone: true".to_owned(),
        SubjectSpec::User(email) => format!("    - user: {}", scalar(email)),
    };
    [subject, format!("      role: {}", grant.role.as_str())]
}
