//! What files say, and what is wrong with them.

use super::*;

const GOOD: &str = "\
apiVersion: portway/v1
kind: Server
metadata: {slug: github}
spec:
  displayName: GitHub
  url: https://mcp.example/mcp
  timeoutMs: 30000
  grants:
    - everyone: true
      role: user
    - {user: Ana@Acme.Example, role: manager}
";

fn parse(text: &str) -> Result<Manifest, Vec<String>> {
    let mistakes = |mistakes: Vec<Mistake>| mistakes.iter().map(Mistake::to_string).collect();
    Manifest::parse(&[("f.yaml".to_owned(), text.to_owned())]).map_err(mistakes)
}

fn upstream(server: &ServerSpec) -> &UpstreamSpec {
    match &server.reach {
        ReachSpec::Upstream(upstream) => upstream,
        ReachSpec::Members(_) => panic!("{server:?} has members"),
    }
}

#[test]
fn a_file_is_read_with_defaults() {
    let two = format!(
        "{GOOD}---\napiVersion: portway/v1\nkind: Server\nmetadata: {{slug: plain}}\nspec: {{url: 'http://x'}}\n"
    );
    let manifest = parse(&two).unwrap();
    let [github, plain] = &manifest.servers[..] else { panic!("{manifest:?}") };
    assert_eq!((github.display_name.as_str(), upstream(github).timeout_ms, github.enabled), ("GitHub", 30_000, true));
    let grants: Vec<_> =
        github.grants.as_ref().unwrap().iter().map(|one| (one.subject.to_string(), one.role)).collect();
    assert_eq!(
        grants,
        [("everyone".to_owned(), ServerRole::User), ("ana@acme.example".to_owned(), ServerRole::Manager)]
    );
    assert_eq!(
        (plain.display_name.as_str(), upstream(plain).url.as_str(), plain.place.line),
        ("plain", "http://x/", 13)
    );
    assert!(plain.grants.is_none(), "not a list: left as they are");
}

#[test]
fn every_mistake_is_told_at_once_with_its_line_and_field() {
    let bad = "\
apiVersion: portway/v2
kind: Server
metadata: {slug: Bad_Slug, labels: x}
spec:
  dispalyName: GitHub
  url: ftp://x
  enabled: yes
  timeoutMs: 3
  outboundAuth: {kind: magic}
  grants:
    - {user: ana, role: owner}
    - {everyone: true, role: manager}
    - {team: devs, role: user}
";
    let mistakes = parse(bad).unwrap_err();
    for expected in [
        "f.yaml:1: apiVersion: must be portway/v1",
        "f.yaml:3: metadata.labels: is unknown; expected slug",
        "f.yaml:3: metadata.slug: must be lower-case",
        "f.yaml:5: spec.dispalyName: is unknown; expected displayName, description, url",
        "f.yaml:6: spec.url: must start with https:// or http://",
        "f.yaml:7: spec.enabled: must be true or false",
        "f.yaml:8: spec.timeoutMs: must be 0 (the default) or 1000 to 600000",
        "f.yaml:9: spec.outboundAuth.kind: must be none, sharedHeader, perUserHeader, oauthPerUser, clientCredentials, tokenExchange or passthrough",
        "f.yaml:11: spec.grants[0].role: must be user or manager",
        "f.yaml:11: spec.grants[0].user: must be an address",
        "f.yaml:12: spec.grants[1].role: must be user when",
        "f.yaml:13: spec.grants[2].team: is unknown; expected user, group, serviceAccount, everyone, role",
    ] {
        assert!(mistakes.iter().any(|mistake| mistake.starts_with(expected)), "{expected}: {mistakes:#?}");
    }
}

#[test]
fn shapes_that_are_not_what_they_should_be() {
    fn check(text: &str, expected: &str) {
        let mistakes = parse(text).unwrap_err();
        assert!(mistakes.iter().any(|mistake| mistake.starts_with(expected)), "{expected}: {mistakes:#?}");
    }
    check("just text", "f.yaml:1: must be a mapping with apiVersion, kind, metadata, spec, not a value");
    check("a: [", "f.yaml:");
    check("apiVersion: portway/v1\nkind: Server\nmetadata: {slug: ab}\n", "f.yaml:1: spec: is missing");
    check(
        "apiVersion: portway/v1\nkind: Thing\nmetadata: {slug: ab}\nspec: {url: http://x}",
        "f.yaml:2: kind: must be Server, Group, ServiceAccount or LimitRule",
    );
    check("apiVersion: portway/v1\nkind: Server\nmetadata: {slug: ab}\nspec: {}\n", "f.yaml:4: spec.url: is missing");
    check(
        &GOOD.replace("    - everyone: true\n      role: user\n", "    - {user: ana@acme.example, role: user}\n"),
        "f.yaml:10: spec.grants: ana@acme.example is there twice",
    );
    check(&format!("{GOOD}---\n{GOOD}"), "f.yaml:13: metadata.slug: github is described at f.yaml:1 already");
    let auth = |auth: &str| GOOD.replace("  timeoutMs: 30000\n", &format!("  outboundAuth: {auth}\n"));
    check(&auth("{kind: none, headers: []}"), "f.yaml:7: spec.outboundAuth.headers: is unknown; expected kind");
    check(&auth("{kind: none, fields: []}"), "f.yaml:7: spec.outboundAuth.fields: is unknown; expected kind");
    check(&auth("{kind: perUserHeader, headers: []}"), "f.yaml:7: spec.outboundAuth.fields: is missing");
    let form = |value: &str| {
        auth(&format!(
            "{{kind: perUserHeader, fields: [{{name: token, label: Token}}], headers: [{{name: X, value: '{value}'}}]}}"
        ))
    };
    check(&form("{other}"), "f.yaml:7: spec.outboundAuth.headers[0].value: {other} is no field of the form");
    assert!(parse(&form("Bearer {token}")).is_ok());
    check(&auth("{kind: sharedHeader}"), "f.yaml:7: spec.outboundAuth.headers: is missing");
    check(
        &auth("{kind: sharedHeader, headers: [{name: x, secret: plain}]}"),
        "f.yaml:7: spec.outboundAuth.headers[0].secret: must be a mapping with fromEnv",
    );
    check(
        &auth("{kind: sharedHeader, headers: [{name: x, secret: {fromEnv: PORTWAY_NO_SUCH_VARIABLE}}]}"),
        "f.yaml:7: spec.outboundAuth.headers[0].secret.fromEnv: the variable PORTWAY_NO_SUCH_VARIABLE is not set",
    );
}

#[test]
fn what_calls_carry_and_whom_they_trust() {
    let with = |transport: &str| parse(&GOOD.replace("  timeoutMs: 30000\n", &format!("  transport: {transport}\n")));
    let manifest = with("{staticHeaders: {X-Team: platform}, forwardableHeaders: [X-Region]}").unwrap();
    let transport = &upstream(&manifest.servers[0]).transport;
    assert_eq!(transport.static_headers.get("x-team").map(String::as_str), Some("platform"), "{transport:?}");
    assert_eq!(transport.forwardable_headers, ["x-region"]);
    let check = |transport: &str, expected: &str| {
        let mistakes = with(transport).unwrap_err();
        assert!(mistakes.iter().any(|mistake| mistake.starts_with(expected)), "{expected}: {mistakes:#?}");
    };
    check("{staticHeaders: {Host: evil}}", "f.yaml:7: spec.transport.staticHeaders.Host: ");
    check("{staticHeaders: [a]}", "f.yaml:7: spec.transport.staticHeaders: must be a mapping, not a list");
    check("{forwardableHeaders: [Cookie]}", "f.yaml:7: spec.transport.forwardableHeaders[0]: ");
    check("{caCertificates: nonsense}", "f.yaml:7: spec.transport.caCertificates: must be 1 to");
    check("{timeout: 3}", "f.yaml:7: spec.transport.timeout: is unknown; expected staticHeaders, forwardableHeaders");
}

#[test]
fn a_preset_fills_in_what_the_file_leaves_out() {
    let with = |spec: &str| {
        parse(&format!("apiVersion: portway/v1\nkind: Server\nmetadata: {{slug: gh}}\nspec: {spec}\n"))
            .map(|manifest| manifest.servers.into_iter().next().unwrap())
    };
    let github = with("{preset: github, outboundAuth: {clientId: abc, scopes: [repo]}}").unwrap();
    assert_eq!(github.display_name, "GitHub");
    assert_eq!(upstream(&github).url, "https://api.githubcopilot.com/mcp/");
    let AuthSpec::OauthPerUser { settings, .. } = &upstream(&github).auth else { panic!("{github:?}") };
    assert_eq!(
        (settings.client_id.as_deref(), settings.scopes.as_deref()),
        (Some("abc"), Some(&["repo".to_owned()][..]))
    );
    assert_eq!(settings.endpoints.as_ref().unwrap().token.as_str(), "https://github.com/login/oauth/access_token");
    let other = with("{preset: github, displayName: Ours, url: 'https://gh.example/mcp', outboundAuth: {kind: none}}");
    let other = other.unwrap();
    assert_eq!((other.display_name.as_str(), upstream(&other).url.as_str()), ("Ours", "https://gh.example/mcp"));
    assert!(matches!(upstream(&other).auth, AuthSpec::None), "another kind is all its own");
    let sentry = with("{preset: sentry}").unwrap();
    assert!(matches!(&upstream(&sentry).auth, AuthSpec::OauthPerUser { settings, .. } if settings.client_id.is_none()));
    let check = |spec: &str, expected: &str| {
        let mistakes = with(spec).unwrap_err();
        assert!(mistakes.iter().any(|mistake| mistake.starts_with(expected)), "{expected}: {mistakes:#?}");
    };
    check("{preset: gitlub}", "f.yaml:4: spec.preset: gitlub is unknown; expected github, sentry, slack");
    check("{preset: github}", "f.yaml:4: spec.outboundAuth.clientId: must be given");
    check("{preset: github, members: []}", "f.yaml:4: spec.preset: is not for a server with members");
}

const WORK: &str = "\
apiVersion: portway/v1
kind: Server
metadata: {slug: work}
spec:
  members:
    - server: github
      alias: gh
      offer:
        tools:
          - {name: search}
          - {name: create, exposedAs: new_ticket, description: Opens one}
        prompts: []
        plainUris: true
    - {server: wiki, alias: wiki}
";

#[test]
fn a_virtual_server_is_read() {
    let manifest = parse(WORK).unwrap();
    let [github, wiki] = manifest.servers[0].members() else { panic!("{manifest:?}") };
    assert_eq!((github.member.server.as_str(), github.member.alias.as_str(), github.place.line), ("github", "gh", 6));
    let offer = &github.member.offer;
    let tools: Vec<_> =
        offer.tools.iter().flatten().map(|tool| (tool.name.as_str(), tool.exposed_as.as_deref())).collect();
    assert_eq!(tools, [("search", None), ("create", Some("new_ticket"))]);
    assert_eq!((offer.prompts.as_deref(), &offer.resources, offer.plain_uris), (Some(&[][..]), &None, true));
    assert_eq!((wiki.member.server.as_str(), wiki.member.offer.clone()), ("wiki", Offer::default()));
}

#[test]
fn mistakes_in_virtual_servers() {
    let check = |from: &str, to: &str, expected: &str| {
        let mistakes = parse(&WORK.replace(from, to)).unwrap_err();
        assert!(mistakes.iter().any(|mistake| mistake.starts_with(expected)), "{expected}: {mistakes:#?}");
    };
    check("  members:", "  url: https://x.example\n  members:", "f.yaml:5: spec.url: is not for a server with members");
    check("server: wiki", "server: github", "f.yaml:14: spec.members[1].server: is a member already");
    check("server: wiki", "server: W_iki", "f.yaml:14: spec.members[1].server: must be lower-case");
    check("alias: wiki", "alias: gh", "f.yaml:14: spec.members[1].alias: is the alias of another member");
    check("{server: wiki, alias: wiki}", "{server: wiki}", "f.yaml:14: spec.members[1].alias: is missing");
    check("new_ticket", "wiki_x", "f.yaml:6: spec.members[0].offer.tools[1].exposedAs: could be a name of the member");
    check("plainUris: true", "plainUris: 1", "f.yaml:13: spec.members[0].offer.plainUris: must be true or false");
    check("prompts: []", "promts: []", "f.yaml:12: spec.members[0].offer.promts: is unknown; expected tools, prompts");
    check(
        "server: wiki, alias: wiki",
        "server: wiki, alias: wiki, offer: {plainUris: true}",
        "f.yaml:14: spec.members[1].offer.plainUris: is for one",
    );
}

#[test]
fn groups_and_service_accounts_are_read() {
    let text = "\
apiVersion: portway/v1
kind: Group
metadata: {name: Platform team}
spec: {tenantRole: auditor, members: [Ana@Acme.Example, bo]}
---
apiVersion: portway/v1
kind: ServiceAccount
metadata: {name: ci}
spec: {}
---
apiVersion: portway/v1
kind: Server
metadata: {slug: github}
spec:
  url: https://mcp.example/mcp
  grants:
    - {group: platform TEAM, role: manager}
    - {serviceAccount: ci, role: user}
";
    let manifest = parse(text).unwrap();
    let (group, account) = (&manifest.groups[0], &manifest.accounts[0]);
    assert_eq!((group.name.to_string().as_str(), group.tenant_role), ("Platform team", Some(TenantRole::Auditor)));
    assert_eq!(group.members.as_deref(), Some(&["ana@acme.example".to_owned(), "bo".to_owned()][..]));
    assert_eq!((account.description.as_str(), account.enabled), ("", true));
    let subjects: Vec<_> = manifest.servers[0].grants.iter().flatten().map(|one| one.subject.clone()).collect();
    assert_eq!(subjects[0], SubjectSpec::Group(group.name.clone()), "in any case");
    assert_eq!(subjects[1], SubjectSpec::ServiceAccount(account.name.clone()));
}

#[test]
fn mistakes_in_groups_and_service_accounts() {
    let check = |kind: &str, metadata: &str, spec: &str, expected: &str| {
        let text = format!("apiVersion: portway/v1\nkind: {kind}\nmetadata: {metadata}\nspec: {spec}\n");
        let mistakes = parse(&text).unwrap_err();
        assert!(mistakes.iter().any(|mistake| mistake.starts_with(expected)), "{expected}: {mistakes:#?}");
    };
    check("Group", "{name: x}", "{tenantRole: owner}", "f.yaml:4: spec.tenantRole: must be admin, auditor or none");
    check("Group", "{name: x}", "{members: [a, A]}", "f.yaml:4: spec.members: a is there twice");
    check("Group", "{slug: x}", "{}", "f.yaml:3: metadata.slug: is unknown; expected name");
    check("ServiceAccount", "{name: ' '}", "{}", "f.yaml:3: metadata.name: must not be empty");
    check("ServiceAccount", "{name: x}", "{enabled: maybe}", "f.yaml:4: spec.enabled: must be true or false");
    let reach = "url: https://x.example/mcp";
    let tags =
        |tags: &str, expected: &str| check("Server", "{slug: xx}", &format!("{{{reach}, tags: {tags}}}"), expected);
    tags("[a, B]", "f.yaml:4: spec.tags[1]: must have 1 to 32 lower-case letters");
    tags("[a, a]", "f.yaml:4: spec.tags[1]: is there already");
    tags("a", "f.yaml:4: spec.tags: must be a list");
    let two = "apiVersion: portway/v1\nkind: Group\nmetadata: {name: x}\nspec: {}\n---\n";
    let mistakes = parse(&format!("{two}{}", two.replace("name: x", "name: X"))).unwrap_err();
    assert!(mistakes[0].starts_with("f.yaml:6: metadata.name: X is described at f.yaml:1 already"), "{mistakes:?}");
}
