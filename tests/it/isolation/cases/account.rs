//! Domains, mails, second factors, and sign-ins that wait for one.

use chrono::TimeDelta;
use control_plane::domain::email_domain::Domain;
use control_plane::domain::ids::DomainId;

use super::super::seed::digest;
use super::{Case, Expected, Outcome, cases, page};

pub(super) fn cases() -> Vec<Case> {
    [domains(), mails(), second_factors()].into_iter().flatten().collect()
}

fn domains() -> Vec<Case> {
    cases! { |store, their, own|
        own insert_domain(&Domain {
            id: DomainId(store.new_id()), name: "new.example".to_owned(), ..own.account.domain.clone()
        });
        hidden find_domain(their.account.domain.id);
        hidden find_domain_by_name(&their.account.domain.name);
        own list_domains(page());
        own list_verified_domains();
        own count_domains();
        hidden update_domain(&Domain { checked_at: None, ..their.account.domain.clone() });
        hidden delete_domain(their.account.domain.id);
    }
}

fn mails() -> Vec<Case> {
    cases! { |store, their, own|
        refused insert_invitation_mail(their.account.unmailed, digest().to_vec());
        hidden claim_invitation_mail(their.account.mailed, store.now() + TimeDelta::hours(1));
        hidden end_invitation_mail(their.account.mailed, Some("not theirs"));
        hidden delay_invitation_mail(their.account.mailed, store.now(), "not theirs");
        hidden list_deliveries(&[their.invitation.id, their.account.mailed]);
    }
}

fn second_factors() -> Vec<Case> {
    cases! { |store, their, own|
        hidden find_second_factor(their.user.id);
        hidden lock_second_factor(their.user.id);
        refused insert_second_factor(their.stranger, digest().to_vec());
        hidden accept_second_factor(their.user.id, 99);
        hidden count_factor_failure(their.user.id);
        hidden delete_second_factor(their.user.id);
        refused replace_recovery_codes(their.user.id, &[digest()]);
        hidden use_recovery_code(their.user.id, their.account.recovery_sha256);
        hidden count_recovery_codes(their.user.id);
        refused insert_challenge(store.new_id(), their.user.id, digest(), store.now());
        hidden find_challenge(their.account.challenge_sha256);
        hidden delete_challenge(their.account.challenge);
        hidden delete_challenges_of(their.user.id);
        own delete_ended_challenges(store.now() + TimeDelta::days(999));
    }
}
