//! A tenant's servers, limits, groups and service accounts as the documents that `apply` reads, in a stable order: applied
//! again, they change nothing. Pure.

use super::manifest::{API_VERSION, GROUP, LIMIT_RULE, Member, SERVER, SERVICE_ACCOUNT, SubjectSpec};
use super::present::{Account, Auth, Grant, Group, Present, Reach, Server, StoredLimit};
use super::text::{block, scalar};
use control_plane::domain::bundle::Item;
use control_plane::domain::limit_rule::{LimitWindow, WithoutRedis};
use control_plane::domain::machine_oauth::{ExchangeProfile, MachineAuth, MachineSettings};
use control_plane::domain::server::PassthroughMode;
use control_plane::domain::transport::Transport;
use control_plane::domain::upstream_oauth::OauthSettings;
use serde_json::{Value, json};

/// One document for each service account, group, server and limit, virtual servers after their members. What an identity provider
/// owns is left out: files cannot make it.
pub(super) fn documents<'a>(all: Option<&'a Present>, servers: impl Iterator<Item = &'a Server>) -> String {
    let accounts = all.into_iter().flat_map(|present| &present.accounts).map(account);
    let groups = all.into_iter().flat_map(|present| &present.groups).filter(|one| !one.is_provided).map(group);
    let (virtuals, singles): (Vec<_>, Vec<_>) = servers.partition(|server| server.is_virtual());
    let servers = singles.into_iter().chain(virtuals).map(document);
    let limits = all.into_iter().flat_map(|present| &present.limits).map(limit);
    let documents: Vec<String> = accounts.chain(groups).chain(servers).chain(limits).collect();
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

fn limit(StoredLimit { name, limit, .. }: &StoredLimit) -> String {
    let mut lines = head(LIMIT_RULE, "name", &name.0);
    let mut list = |key: &str, items: Vec<String>| {
        if !items.is_empty() {
            lines.push(format!("  {key}:"));
            lines.extend(items.into_iter().map(|item| format!("    - {item}")));
        }
    };
    list("servers", limit.servers.iter().map(|slug| scalar(slug)).collect());
    list("tools", limit.tools.iter().map(|tool| scalar(tool)).collect());
    list("subjects", limit.subjects.iter().map(subject).collect());
    list("key", limit.key.iter().map(|part| word(&json!(part))).collect());
    let window = |window: &LimitWindow| {
        let burst = window.burst.map_or_else(String::new, |burst| format!("\n      burst: {burst}"));
        format!("limit: {}\n      per: {}{burst}", window.limit, window.per.as_str())
    };
    list("windows", limit.windows.iter().map(window).collect());
    lines.push(format!("  mode: {}", word(&json!(limit.mode))));
    let without_redis = if limit.without_redis == WithoutRedis::Refuse { "refuse" } else { "localShare" };
    lines.push(format!("  withoutRedis: {without_redis}"));
    text(&lines)
}

/// A word of the API.
fn word(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn document(server: &Server) -> String {
    let mut lines = head(SERVER, "slug", &server.slug);
    lines.extend([
        format!("  displayName: {}", scalar(&server.display_name)),
        format!("  description: {}", scalar(&server.description)),
        format!("  enabled: {}", server.enabled),
    ]);
    if !server.tags.is_empty() {
        lines.push("  tags:".to_owned());
        lines.extend(server.tags.iter().map(|tag| format!("    - {}", scalar(tag))));
    }
    match &server.reach {
        Reach::Upstream(upstream) => {
            lines.push(format!("  url: {}", scalar(&upstream.url)));
            lines.push(format!("  timeoutMs: {}", upstream.timeout_ms));
            lines.append(&mut auth(&upstream.auth));
            lines.append(&mut transport(&upstream.transport));
        }
        Reach::Members(none) if none.is_empty() => lines.push("  members: []".to_owned()),
        Reach::Members(members) => {
            lines.push("  members:".to_owned());
            lines.extend(members.iter().flat_map(member));
        }
    }
    match server.grants.is_empty() {
        true => lines.push("  grants: []".to_owned()),
        false => {
            lines.push("  grants:".to_owned());
            lines.extend(server.grants.iter().flat_map(grant));
        }
    }
    text(&lines)
}

fn transport(transport: &Transport) -> Vec<String> {
    if transport.is_default() {
        return Vec::new();
    }
    let mut lines = vec!["  transport:".to_owned()];
    if !transport.static_headers.is_empty() {
        lines.push("    staticHeaders:".to_owned());
        let headers = transport.static_headers.iter();
        lines.extend(headers.map(|(name, value)| format!("      {}: {}", scalar(name), scalar(value))));
    }
    if !transport.forwardable_headers.is_empty() {
        lines.push("    forwardableHeaders:".to_owned());
        lines.extend(transport.forwardable_headers.iter().map(|name| format!("      - {}", scalar(name))));
    }
    if let Some(pem) = &transport.ca_certificates {
        lines.push(format!("    caCertificates: {}", block(pem, "      ")));
    }
    lines
}

fn member(member: &Member) -> Vec<String> {
    let mut lines =
        vec![format!("    - server: {}", scalar(&member.server)), format!("      alias: {}", scalar(&member.alias))];
    let offer = &member.offer;
    let kinds = [
        ("tools", &offer.tools),
        ("prompts", &offer.prompts),
        ("resources", &offer.resources),
        ("resourceTemplates", &offer.resource_templates),
    ];
    let mut chosen = Vec::new();
    for (kind, items) in kinds {
        match items.as_deref() {
            None => {}
            Some([]) => chosen.push(format!("        {kind}: []")),
            Some(items) => {
                chosen.push(format!("        {kind}:"));
                chosen.extend(items.iter().flat_map(item));
            }
        }
    }
    chosen.extend(offer.plain_uris.then(|| "        plainUris: true".to_owned()));
    lines.extend((!chosen.is_empty()).then(|| "      offer:".to_owned()));
    lines.append(&mut chosen);
    lines
}

fn item(item: &Item) -> Vec<String> {
    let mut lines = vec![format!("          - name: {}", scalar(&item.name))];
    lines.extend(item.exposed_as.iter().map(|name| format!("            exposedAs: {}", scalar(name))));
    lines.extend(item.description.iter().map(|text| format!("            description: {}", scalar(text))));
    lines
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
        if let Some(introspection) = &endpoints.introspection {
            line("  introspection", scalar(introspection.as_str()));
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
    [format!("    - {}", subject(&grant.subject)), format!("      role: {}", grant.role.as_str())]
}

fn subject(subject: &SubjectSpec) -> String {
    match subject {
        SubjectSpec::Everyone => "everyone: true".to_owned(),
        SubjectSpec::User(email) => format!("user: {}", scalar(email)),
        SubjectSpec::Group(name) => format!("group: {}", scalar(&name.0)),
        SubjectSpec::ServiceAccount(name) => format!("serviceAccount: {}", scalar(&name.0)),
    }
}
