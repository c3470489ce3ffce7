//! The API document behind `openapi.json`. What all operations share is added here once: the tenant in the path, the
//! problem body, the ways to prove who calls.

use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{ContentBuilder, ObjectBuilder, Ref, RefOr, Required, ResponseBuilder, Type};
use utoipa::{Modify, OpenApi};

use super::api::{
    audit, calls, clients, connections, credentials, domains, grants, groups, identities, identity_providers,
    invitations, keys, limit_rules, nodes, operator_session, overrides, platform, playground, presets, reach, scim,
    second_factor, server_probes, servers, service_accounts, session, tenant, tool_switches, usage, users,
};
use super::problem::ProblemView;
use crate::domain::tail::TailEnd;

#[derive(OpenApi)]
#[openapi(
    info(title = "Portway", description = "The control plane's REST API."),
    paths(
        session::create, session::get, session::delete,
        tenant::get, tenant::update,
        users::list, users::get, users::update,
        second_factor::get, second_factor::reset, identities::list, identities::unbind, identity_providers::list, identity_providers::create, identity_providers::get, identity_providers::update, identity_providers::delete, identity_providers::test_typed, identity_providers::test_saved,
        invitations::list, invitations::create, invitations::revoke,
        domains::list, domains::create, domains::get, domains::verify, domains::delete,
        servers::list, servers::list_tags, servers::list_mine, servers::register, servers::get, servers::update, servers::retire,
        grants::list, grants::put, grants::delete, grants::candidates,
        credentials::list_mine, credentials::list, credentials::put, credentials::delete,
        overrides::list, overrides::put, overrides::delete, servers::list_uses, servers::end_use, presets::list,
        playground::create, server_probes::create,
        tool_switches::get, tool_switches::put, tool_switches::change,
        limit_rules::list, limit_rules::create, limit_rules::get, limit_rules::replace, limit_rules::delete,
        groups::list, groups::create, groups::get, groups::update, groups::delete, groups::list_members,
        groups::change_members, groups::list_of_user, reach::of_user, reach::of_service_account,
        keys::list, keys::create, keys::revoke, keys::rotate,
        service_accounts::list, service_accounts::create, service_accounts::get, service_accounts::update,
        service_accounts::delete,
        connections::list_mine, connections::end_mine, connections::list_my_sessions, connections::end_my_session,
        connections::sign_out_mine, connections::list, connections::end, connections::list_sessions,
        connections::end_session, connections::sign_out,
        audit::list, audit::verify, audit::export,
        calls::list, calls::get, calls::export, calls::tail, usage::get,
        clients::list, clients::create, clients::get, clients::update, clients::delete, clients::rotate_secret,
        scim::overview, scim::list_tokens, scim::create_token, scim::delete_token, scim::list_requests,
        scim::give_user, scim::take_user,
        operator_session::create, operator_session::get, operator_session::delete,
        nodes::enrol, nodes::list, nodes::get, nodes::update, nodes::revoke,
        platform::create, platform::list, platform::get, platform::update, platform::invite_owner,
        platform::rotate_keys, platform::delete, platform::rewrap,
    ),
    components(schemas(ProblemView, TailEnd)),
    modifiers(&Shared),
)]
struct Document;

/// The committed document, as text.
pub fn document() -> Result<String, serde_json::Error> {
    let mut text = Document::openapi().to_pretty_json()?;
    text.push('\n');
    Ok(text)
}

struct Shared;

impl Modify for Shared {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        let cookie = ApiKey::Cookie(ApiKeyValue::with_description(
            "__Host-portway-session-<tenant>",
            "Unsafe methods also need the header x-portway-csrf: 1.",
        ));
        components.add_security_scheme("session", SecurityScheme::ApiKey(cookie));
        let cookie = ApiKey::Cookie(ApiKeyValue::with_description(
            "__Host-portway-operator",
            "Unsafe methods also need the header x-portway-csrf: 1.",
        ));
        components.add_security_scheme("operator_session", SecurityScheme::ApiKey(cookie));
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
        components.add_security_scheme("operator", SecurityScheme::Http(bearer.clone()));
        components.add_security_scheme("api_key", SecurityScheme::Http(bearer));
        for (path, item) in &mut document.paths.paths {
            let schemes: &[&str] = match path {
                path if path.starts_with("/api/v1/platform") => &["operator", "operator_session"],
                path if is_for_people(path) => &["session"],
                _ => &["session", "api_key"],
            };
            let methods = [&mut item.get, &mut item.post, &mut item.put, &mut item.patch, &mut item.delete];
            for operation in methods.into_iter().flatten() {
                complete(operation, path, schemes);
            }
        }
    }
}

/// A key never makes, sees or ends keys, and has no say about what people are signed in with themselves.
fn is_for_people(path: &str) -> bool {
    let mine = ["/me/connections", "/me/sessions", "/me/sign-out-everywhere"];
    let secrets = path.contains("/keys") || path.contains("/scim/tokens") || path.ends_with("/playground");
    secrets || path.ends_with("/session") || mine.iter().any(|own| path.contains(own))
}

fn complete(operation: &mut Operation, path: &str, schemes: &[&str]) {
    if path.contains("{tenant}") {
        operation.parameters.get_or_insert_default().insert(0, tenant_parameter().into());
    }
    let no_scopes: [&str; 0] = [];
    let any = || schemes.iter().map(|scheme| SecurityRequirement::new(*scheme, no_scopes)).collect();
    operation.security.get_or_insert_with(any);
    for (status, response) in &mut operation.responses.responses {
        // OpenAPI wants words for every answer (3.1, Response Object).
        if let RefOr::T(response) = response
            && response.description.is_empty()
        {
            response.description = if status == "204" { "Done" } else { "OK" }.to_owned();
        }
    }
    let body = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    let problem = ResponseBuilder::new().description("Refused").content("application/problem+json", body).build();
    operation.responses.responses.insert("default".to_owned(), problem.into());
}

fn tenant_parameter() -> Parameter {
    let slug = ObjectBuilder::new().schema_type(Type::String).build();
    ParameterBuilder::new()
        .name("tenant")
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .description(Some("The tenant's slug"))
        .schema(Some(slug))
        .build()
}
