//! The credential that the gateway presents to a server for everybody: checked, sealed, kept for one origin (I14).
//! Values go in and never come out, but to nodes, sealed to each.

use chrono::{DateTime, Utc};
use prost::Message as _;
use proto::shared_secret::{HEADERS_MAX, header_name, header_value};
use proto::wire::{Header, SecretHeaders};
use secrecy::{ExposeSecret as _, SecretString};
use zeroize::{Zeroize as _, Zeroizing};

use super::upstream_oauth;
use crate::crypto::signing;
use crate::crypto::vault::Purpose;
use crate::domain::Result;
use crate::domain::credential::{CredentialMark, HeaderInput, MachineSecrets, OutboundInput, SealedCredential};
use crate::domain::fields::{Mistake, Mistakes};
use crate::domain::ids::{ServerId, UserId};
use crate::domain::key_form::KeyForm;
use crate::domain::machine_oauth::{ExchangeProfile, MachineAuth, MachineSettings};
use crate::domain::server::{OutboundAuth, PassthroughMode, Server};
use crate::domain::upstream_oauth::OauthSettings;
use crate::state::App;
use crate::store::{ResourceKind, TenantStore};

/// The headers of one credential, in clear; wiped when dropped.
#[derive(Default, PartialEq)]
pub(super) struct Headers(SecretHeaders);

impl Drop for Headers {
    fn drop(&mut self) {
        self.0.headers.iter_mut().for_each(|header| header.value.zeroize());
    }
}

impl Headers {
    pub(super) fn encoded(&self) -> Vec<u8> {
        self.0.encode_to_vec()
    }

    fn find(&self, name: &str) -> Option<&str> {
        self.0.headers.iter().find(|header| header.name == name).map(|header| header.value.as_str())
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.0.headers.iter().map(|header| header.name.clone()).collect()
    }
}

/// How a server is to be called, and with what.
#[derive(Default)]
pub(super) struct Outbound {
    pub(super) headers: Headers,
    /// What people are asked for.
    per_user: Option<PerUser>,
    machine: Option<Machine>,
    passthrough: Option<PassthroughMode>,
}

enum PerUser {
    Form(KeyForm),
    Oauth { settings: Box<OauthSettings>, client_secret: Option<SecretString> },
}

/// A client of Portway's own, and what it is for.
struct Machine {
    auth: OutboundAuth,
    client_id: String,
    /// Or its private key.
    secret: Option<SecretString>,
}

impl Outbound {
    /// Whether it says more than its settings do: values that are not shown.
    pub(super) fn differs_from(&self, stored: &Headers) -> bool {
        self.headers != *stored || self.has_client_secret()
    }

    fn has_client_secret(&self) -> bool {
        matches!(&self.per_user, Some(PerUser::Oauth { client_secret: Some(_), .. }))
            || self.machine.as_ref().is_some_and(|machine| machine.secret.is_some())
    }

    pub(super) fn auth(&self) -> OutboundAuth {
        if let Some(machine) = &self.machine {
            return machine.auth.clone();
        }
        if let Some(mode) = self.passthrough {
            return OutboundAuth::Passthrough { mode };
        }
        match (&self.per_user, self.headers.names()) {
            (Some(PerUser::Form(form)), _) => OutboundAuth::PerUserHeader(form.clone()),
            (Some(PerUser::Oauth { settings, .. }), _) => OutboundAuth::OauthPerUser(settings.clone()),
            (None, names) if names.is_empty() => OutboundAuth::None,
            (None, header_names) => OutboundAuth::SharedHeader { header_names },
        }
    }
}

/// What was typed, as it is to be kept. A header without a value keeps the `stored` one; a server that has `moved` to
/// another origin keeps none.
pub(super) fn check(input: &OutboundInput, stored: &Headers, moved: bool, mistakes: &mut Mistakes) -> Outbound {
    let inputs = match input {
        OutboundInput::None => return Outbound::default(),
        OutboundInput::PerUserHeader(form) => {
            let per_user = Some(PerUser::Form(form.clone().checked(mistakes)));
            return Outbound { per_user, ..Outbound::default() };
        }
        OutboundInput::OauthPerUser { settings, client_secret } => {
            let settings = Box::new(settings.clone().checked(client_secret.is_some(), mistakes));
            let per_user = Some(PerUser::Oauth { settings, client_secret: client_secret.clone() });
            return Outbound { per_user, ..Outbound::default() };
        }
        OutboundInput::ClientCredentials { settings, secrets } => {
            if settings.profile != ExchangeProfile::Statement {
                let message = "is for token exchange only".to_owned();
                mistakes.add("outbound_auth.profile", ("upstream_oauth.profile", message));
            }
            return machine(settings, secrets, OutboundAuth::ClientCredentials, mistakes);
        }
        OutboundInput::TokenExchange { settings, secrets } => {
            return machine(settings, secrets, OutboundAuth::TokenExchange, mistakes);
        }
        OutboundInput::Passthrough { mode } => {
            return Outbound { passthrough: Some(*mode), ..Outbound::default() };
        }
        OutboundInput::SharedHeader { headers } => headers,
    };
    let mut headers = Headers::default();
    if inputs.is_empty() || inputs.len() > HEADERS_MAX {
        let message = format!("must have 1 to {HEADERS_MAX} headers");
        mistakes.add("outbound_auth.headers", ("credential.headers", message));
    }
    for (index, input) in inputs.iter().enumerate() {
        let field = |part: &str| format!("outbound_auth.headers[{index}].{part}");
        let name = header_name(&input.name).map_err(|why| ("credential.header_name", why.to_owned()));
        let Some(name) = mistakes.take(&field("name"), name) else { continue };
        if headers.find(&name).is_some() {
            mistakes.add(&field("name"), ("credential.header_twice", "is given twice".to_owned()));
            continue;
        }
        if let Some(value) = mistakes.take(&field("value"), value(input, stored.find(&name), moved)) {
            headers.0.headers.push(Header { name, value });
        }
    }
    Outbound { headers, ..Outbound::default() }
}

fn machine(
    settings: &MachineSettings,
    secrets: &MachineSecrets,
    auth: fn(Box<MachineSettings>) -> OutboundAuth,
    mistakes: &mut Mistakes,
) -> Outbound {
    let settings = Box::new(settings.clone().checked(mistakes));
    let wrong = match (settings.client_auth, &secrets.client_secret, &secrets.private_key) {
        (MachineAuth::Secret, _, Some(_)) => Some(("private_key", "needs client_auth to be private_key_jwt")),
        (MachineAuth::PrivateKeyJwt, Some(_), _) => Some(("client_secret", "is of no use with private_key_jwt")),
        (MachineAuth::PrivateKeyJwt, _, Some(key)) if signing::assert(key, None, &serde_json::json!({})).is_none() => {
            Some(("private_key", "must be a PKCS#8 key as PEM: EC P-256 or P-384, RSA, or Ed25519"))
        }
        _ => None,
    };
    if let Some((field, message)) = wrong {
        mistakes.add(&format!("outbound_auth.{field}"), ("credential.private_key", message.to_owned()));
    }
    let secret = secrets.private_key.clone().or_else(|| secrets.client_secret.clone());
    let client_id = settings.client_id.clone();
    Outbound { machine: Some(Machine { auth: auth(settings), client_id, secret }), ..Outbound::default() }
}

fn value(input: &HeaderInput, stored: Option<&str>, moved: bool) -> Result<String, Mistake> {
    match (&input.value, stored) {
        (Some(value), _) => {
            let value = value.expose_secret();
            let checked = header_value(value).map(|()| value.to_owned());
            checked.map_err(|why| ("credential.header_value", why.to_owned()))
        }
        (None, Some(_)) if moved => Err(origin_changed()),
        (None, Some(stored)) => Ok(stored.to_owned()),
        (None, None) => Err(("credential.value_missing", "must be given: none is stored".to_owned())),
    }
}

/// A stored credential does not follow a server to another origin: whoever moves it says the values again.
pub(super) fn origin_changed() -> Mistake {
    let message = "must be given again: the server moves to another origin, and the stored values are for the old one";
    ("credential.origin_changed", message.to_owned())
}

/// The secret of a client is for the provider that it was typed for (I14): whoever names another one says it again.
pub(super) async fn check_client(
    store: &TenantStore,
    old: &Server,
    new: &Server,
    outbound: Option<&Outbound>,
    mistakes: &mut Mistakes,
) -> Result<()> {
    let (Some(before), Some(after)) = (old.manual_client(), new.manual_client()) else { return Ok(()) };
    let is_given = outbound.is_some_and(Outbound::has_client_secret);
    let moves = before != after && (before.client_id, before.auth) == (after.client_id, after.auth);
    if moves && !is_given && upstream_oauth::has_static_secret(store, old.id).await? {
        let field = match after.auth {
            MachineAuth::Secret => "outbound_auth.client_secret",
            MachineAuth::PrivateKeyJwt => "outbound_auth.private_key",
        };
        let message = "must be given again: the provider is another, and what is stored is for the old one";
        mistakes.add(field, ("credential.origin_changed", message.to_owned()));
    }
    Ok(())
}

/// The headers that are stored for the server.
pub(super) async fn stored(app: &App, store: &TenantStore, id: ServerId) -> Result<Headers> {
    let Some(sealed) = store.find_shared_credential(id).await? else { return Ok(Headers::default()) };
    let plain = open(app, store, &sealed).await?;
    Ok(Headers(SecretHeaders::decode(plain.as_slice()).map_err(crate::domain::Error::internal)?))
}

async fn open(app: &App, store: &TenantStore, sealed: &SealedCredential) -> Result<Zeroizing<Vec<u8>>> {
    let key = app.data_key(store).await?;
    key.open(store.tenant_id(), Purpose::SharedCredential, sealed.server_id.0, &sealed.headers_sealed)
}

/// Keeps what the gateway knows the server by: headers for the origin that it is at, the secret of a client that was
/// registered by hand. What is left out is removed, but for the secret of a client that was the same `before`.
pub(super) async fn put(
    app: &App,
    store: &TenantStore,
    before: Option<&Server>,
    server: &Server,
    outbound: &Outbound,
    set_by: Option<UserId>,
) -> Result<()> {
    let (client_id, secret) = match (&outbound.per_user, &outbound.machine) {
        (Some(PerUser::Oauth { settings, client_secret }), _) => {
            (settings.client_id.as_deref(), client_secret.as_ref())
        }
        (_, Some(machine)) => (Some(machine.client_id.as_str()), machine.secret.as_ref()),
        _ => (None, None),
    };
    let is_the_same = before.is_some_and(|before| before.manual_client() == server.manual_client());
    upstream_oauth::put_client(app, store, server, client_id, secret, is_the_same).await?;
    let headers = &outbound.headers;
    if headers.0.headers.is_empty() {
        remove(store, server.id).await?;
        return Ok(());
    }
    let before = store.find_shared_credential(server.id).await?.map(|sealed| sealed.mark);
    let plain = Zeroizing::new(headers.0.encode_to_vec());
    let key = app.data_key(store).await?;
    let sealed = SealedCredential {
        server_id: server.id,
        upstream_origin: server.origin(),
        headers_sealed: key.seal(store.tenant_id(), Purpose::SharedCredential, server.id.0, &plain)?,
        mark: next_mark(before, store.now()),
    };
    store.put_shared_credential(&sealed, set_by).await?;
    store.changed(ResourceKind::SharedSecret, server.id.0);
    Ok(())
}

pub(super) async fn remove(store: &TenantStore, id: ServerId) -> Result<()> {
    if store.delete_shared_credential(id).await? {
        store.changed(ResourceKind::SharedSecret, id.0);
    }
    Ok(())
}

/// Unlike a counter it never repeats after a backup was restored: nodes keep upstream sessions apart by it.
pub(super) fn next_mark(before: Option<CredentialMark>, now: DateTime<Utc>) -> CredentialMark {
    let now_ms = u64::try_from(now.timestamp_millis()).unwrap_or_default();
    CredentialMark { version: now_ms.max(before.map_or(0, |before| before.version + 1)), set_at: now }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Error;

    fn stored() -> Headers {
        let header = |name: &str, value: &str| Header { name: name.to_owned(), value: value.to_owned() };
        Headers(SecretHeaders { headers: vec![header("authorization", "Bearer old"), header("x-key", "k")] })
    }

    #[test]
    fn what_is_typed_is_checked_and_what_is_not_is_kept() {
        type Typed<'a> = &'a [(&'a str, Option<&'a str>)];
        type Pairs<'a> = &'a [(&'a str, &'a str)];
        fn check(typed: Typed<'_>, moved: bool, expected: Result<Pairs<'_>, Pairs<'_>>) {
            let headers = typed.iter().map(|(name, value)| HeaderInput {
                name: (*name).to_owned(),
                value: value.map(|value| value.to_owned().into()),
            });
            let mut mistakes = Mistakes::default();
            let input = OutboundInput::SharedHeader { headers: headers.collect() };
            let outbound = super::check(&input, &stored(), moved, &mut mistakes);
            let found = match mistakes.finish(Some(())) {
                Ok(()) => {
                    let header = |header: &Header| (header.name.clone(), header.value.clone());
                    Ok(outbound.headers.0.headers.iter().map(header).collect())
                }
                Err(Error::InvalidFields(errors)) => {
                    Err(errors.into_iter().map(|error| (error.field, error.code.to_owned())).collect::<Vec<_>>())
                }
                Err(other) => panic!("{other}"),
            };
            let owned = |pairs: &[(&str, &str)]| {
                pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect::<Vec<_>>()
            };
            assert_eq!(found, expected.map(owned).map_err(owned), "{typed:?}");
        }
        let field = "outbound_auth.headers[0].value";
        check(&[("X-Api-Key", Some("s"))], false, Ok(&[("x-api-key", "s")]));
        check(
            &[("Authorization", None), ("x-new", Some("n"))],
            false,
            Ok(&[("authorization", "Bearer old"), ("x-new", "n")]),
        );
        check(&[("Authorization", None)], true, Err(&[(field, "credential.origin_changed")]));
        check(&[("Authorization", Some("Bearer new"))], true, Ok(&[("authorization", "Bearer new")]));
        check(&[("x-other", None)], false, Err(&[(field, "credential.value_missing")]));
        check(&[("x-a", Some("a\r\nb: c"))], false, Err(&[(field, "credential.header_value")]));
        check(&[("Host", Some("x"))], false, Err(&[("outbound_auth.headers[0].name", "credential.header_name")]));
        let twice = [("outbound_auth.headers[1].name", "credential.header_twice")];
        check(&[("x-a", Some("1")), ("X-A", Some("2"))], false, Err(&twice));
        check(&[], false, Err(&[("outbound_auth.headers", "credential.headers")]));
    }

    #[test]
    fn versions_grow_whatever_the_clock_does() {
        let at = |ms| DateTime::from_timestamp_millis(ms).unwrap();
        let first = next_mark(None, at(5_000));
        assert_eq!(first.version, 5_000);
        assert_eq!(next_mark(Some(first), at(4_000)).version, 5_001);
        assert_eq!(next_mark(Some(first), at(9_000)).version, 9_000);
    }
}
