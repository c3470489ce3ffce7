//! Tokens in forms, derived from a cookie: a page of another site can make the browser send the cookie, but cannot know
//! it, so it cannot fill in the field.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};

use super::tokens;

/// The field's value for one form. `form` keeps a token of one form from being good in another.
pub fn token(cookie: &SecretString, form: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, cookie.expose_secret().as_bytes());
    URL_SAFE_NO_PAD.encode(hmac::sign(&key, form.as_bytes()))
}

/// Whether the field's value belongs to the cookie, compared in constant time.
pub fn is_valid(cookie: &SecretString, form: &str, given: &str) -> bool {
    tokens::same_digest(token(cookie, form).as_bytes(), given.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_belongs_to_one_cookie_and_one_form() {
        let (mine, other) = (SecretString::from("mine"), SecretString::from("other"));
        let given = token(&mine, "consent");
        assert!(is_valid(&mine, "consent", &given));
        assert!(!is_valid(&other, "consent", &given));
        assert!(!is_valid(&mine, "logout", &given));
        assert!(!is_valid(&mine, "consent", ""));
    }
}
