//! An identity provider, somebody bound to it, a sign-in on its way.

use chrono::{DateTime, TimeDelta, Utc};
use control_plane::domain::identity::{IdentityProvider, IdentityTokens, ProviderSettings, SignInFlow, UserIdentity};
use control_plane::domain::ids::{AuthorizationRequestId, IdentityProviderId, UserId, UserIdentityId};
use control_plane::domain::session::ProviderSession;
use control_plane::store::TenantStore;
use uuid::Uuid;

use super::{Seed, digest};

/// What a tenant has of it.
pub(in super::super) struct Sso {
    pub(in super::super) provider: IdentityProvider,
    pub(in super::super) identity: UserIdentity,
    pub(in super::super) flow: SignInFlow,
    pub(in super::super) session: ProviderSession,
    pub(in super::super) tokens: IdentityTokens,
}

impl Sso {
    pub(super) fn imagine(
        id: impl Fn() -> Uuid,
        slug: &str,
        user_id: UserId,
        request_id: AuthorizationRequestId,
        now: DateTime<Utc>,
    ) -> Self {
        let provider = IdentityProvider {
            id: IdentityProviderId(id()),
            label: format!("{slug} Okta"),
            issuer: format!("https://{slug}.okta.example"),
            endpoints: None,
            client_id: format!("{slug} client"),
            client_secret_sealed: Some(digest().to_vec()),
            settings: ProviderSettings::default(),
            enabled: true,
            scim_source: true,
            created_at: now,
            updated_at: now,
        };
        let identity = UserIdentity {
            id: UserIdentityId(id()),
            user_id,
            provider_id: provider.id,
            issuer: provider.issuer.clone(),
            subject: format!("{slug} subject"),
            created_at: now,
            last_used_at: None,
        };
        let flow = SignInFlow {
            id: id(),
            provider_id: provider.id,
            state_sha256: digest().to_vec(),
            browser_sha256: digest().to_vec(),
            secrets_sealed: digest().to_vec(),
            request_id: Some(request_id),
            invitation_id: None,
            created_at: now,
            expires_at: now + TimeDelta::hours(1),
        };
        let session =
            ProviderSession { provider_id: provider.id, sid: Some(format!("{slug} sid")), id_token_sealed: None };
        let tokens = IdentityTokens {
            id: id(),
            user_id,
            provider_id: provider.id,
            tokens_sealed: digest().to_vec(),
            version: 3,
            expires_at: Some(now + TimeDelta::hours(1)),
        };
        Self { provider, identity, flow, session, tokens }
    }
}

impl Seed {
    pub(super) async fn insert_sso(&self, store: &TenantStore) {
        let Sso { provider, identity, flow, session, tokens } = &self.sso;
        store.insert_identity_provider(provider).await.unwrap();
        store.insert_user_identity(identity).await.unwrap();
        store.insert_sign_in_flow(flow).await.unwrap();
        store.put_provider_session(self.session.id, session).await.unwrap();
        store.put_identity_tokens(tokens.id, tokens).await.unwrap();
        store.mark_group_member_given(self.group.id, self.user.id, provider.id).await.unwrap();
        // One that no case remembers again.
        assert!(store.remember_statement(provider.id, digest(), flow.expires_at).await.unwrap());
    }
}
