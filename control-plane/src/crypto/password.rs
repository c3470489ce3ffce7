//! Passwords of local accounts: argon2id with the parameters of RFC 9106's second recommendation, as OWASP has them.
//! Hashing takes a core for tens of milliseconds, so it runs on the blocking pool, a few at a time.

use std::sync::LazyLock;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Semaphore;

use crate::domain::{Error, Result};

/// Hashes at once: each takes 19 MiB and a core.
const PARALLEL_MAX: usize = 4;
static PARALLEL: Semaphore = Semaphore::const_new(PARALLEL_MAX);

/// What an unknown user's password is compared with, so that the answer takes as long as for a known one.
static NOBODY: LazyLock<Option<String>> = LazyLock::new(|| hash_now("nobody has this password").ok());

/// The PHC string to store.
pub async fn hash(password: SecretString) -> Result<String> {
    blocking(move || hash_now(password.expose_secret())).await?
}

/// Whether the password is the one of `stored`; with no stored hash, the same work and `false`.
pub async fn verify(password: SecretString, stored: Option<String>) -> Result<bool> {
    blocking(move || {
        let known = stored.is_some();
        let text = stored.or_else(|| NOBODY.clone()).ok_or_else(|| Error::internal("hashing a password failed"))?;
        let parsed = PasswordHash::new(&text).map_err(|_| Error::internal("a stored password hash does not parse"))?;
        let same = Argon2::default().verify_password(password.expose_secret().as_bytes(), &parsed).is_ok();
        Ok(same && known)
    })
    .await?
}

fn hash_now(password: &str) -> Result<String> {
    let failed = |_| Error::internal("hashing a password failed");
    Argon2::default().hash_password(password.as_bytes()).map(|hash| hash.to_string()).map_err(failed)
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    let _slot = PARALLEL.acquire().await.map_err(Error::internal)?;
    tokio::task::spawn_blocking(work).await.map_err(Error::internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_verifies_only_against_its_own_hash() {
        let stored = hash("correct horse battery".into()).await.unwrap();
        assert!(stored.starts_with("$argon2id$"));
        assert!(verify("correct horse battery".into(), Some(stored.clone())).await.unwrap());
        assert!(!verify("wrong horse battery".into(), Some(stored)).await.unwrap());
        assert!(!verify("nobody has this password".into(), None).await.unwrap());
    }
}
