//! The second factor of people who sign in with a password kept here: who needs one, and how fast it may be guessed.

use chrono::{DateTime, TimeDelta, Utc};

use super::access::TenantRole;
use super::limits::{FACTOR_FREE_FAILURES, FACTOR_WAIT_S, FACTOR_WAIT_S_MAX};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecondFactor {
    pub secret_sealed: Vec<u8>,
    pub created_at: DateTime<Utc>,
    /// None until its owner showed that the app knows the secret: nobody is asked for codes before.
    pub confirmed_at: Option<DateTime<Utc>>,
    /// Time step of the last code taken: a code is good once.
    pub last_step: Option<i64>,
    /// Wrong codes since the last right one.
    pub failures: u32,
    pub failed_at: Option<DateTime<Utc>>,
}

/// What a right password still lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    Nothing,
    Code,
    /// The role asks for a factor, and there is none yet.
    Enrolment,
}

/// Whoever has a factor needs it; who has none needs one as an owner or admin, where that is the rule.
pub fn need(is_rule: bool, role: TenantRole, factor: Option<&SecondFactor>) -> Need {
    if factor.is_some_and(|factor| factor.confirmed_at.is_some()) {
        return Need::Code;
    }
    if is_required(is_rule, role) { Need::Enrolment } else { Need::Nothing }
}

pub const fn is_required(is_rule: bool, role: TenantRole) -> bool {
    is_rule && matches!(role, TenantRole::Owner | TenantRole::Admin)
}

impl SecondFactor {
    /// When the next code may be tried: after a few wrong ones, each doubles the wait. Kept with the factor, so all
    /// replicas count together: at the longest wait a guesser has some thirty tries a day in a million.
    pub fn open_at(&self) -> Option<DateTime<Utc>> {
        let doublings = self.failures.checked_sub(FACTOR_FREE_FAILURES)?;
        let wait_s = FACTOR_WAIT_S.saturating_mul(1_i64.checked_shl(doublings.min(32)).unwrap_or(i64::MAX));
        self.failed_at.map(|at| at + TimeDelta::seconds(wait_s.min(FACTOR_WAIT_S_MAX)))
    }
}

/// A recovery code as it is stored and compared: people add spaces and dashes, and capitals.
pub fn normalized(code: &str) -> String {
    code.chars().filter(|one| one.is_ascii_alphanumeric()).map(|one| one.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn factor(confirmed: bool, failures: u32) -> SecondFactor {
        let at = DateTime::UNIX_EPOCH;
        SecondFactor {
            secret_sealed: vec![],
            created_at: at,
            confirmed_at: confirmed.then_some(at),
            last_step: None,
            failures,
            failed_at: Some(at),
        }
    }

    #[test]
    fn who_needs_what() {
        use TenantRole::*;
        let check = |is_rule, role, confirmed: Option<bool>, expected| {
            let factor = confirmed.map(|confirmed| factor(confirmed, 0));
            assert_eq!(need(is_rule, role, factor.as_ref()), expected, "{is_rule} {role:?} {confirmed:?}");
        };
        for role in [Owner, Admin] {
            check(true, role, None, Need::Enrolment);
            check(true, role, Some(false), Need::Enrolment);
            check(true, role, Some(true), Need::Code);
            check(false, role, None, Need::Nothing);
            check(false, role, Some(true), Need::Code);
        }
        for role in [Auditor, Member] {
            check(true, role, None, Need::Nothing);
            check(true, role, Some(false), Need::Nothing);
            check(true, role, Some(true), Need::Code);
        }
    }

    #[test]
    fn guessing_gets_slower() {
        let wait_s = |failures| factor(true, failures).open_at().map(|at| at.timestamp());
        assert_eq!(wait_s(0), None);
        assert_eq!(wait_s(FACTOR_FREE_FAILURES - 1), None);
        assert_eq!(wait_s(FACTOR_FREE_FAILURES), Some(FACTOR_WAIT_S));
        assert_eq!(wait_s(FACTOR_FREE_FAILURES + 2), Some(FACTOR_WAIT_S * 4));
        for many in [FACTOR_FREE_FAILURES + 20, FACTOR_FREE_FAILURES + 70, u32::MAX] {
            assert_eq!(wait_s(many), Some(FACTOR_WAIT_S_MAX));
        }
    }

    #[test]
    fn recovery_codes_are_read_as_people_type_them() {
        assert_eq!(normalized(" AB12-cd34 e5 "), "ab12cd34e5");
    }
}
