//! Domains, mails, second factors, and sign-ins that wait for one.

use control_plane::domain::email_domain::{Domain, Proof};
use control_plane::domain::ids::{DomainId, InvitationId};
use control_plane::domain::invitation::Invitation;
use control_plane::store::{SystemStore, TenantStore};
use uuid::Uuid;

use super::{Seed, digest};

/// What a tenant has of these.
pub(in crate::isolation) struct AccountSeed {
    pub(in crate::isolation) domain: Domain,
    /// Of an invitation whose mail is due; that of [`Seed::invitation`] was sent.
    pub(in crate::isolation) mailed: InvitationId,
    pub(in crate::isolation) unmailed: InvitationId,
    pub(in crate::isolation) recovery_sha256: [u8; 32],
    pub(in crate::isolation) challenge: Uuid,
    pub(in crate::isolation) challenge_sha256: [u8; 32],
}

impl AccountSeed {
    pub(super) fn imagine(store: &SystemStore, slug: &str) -> Self {
        let now = store.now();
        let domain = Domain {
            id: DomainId(store.new_id()),
            name: format!("{slug}.example"),
            token: format!("{slug} token"),
            created_at: now,
            checked_at: Some(now),
            proof: Proof::Verified { at: now },
        };
        Self {
            domain,
            mailed: InvitationId(store.new_id()),
            unmailed: InvitationId(store.new_id()),
            recovery_sha256: digest(),
            challenge: store.new_id(),
            challenge_sha256: digest(),
        }
    }
}

impl Seed {
    pub(super) async fn insert_account(&self, store: &TenantStore) {
        let account = &self.account;
        store.insert_domain(&account.domain).await.unwrap();
        let email = format!("cy@{}.example", self.tenant.slug);
        for id in [account.mailed, account.unmailed] {
            let invitation = Invitation { id, email: email.clone(), ..self.invitation.clone() };
            store.insert_invitation(&invitation, digest()).await.unwrap();
        }
        store.insert_invitation_mail(account.mailed, digest().to_vec()).await.unwrap();
        store.insert_invitation_mail(self.invitation.id, digest().to_vec()).await.unwrap();
        store.end_invitation_mail(self.invitation.id, None).await.unwrap();
        store.insert_second_factor(self.user.id, digest().to_vec()).await.unwrap();
        assert!(store.accept_second_factor(self.user.id, 1).await.unwrap());
        store.replace_recovery_codes(self.user.id, &[account.recovery_sha256, digest()]).await.unwrap();
        let (token, expires_at) = (account.challenge_sha256, self.session.expires_at);
        store.insert_challenge(account.challenge, self.user.id, token, expires_at).await.unwrap();
    }
}
