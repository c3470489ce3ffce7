//! The isolation suite's table: each method of the store, called by one tenant with what another one has.
//!
//! To add a method: one line in the file of its topic. `hidden` is the usual word. The suite also runs every `hidden`
//! and `refused` line as the tenant that is named in it, where it must succeed: a line that fails for another reason
//! proves nothing.

mod account;
mod answers;
mod bundles;
mod identity;
mod limits;
mod lockout;
mod oauth;
mod records;
mod scim;
mod servers;
mod service_accounts;
mod sso;
mod user_credentials;

use std::pin::Pin;

use control_plane::domain::error::Error;
use control_plane::domain::page::PageRequest;
use control_plane::store::TenantStore;

use self::answers::Answer;
use super::seed::Seed;

/// One call of one method.
pub(super) struct Case {
    pub(super) method: &'static str,
    pub(super) expected: Expected,
    pub(super) act: Act,
}

type Act = for<'a> fn(&'a TenantStore, &'a Seed, &'a Seed) -> Pin<Box<dyn Future<Output = Outcome> + Send + 'a>>;

/// What the stranger must get.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expected {
    /// Nothing: `None`, nothing in a list, none changed, not found.
    Hidden,
    /// An error: a foreign key that does not hold, or a row that is not there.
    Refused,
    /// Its own rows, and none of the other tenant's.
    Own,
}

/// What it got.
#[derive(Debug)]
pub(super) enum Outcome {
    Nothing,
    /// Done, without an answer: only the rows tell what.
    Done,
    Something(String),
    Failed(Error),
}

impl Outcome {
    fn of<T: Answer>(result: Result<T, Error>) -> Self {
        match result {
            Err(Error::NotFound { .. }) => Self::Nothing,
            Err(error) => Self::Failed(error),
            Ok(answer) => answer.outcome(),
        }
    }
}

/// Methods without a line, each with the reason. This list only shrinks.
pub(super) const EXEMPT: [(&str, &str); 2] = [
    ("commit", "takes no id and ends the transaction: every line below is committed with it"),
    ("commit_records", "takes no id and ends the transaction: the seed is committed with it"),
];

macro_rules! cases {
    (|$store:ident, $their:ident, $own:ident| $($expected:ident $method:ident($($argument:expr),* $(,)?);)*) => {
        vec![$(Case {
            method: stringify!($method),
            expected: cases!(@ $expected),
            act: |$store, $their, $own| Box::pin(async move {
                let _ = ($their, $own);
                Outcome::of($store.$method($($argument),*).await)
            }),
        }),*]
    };
    (@ hidden) => { Expected::Hidden };
    (@ refused) => { Expected::Refused };
    (@ own) => { Expected::Own };
}

use cases;

/// The whole table.
pub(super) fn all() -> Vec<Case> {
    let topics = [
        account::cases(),
        identity::cases(),
        service_accounts::cases(),
        servers::cases(),
        oauth::cases(),
        records::cases(),
        lockout::cases(),
        sso::cases(),
        scim::cases(),
        bundles::cases(),
        limits::cases(),
        user_credentials::cases(),
    ];
    topics.into_iter().flatten().collect()
}

fn page<P>() -> PageRequest<P> {
    PageRequest { limit: 100, after: None }
}
