//! Ids: UUIDv7 stored, shown as a prefix and 26 characters of Crockford base32. A foreign prefix does not parse.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// Characters that 128 bits take at five bits each.
const TEXT_LEN: usize = 26;

/// The text is not an id of the expected kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected an id like {prefix}_…")]
pub struct IdError {
    prefix: &'static str,
}

fn encode(id: Uuid, prefix: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let bits = id.as_u128();
    let text: String = (0..TEXT_LEN)
        .rev()
        .filter_map(|place| ALPHABET.get(((bits >> (place * 5)) & 31) as usize))
        .map(|&byte| char::from(byte))
        .collect();
    write!(f, "{prefix}_{text}")
}

fn decode(text: &str, prefix: &'static str) -> Result<Uuid, IdError> {
    let digits = text.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('_'));
    digits.and_then(from_digits).ok_or(IdError { prefix })
}

fn from_digits(digits: &str) -> Option<Uuid> {
    // The first of 26 characters holds only three bits.
    if digits.len() != TEXT_LEN || digits.as_bytes().first().is_none_or(|&first| first > b'7') {
        return None;
    }
    let mut bits = 0_u128;
    for byte in digits.bytes() {
        let value = ALPHABET.iter().position(|&letter| letter == byte)?;
        bits = (bits << 5) | value as u128;
    }
    Some(Uuid::from_u128(bits))
}

/// An id of any kind, with a prefix of three letters or as a plain UUID: for searching where the kind does not matter.
pub fn any(text: &str) -> Option<Uuid> {
    match text.split_once('_') {
        Some((prefix, digits)) if prefix.len() == 3 && prefix.bytes().all(|byte| byte.is_ascii_lowercase()) => {
            from_digits(digits)
        }
        _ => Uuid::parse_str(text).ok(),
    }
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub Uuid);

        impl $name {
            pub const PREFIX: &'static str = $prefix;

            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                encode(self.0, $prefix, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                encode(self.0, $prefix, f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                decode(text, $prefix).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .pattern(Some(concat!("^", $prefix, "_[0-9a-hjkmnp-tv-z]{26}$")))
                    .into()
            }
        }

        impl utoipa::ToSchema for $name {}
    };
}

id!(TenantId, "ten");
id!(OperatorId, "opr");
id!(OperatorSessionId, "ops");
id!(NodeId, "nod");
id!(UserId, "usr");
id!(ScimTokenId, "sct");
id!(DomainId, "dom");
id!(GroupId, "grp");
id!(ServiceAccountId, "sva");
id!(UserCredentialId, "ucr");
id!(AuthOverrideId, "aov");
id!(LimitRuleId, "lim");
id!(SessionId, "ses");
id!(InvitationId, "inv");
id!(SignUpId, "sgu");
id!(
    /// A personal API key (`api_keys`); the key itself starts with `pwk_`.
    ApiKeyId,
    "key"
);
id!(ServerId, "srv");
id!(
    /// A grant of a server role to a subject (`server_grants`).
    AccessGrantId,
    "acg"
);
id!(ClientId, "cli");
id!(
    /// One approval of one OAuth client for one server by one person (`oauth_grants`, claim `gid`).
    OAuthGrantId,
    "gra"
);
id!(AuthorizationRequestId, "arq");
id!(
    /// Who a person is at an identity provider (`user_identities`).
    UserIdentityId,
    "idn"
);
id!(IdentityProviderId, "idp");
id!(AuditEventId, "aud");
id!(CallRecordId, "cal");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_round_trip_and_refuse_each_other() {
        for bits in [0, 1, u128::MAX, 0x0193_5c2e_0000_7000_8000_0000_0000_0001] {
            let id = UserId(Uuid::from_u128(bits));
            let text = id.to_string();
            assert_eq!(text.len(), 30);
            assert_eq!(text.parse::<UserId>(), Ok(id));
            assert!(text.parse::<ServerId>().is_err());
            assert_eq!((any(&text), any(&id.0.to_string())), (Some(id.0), Some(id.0)));
        }
        for bad in [
            "",
            "usr_",
            "usr_8zzzzzzzzzzzzzzzzzzzzzzzzz",
            "usr_0000000000000000000000000u",
            "usr_00000000000000000000000000x",
        ] {
            assert!(bad.parse::<UserId>().is_err() && any(bad).is_none(), "{bad}");
        }
    }
}
