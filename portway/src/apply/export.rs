//! A tenant's servers, groups and service accounts as the documents that `apply` reads, in a stable order: applied
//! again, they change nothing. Pure.

use super::manifest::{API_VERSION, GROUP, SERVER, SERVICE_ACCOUNT, SubjectSpec};
use super::present::{Account, Auth, Grant, Group, Present, Server};
use super::text::scalar;
use control_plane::domain::machine_oauth::{ExchangeProfile, MachineAuth, MachineSettings};
use control_plane::domain::server::PassthroughMode;
use control_plane::domain::upstream_oauth::OauthSettings;

/// One document for each service account, group and server. What an identity provider owns is left out: files cannot
/// make it.
pub(super) fn documents<'a>(all: Option<&'a Present>, servers: impl Iterator<Item = &'a Server>) -> String {
    let accounts = all.into_iter().flat_map(|present| &present.accounts).map(account);
    let groups = all.into_iter().flat_map(|present| &present.groups).filter(|one| !one.is_provided).map(group);
    let documents: Vec<String> = accounts.chain(groups).chain(servers.map(document)).collect();
    documents.join("---\n")
}

fn head(kind: &str, key: &str, name: &str) -> Vec<String> {
    vec![
        format!("apiVersion: {API_VERSION}"),
        format!("kind: {kind}"),
        "metadata:".to_owned(),
        format!("  {key}: {}", scalar(name)),
        "spec:".to_owned(),
    ]
}

fn text(lines: &[String]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

fn account(account: &Account) -> String {
    let mut lines = head(SERVICE_ACCOUNT, "name", &account.name.0);
    lines.push(format!("  description: {}", scalar(&account.description)));
    lines.push(format!("  enabled: {}", account.enabled));
    text(&lines)
}

fn group(group: &Group) -> String {
    let mut lines = head(GROUP, "name", &group.name.0);
    lines.push(format!("  tenantRole: {}", group.tenant_role.map_or("none", |role| role.as_str())));
    match group.members.is_empty() {
        true => lines.push("  members: []".to_owned()),
        false => {
            lines.push("  members:".to_owned());
            lines.extend(group.members.iter().map(|name| format!("    - {}", scalar(name))));
        }
    }
    text(&lines)
}

fn document(server: &Server) -> String {
    let mut lines = head(SERVER, "slug", &server.slug);
    lines.extend([
        format!("  displayName: {}", scalar(&server.display_name)),
        format!("  description: {}", scalar(&server.description)),
        format!("  url: {}", scalar(&server.url)),
        format!("  enabled: {}", server.enabled),
        format!("  timeoutMs: {}", server.timeout_ms),
    ]);
    lines.append(&mut auth(&server.auth));
    match server.grants.is_empty() {
        true => lines.push("  grants: []".to_owned()),
        false => {
            lines.push("  grants:".to_owned());
            lines.extend(server.grants.iter().flat_map(grant));
        }
    }
    text(&lines)
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
        Auth::OauthPerUser(settings) => oauth(settings),
        Auth::ClientCredentials(settings) => machine("clientCredentials", settings),
        Auth::TokenExchange(settings) => machine("tokenExchange", settings),
        Auth::Passthrough { mode } => vec![
            "  outboundAuth:".to_owned(),
            "    kind: passthrough".to_owned(),
            format!("    mode: {}", if *mode == PassthroughMode::Minted { "minted" } else { "original" }),
        ],
        Auth::PerUserHeader(form) => {
            let mut lines =
                vec!["  outboundAuth:".to_owned(), "    kind: perUserHeader".to_owned(), "    fields:".to_owned()];
            for field in &form.fields {
                lines.push(format!("      - name: {}", scalar(&field.name)));
                lines.push(format!("        label: {}", scalar(&field.label)));
                lines.extend((!field.hint.is_empty()).then(|| format!("        hint: {}", scalar(&field.hint))));
            }
            lines.push("    headers:".to_owned());
            for header in &form.headers {
                lines.push(format!("      - name: {}", scalar(&header.name)));
                lines.push(format!("        value: {}", scalar(&header.value)));
            }
            lines
        }
    }
}

fn machine(kind: &str, settings: &MachineSettings) -> Vec<String> {
    let mut lines = vec!["  outboundAuth:".to_owned(), format!("    kind: {kind}")];
    let mut line = |key: &str, value: String| lines.push(format!("    {key}: {value}"));
    line("clientId", scalar(&settings.client_id));
    line(
        "# The secret is never exported: the stored one is kept. To set one, add clientSecret",
        "{fromEnv: NAME}".into(),
    );
    if settings.client_auth == MachineAuth::PrivateKeyJwt {
        line("clientAuth", "privateKeyJwt".to_owned());
    }
    if let Some(key_id) = &settings.key_id {
        line("keyId", scalar(key_id));
    }
    match settings.profile {
        ExchangeProfile::Statement => {}
        ExchangeProfile::IdentityProvider => line("profile", "identityProvider".to_owned()),
        ExchangeProfile::OnBehalfOf => line("profile", "onBehalfOf".to_owned()),
        ExchangeProfile::IdJag => line("profile", "idJag".to_owned()),
    }
    if let Some(id) = settings.identity_provider {
        line("identityProvider", id.to_string());
    }
    if let Some(issuer) = &settings.issuer {
        line("issuer", scalar(issuer));
    }
    if let Some(endpoint) = &settings.token_endpoint {
        line("tokenEndpoint", scalar(endpoint.as_str()));
    }
    if let Some(scopes) = &settings.scopes {
        line("scopes", format!("[{}]", scopes.iter().map(|scope| scalar(scope)).collect::<Vec<_>>().join(", ")));
    }
    if let Some(audience) = &settings.audience {
        line("audience", scalar(audience));
    }
    if settings.omit_resource {
        line("omitResource", "true".to_owned());
    }
    if !settings.extra_parameters.is_empty() {
        let pairs = settings.extra_parameters.iter();
        let pairs: Vec<String> = pairs.map(|(name, value)| format!("{}: {}", scalar(name), scalar(value))).collect();
        line("extraParameters", format!("{{{}}}", pairs.join(", ")));
    }
    lines
}

fn oauth(settings: &OauthSettings) -> Vec<String> {
    let mut lines = vec!["  outboundAuth:".to_owned(), "    kind: oauthPerUser".to_owned()];
    let mut line = |key: &str, value: String| lines.push(format!("    {key}: {value}"));
    if let Some(id) = &settings.client_id {
        line("clientId", scalar(id));
        line(
            "# The secret is never exported: the stored one is kept. To set one, add\n    #   clientSecret",
            "{fromEnv: NAME}".to_owned(),
        );
    }
    if let Some(issuer) = &settings.issuer {
        line("issuer", scalar(issuer));
    }
    if let Some(endpoints) = &settings.endpoints {
        line("endpoints", String::new());
        line("  authorization", scalar(endpoints.authorization.as_str()));
        line("  token", scalar(endpoints.token.as_str()));
        if let Some(revocation) = &endpoints.revocation {
            line("  revocation", scalar(revocation.as_str()));
        }
    }
    if let Some(scopes) = &settings.scopes {
        line("scopes", format!("[{}]", scopes.iter().map(|scope| scalar(scope)).collect::<Vec<_>>().join(", ")));
    }
    let flags = [
        ("omitResource", settings.omit_resource),
        ("scopeOnRefresh", settings.scope_on_refresh),
        ("idTokenAsBearer", settings.id_token_as_bearer),
        ("withoutPkce", settings.without_pkce),
    ];
    for (key, _) in flags.into_iter().filter(|(_, on)| *on) {
        line(key, "true".to_owned());
    }
    if !settings.extra_parameters.is_empty() {
        line("extraParameters", String::new());
        for (name, value) in &settings.extra_parameters {
            line(&format!("  {}", scalar(name)), scalar(value));
        }
    }
    lines
}

fn grant(grant: &Grant) -> [String; 2] {
    let subject = match &grant.subject {
        SubjectSpec::Everyone => "    - everyone: true".to_owned(),
        SubjectSpec::User(email) => format!("    - user: {}", scalar(email)),
        SubjectSpec::Group(name) => format!("    - group: {}", scalar(&name.0)),
        SubjectSpec::ServiceAccount(name) => format!("    - serviceAccount: {}", scalar(&name.0)),
    };
    [subject, format!("      role: {}", grant.role.as_str())]
}
