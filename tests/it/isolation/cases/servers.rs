//! Servers and who may use them.

use control_plane::domain::access::ServerRole;
use control_plane::domain::ids::{AccessGrantId, ServerId};
use control_plane::domain::server::{AccessGrant, GrantFilter, Server, ServerFilter, Subject};
use control_plane::store::{ServersOf, TenantStore};

use super::super::seed::Seed;
use super::{Case, Expected, Outcome, cases, page};

pub(super) fn cases() -> Vec<Case> {
    [servers(), access()].into_iter().flatten().collect()
}

fn servers() -> Vec<Case> {
    cases! { |store, their, own|
        refused insert_server(&Server {
            id: ServerId(store.new_id()),
            slug: "new".parse().unwrap(),
            created_by: Some(their.user.id),
            ..own.server.clone()
        });
        hidden find_server(their.server.id);
        hidden find_server_by_slug(&their.server.slug);
        own list_servers(ServersOf::Tenant, &ServerFilter::default(), page());
        own list_servers(ServersOf::GrantedTo(their.user.id.into()), &ServerFilter::default(), page());
        own list_servers(ServersOf::UsableBy(their.user.id.into()), &ServerFilter::default(), page());
        own count_server_tags(ServersOf::Tenant);
        hidden list_server_roles(their.user.id.into(), &[their.server.id]);
        hidden list_server_roles(own.user.id.into(), &[their.server.id]);
        hidden lock_server(their.server.id);
        hidden list_server_slugs(&[their.server.id]);
        hidden find_servers(&[their.server.id]);
        hidden update_server(&Server { display_name: "taken over".to_owned(), ..their.server.clone() });
        refused put_shared_credential(&their.credential, None);
        refused put_shared_credential(&own.credential, Some(their.user.id));
        hidden find_shared_credential(their.server.id);
        hidden list_credential_marks(&[their.server.id]);
        hidden delete_shared_credential(their.server.id);
        hidden find_usable_server(&their.server.slug, their.user.id);
        hidden find_usable_server(&their.server.slug, own.user.id);
        hidden may_use_server(their.server.id, their.user.id);
        hidden may_use_server(their.server.id, own.user.id);
        own list_usable_servers(their.user.id, "", 0, 100);
        own list_usable_servers(own.user.id, "", 0, 100);
    }
}

fn granted(store: &TenantStore, server_id: ServerId, subject: Subject, like: &AccessGrant) -> AccessGrant {
    AccessGrant { id: AccessGrantId(store.new_id()), server_id, subject, ..like.clone() }
}

/// Grants whose subject has the tenant's name in its own.
fn named(seed: &Seed) -> GrantFilter {
    GrantFilter { text: seed.tenant.slug.to_string(), ..GrantFilter::default() }
}

fn access() -> Vec<Case> {
    cases! { |store, their, own|
        refused insert_access_grant(
            &granted(store, their.bare_server.id, Subject::User(own.user.id), &own.grant), None);
        refused insert_access_grant(
            &granted(store, own.bare_server.id, Subject::User(their.user.id), &own.grant), None);
        refused insert_access_grant(
            &granted(store, own.bare_server.id, Subject::Group(their.group.id), &own.grant), None);
        refused insert_access_grant(
            &granted(store, own.bare_server.id, Subject::ServiceAccount(their.service_account), &own.grant), None);
        refused insert_access_grant(
            &granted(store, own.bare_server.id, Subject::Everyone, &own.grant), Some(their.user.id));
        hidden find_access_grant(their.server.id, their.grant.id);
        hidden find_access_grant(own.server.id, their.grant.id);
        hidden find_access_grant_of(their.server.id, Subject::Everyone);
        hidden find_access_grant_of(own.server.id, their.grant.subject);
        hidden list_access_grants(their.server.id, &GrantFilter::default(), page());
        hidden list_access_grants(own.server.id, &named(their), page());
        own list_grants_reaching(their.user.id.into(), page());
        own list_grants_reaching(own.user.id.into(), page());
        hidden update_access_grant(their.grant.id, ServerRole::User);
        hidden delete_access_grant(their.grant.id);
        hidden delete_access_grants_on(their.server.id);
        hidden delete_access_grants_of(Subject::ServiceAccount(their.service_account));
        hidden name_subjects(&[Subject::User(their.user.id)]);
        hidden name_subjects(&[Subject::Group(their.group.id)]);
        hidden name_subjects(&[Subject::ServiceAccount(their.service_account)]);
        hidden list_candidates(their.tenant.slug.as_str(), 10);
    }
}
