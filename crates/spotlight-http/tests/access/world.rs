//! Two organizations, their people, and records to ask for.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use futures::stream;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use spotlight_core::{
    domain::{
        billing::PlanId,
        contact::Email,
        organization::Organization,
        schedule::WeeklyHours,
        time::Timestamp,
        user::{Role, Scope},
        webhook::SourceKind,
    },
    memory::{MemoryEventBus, MemoryFileStore, MemoryMailer, MemoryRateLimiter, MemoryRecognizer, MemoryStorage},
    ports::{Clock, JobSpec, NewEvent, OutboxKind, Quota},
    scripted::ScriptedChatModel,
    services::{
        Context, Spotlight,
        accounts::{AcceptInvitation, NewInvitation, SignIn},
        hosts::HostInput,
        organizations::NewOrganization,
        sources::NewSource,
        webhooks::EndpointInput,
    },
};
use spotlight_http::{Api, Body, Endpoint, HttpPolicy, Request, openapi};

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Caller {
    /// Without credentials.
    Anonymous,
    /// With a session that has ended by itself.
    Expired,
    /// A sales representative whose the records are not.
    Rep,
    /// The sales representative whose the records are.
    OwnRep,
    /// A manager.
    Manager,
    /// An administrator.
    Admin,
    /// The owner of the organization.
    Owner,
    /// The owner of another organization.
    Other,
    /// The visitor of the conversation.
    Visitor,
    /// A token that may read leads and nothing else.
    Scoped,
    /// A token that may read everything and change nothing.
    Reader,
    /// A token that may change everything and read nothing.
    Writer,
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) text: String,
}

/// A clock that is put forward once.
struct Shifted(AtomicI64);

impl Clock for Shifted {
    fn now(&self) -> Timestamp {
        DateTime::<Utc>::from_timestamp_micros(self.0.load(Ordering::Relaxed)).expect("an instant")
    }
}

/// Credentials of everybody, and where they are used.
pub(crate) struct World {
    api: Api,
    platform: Spotlight,
    mailer: Arc<MemoryMailer>,
    callers: BTreeMap<&'static str, Vec<(&'static str, String)>>,
    rep_id: String,
    owner: Context,
    made: AtomicUsize,
}

/// Records after which another world is made: free times are looked for among all that are taken.
const FULL: usize = 200;

/// True for what leaves nothing to ask others for.
pub(crate) fn ends_the_world(name: &str) -> bool {
    matches!(
        name,
        "delete_organization"
            | "enrol_second_factor"
            | "sign_in"
            | "sign_out"
            | "remove_member"
            | "update_member"
            | "revoke_sessions"
    )
}

/// A flag of the deployment.
const FLAG: &str = "new_console";

/// A form with words as sound.
const FORM: &str = "--cut\r\ncontent-disposition: form-data; name=\"audio\"\r\n\r\nWe need it by June.\r\n--cut--\r\n";

const PASSWORD: &str = "acme-correct-horse";

impl World {
    pub(crate) async fn new() -> Self {
        // A Wednesday, in office hours.
        let begin = DateTime::parse_from_rfc3339("2026-03-25T10:00:00Z").expect("an instant").timestamp_micros();
        let clock = Arc::new(Shifted(AtomicI64::new(begin)));
        let storage = MemoryStorage::new(Arc::clone(&clock) as Arc<dyn Clock>);
        let (queue, mailer) = (Arc::new(storage.queue()), Arc::new(MemoryMailer::new()));
        let platform = Spotlight::builder()
            .storage(Arc::new(storage))
            .queue(queue)
            .chat(Arc::new(ScriptedChatModel::new()))
            .recognizer(Arc::new(MemoryRecognizer))
            .events(Arc::new(MemoryEventBus::new(Arc::clone(&clock) as Arc<dyn Clock>)))
            .mailer(Arc::clone(&mailer) as Arc<_>)
            .files(Arc::new(MemoryFileStore::new()))
            .limiter(Arc::new(MemoryRateLimiter::new(Arc::clone(&clock) as Arc<dyn Clock>)))
            .clock(Arc::clone(&clock) as Arc<dyn Clock>)
            .secret_key(SecretString::from("a key of the matrix, of thirty-two bytes or more"))
            .build()
            .expect("every port is there");
        let vast = Quota { burst: 1_000_000, period: Duration::from_secs(1) };
        let mut policy = HttpPolicy::development();
        (policy.api, policy.open, policy.visitor, policy.signed) = (vast, vast, vast, vast);
        policy.plans = Vec::new();
        let api = Api::new(platform.clone(), policy);
        let mut world = Self {
            api,
            platform,
            mailer,
            callers: BTreeMap::new(),
            rep_id: String::new(),
            owner: Context::anonymous(),
            made: AtomicUsize::new(0),
        };
        world.people(&clock).await;
        world
    }

    async fn people(&mut self, clock: &Shifted) {
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
        clock.0.fetch_add(24 * 3_600_000_000, Ordering::Relaxed);
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
            let token = self.platform.accounts().create_token(&owner, "scoped", scopes, None).await;
            let token = token.expect("a token").secret;
            self.callers.insert(caller, vec![("authorization", format!("Bearer {}", token.expose_secret()))]);
        }
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

    /// A number that was not given before.
    fn count(&self) -> usize {
        self.made.fetch_add(1, Ordering::Relaxed)
    }

    /// True when another world is better.
    pub(crate) fn is_full(&self) -> bool {
        self.made.load(Ordering::Relaxed) >= FULL
    }

    /// New records of the sales representative [`Caller::OwnRep`], by what paths call them.
    pub(crate) async fn records(&self) -> BTreeMap<String, String> {
        let number = self.count();
        let mut ids = BTreeMap::from([("user".to_owned(), self.rep_id.clone())]);
        let mut make = async |noun: &str, path: String, body: Value| {
            let answer = self.send("OwnRep", Method::POST, &path, None, &body.to_string()).await;
            assert_eq!(answer.status, 201, "{noun}: {}", answer.text);
            let made: Value = serde_json::from_str(&answer.text).expect("a record");
            let id = made["data"]["id"].as_str().expect("an id").to_owned();
            ids.insert(noun.to_owned(), id.clone());
            (id, made)
        };
        let (assistant, _) = make("assistant", "/api/v1/assistants".into(), example("create_assistant")).await;
        let knowledge = json!({"knowledge": {"answer": "From ten euros a month."}});
        make("knowledge", format!("/api/v1/assistants/{assistant}/knowledge"), knowledge).await;
        let lead = json!({"lead": {"name": "Lena Lead", "email": format!("lena{number}@example.com"),
            "owner_id": self.rep_id}});
        let (lead, _) = make("lead", "/api/v1/leads".into(), lead).await;
        let visit = format!("/api/v1/public/assistants/{assistant}/conversations");
        let (_, visit) = make("conversation", visit, json!({})).await;
        let token = visit["meta"]["token"].as_str().expect("a token").to_owned();
        let (from, to) = ("2026-03-30T08:00:00Z", "2026-05-20T08:00:00Z");
        let free = format!("assistant_id={assistant}&from={from}&to={to}");
        let free = self.send("Owner", Method::GET, "/api/v1/availability", Some(free), "").await;
        let free: Value = serde_json::from_str(&free.text).expect("free times");
        assert!(free["data"][0].is_object(), "{free}");
        let appointment = json!({"appointment": {"assistant_id": assistant, "lead_id": lead,
            "starts_at": free["data"][0]["attributes"]["starts_at"], "time_zone": "Europe/Berlin"}});
        make("appointment", "/api/v1/appointments".into(), appointment).await;
        for (noun, path, body) in [
            ("rep_assistant", "/api/v1/assistants", example("create_assistant")),
            ("rep_lead", "/api/v1/leads", json!({"lead": {"name": "Rita Rival"}})),
        ] {
            let made = self.send("Rep", Method::POST, path, None, &body.to_string()).await;
            let made: Value = serde_json::from_str(&made.text).expect("a record");
            ids.insert(noun.to_owned(), made["data"]["id"].as_str().expect("an id").to_owned());
        }
        let next = free["data"][1]["attributes"]["starts_at"].as_str().expect("another free time");
        ids.insert("starts_at".to_owned(), next.to_owned());
        // No visitor has proposed anything.
        ids.insert("proposal".to_owned(), "00000000-0000-0000-0000-000000000000".to_owned());
        ids.insert("visit token".to_owned(), token);
        self.records_of_the_team(number, &mut ids).await;
        ids
    }

    /// Records that administrators alone make, where a path names one: webhooks with what was sent, and work that was
    /// given up.
    pub(crate) async fn records_of_administrators(&self, path: &str, ids: &mut BTreeMap<String, String>) {
        ids.insert("key".to_owned(), FLAG.to_owned());
        ids.insert("queue".to_owned(), "low".to_owned());
        if path.starts_with("/api/v1/webhook_") {
            self.webhooks(ids).await;
        }
        if path.contains("/jobs/{id}") {
            ids.insert("job".to_owned(), self.dead_job().await);
        }
        if path.contains("{event_id}") {
            ids.insert("event".to_owned(), self.dead_event().await);
        }
    }

    async fn webhooks(&self, ids: &mut BTreeMap<String, String>) {
        let (webhooks, sources) = (self.platform.webhooks(), self.platform.sources());
        for caller in ["Admin", "Other"] {
            // An organization has room for twenty.
            for kind in ["webhook_endpoints", "webhook_sources"] {
                let path = format!("/api/v1/{kind}");
                let all = self.send(caller, Method::GET, &path, None, "").await;
                let all: Value = serde_json::from_str(&all.text).expect("a list");
                for one in all["data"].as_array().expect("a list") {
                    let path = format!("{path}/{}", one["id"].as_str().expect("an id"));
                    assert_eq!(self.send(caller, Method::DELETE, &path, None, "").await.status, 204);
                }
            }
        }
        let input = EndpointInput { url: "https://example.com/".to_owned(), events: Vec::new(), enabled: true };
        let endpoint = webhooks.create(&self.owner, input).await.expect("an endpoint").endpoint.id;
        let delivery = webhooks.test(&self.owner, endpoint).await.expect("a delivery").id;
        let new = NewSource { name: "Form".to_owned(), accepts: SourceKind::ALL.to_vec(), enabled: true };
        let source = sources.create(&self.owner, new).await.expect("a source").source.id;
        ids.insert("webhook_endpoint".to_owned(), endpoint.to_string());
        ids.insert("delivery".to_owned(), delivery.to_string());
        ids.insert("webhook_source".to_owned(), source.to_string());
    }

    async fn dead_job(&self) -> String {
        let organization = Some(self.owner.organization);
        let spec = JobSpec { organization, max_attempts: 1, ..JobSpec::new("delete_file", "not what it wants") };
        let added = self.platform.queue().enqueue(vec![spec]).await.expect("a job");
        self.platform.run_until_idle().await.expect("work");
        added[0].id().to_string()
    }

    async fn dead_event(&self) -> String {
        self.platform.run_until_idle().await.expect("work");
        let now = self.platform.clock().now();
        let unit = self.platform.storage().begin().await.expect("a unit");
        let event = NewEvent {
            organization_id: self.owner.organization,
            channel: "leads".to_owned(),
            event_type: "lead.updated".to_owned(),
            conversation_id: None,
            data: json!({}),
        };
        let id = unit.publish(event).await.expect("an event");
        let claimed = unit.outbox().claim(OutboxKind::Event, now, 30, 10).await.expect("a claim");
        let row = claimed.iter().find(|row| row.id == id).expect("the event");
        assert!(unit.outbox().bury(id, row.claim, "nobody listens").await.expect("it is given up"));
        unit.commit().await.expect("a commit");
        id.to_string()
    }

    /// What the team has, and administrators make.
    async fn records_of_the_team(&self, number: usize, ids: &mut BTreeMap<String, String>) {
        for noun in ["member", "host"] {
            ids.insert(noun.to_owned(), self.rep_id.clone());
        }
        // Nobody's: one's own sessions alone are shown, whoever asks.
        ids.insert("session".to_owned(), "00000000-0000-0000-0000-000000000000".to_owned());
        let invitation = json!({"invitation": {"email": format!("ina{number}@acme.example"), "name": "Ina Invited",
            "role": "sales_rep"}});
        let token = json!({"api_token": {"name": "Importer", "scopes": ["leads:read"]}});
        for (noun, path, body) in
            [("invitation", "/api/v1/invitations", invitation), ("api_token", "/api/v1/api_tokens", token)]
        {
            let made = self.send("Owner", Method::POST, path, None, &body.to_string()).await;
            assert_eq!(made.status, 201, "{noun}: {}", made.text);
            let made: Value = serde_json::from_str(&made.text).expect("a record");
            ids.insert(noun.to_owned(), made["data"]["id"].as_str().expect("an id").to_owned());
        }
    }

    /// Asks for an endpoint of these records.
    pub(crate) async fn ask(
        &self,
        endpoint: &Endpoint,
        variant: &str,
        caller: Caller,
        ids: &BTreeMap<String, String>,
    ) -> Answer {
        let path = fill(endpoint.path, ids);
        let mut body = example(endpoint.name);
        name_records(&mut body, ids);
        match variant {
            "" => {}
            "lead_of_rep" => body["appointment"]["lead_id"] = ids["rep_lead"].as_str().into(),
            "assistant_of_rep" => body["appointment"]["assistant_id"] = ids["rep_assistant"].as_str().into(),
            "assigned" => body["lead"]["owner_id"] = ids["user"].as_str().into(),
            other => panic!("world.rs does not know the variant {other}"),
        }
        if matches!(endpoint.name, "sign_up" | "send_confirmation" | "send_password_reset" | "create_invitation") {
            // Few mails go to one address.
            let (noun, number) =
                (if endpoint.name == "create_invitation" { "invitation" } else { "user" }, self.count());
            body[noun]["email"] = format!("person{number}@example.com").into();
        }
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let body = match endpoint.name {
            "import_leads" => "email\nnew@example.com\n".to_owned(),
            "take_audio_turn" => FORM.to_owned(),
            _ => body,
        };
        let query = match endpoint.name {
            "availability" => {
                Some(format!("assistant_id={}&from=2026-03-30T08:00:00Z&to=2026-04-02T08:00:00Z", ids["assistant"]))
            }
            "live_events" => Some(format!("channels=conversation:{}", ids["conversation"])),
            _ => None,
        };
        if caller == Caller::Visitor {
            let headers = vec![("authorization", format!("Bearer {}", ids["visit token"]))];
            return self.send_with(&headers, endpoint.verb.method(), &path, query, &body).await;
        }
        self.send(&format!("{caller:?}"), endpoint.verb.method(), &path, query, &body).await
    }

    /// An address of its own for each request, so that the limits of one are not reached.
    fn somewhere(&self) -> std::net::IpAddr {
        let number = u16::try_from(self.count()).unwrap_or(u16::MAX);
        let [high, low] = number.to_be_bytes();
        [198, 18, high, low].into()
    }

    async fn send(&self, caller: &str, method: Method, path: &str, query: Option<String>, body: &str) -> Answer {
        let headers = self.callers.get(caller).cloned().unwrap_or_default();
        self.send_with(&headers, method, path, query, body).await
    }

    async fn send_with(
        &self,
        credentials: &[(&'static str, String)],
        method: Method,
        path: &str,
        query: Option<String>,
        body: &str,
    ) -> Answer {
        let endpoint = spotlight_http::endpoints()
            .iter()
            .filter(|endpoint| endpoint.verb.method() == method && matches(endpoint.path, path))
            // Of `/leads/export` and `/leads/{id}`, routers choose the first.
            .min_by_key(|endpoint| endpoint.path.matches('{').count())
            .expect("an endpoint");
        let mut headers = HeaderMap::new();
        let kind = match endpoint.name {
            "import_leads" => "text/csv",
            "take_audio_turn" => "multipart/form-data; boundary=cut",
            _ => "application/json",
        };
        let kind = ("content-type", kind.to_owned());
        let handshake = [
            ("connection", "upgrade"),
            ("upgrade", "websocket"),
            ("sec-websocket-version", "13"),
            ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
            ("host", "acme.example"),
            ("origin", "https://acme.example"),
        ];
        let handshake = handshake.map(|(name, value)| (name, value.to_owned()));
        let handshake = if matches!(endpoint.name, "live" | "voice") { &handshake[..] } else { &[] };
        for (name, value) in credentials.iter().chain(handshake).chain((!body.is_empty()).then_some(&kind)) {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value).expect("a value"));
        }
        let request = Request { method, path: path.to_owned(), prefix: 0, query, headers, peer: self.somewhere() };
        let body = stream::iter([Ok::<_, Infallible>(Bytes::copy_from_slice(body.as_bytes()))]);
        let response = self.api.handle(endpoint, request, body).await;
        let text = match response.body {
            Body::Full(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Body::Stream(_) | Body::Socket(_) => String::new(),
        };
        Answer { status: response.status.as_u16(), text }
    }
}

/// What a caller was shown of records that are not theirs.
pub(crate) fn leak(caller: Caller, answer: &Answer, ids: &BTreeMap<String, String>) -> Option<String> {
    if !matches!(caller, Caller::Anonymous | Caller::Expired | Caller::Rep | Caller::Other) || answer.status >= 400 {
        return None;
    }
    let records = ["lead", "assistant", "knowledge", "conversation", "appointment"];
    // A sales representative's new lead is their own, whomever they name.
    let assigned = (caller == Caller::Rep && answer.text.contains("\"type\":\"lead\"")).then_some("user");
    let shown = records.into_iter().chain(assigned).find(|noun| answer.text.contains(&ids[*noun]));
    shown.map(|noun| format!("the {noun}: {}", answer.text))
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

/// The example of an endpoint's body; null when it carries none.
fn example(name: &str) -> Value {
    let endpoint = Endpoint::named(name).expect("an endpoint");
    let method = endpoint.verb.method().as_str().to_lowercase();
    let operation = &openapi()["paths"][endpoint.path][method];
    let mut body = operation["requestBody"]["content"]["application/json"]["example"].clone();
    match name {
        "sign_in" => body["user"] = json!({"email": "owner@acme.example", "password": PASSWORD}),
        "update_user" => body["user"] = json!({"name": "Grace Hopper"}),
        "enrol_second_factor" => body["second_factor"] = json!({"current_password": PASSWORD}),
        "disable_second_factor" => {
            body["second_factor"] = json!({"current_password": PASSWORD, "otp_code": "000000"});
        }
        // Above an administrator's own role.
        "create_invitation" => {
            body["invitation"] = json!({"email": "ina@acme.example", "name": "Ina Invited", "role": "owner"});
        }
        "update_member" => body["member"] = json!({"role": "owner"}),
        "create_api_token" => body["api_token"] = json!({"name": "Importer", "scopes": ["leads:read"]}),
        "update_organization" => body["organization"] = json!({"name": "Other Name"}),
        // As it is: free times stay free.
        "update_host" => body["host"] = json!({"buffer_before_min": 0}),
        "create_assistant" | "update_assistant" => {
            body["assistant"] = json!({
                "name": "Ada",
                "role": "Qualifies visitors of the website for the sales team.",
                "script": "Greet the visitor, find out what they need and by when, and offer a call with the team.",
            });
        }
        "update_lead" | "create_lead" => body["lead"] = json!({"name": "Grace Hopper"}),
        "set_lead_status" => body["lead"]["status"] = "contacted".into(),
        "update_conversation" => body["conversation"] = json!({"status": "completed"}),
        "record_consent" => {
            body["consent"] = json!({"kind": "recording", "channel": "phone", "state": "given", "how": "by phone"});
        }
        "take_turn" => body["turn"] = json!({"text": "We need it by June."}),
        "create_conversation" => body["conversation"] = json!({"assistant_id": ""}),
        "update_appointment" => body["appointment"] = json!({"notes": "Bring the offer."}),
        "create_appointment" => {
            body["appointment"] = json!({"assistant_id": "", "lead_id": "", "starts_at": "2026-05-04T09:00:00Z",
                "time_zone": "Europe/Berlin"});
        }
        "reschedule_appointment" => body["appointment"] = json!({"starts_at": "2026-05-05T09:00:00Z"}),
        _ => {}
    }
    body
}

/// Puts the ids of records where a body refers to some.
fn name_records(body: &mut Value, ids: &BTreeMap<String, String>) {
    match body {
        Value::Object(members) => {
            for (name, value) in members {
                let noun = match name.as_str() {
                    "owner_id" => Some("user"),
                    "starts_at" => Some("starts_at"),
                    name => name.strip_suffix("_id"),
                };
                match noun.and_then(|noun| ids.get(noun)) {
                    Some(id) => *value = id.as_str().into(),
                    None => name_records(value, ids),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| name_records(item, ids)),
        _ => {}
    }
}

/// A path with the ids of records.
fn fill(template: &str, ids: &BTreeMap<String, String>) -> String {
    let mut before = "";
    let mut filled = Vec::new();
    for part in template.split('/') {
        let Some(name) = part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) else {
            before = part;
            filled.push(part);
            continue;
        };
        let noun = if name == "id" { before.strip_suffix('s').unwrap_or(before) } else { name.trim_end_matches("_id") };
        let id = ids.get(noun).unwrap_or_else(|| panic!("{template}: world.rs makes no {noun}"));
        filled.push(id);
    }
    filled.join("/")
}

fn matches(template: &str, path: &str) -> bool {
    let (template, path): (Vec<_>, Vec<_>) = (template.split('/').collect(), path.split('/').collect());
    template.len() == path.len() && template.iter().zip(&path).all(|(a, b)| a.starts_with('{') || a == b)
}
