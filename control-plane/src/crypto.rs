//! Cryptography: the vault, opaque tokens, signing keys, passwords. The only place of the control plane that holds
//! plaintext secrets (I6).

pub mod audit_chain;
pub mod csrf;
pub mod hpke;
pub mod jwt;
pub mod password;
pub mod pkce;
pub mod signing;
pub mod tokens;
pub mod totp;
pub mod vault;
