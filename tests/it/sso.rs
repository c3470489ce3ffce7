//! Signing in by an identity provider of the tenant.

mod hostile;
mod id_jag;
mod logout;
mod oidc_provider;
mod settings;

use control_plane::app::provisioning::{self, NewGroup, NewUser};
use control_plane::domain::access::TenantRole;
use control_plane::domain::audit::Actor;
use control_plane::domain::email_domain::{Domain, Proof};
use control_plane::domain::ids::{DomainId, GroupId};
use control_plane::domain::tenancy::{GroupSource, Provisioning, UserSource};
use reqwest::Method;
use serde_json::{Value, json};
use url::Url;
use world::browser::{Browser, Page};
use world::fakes::idp::Idp;
use world::fakes::mcp_server::{Era, McpServer};
use world::ide::{Ide, REDIRECT, parameter};
use world::people::Person;
use world::world::Setup;
use world::{World, on_both};

/// One tenant and its provider "Okta".
struct Stage {
    world: World,
    idp: Idp,
    owner: Person,
    provider: String,
}

async fn stage(setup: Setup) -> Stage {
    let world = setup.providers().start().await;
    let (idp, owner) = (Idp::start().await, world.tenant("acme").await);
    let provider = connect(&owner, idp.settings("Okta")).await;
    Stage { world, idp, owner, provider }
}

async fn connect(owner: &Person, settings: Value) -> String {
    owner.post("identity-providers", settings).await.ok()["id"].as_str().expect("an id").to_owned()
}

impl Stage {
    fn url(&self, path: &str) -> String {
        format!("{}/t/acme/{path}", self.world.auth_origin)
    }

    /// From a page with its button to the provider, which answers at once; answers the URL it sends the browser back to.
    async fn go(&self, browser: &Browser, page: &Page) -> Url {
        let out = browser.press(page, "continue with okta", &[]).await;
        let there = out.refresh().unwrap_or_else(|| panic!("{}: {}", out.status, out.text()));
        browser.open(there).await.url
    }

    /// The same from the sign-in page.
    async fn answer(&self, browser: &Browser) -> Url {
        let page = browser.open(self.url("login")).await;
        self.go(browser, &page).await
    }

    /// All the way.
    async fn sign_in(&self, browser: &Browser) -> Page {
        let url = self.answer(browser).await;
        browser.open(url).await
    }

    /// Somebody with an empty browser, who has not signed in.
    fn somebody(&self) -> Person {
        self.owner.elsewhere()
    }

    async fn provisioning(&self, mode: Provisioning) {
        let store = self.world.app().store.tenant(self.world.tenant_id("acme").await).await.unwrap();
        let mut tenant = store.get_tenant().await.unwrap();
        tenant.settings.provisioning = mode;
        store.update_tenant(&tenant).await.unwrap();
        store.commit().await.unwrap();
    }

    async fn verified_domain(&self, name: &str) {
        let store = self.world.app().store.tenant(self.world.tenant_id("acme").await).await.unwrap();
        let (id, now) = (DomainId(store.new_id()), store.now());
        let (name, token, proof) = (name.to_owned(), "token".to_owned(), Proof::Verified { at: now });
        let domain = Domain { id, name, token, created_at: now, checked_at: Some(now), proof };
        store.insert_domain(&domain).await.unwrap();
        store.commit().await.unwrap();
    }

    async fn scim_user(&self, user_name: &str, external_id: &str) -> String {
        let store = self.world.app().store.tenant(self.world.tenant_id("acme").await).await.unwrap();
        let new = NewUser {
            user_name: user_name.to_owned(),
            email: user_name.to_owned(),
            display_name: "Ana of SCIM".to_owned(),
            role: TenantRole::Member,
            source: UserSource::Scim,
            external_id: Some(external_id.to_owned()),
        };
        let user = provisioning::create_user(&store, Actor::System, new).await.unwrap();
        store.commit().await.unwrap();
        user.id.to_string()
    }

    async fn deactivate(&self, user: &str) {
        let store = self.world.app().store.tenant(self.world.tenant_id("acme").await).await.unwrap();
        let mut leaver = store.get_user(user.parse().unwrap()).await.unwrap();
        provisioning::deactivate(&store, Actor::System, &mut leaver).await.unwrap();
        store.commit().await.unwrap();
    }

    async fn group(&self, name: &str, source: GroupSource) -> GroupId {
        let store = self.world.app().store.tenant(self.world.tenant_id("acme").await).await.unwrap();
        let new = NewGroup { display_name: name.to_owned(), source, external_id: None, tenant_role: None };
        let group = provisioning::create_group(&store, Actor::System, new).await.unwrap();
        store.commit().await.unwrap();
        group.id
    }

    async fn members(&self, group: GroupId) -> Vec<String> {
        let store = self.world.app().store.tenant_read(self.world.tenant_id("acme").await).await.unwrap();
        store.list_group_member_ids(group).await.unwrap().iter().map(ToString::to_string).collect()
    }
}

fn is_home(page: &Page) -> bool {
    page.status == 200 && page.url.path() == "/t/acme/"
}

on_both! {
    async fn somebody_invited_joins_by_their_provider_and_is_known_from_then_on(setup: Setup) {
        let stage = stage(setup).await;
        let invited = stage.owner.post("invitations", json!({"email": "Ana@acme.example", "role": "auditor"})).await.ok();
        let ana = stage.somebody();
        let join = ana.browser.open(invited["link"].as_str().unwrap()).await;
        assert!(join.has_button("continue with okta") && join.has_button("join"), "{}", join.text());
        let answer = stage.go(&ana.browser, &join).await;
        let home = ana.browser.open(answer).await;
        assert!(is_home(&home), "{} {}", home.url, home.text());
        let user = ana.get("session").await.ok()["user"].clone();
        assert_eq!((&user["email"], &user["role"], &user["display_name"]), (&json!("ana@acme.example"), &json!("auditor"), &json!("Ana Lima")));
        let identities = ana.get(&format!("users/{}/identities", user["id"].as_str().unwrap())).await.ok();
        assert_eq!(identities["items"][0]["subject"], "ana-1");
        assert!(identities["items"].as_array().unwrap().len() == 1, "{identities}");

        // Their address changes at the provider, the person does not.
        stage.idp.person(json!({"sub": "ana-1", "email": "ana.new@elsewhere.example", "email_verified": true}));
        let again = stage.somebody();
        assert!(is_home(&stage.sign_in(&again.browser).await));
        assert_eq!(again.get("session").await.ok()["user"]["id"], user["id"]);
        // Whoever uses the link again is told that it is gone.
        let late = stage.somebody();
        let gone = late.browser.open(invited["link"].as_str().unwrap()).await;
        assert_eq!(gone.status, 404, "{}", gone.text());
    }

    async fn an_invitation_is_for_the_address_that_the_provider_vouches_for(setup: Setup) {
        let stage = stage(setup).await;
        let invited = stage.owner.post("invitations", json!({"email": "bo@acme.example", "role": "member"})).await.ok();
        let bo = stage.somebody();
        for person in [
            json!({"sub": "ana-1", "email": "ana@acme.example", "email_verified": true}),
            json!({"sub": "bo-1", "email": "bo@acme.example", "email_verified": false}),
            json!({"sub": "bo-1", "email": "bo@acme.example"}),
        ] {
            stage.idp.person(person.clone());
            let join = bo.browser.open(invited["link"].as_str().unwrap()).await;
            let answer = stage.go(&bo.browser, &join).await;
            let refused = bo.browser.open(answer).await;
            assert!(refused.status == 403 && refused.text().contains("sso.other_address"), "{person}: {}", refused.text());
        }
        stage.idp.person(json!({"sub": "bo-1", "email": "bo@acme.example", "email_verified": true}));
        let join = bo.browser.open(invited["link"].as_str().unwrap()).await;
        let answer = stage.go(&bo.browser, &join).await;
        assert!(is_home(&bo.browser.open(answer).await), "the refusals used nothing up");
    }

    async fn scim_comes_first_then_the_sign_in_binds_once(setup: Setup) {
        let stage = stage(setup).await;
        stage.provisioning(Provisioning::Scim).await;
        let user = stage.scim_user("ana@acme.example", "00u1").await;
        let rule = json!({"binding": {"claim": "sub", "attribute": "external_id"}});
        let path = format!("identity-providers/{}", stage.provider);
        let patch = |change: Value| stage.owner.patch(&path, change);
        patch(json!({"settings": rule})).await.ok();
        stage.idp.person(json!({"sub": "00u1", "email": "ana@acme.example"}));
        let ana = stage.somebody();
        let refused = stage.sign_in(&ana.browser).await;
        assert!(refused.text().contains("sso.not_provisioned"), "not the source of SCIM: {}", refused.text());
        patch(json!({"scim_source": true})).await.ok();
        assert!(is_home(&stage.sign_in(&ana.browser).await));
        assert_eq!(ana.get("session").await.ok()["user"]["id"], user.as_str());

        // Another account of the provider that the rule would bind as well comes too late.
        let rule = json!({"binding": {"claim": "employee", "attribute": "external_id"}});
        patch(json!({"settings": rule})).await.ok();
        stage.idp.person(json!({"sub": "mallory", "employee": "00u1"}));
        let mallory = stage.somebody();
        let refused = stage.sign_in(&mallory.browser).await;
        assert!(refused.status == 403 && refused.text().contains("sso.not_provisioned"), "{}", refused.text());

        // A leaver is told so; nothing lets them in.
        stage.deactivate(&user).await;
        stage.idp.person(json!({"sub": "00u1"}));
        let refused = stage.sign_in(&ana.browser).await;
        assert!(refused.status == 403 && refused.text().contains("deactivated"), "{}", refused.text());
        ana.get("session").await.refused(401, "unauthenticated");
    }

    async fn the_first_sign_in_makes_the_account_in_the_middle_of_an_ides_way_in(setup: Setup) {
        let stage = stage(setup).await;
        let upstream = McpServer::start(Era::Legacy).await;
        let server = stage.owner.register_server("github", upstream.url.as_str()).await;
        stage.owner.grant_everyone(&server).await;
        stage.provisioning(Provisioning::Jit).await;
        let ana = stage.somebody();
        let mut ide = Ide::new(&ana.url("github"));
        ide.discover().await;
        ide.register(&[REDIRECT]).await;
        let begin = async || {
            let login = ana.browser.open(ide.authorize_url(&[])).await;
            let answer = stage.go(&ana.browser, &login).await;
            ana.browser.open(answer).await
        };
        let refused = begin().await;
        assert!(refused.status == 403 && refused.text().contains("sso.foreign_domain"), "{}", refused.text());
        stage.verified_domain("acme.example").await;
        for (person, code) in [
            (json!({"sub": "x", "email": "ana@acme.example", "email_verified": false}), "sso.no_verified_address"),
            (json!({"sub": "x", "email": "ana@acme.example"}), "sso.no_verified_address"),
            (json!({"sub": "x"}), "sso.no_verified_address"),
            (json!({"sub": "x", "email": "ana@sub.acme.example", "email_verified": true}), "sso.foreign_domain"),
            (json!({"sub": "x", "email": "ana@acme.example.evil.example", "email_verified": true}), "sso.foreign_domain"),
            (json!({"sub": "x", "email": "owner@acme.example", "email_verified": true}), "sso.name_taken"),
        ] {
            stage.idp.person(person.clone());
            let refused = begin().await;
            assert!(refused.status == 403 && refused.text().contains(code), "{person}: {}", refused.text());
        }
        // The ID token may leave the address to userinfo, which must be about the same person.
        stage.idp.person(json!({"sub": "ana-1"}));
        stage.idp.userinfo(json!({"sub": "bo-1", "email": "bo@acme.example", "email_verified": true}));
        let refused = begin().await;
        assert!(refused.status == 400 && refused.text().contains("sso.answer_refused"), "{}", refused.text());
        stage.idp.userinfo(json!({"sub": "ana-1", "email": "ana@acme.example", "email_verified": true, "name": "Ana"}));
        let consent = begin().await;
        let back = ide.back(&ana.browser, consent, "approve").await;
        let tokens = ide.exchange(&parameter(&back, "code").unwrap(), &[]).await;
        assert_eq!(tokens.status, 200, "{}", tokens.body);
        ide.tokens = tokens.json();
        assert_eq!(ide.initialize().await.status, 200);
        let user = ana.get("session").await.ok()["user"].clone();
        assert_eq!((&user["user_name"], &user["role"], &user["display_name"]), (&json!("ana@acme.example"), &json!("member"), &json!("Ana")));
    }

    async fn atk_21_an_equal_address_joins_nobody(setup: Setup) {
        let stage = stage(setup).await;
        let local = stage.owner.invite("ana", "admin").await;
        let id = local.id().await;
        stage.idp.person(json!({"sub": "evil", "email": "ana@acme.example", "email_verified": true,
            "preferred_username": "ana@acme.example"}));
        stage.owner.patch(&format!("identity-providers/{}", stage.provider), json!({"scim_source": true})).await.ok();
        let evil = stage.somebody();
        for (mode, code) in [
            (Provisioning::Invitation, "sso.not_invited"),
            (Provisioning::Scim, "sso.not_provisioned"),
            (Provisioning::Jit, "sso."),
        ] {
            stage.provisioning(mode).await;
            let refused = stage.sign_in(&evil.browser).await;
            assert!(refused.status == 403 && refused.text().contains(code), "{mode:?}: {}", refused.text());
            evil.get("session").await.refused(401, "unauthenticated");
        }
        let identities = stage.owner.get(&format!("users/{id}/identities")).await.ok();
        assert_eq!(identities["items"], json!([]));
    }

    async fn groups_follow_the_claims_of_each_sign_in(setup: Setup) {
        let stage = stage(setup).await;
        stage.provisioning(Provisioning::Scim).await;
        let user = stage.scim_user("ana@acme.example", "00u1").await;
        let (dev, ops, hand) = (
            stage.group("Dev", GroupSource::Local).await,
            stage.group("Ops", GroupSource::Local).await,
            stage.group("By hand", GroupSource::Local).await,
        );
        let scim = stage.group("Of SCIM", GroupSource::Scim).await;
        let settings = |groups: Value| json!({"settings": {
            "binding": {"claim": "sub", "attribute": "external_id"}, "groups": groups}, "scim_source": true});
        let provider = format!("identity-providers/{}", stage.provider);
        stage.owner.patch(&provider, settings(json!({"x": scim}))).await.refused(400, "invalid");
        stage.owner.patch(&provider, settings(json!({"x": "grp_00000000000000000000000000"}))).await.refused(400, "invalid");
        stage.owner.patch(&provider, settings(json!({"dev": dev, "ops": ops, "hand": hand}))).await.ok();
        let store = stage.world.app().store.tenant(stage.world.tenant_id("acme").await).await.unwrap();
        let group = store.lock_group(hand).await.unwrap().unwrap();
        provisioning::add_members(&store, Actor::System, &group, &[user.parse().unwrap()]).await.unwrap();
        store.commit().await.unwrap();
        for (groups, expected) in [
            (json!(["dev", "hand", "unknown"]), [true, false]),
            (json!(["dev", "ops"]), [true, true]),
            (json!("ops"), [false, true]),
            (Value::Null, [false, false]),
        ] {
            stage.idp.person(json!({"sub": "00u1", "groups": groups, "email": "ana@acme.example"}));
            let ana = stage.somebody();
            assert!(is_home(&stage.sign_in(&ana.browser).await));
            let found = [stage.members(dev).await.contains(&user), stage.members(ops).await.contains(&user)];
            assert_eq!(found, expected, "{groups}");
            assert_eq!(stage.members(hand).await, std::slice::from_ref(&user), "what a person gave stays");
        }
    }
}

#[tokio::test]
async fn a_sign_in_in_the_middle_of_an_ides_way_in_goes_on_with_it() {
    let stage = stage(World::setup().split_hosts()).await;
    let upstream = McpServer::start(Era::Legacy).await;
    let server = stage.owner.register_server("github", upstream.url.as_str()).await;
    stage.owner.grant_everyone(&server).await;
    stage.provisioning(Provisioning::Scim).await;
    let user = stage.scim_user("ana@acme.example", "ana-1").await;
    let change = json!({"scim_source": true, "settings": {"binding": {"claim": "sub", "attribute": "external_id"}}});
    stage.owner.patch(&format!("identity-providers/{}", stage.provider), change).await.ok();
    let ana = stage.somebody();
    let mut ide = Ide::new(&ana.url("github"));
    ide.discover().await;
    ide.register(&[REDIRECT]).await;
    let login = ana.browser.open(ide.authorize_url(&[])).await;
    let answer = stage.go(&ana.browser, &login).await;
    let consent = ana.browser.open(answer).await;
    assert!(consent.has_button("approve"), "{}", consent.text());
    // "Not you?": the provider is told to ask, and the request still waits.
    let other = ana.browser.press(&consent, "not you", &[]).await;
    let out = ana.browser.press(&other, "continue with okta", &[]).await;
    let there = out.refresh().unwrap();
    assert_eq!(parameter(&there, "prompt").as_deref(), Some("login"));
    let back = ana.browser.open(there).await.url;
    let consent = ana.browser.open(back).await;
    let back = ide.back(&ana.browser, consent, "approve").await;
    let tokens = ide.exchange(&parameter(&back, "code").unwrap(), &[]).await;
    assert_eq!(tokens.status, 200, "{}", tokens.body);
    ide.tokens = tokens.json();
    assert_eq!(ide.initialize().await.status, 200);
    assert_eq!(ana.get("session").await.ok()["user"]["id"], user.as_str());
    assert_eq!(ide.send(Method::DELETE, Value::Null, &[]).await.status, 204);
}
