//! Nodes against the real services over loopback, on SQLite and, when `PORTWAY_TEST_POSTGRES_URL` names a superuser's
//! database, on PostgreSQL.

mod authority;
mod calls;
mod capabilities;
mod node;
mod plane;
mod replicas;
mod revoked_grants;
mod stream;
