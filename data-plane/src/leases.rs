//! Credentials of single callers, leased from the control plane: asked for once, kept until they end or change. In memory
//! only, and wiped when they are let go.
//!
//! What voids a lease is part of its key: a principal whose credentials changed, or a server whose settings did, asks
//! for another one.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::HeaderName;
use moka::Expiry;
use moka::future::Cache;
use proto::wire::credential_broker_client::CredentialBrokerClient;
use proto::wire::resolve_response::Outcome;
use proto::wire::{Lease as WireLease, NeedsUserAction, ResolveRequest};
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Channel;
use tonic::{Code, Status};
use url::Url;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::clock::Clock;
use crate::error::{Failure, Need, TokenFault};
use crate::limits::{BROKER_TIMEOUT, LEASES_MAX, NEED_REMEMBERED};
use crate::snapshot::{OutboundAuth, Server};
use crate::sync::channel::{Bearer, ControlPlane};
use crate::upstream::credential::Credential;

/// For whom and for what a lease is, and the versions that it rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct LeaseKey {
    pub(crate) tenant: Uuid,
    pub(crate) principal: Uuid,
    pub(crate) server: Uuid,
    /// Of the principal's credentials.
    pub(crate) credentials: u64,
    /// Of the server's settings.
    pub(crate) auth: u64,
}

/// What the control plane said.
pub(crate) struct Lease {
    pub(crate) outcome: Result<Credential, Need>,
    /// Where the person changes it.
    pub(crate) connect_url: Arc<str>,
    until: DateTime<Utc>,
    lives: Duration,
    /// The last server that was opened with it, so that a call does not copy one.
    opened: Mutex<Option<(Arc<Server>, Arc<Server>)>>,
}

type Broker = CredentialBrokerClient<InterceptedService<Channel, Bearer>>;

/// Everybody's leases on this node.
pub struct Leases {
    kept: Cache<LeaseKey, Arc<Lease>>,
    broker: OnceLock<Broker>,
}

/// Each as long as it lives.
struct Life;

impl Expiry<LeaseKey, Arc<Lease>> for Life {
    fn expire_after_create(&self, _: &LeaseKey, lease: &Arc<Lease>, _: Instant) -> Option<Duration> {
        Some(lease.lives)
    }
}

impl Default for Leases {
    fn default() -> Self {
        Self { kept: Cache::builder().max_capacity(LEASES_MAX).expire_after(Life).build(), broker: OnceLock::new() }
    }
}

impl Leases {
    /// From now on there is somebody to ask.
    pub(crate) fn ask(&self, plane: &ControlPlane) {
        let (channel, bearer) = plane.connect_lazily();
        let _ = self.broker.set(CredentialBrokerClient::with_interceptor(channel, bearer));
    }

    /// The lease; of many calls at once one asks. `via` is the server that was called, `refused_version` what the
    /// upstream refused (0 = nothing).
    pub(crate) async fn get(
        &self,
        clock: &dyn Clock,
        key: LeaseKey,
        bearer: &str,
        via: Uuid,
        refused_version: u64,
    ) -> Result<Arc<Lease>, Failure> {
        let is_of_no_use = |lease: &Arc<Lease>| clock.now() >= lease.until || lease.is_version(refused_version);
        if self.kept.get(&key).await.as_ref().is_some_and(is_of_no_use) {
            self.kept.invalidate(&key).await;
        }
        let resolving = async { self.resolve(clock, key, bearer, via, refused_version).await.map(Arc::new) };
        self.kept.try_get_with(key, resolving).await.map_err(|failure| (*failure).clone())
    }

    async fn resolve(
        &self,
        clock: &dyn Clock,
        key: LeaseKey,
        bearer: &str,
        via: Uuid,
        refused_version: u64,
    ) -> Result<Lease, Failure> {
        let mut broker = self.broker.get().ok_or(Failure::BrokerAway)?.clone();
        let request = ResolveRequest {
            tenant_id: proto::convert::uuid_bytes(key.tenant),
            server_id: proto::convert::uuid_bytes(key.server),
            bearer: bearer.to_owned(),
            via_server_id: if via == key.server { Bytes::new() } else { proto::convert::uuid_bytes(via) },
            refused_version,
        };
        let answer = tokio::time::timeout(BROKER_TIMEOUT, broker.resolve(request)).await;
        let answer = answer.map_err(|_| Failure::BrokerAway)?.map_err(|status| refused(&status))?;
        match answer.into_inner().outcome {
            Some(Outcome::Lease(lease)) => Lease::granted(lease, clock.now()),
            Some(Outcome::NeedsUserAction(needs)) => Ok(Lease::needs(&needs, clock.now())),
            None => Err(Failure::BrokerAway),
        }
    }
}

/// The control plane knows better than our picture who may do what.
fn refused(status: &Status) -> Failure {
    match status.code() {
        Code::Unauthenticated => Failure::Unauthenticated(Some(TokenFault::Revoked)),
        Code::NotFound => Failure::NotFound,
        code => {
            tracing::warn!(?code, message = status.message(), "a credential was not leased");
            Failure::BrokerAway
        }
    }
}

impl Lease {
    fn granted(wire: WireLease, now: DateTime<Utc>) -> Result<Self, Failure> {
        let WireLease { headers, upstream_origin, expires_unix_ms, version, connect_url } = wire;
        let origin = Url::parse(&upstream_origin).map_err(|_| Failure::BrokerAway)?;
        let headers = headers.into_iter().map(|header| {
            let value = Zeroizing::new(header.value);
            HeaderName::try_from(header.name).map(|name| (name, value))
        });
        let headers = headers.collect::<Result<_, _>>().map_err(|_| Failure::BrokerAway)?;
        let credential = Credential::new(origin, headers, version).ok_or(Failure::BrokerAway)?;
        let ends = i64::try_from(expires_unix_ms).ok().and_then(DateTime::from_timestamp_millis);
        Ok(Self::until(Ok(credential), &connect_url, now, ends.ok_or(Failure::BrokerAway)?))
    }

    /// Remembered for a moment only: what the person does meanwhile changes the key.
    fn needs(wire: &NeedsUserAction, now: DateTime<Utc>) -> Self {
        let need = Need::new(&wire.code, &wire.connect_url);
        Self::until(Err(need), &wire.connect_url, now, now + NEED_REMEMBERED)
    }

    /// Whether it holds the credential of this version; 0 is nobody's.
    fn is_version(&self, version: u64) -> bool {
        version > 0 && self.outcome.as_ref().is_ok_and(|credential| credential.version() == version)
    }

    fn until(outcome: Result<Credential, Need>, url: &str, now: DateTime<Utc>, until: DateTime<Utc>) -> Self {
        let lives = (until - now).to_std().unwrap_or(Duration::ZERO);
        Self { outcome, connect_url: url.into(), until, lives, opened: Mutex::default() }
    }

    /// The server as this caller calls it.
    pub(crate) fn open(&self, server: &Arc<Server>, key: LeaseKey) -> Result<Arc<Server>, Failure> {
        let credential = self.outcome.as_ref().map_err(|need| Failure::CredentialRequired(need.clone()))?;
        if !credential.is_for(&server.upstream_url) {
            return Err(Failure::CredentialRequired(Need::new("credential.origin_changed", &self.connect_url)));
        }
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, known)) = &*opened
            && Arc::ptr_eq(of, server)
        {
            return Ok(known.clone());
        }
        let outbound_auth = OutboundAuth::Leased {
            credential: credential.clone(),
            auth: key.auth,
            credentials: key.credentials,
            connect_url: self.connect_url.clone(),
        };
        let fresh = Arc::new(Server { outbound_auth, ..(**server).clone() });
        *opened = Some((server.clone(), fresh.clone()));
        Ok(fresh)
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use proto::wire::Header;

    use super::*;

    fn wire(value: &str, origin: &str) -> WireLease {
        WireLease {
            headers: vec![Header { name: "authorization".to_owned(), value: value.to_owned() }],
            upstream_origin: origin.to_owned(),
            expires_unix_ms: 60_000,
            version: 3,
            connect_url: "https://auth.example/t/acme/connect/git".to_owned(),
        }
    }

    #[test]
    fn what_cannot_be_a_credential_is_no_lease() {
        fn check(wire: WireLease, expected: bool) {
            assert_eq!(Lease::granted(wire, DateTime::UNIX_EPOCH).is_ok(), expected);
        }
        check(wire("Bearer x", "https://up.example"), true);
        check(wire("a\r\nb: c", "https://up.example"), false);
        check(wire("Bearer x", "nowhere"), false);
        let bad_name = WireLease {
            headers: vec![Header { name: "a b".to_owned(), value: "c".to_owned() }],
            ..wire("x", "https://up.example")
        };
        check(bad_name, false);
    }

    #[test]
    fn a_lease_lives_as_long_as_it_says() {
        let lease = Lease::granted(wire("Bearer x", "https://up.example"), DateTime::UNIX_EPOCH).ok().unwrap();
        assert_eq!(lease.lives, Duration::from_secs(60));
        let late =
            Lease::granted(wire("Bearer x", "https://up.example"), DateTime::UNIX_EPOCH + TimeDelta::seconds(90));
        assert_eq!(late.ok().unwrap().lives, Duration::ZERO);
    }
}
