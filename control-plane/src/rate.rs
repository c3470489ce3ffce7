//! Rate limits of the doors that strangers can knock at. In memory and per replica: they stop floods, they count
//! nothing. Bounded: the least recently seen keys are forgotten first.

use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use moka::sync::Cache;
use uuid::Uuid;

use crate::domain::ids::TenantId;
use crate::domain::limits::RATE_KEYS_MAX;
use crate::domain::{Error, Result};

/// Forgotten when unused for this long: every bucket below is full again by then.
const IDLE: Duration = Duration::from_secs(3_600);

/// What is limited, and per whom.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Door {
    /// Client registrations of one address (ATK-2).
    Register(IpAddr),
    Authorize(IpAddr),
    /// Addresses typed at the front door, by one address: it must not become a list of our customers.
    Front(IpAddr),
    /// Sign-in attempts of one address.
    SignIn(IpAddr),
    /// Links to make a tenant with, asked for by one address, for one mailbox, and by all together: each sends mail.
    SignUp(IpAddr),
    Mailbox(String),
    SignUps,
    /// Operators' tokens that one address tries.
    Operator(IpAddr),
    /// Sign-in attempts at one account, from anywhere.
    Account(String),
    Token(IpAddr),
    /// Requests of an identity provider, of anybody who says so: a first sync sends tens of thousands.
    Scim(IpAddr),
    /// Documents of clients that are read for one address…
    Document(IpAddr),
    /// …and for the whole tenant: what makes us send requests to others is for nobody to drive (ATK-15).
    Documents,
    /// Questions to name servers of others, by one tenant.
    Dns,
    /// Looks at servers of others, by one tenant (ATK-15).
    Probe,
    /// Tries of one person in the playground, each several requests of ours.
    Playground(Uuid),
}

impl Door {
    /// Requests at once, and the seconds in which one more is earned. An office behind one address must get through.
    const fn quota(&self) -> (u32, u64, u32) {
        match self {
            Self::Register(_) => (40, 60, 40),
            Self::Authorize(_) => (120, 60, 120),
            Self::Front(_) => (20, 60, 10),
            Self::SignIn(_) | Self::Operator(_) => (30, 60, 30),
            Self::Account(_) => (10, 300, 10),
            Self::SignUp(_) => (10, 600, 10),
            Self::Mailbox(_) => (3, 3_600, 3),
            Self::SignUps => (60, 60, 60),
            Self::Token(_) => (600, 60, 600),
            Self::Scim(_) => (6_000, 60, 36_000),
            Self::Document(_) => (20, 60, 20),
            Self::Documents => (60, 60, 60),
            Self::Dns | Self::Probe => (20, 60, 20),
            Self::Playground(_) => (120, 60, 120),
        }
    }

    /// An IPv6 customer has a whole /64.
    fn normalized(self) -> Self {
        let network = |address: IpAddr| match address.to_canonical() {
            IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
            v4 => v4,
        };
        match self {
            Self::Register(address) => Self::Register(network(address)),
            Self::Authorize(address) => Self::Authorize(network(address)),
            Self::Front(address) => Self::Front(network(address)),
            Self::SignIn(address) => Self::SignIn(network(address)),
            Self::Operator(address) => Self::Operator(network(address)),
            Self::Token(address) => Self::Token(network(address)),
            Self::Scim(address) => Self::Scim(network(address)),
            Self::Document(address) => Self::Document(network(address)),
            Self::SignUp(address) => Self::SignUp(network(address)),
            Self::Account(name) => Self::Account(name),
            Self::Mailbox(email) => Self::Mailbox(email),
            Self::SignUps => Self::SignUps,
            Self::Documents => Self::Documents,
            Self::Dns => Self::Dns,
            Self::Probe => Self::Probe,
            Self::Playground(user) => Self::Playground(user),
        }
    }
}

/// The buckets.
#[derive(Clone)]
pub struct Rates {
    buckets: Cache<(TenantId, Door), Arc<DefaultDirectRateLimiter>>,
    clock: DefaultClock,
}

impl Default for Rates {
    fn default() -> Self {
        let buckets = Cache::builder().max_capacity(RATE_KEYS_MAX).time_to_idle(IDLE).build();
        Self { buckets, clock: DefaultClock::default() }
    }
}

impl Rates {
    /// The same where no tenant is known yet.
    pub fn take_outside_tenants(&self, door: Door) -> Result<()> {
        self.take(TenantId(Uuid::nil()), door)
    }

    /// Takes one from the bucket, or says when to come back.
    pub fn take(&self, tenant: TenantId, door: Door) -> Result<()> {
        let (burst, period_s, per_period) = door.quota();
        let bucket = self.buckets.get_with((tenant, door.normalized()), || {
            let every = Duration::from_secs(period_s) / per_period;
            let burst = NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN);
            let quota = Quota::with_period(every).unwrap_or(Quota::per_second(NonZeroU32::MIN)).allow_burst(burst);
            Arc::new(RateLimiter::direct_with_clock(quota, self.clock.clone()))
        });
        bucket.check().map_err(|wait| {
            let wait = wait.wait_time_from(self.clock.now());
            Error::RateLimited { retry_after_ms: u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).max(1) }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_apart_by_tenant_door_and_network() {
        let (rates, one, two) = (Rates::default(), TenantId(Uuid::from_u128(1)), TenantId(Uuid::from_u128(2)));
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        let first = Door::SignIn(address("2001:db8::1"));
        let taken = (0..1_000).take_while(|_| rates.take(one, first.clone()).is_ok()).count();
        assert!((30..40).contains(&taken), "{taken}");
        let refused = rates.take(one, Door::SignIn(address("2001:db8::ffff:2"))).unwrap_err();
        assert!(matches!(refused, Error::RateLimited { retry_after_ms: 1..=2_000 }));
        assert!(rates.take(one, Door::SignIn(address("2001:db8:0:1::1"))).is_ok());
        assert!(rates.take(two, first).is_ok());
        assert!(rates.take(one, Door::Token(address("2001:db8::1"))).is_ok());
    }

    #[test]
    fn a_v4_address_is_itself_also_when_mapped() {
        let door = |text: &str| Door::Token(text.parse().unwrap()).normalized();
        assert_eq!(door("::ffff:192.0.2.1"), door("192.0.2.1"));
        assert_ne!(door("192.0.2.1"), door("192.0.2.2"));
    }
}
