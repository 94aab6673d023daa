//! Records to ask for.

use std::collections::BTreeMap;

use http::Method;
use serde_json::{Value, json};
use spotlight_core::{
    domain::webhook::SourceKind,
    ports::{JobSpec, NewEvent, OutboxKind},
    services::{sources::NewSource, webhooks::EndpointInput},
};

use super::{World, bodies::example};

/// A flag of the deployment.
pub(super) const FLAG: &str = "new_console";

impl World {
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
}
