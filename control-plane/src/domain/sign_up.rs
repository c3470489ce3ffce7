//! A tenant that somebody is about to make for themselves: a link that was mailed to them.

use chrono::{DateTime, TimeDelta, Utc};

use super::email_domain;
use super::ids::SignUpId;
use super::limits::SIGN_UP_S;
use super::names::slug_of;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignUp {
    pub id: SignUpId,
    /// Whoever has the link reads the mail of this address.
    pub email: String,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    /// A tenant came of it.
    pub used_at: Option<DateTime<Utc>>,
}

impl SignUp {
    pub fn begin(id: SignUpId, email: String, now: DateTime<Utc>) -> Self {
        Self { id, email, created_at: now, expires_at: now + TimeDelta::seconds(SIGN_UP_S), used_at: None }
    }

    pub fn is_open(&self, now: DateTime<Utc>) -> bool {
        self.used_at.is_none() && now < self.expires_at
    }

    /// A name that the address suggests for the tenant: of its domain, unless that is a public provider's.
    pub fn suggested_name(&self) -> String {
        let domain = email_domain::of_email(&self.email).unwrap_or_default();
        let label = domain.split('.').next().unwrap_or_default();
        let mut letters = label.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
    }

    /// The slug that goes with it.
    pub fn suggested_slug(&self) -> String {
        slug_of(&self.suggested_name())
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn an_address_suggests_a_name() {
        let check = |email: &str, name: &str, slug: &str| {
            let sign_up = SignUp::begin(SignUpId(Uuid::nil()), email.to_owned(), DateTime::UNIX_EPOCH);
            assert_eq!((&*sign_up.suggested_name(), &*sign_up.suggested_slug()), (name, slug), "{email}");
        };
        check("ana@acme.com", "Acme", "acme");
        check("ana@big-corp.co.uk", "Big-corp", "big-corp");
        check("ana@gmail.com", "", "");
        check("ana@localhost", "", "");
    }

    #[test]
    fn it_is_open_for_a_day_and_once() {
        let begun = DateTime::<Utc>::UNIX_EPOCH;
        let sign_up = SignUp::begin(SignUpId(Uuid::nil()), String::new(), begun);
        assert!(sign_up.is_open(begun + TimeDelta::hours(23)) && !sign_up.is_open(begun + TimeDelta::hours(24)));
        assert!(!SignUp { used_at: Some(begun), ..sign_up }.is_open(begun));
    }
}
