//! ES256 keys (RFC 7518 §3.4) that sign access tokens.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use proto::claims::{ACCESS_TOKEN_TYP, AccessClaims};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::domain::{Error, Result};

/// A fresh key pair: the private part as PKCS#8, the public part as a JWK (RFC 7517) with `kid`.
pub struct NewKey {
    pub pkcs8: Zeroizing<Vec<u8>>,
    pub public_jwk: Value,
}

pub fn generate(kid: &str) -> Result<NewKey> {
    let failed = |_| Error::internal("generating a signing key failed");
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).map_err(failed)?;
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref())
        .map_err(|_| Error::internal("reading a fresh signing key failed"))?;
    // Uncompressed point: 0x04, then x and y of 32 bytes each (SEC 1 §2.3.3).
    let point = pair.public_key().as_ref();
    let (Some(x), Some(y)) = (point.get(1..33), point.get(33..65)) else {
        return Err(Error::internal("a P-256 point has 65 bytes"));
    };
    let public_jwk = json!({
        "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": kid,
        "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y),
    });
    Ok(NewKey { pkcs8: Zeroizing::new(pkcs8.as_ref().to_vec()), public_jwk })
}

/// Signs an access token (RFC 9068).
pub fn sign(kid: &str, pkcs8: &[u8], claims: &AccessClaims) -> Result<SecretString> {
    let header =
        Header { kid: Some(kid.to_owned()), typ: Some(ACCESS_TOKEN_TYP.to_owned()), ..Header::new(Algorithm::ES256) };
    let token = jsonwebtoken::encode(&header, claims, &EncodingKey::from_ec_der(pkcs8)).map_err(Error::internal)?;
    Ok(token.into())
}

/// Signs a statement of the tenant's that is no access token.
pub fn sign_statement(kid: &str, pkcs8: &[u8], claims: &Value) -> Result<SecretString> {
    let header = Header { kid: Some(kid.to_owned()), typ: Some("JWT".to_owned()), ..Header::new(Algorithm::ES256) };
    let token = jsonwebtoken::encode(&header, claims, &EncodingKey::from_ec_der(pkcs8)).map_err(Error::internal)?;
    Ok(token.into())
}

/// Signs an assertion of a client with a key of its own (RFC 7523): PKCS#8 as PEM, whatever kind it is. `None`: it is no
/// such key.
pub fn assert(pem: &SecretString, kid: Option<&str>, claims: &Value) -> Option<SecretString> {
    let pem = pem.expose_secret().as_bytes();
    let ec = || EncodingKey::from_ec_pem(pem).ok();
    let keys = [
        (Algorithm::ES256, ec()),
        (Algorithm::ES384, ec()),
        (Algorithm::RS256, EncodingKey::from_rsa_pem(pem).ok()),
        (Algorithm::EdDSA, EncodingKey::from_ed_pem(pem).ok()),
    ];
    keys.into_iter().find_map(|(algorithm, key)| {
        let header = Header { kid: kid.map(str::to_owned), typ: Some("JWT".to_owned()), ..Header::new(algorithm) };
        jsonwebtoken::encode(&header, claims, &key?).ok().map(SecretString::from)
    })
}

/// The claims of a token that the key signed for this issuer, also of an expired one; `None` for anything else.
pub fn verify(token: &SecretString, public_jwk: &Value, issuer: &str) -> Option<AccessClaims> {
    let jwk = serde_json::from_value(public_jwk.clone()).ok()?;
    let key = DecodingKey::from_jwk(&jwk).ok()?;
    let mut rules = Validation::new(Algorithm::ES256);
    rules.validate_exp = false;
    rules.validate_aud = false;
    rules.set_issuer(&[issuer]);
    let token = jsonwebtoken::decode::<AccessClaims>(token.expose_secret(), &key, &rules).ok()?;
    (token.header.typ.as_deref() == Some(ACCESS_TOKEN_TYP)).then_some(token.claims)
}
