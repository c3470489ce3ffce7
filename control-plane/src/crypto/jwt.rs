//! Signed statements of identity providers that are not ID tokens: logout tokens, identity assertions. ID tokens are
//! checked by `openidconnect`.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::{Map, Value};

/// Keys that only the provider has: neither `none`, nor a secret that is shared with us.
pub const ALGORITHMS: [Algorithm; 9] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];

/// Who must have said it, to whom, as what.
pub struct Expected<'a> {
    /// Kinds of statement (`typ`), lower case; an empty one stands for none given.
    pub types: &'a [&'a str],
    pub issuer: &'a str,
    pub audience: &'a str,
}

/// Why a statement is not believed.
#[derive(Debug, thiserror::Error)]
pub enum JwtError {
    /// Worth another look at the provider's keys.
    #[error("it is signed with a key that the provider does not publish")]
    NoMatchingKey,
    #[error("{0}")]
    Refused(String),
}

/// The claims of a statement whose signature, kind, issuer and audience are right. Times are the caller's to judge: it
/// has the clock.
pub fn verify(token: &str, keys: &Value, expected: &Expected<'_>) -> Result<Map<String, Value>, JwtError> {
    let refused = |why: &str| JwtError::Refused(why.to_owned());
    let header = decode_header(token).map_err(|_| refused("it is no signed JWT of an algorithm that is accepted"))?;
    if !ALGORITHMS.contains(&header.alg) {
        return Err(refused("its algorithm is not accepted"));
    }
    let typ = header.typ.unwrap_or_default().to_ascii_lowercase();
    let typ = typ.strip_prefix("application/").unwrap_or(&typ);
    if !expected.types.contains(&typ) {
        return Err(refused("it is not of the expected type"));
    }
    let key = find_key(keys, header.kid.as_deref())?;
    let key = DecodingKey::from_jwk(&key).map_err(|_| JwtError::NoMatchingKey)?;
    let mut validation = Validation::new(header.alg);
    validation.set_issuer(&[expected.issuer]);
    validation.set_audience(&[expected.audience]);
    validation.set_required_spec_claims(&["iss", "aud"]);
    (validation.validate_exp, validation.validate_nbf) = (false, false);
    let checked = decode::<Map<String, Value>>(token, &key, &validation);
    Ok(checked.map_err(|error| JwtError::Refused(error.to_string()))?.claims)
}

fn find_key(keys: &Value, kid: Option<&str>) -> Result<Jwk, JwtError> {
    // Keys of kinds that are not understood are left out, not a reason to refuse the rest.
    let all = keys["keys"].as_array().map(Vec::as_slice).unwrap_or_default();
    let set = JwkSet { keys: all.iter().filter_map(|key| serde_json::from_value(key.clone()).ok()).collect() };
    let found = match kid {
        Some(kid) => set.find(kid).cloned(),
        None => match set.keys.as_slice() {
            [only] => Some(only.clone()),
            _ => None,
        },
    };
    found.ok_or(JwtError::NoMatchingKey)
}

/// The claims of a compact JWT. Of use only where its signature has been checked, or to know how to check it.
pub fn unproved_claims(token: &str) -> Option<Map<String, Value>> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?).ok()
}
