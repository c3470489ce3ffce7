//! E-mail domains of a tenant: whose addresses are its people's. Proved by a DNS record that only who runs the domain can
//! publish, and looked for again, because domains change hands.

use chrono::{DateTime, TimeDelta, Utc};
use url::Host;

use super::fields::Mistake;
use super::ids::DomainId;
use super::limits::{DOMAIN_AGAIN_S, DOMAIN_CHECK_S, DOMAIN_FOUND_MAX, DOMAIN_GRACE_S, DOMAIN_NAME_BYTES_MAX};

/// Providers whose domain proves nothing about an employer.
const PUBLIC_PROVIDERS: &str = include_str!("../../data/public_mail_domains.txt");

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Domain {
    pub id: DomainId,
    /// ASCII (IDNA), lower case, no trailing dot.
    pub name: String,
    pub token: String,
    pub created_at: DateTime<Utc>,
    /// When the record was last looked for.
    pub checked_at: Option<DateTime<Utc>>,
    pub proof: Proof,
}

/// What is known of the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    Pending,
    Verified {
        at: DateTime<Utc>,
    },
    /// Still counts as verified for a while: records get lost when zones move.
    Failing {
        verified_at: DateTime<Utc>,
        since: DateTime<Utc>,
    },
}

/// What a look into DNS showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    Proven,
    Missing,
    /// Records are there, but not ours; what they say, shortened.
    Differs(Vec<String>),
}

impl Domain {
    pub const fn is_verified(&self) -> bool {
        matches!(self.proof, Proof::Verified { .. } | Proof::Failing { .. })
    }

    /// Name of the TXT record. A name of its own rather than the domain itself: it can be delegated, it does not swell
    /// what mail servers read, and other owners of records cannot push it out of an answer.
    pub fn record_name(&self) -> String {
        format!("_portway.{}", self.name)
    }

    pub fn record_value(&self) -> String {
        format!("portway-domain={}", self.token)
    }

    /// When a failing domain stops counting.
    pub fn lapses_at(&self) -> Option<DateTime<Utc>> {
        match self.proof {
            Proof::Failing { since, .. } => Some(since + TimeDelta::seconds(DOMAIN_GRACE_S)),
            Proof::Pending | Proof::Verified { .. } => None,
        }
    }

    /// Whether it is time to look again by ourselves. Pending ones wait for an administrator.
    pub fn check_is_due(&self, now: DateTime<Utc>) -> bool {
        let after_s = match self.proof {
            Proof::Pending => return false,
            Proof::Verified { .. } => DOMAIN_CHECK_S,
            Proof::Failing { .. } => DOMAIN_AGAIN_S,
        };
        self.checked_at.is_none_or(|at| now - at >= TimeDelta::seconds(after_s))
    }

    pub fn judge(&self, texts: &[String]) -> Finding {
        let value = self.record_value();
        if texts.iter().any(|text| text.trim() == value) {
            return Finding::Proven;
        }
        if texts.is_empty() {
            return Finding::Missing;
        }
        let shorten = |text: &String| text.chars().filter(|one| !one.is_control()).take(value.len()).collect();
        Finding::Differs(texts.iter().take(DOMAIN_FOUND_MAX).map(shorten).collect())
    }

    /// Takes a finding in, and answers what the audit log says of it, if anything changed.
    pub fn observe(&mut self, finding: &Finding, now: DateTime<Utc>) -> Option<&'static str> {
        self.checked_at = Some(now);
        let (proof, action) = match (self.proof, finding) {
            (Proof::Pending, Finding::Proven) => (Proof::Verified { at: now }, "domain.verified"),
            (Proof::Failing { verified_at, .. }, Finding::Proven) => {
                (Proof::Verified { at: verified_at }, "domain.recovered")
            }
            (Proof::Verified { at }, Finding::Missing | Finding::Differs(_)) => {
                (Proof::Failing { verified_at: at, since: now }, "domain.failing")
            }
            (Proof::Failing { .. }, _) if self.lapses_at().is_some_and(|end| now >= end) => {
                (Proof::Pending, "domain.lost")
            }
            _ => return None,
        };
        self.proof = proof;
        Some(action)
    }
}

/// A domain name as people type it, in the form in which DNS has it.
pub fn name(text: &str) -> Result<String, Mistake> {
    let text = text.trim().trim_start_matches('@').trim_end_matches('.');
    let shape = || ("domain.shape", "must be a domain such as example.com, without an address before it".to_owned());
    let Ok(Host::Domain(name)) = Host::parse(text) else { return Err(shape()) };
    let label_ok = |label: &str| {
        let inner = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        !label.is_empty() && label.len() <= 63 && inner && !label.starts_with('-') && !label.ends_with('-')
    };
    if name.len() > DOMAIN_NAME_BYTES_MAX || !name.contains('.') || !name.split('.').all(label_ok) {
        return Err(shape());
    }
    if PUBLIC_PROVIDERS.lines().any(|line| line == name) {
        let message = format!("{name} gives addresses to anybody, so it belongs to no organisation");
        return Err(("domain.public_provider", message));
    }
    Ok(name)
}

/// The domain of an address, in the form in which it is stored.
pub fn of_email(email: &str) -> Result<String, Mistake> {
    let domain = email.trim().rsplit_once('@').map_or("", |(_, domain)| domain);
    name(domain).map_err(|mistake| match mistake {
        ("domain.shape", _) => ("email.shape", "must be an address like ana@example.com".to_owned()),
        (_, _) => {
            let message = "is one of a public provider: use the one that your organisation gave you";
            ("email.public_provider", message.to_owned())
        }
    })
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn domain(proof: Proof) -> Domain {
        let token = "T".repeat(43);
        let at = DateTime::UNIX_EPOCH;
        Domain { id: DomainId(Uuid::nil()), name: "acme.com".into(), token, created_at: at, checked_at: None, proof }
    }

    #[test]
    fn names_are_put_into_one_form() {
        fn check(text: &str, expected: Result<&str, &str>) {
            let found = name(text);
            assert_eq!(found.as_deref().map_err(|(code, _)| *code), expected, "{text:?}");
        }
        check(" Acme.COM. ", Ok("acme.com"));
        check("@acme.com", Ok("acme.com"));
        check("Bücher.example", Ok("xn--bcher-kva.example"));
        check("BÜCHER.example", Ok("xn--bcher-kva.example"));
        check("xn--bcher-kva.example", Ok("xn--bcher-kva.example"));
        check("a.b.co.uk", Ok("a.b.co.uk"));
        check("gmail.com", Err("domain.public_provider"));
        check("GMail.com.", Err("domain.public_provider"));
        let long = format!("{}.com", "a".repeat(64));
        for bad in
            ["", ".", "acme", "ana@acme.com", "acme..com", "-a.com", "a_b.com", "192.0.2.1", "[::1]", "a b.com", &long]
        {
            check(bad, Err("domain.shape"));
        }
        assert_eq!(of_email("Ana@ACME.com").as_deref(), Ok("acme.com"));
        for (bad, code) in [("ana@gmail.com", "email.public_provider"), ("ana", "email.shape"), ("@", "email.shape")] {
            assert_eq!(of_email(bad).map_err(|(code, _)| code), Err(code), "{bad}");
        }
    }

    #[test]
    fn only_the_whole_value_proves_a_domain() {
        let domain = domain(Proof::Pending);
        let value = domain.record_value();
        let check = |texts: &[&str], expected: Finding| {
            let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
            assert_eq!(domain.judge(&texts), expected);
        };
        check(&[], Finding::Missing);
        check(&["v=spf1 -all", &value], Finding::Proven);
        check(&[&format!(" {value} ")], Finding::Proven);
        check(&["v=spf1\u{7} -all"], Finding::Differs(vec!["v=spf1 -all".into()]));
        check(&[&value.to_lowercase()], Finding::Differs(vec![value.to_lowercase()]));
        // What is longer than ours is no match, and is not repeated to its end.
        check(&[&format!("{value}{}", "x".repeat(60_000))], Finding::Differs(vec![value.clone()]));
        let many = vec!["other"; 500];
        check(&many, Finding::Differs(vec!["other".into(); DOMAIN_FOUND_MAX]));
    }

    #[test]
    fn a_proof_is_lost_only_after_a_grace() {
        let at = |s: i64| DateTime::UNIX_EPOCH + TimeDelta::seconds(s);
        let mut one = domain(Proof::Pending);
        assert!(!one.check_is_due(at(1_000_000_000)));
        assert_eq!(one.observe(&Finding::Missing, at(0)), None);
        assert!(!one.is_verified());
        assert_eq!(one.observe(&Finding::Proven, at(1)), Some("domain.verified"));
        assert!(!one.check_is_due(at(DOMAIN_CHECK_S)) && one.check_is_due(at(DOMAIN_CHECK_S + 1)));
        assert_eq!(one.observe(&Finding::Proven, at(2)), None);
        assert_eq!(one.observe(&Finding::Differs(vec![]), at(10)), Some("domain.failing"));
        assert_eq!(one.observe(&Finding::Proven, at(20)), Some("domain.recovered"));
        assert_eq!(one.proof, Proof::Verified { at: at(1) });
        assert_eq!(one.observe(&Finding::Missing, at(30)), Some("domain.failing"));
        assert_eq!(one.observe(&Finding::Missing, at(29 + DOMAIN_GRACE_S)), None);
        assert!(one.is_verified());
        assert_eq!(one.observe(&Finding::Missing, at(30 + DOMAIN_GRACE_S)), Some("domain.lost"));
        assert!(!one.is_verified());
    }
}
