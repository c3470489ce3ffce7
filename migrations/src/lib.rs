//! Schema history of the control plane's database, PostgreSQL and SQLite alike.
//!
//! One change per file, forward only. A landed migration is never edited. See [`dialect`] for the words that differ
//! between the two databases and [`tenant_table`] for what every tenant table gets.

mod dialect;
mod m20261123_0001_roles;
mod m20261123_0002_system;
mod m20261123_0003_tenancy;
mod m20261123_0004_servers;
mod m20261123_0005_oauth;
mod m20261123_0006_changes;
mod m20261123_0007_call_records;
mod m20261123_0008_api_keys;
mod m20261123_0009_shared_credentials;
mod m20261123_0010_registration;
mod m20261127_0011_provisioning;
mod m20261127_0012_sso;
mod m20261127_0013_people;
mod m20261127_0014_scim;
mod m20261127_0015_domains;
mod m20261127_0016_lockout;
mod m20261127_0017_mail;
mod m20261127_0018_second_factor;
mod m20261127_0019_user_credentials;
mod m20261127_0020_virtual_servers;
mod m20261127_0021_server_transport;
mod m20261127_0022_auth_overrides;
mod m20261127_0023_identity_tokens;
mod m20261128_0024_limit_rules;
mod m20261128_0025_audit_chain;
mod m20261128_0026_call_search;
mod m20261128_0027_call_usage;
mod m20261128_0029_switches;
mod m20261128_0030_operator_sessions;
mod m20261128_0031_server_tags;
mod m20261128_0032_tenant_sign_ups;
mod m20261128_0033_drain;
mod tenant_table;

pub use sea_orm_migration::MigratorTrait;
use sea_orm_migration::prelude::*;

/// The ordered list of migrations.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261123_0001_roles::Migration),
            Box::new(m20261123_0002_system::Migration),
            Box::new(m20261123_0003_tenancy::Migration),
            Box::new(m20261123_0004_servers::Migration),
            Box::new(m20261123_0005_oauth::Migration),
            Box::new(m20261123_0006_changes::Migration),
            Box::new(m20261123_0007_call_records::Migration),
            Box::new(m20261123_0008_api_keys::Migration),
            Box::new(m20261123_0009_shared_credentials::Migration),
            Box::new(m20261123_0010_registration::Migration),
            Box::new(m20261127_0011_provisioning::Migration),
            Box::new(m20261127_0012_sso::Migration),
            Box::new(m20261127_0013_people::Migration),
            Box::new(m20261127_0014_scim::Migration),
            Box::new(m20261127_0015_domains::Migration),
            Box::new(m20261127_0016_lockout::Migration),
            Box::new(m20261127_0017_mail::Migration),
            Box::new(m20261127_0018_second_factor::Migration),
            Box::new(m20261127_0019_user_credentials::Migration),
            Box::new(m20261127_0020_virtual_servers::Migration),
            Box::new(m20261127_0021_server_transport::Migration),
            Box::new(m20261127_0022_auth_overrides::Migration),
            Box::new(m20261127_0023_identity_tokens::Migration),
            Box::new(m20261128_0024_limit_rules::Migration),
            Box::new(m20261128_0025_audit_chain::Migration),
            Box::new(m20261128_0026_call_search::Migration),
            Box::new(m20261128_0027_call_usage::Migration),
            Box::new(m20261128_0029_switches::Migration),
            Box::new(m20261128_0030_operator_sessions::Migration),
            Box::new(m20261128_0031_server_tags::Migration),
            Box::new(m20261128_0032_tenant_sign_ups::Migration),
            Box::new(m20261128_0033_drain::Migration),
        ]
    }
}
