//! What methods of the store answer, sorted into nothing and something.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Debug;

use control_plane::domain::audit::{AuditEvent, ChainHead, ChainStatus};
use control_plane::domain::call::CallRecord;
use control_plane::domain::identity::{IdentityProvider, UserIdentity};
use control_plane::domain::ids::{AccessGrantId, ApiKeyId, ClientId, GroupId, SessionId, UserId};
use control_plane::domain::oauth::Client;
use control_plane::domain::oauth::client::ClientSecret;
use control_plane::domain::page::Page;
use control_plane::domain::service_account::ServiceAccount;
use control_plane::domain::tenancy::{Group, Tenant, User};
use control_plane::store::{Changes, SessionKeyRow, SigningKeyRow};
use uuid::Uuid;

use super::Outcome;

pub(super) trait Answer {
    fn outcome(&self) -> Outcome;
}

pub(super) fn unless(nothing: bool, answer: &impl Debug) -> Outcome {
    if nothing { Outcome::Nothing } else { Outcome::Something(format!("{answer:?}")) }
}

macro_rules! answers {
    ($($answer:ty),* $(,)?) => {
        $(impl Answer for $answer {
            fn outcome(&self) -> Outcome {
                unless(false, self)
            }
        })*
    };
}

answers!(
    u32,
    String,
    ClientId,
    ServiceAccount,
    Tenant,
    User,
    Group,
    Client,
    CallRecord,
    Changes,
    ChainHead,
    IdentityProvider,
    control_plane::domain::credential::AuthOverride,
    control_plane::domain::credential::UserCredential,
    control_plane::domain::limit_rule::LimitRule,
    (Uuid, String, Vec<u8>)
);

impl Answer for () {
    fn outcome(&self) -> Outcome {
        Outcome::Done
    }
}

impl Answer for bool {
    fn outcome(&self) -> Outcome {
        unless(!self, self)
    }
}

/// A count, or a revision.
impl Answer for u64 {
    fn outcome(&self) -> Outcome {
        unless(*self == 0, self)
    }
}

impl<T: Debug> Answer for Option<T> {
    fn outcome(&self) -> Outcome {
        unless(self.is_none(), self)
    }
}

impl<K: Debug, V: Debug> Answer for HashMap<K, V> {
    fn outcome(&self) -> Outcome {
        unless(self.is_empty(), self)
    }
}

impl<K: Debug, V: Debug> Answer for BTreeMap<K, V> {
    fn outcome(&self) -> Outcome {
        unless(self.is_empty(), self)
    }
}

impl<T: Debug> Answer for HashSet<T> {
    fn outcome(&self) -> Outcome {
        unless(self.is_empty(), self)
    }
}

impl<T: Debug> Answer for Page<T> {
    fn outcome(&self) -> Outcome {
        unless(self.items.is_empty(), self)
    }
}

impl Answer for (Page<AuditEvent>, ChainStatus) {
    fn outcome(&self) -> Outcome {
        let bodies = self.0.items.iter().map(|event| String::from_utf8_lossy(&event.body));
        unless(self.0.items.is_empty(), &(self, bodies.collect::<Vec<_>>()))
    }
}

impl<T: Shown> Answer for Vec<T> {
    fn outcome(&self) -> Outcome {
        unless(self.is_empty(), &self.iter().map(Shown::text).collect::<Vec<_>>())
    }
}

impl Answer for SigningKeyRow {
    fn outcome(&self) -> Outcome {
        unless(false, &self.text())
    }
}

/// Members of lists. Private keys have no `Debug`; their ids tell enough.
pub(super) trait Shown {
    fn text(&self) -> String;
}

impl Shown for SigningKeyRow {
    fn text(&self) -> String {
        format!("{} {}", self.id, self.public_jwk)
    }
}

macro_rules! shown {
    ($($member:ty),* $(,)?) => {
        $(impl Shown for $member {
            fn text(&self) -> String {
                format!("{self:?}")
            }
        })*
    };
}

shown!(
    String,
    Uuid,
    UserId,
    Group,
    AccessGrantId,
    CallRecord,
    control_plane::domain::email_domain::Domain,
    (control_plane::domain::ids::InvitationId, control_plane::domain::invitation::Delivery),
    ApiKeyId,
    GroupId,
    SessionId,
    control_plane::domain::ids::ServerId,
    (GroupId, Vec<UserId>),
    IdentityProvider,
    UserIdentity,
    control_plane::domain::credential::UserCredential,
    control_plane::domain::principal::PrincipalId,
    control_plane::domain::upstream_oauth::AccountFlow,
    control_plane::store::UpstreamClientRow,
    ClientSecret,
    SessionKeyRow,
    control_plane::domain::server::SubjectName,
    control_plane::domain::server::Server,
    control_plane::store::UsableServer,
    control_plane::domain::configuration::Resource,
    AuditEvent,
    control_plane::domain::usage::SeriesKey,
);
