//! Who there is, and what they show when they ask.

use std::sync::atomic::{AtomicI64, Ordering};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use http::Method;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use spotlight_core::{
    domain::{
        billing::PlanId,
        contact::Email,
        organization::Organization,
        schedule::WeeklyHours,
        time::Timestamp,
        user::{Role, Scope},
    },
    error::{Error, ErrorKind, Result},
    ports::Clock,
    services::{
        Context,
        accounts::{AcceptInvitation, NewInvitation, SignIn},
        hosts::HostInput,
        organizations::NewOrganization,
    },
};
use spotlight_http::{Authenticate, Request, Vouched};

use super::{PASSWORD, World, bodies::example, records::FLAG};

/// A clock that is put forward once.
pub(super) struct Shifted(AtomicI64);

impl Shifted {
    pub(super) fn at(instant: &str) -> Self {
        let instant = DateTime::parse_from_rfc3339(instant).expect("an instant");
        Self(AtomicI64::new(instant.timestamp_micros()))
    }
}

impl Clock for Shifted {
    fn now(&self) -> Timestamp {
        DateTime::<Utc>::from_timestamp_micros(self.0.load(Ordering::Relaxed)).expect("an instant")
    }
}

impl World {
    pub(super) async fn people(&mut self, clock: &Shifted) {
        let owner = self.organization("acme").await;
        self.owner = owner.clone();
        let operator = Context::system(owner.organization);
        self.platform.flags().set(&operator, FLAG, true, 100).await.expect("a flag");
        self.organization("globex").await;
        for (email, role) in [
            ("rep@acme.example", Role::SalesRep),
            ("own@acme.example", Role::SalesRep),
            ("manager@acme.example", Role::Manager),
            ("admin@acme.example", Role::Admin),
        ] {
            let id = self.member(&owner, email, role).await;
            if role == Role::SalesRep {
                let user = id.parse().expect("an id");
                self.platform.hosts().set(&owner, user, always(), None).await.expect("a host");
                self.rep_id = id;
            }
        }
        let ended = self.session("owner@acme.example", false).await;
        let soon = self.platform.clock().now() + chrono::Duration::hours(1);
        let token = self.token(&owner, Scope::ALL.to_vec(), Some(soon)).await;
        self.callers.insert("ExpiredToken", token);
        let visit = self.visit().await;
        self.callers.insert("ExpiredVisit", visit);
        clock.0.fetch_add(25 * 3_600_000_000, Ordering::Relaxed);
        self.callers.insert("Expired", ended);
        for (caller, email) in [
            ("Rep", "rep@acme.example"),
            ("OwnRep", "own@acme.example"),
            ("Manager", "manager@acme.example"),
            ("Admin", "admin@acme.example"),
            ("Owner", "owner@acme.example"),
            ("Other", "owner@globex.example"),
        ] {
            let session = self.session(email, true).await;
            self.callers.insert(caller, session);
        }
        let of = |ending: &str| Scope::ALL.iter().copied().filter(|scope| scope.as_str().ends_with(ending)).collect();
        for (caller, scopes) in [("Scoped", vec![Scope::LeadsRead]), ("Reader", of(":read")), ("Writer", of(":write"))]
        {
            let token = self.token(&owner, scopes, None).await;
            self.callers.insert(caller, token);
        }
    }

    /// What a program sends that has a token of these scopes.
    async fn token(
        &self,
        owner: &Context,
        scopes: Vec<Scope>,
        until: Option<Timestamp>,
    ) -> Vec<(&'static str, String)> {
        let made = self.platform.accounts().create_token(owner, "scoped", scopes, until).await.expect("a token");
        vec![("authorization", format!("Bearer {}", made.secret.expose_secret()))]
    }

    /// What a visitor sends who has opened a conversation.
    async fn visit(&self) -> Vec<(&'static str, String)> {
        let own = self.session("own@acme.example", false).await;
        let body = example("create_assistant").to_string();
        let made = self.send_with(&own, Method::POST, "/api/v1/assistants", None, &body).await;
        let made: Value = serde_json::from_str(&made.text).expect("an assistant");
        let assistant = made["data"]["id"].as_str().expect("an id");
        let path = format!("/api/v1/public/assistants/{assistant}/conversations");
        let opened = self.send_with(&[], Method::POST, &path, None, "{}").await;
        let opened: Value = serde_json::from_str(&opened.text).expect("a conversation");
        vec![("authorization", format!("Bearer {}", opened["meta"]["token"].as_str().expect("a token")))]
    }

    async fn organization(&self, slug: &str) -> Context {
        let new = NewOrganization {
            name: slug.to_owned(),
            slug: slug.to_owned(),
            time_zone: Tz::Europe__Berlin,
            business_hours: always().hours,
            owner_email: Email::parse(&format!("owner@{slug}.example")).expect("an address"),
            owner_name: "Olivia Owner".to_owned(),
            owner_password: SecretString::from(PASSWORD),
        };
        let (organization, user) =
            self.platform.organizations().create(&Context::deployment(), new).await.expect("an organization");
        // Room for everybody, and for every record that is made.
        let platform = Context::system(organization.id);
        let organization = Organization { plan: PlanId::Scale, ..organization };
        let organizations = self.platform.organizations();
        let organization = organizations.update(&platform, organization).await.expect("a plan");
        Context::user(user.id, organization.id, Role::Owner)
    }

    /// Invites somebody, who accepts. Gives their id.
    async fn member(&self, owner: &Context, email: &str, role: Role) -> String {
        let new = NewInvitation { email: email.to_owned(), name: "Mia Member".to_owned(), role };
        self.platform.accounts().invite(owner, new).await.expect("an invitation");
        self.platform.run_until_idle().await.expect("mail is sent");
        let sent = self.mailer.sent();
        let message = sent.iter().rev().find(|message| message.to.as_str() == email).expect("a message");
        let is_code = |word: &&str| word.len() == 64 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
        let token = SecretString::from(message.text.split_whitespace().find(is_code).expect("a code"));
        let accept = AcceptInvitation { token, name: None, password: Some(SecretString::from(PASSWORD)) };
        let accepted = self.platform.accounts().accept_invitation(&Context::anonymous(), accept).await;
        accepted.expect("a member").0.id.to_string()
    }

    /// What a browser sends once its user has signed in.
    async fn session(&self, email: &str, remember: bool) -> Vec<(&'static str, String)> {
        let request = SignIn { remember, ..SignIn::new(email, SecretString::from(PASSWORD)) };
        let signed_in = self.platform.accounts().sign_in(&Context::anonymous(), request).await.expect("a session");
        let cookie = format!("spotlight_session={}", signed_in.secret.expose_secret());
        vec![("cookie", cookie), ("x-csrf-token", signed_in.csrf_token)]
    }
}

/// An application around the API in which nobody has signed in.
#[derive(Debug)]
pub(super) struct Empty;

#[async_trait]
impl Authenticate for Empty {
    async fn authenticate(&self, _: &Request) -> Result<Vouched> {
        Err(Error::new(ErrorKind::Unauthenticated, "nobody is known here"))
    }
}

/// Somebody who can be booked at any hour.
fn always() -> HostInput {
    HostInput {
        time_zone: Tz::Europe__Berlin,
        hours: WeeklyHours(std::array::from_fn(|_| WeeklyHours::weekdays(0, 0).0[0].clone())),
        exceptions: Vec::new(),
        buffer_before_min: 0,
        buffer_after_min: 0,
    }
}
