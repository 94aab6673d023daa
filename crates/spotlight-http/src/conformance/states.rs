//! What a record's state, or that of its organization, refuses to whoever may ask.

use reqwest::Method;
use serde_json::{Value, json};

use super::{
    Client, Target,
    account::browser,
    appointment::{booked, free_times},
    behind::FLAG,
    seed::{assistant, made_assistant, made_conversation, made_lead, turn},
    socket::refused,
    voice::form,
};

/// A change of a version that is not the record's is refused, and changes nothing.
pub async fn another_version(target: &Target) {
    let owner = target.owner();
    let helper = made_assistant(&owner).await;
    let knowledge = json!({"knowledge": {"answer": "From ten euros a month."}});
    let knowledge = owner.post(&format!("/api/v1/assistants/{helper}/knowledge"), &knowledge).await.expect(201).id();
    let (one, two) = (made_lead(&owner, "Grace Hopper").await, made_lead(&owner, "Grace H").await);
    owner.post(&format!("/api/v1/leads/{one}/merge"), &json!({"merge": {"lead_id": two}})).await.expect(200);
    let proposals = owner.get(&format!("/api/v1/leads/{one}/proposals")).await.expect(200);
    let proposal = proposals.body["data"][0]["id"].as_str().expect("a proposal").to_owned();
    let talk = made_conversation(&owner, &helper).await;
    let appointment = booked(&owner, &helper, &one).await;
    let starts = free_times(&owner, &helper).await.expect(200).attributes("starts_at")[1].clone();
    let host = owner.get("/api/v1/hosts").await.expect(200).body["data"][0]["id"].as_str().expect("a host").to_owned();
    let hook = json!({"webhook_endpoint": {"url": "https://crm.example.com/hooks"}});
    let hook = owner.post("/api/v1/webhook_endpoints", &hook).await.expect(201).id();
    let source = json!({"webhook_source": {"name": "Form", "accepts": ["leads"]}});
    let source = owner.post("/api/v1/webhook_sources", &source).await.expect(201).id();
    let other = made_lead(&owner, "Somebody Else").await;
    let (patch, post, delete) = (Method::PATCH, Method::POST, Method::DELETE);
    let nothing = json!({});
    let name = |noun: &str| json!({noun: {"name": "Changed"}});
    let changes = [
        (&patch, format!("assistants/{helper}"), name("assistant")),
        (&patch, format!("assistants/{helper}/toggle_active"), nothing.clone()),
        (&delete, format!("assistants/{helper}"), Value::Null),
        (&patch, format!("assistants/{helper}/knowledge/{knowledge}"), json!({"knowledge": {"answer": "No."}})),
        (&delete, format!("assistants/{helper}/knowledge/{knowledge}"), Value::Null),
        (&patch, format!("leads/{one}"), name("lead")),
        (&patch, format!("leads/{one}/status"), json!({"lead": {"status": "contacted"}})),
        (&patch, format!("leads/{one}/proposals/{proposal}"), json!({"proposal": {"state": "accepted"}})),
        (&post, format!("leads/{one}/merge"), json!({"merge": {"lead_id": other}})),
        (&post, format!("leads/{one}/erase"), nothing.clone()),
        (&delete, format!("leads/{one}"), Value::Null),
        (&patch, format!("conversations/{talk}"), json!({"conversation": {"status": "completed"}})),
        (&post, format!("conversations/{talk}/take_over"), nothing.clone()),
        (&post, format!("conversations/{talk}/give_back"), nothing.clone()),
        (&patch, format!("appointments/{appointment}"), json!({"appointment": {"notes": "Lost"}})),
        (&patch, format!("appointments/{appointment}/confirm"), nothing.clone()),
        (&patch, format!("appointments/{appointment}/reschedule"), json!({"appointment": {"starts_at": starts}})),
        (&patch, format!("appointments/{appointment}/cancel"), nothing.clone()),
        (&patch, format!("appointments/{appointment}/complete"), nothing.clone()),
        (&patch, format!("appointments/{appointment}/no_show"), nothing.clone()),
        (&patch, "organization".to_owned(), name("organization")),
        (&patch, format!("hosts/{host}"), json!({"host": {"buffer_before_min": 5}})),
        (&patch, format!("webhook_endpoints/{hook}"), json!({"webhook_endpoint": {"enabled": false}})),
        (&patch, format!("webhook_sources/{source}"), name("webhook_source")),
    ];
    for (method, path, body) in changes {
        let request = owner.request(method.clone(), &format!("/api/v1/{path}")).header("if-match", "\"777\"");
        let answer = Client::answer(if body.is_null() { request } else { request.json(&body) }).await;
        assert_eq!(answer.status, 412, "{method} {path}: {}", answer.text);
        if *method != delete {
            let request = owner.request(method.clone(), &format!("/api/v1/{path}"));
            let torn = Client::answer(request.header("content-type", "application/json").body("{")).await;
            assert_eq!(torn.status, 400, "{method} {path}: {}", torn.text);
        }
    }
    owner.get(&format!("/api/v1/leads/{one}")).await.expect(200);
    assert_eq!(owner.get(&format!("/api/v1/assistants/{helper}")).await.expect(200).attribute("name"), "Ada");
}

/// What is over is not gone on with.
pub async fn what_has_ended(target: &Target) {
    let owner = target.owner();
    let (helper, lead) = (made_assistant(&owner).await, made_lead(&owner, "Grace Hopper").await);
    let talk = format!("/api/v1/conversations/{}", made_conversation(&owner, &helper).await);
    owner.events(&format!("{talk}/turns"), &turn("Hello")).await;
    owner.patch(&talk, &json!({"conversation": {"status": "completed"}})).await.expect(200);
    for deed in ["accept_hand_off", "take_over", "give_back"] {
        owner.post(&format!("{talk}/{deed}"), &json!({})).await.expect(409);
    }
    form(&owner, &format!("{talk}/audio"), &[("audio", "Hello")]).await.expect(409);
    refused(&owner, &format!("{talk}/voice"), &[]).await.expect(409);
    target.settle().await;
    let report = owner.get(&format!("{talk}/report")).await.expect(200);
    assert!(!report.body["data"]["attributes"].is_null(), "{}", report.text);

    let starts = free_times(&owner, &helper).await.expect(200).attributes("starts_at")[1].clone();
    let appointment = format!("/api/v1/appointments/{}", booked(&owner, &helper, &lead).await);
    owner.patch(&format!("{appointment}/cancel"), &json!({})).await.expect(200);
    let moved = json!({"appointment": {"starts_at": starts}});
    owner.patch(&format!("{appointment}/reschedule"), &moved).await.expect(409);
    for deed in ["confirm", "complete", "no_show"] {
        owner.patch(&format!("{appointment}/{deed}"), &json!({})).await.expect(409);
    }
    let appointment = format!("/api/v1/appointments/{}", booked(&owner, &helper, &lead).await);
    owner.patch(&format!("{appointment}/complete"), &json!({})).await.expect(200);
    owner.patch(&format!("{appointment}/cancel"), &json!({})).await.expect(409);
    let nobody = "00000000-0000-0000-0000-000000000000";
    let body = json!({"appointment": {"assistant_id": nobody, "lead_id": lead, "starts_at": starts,
        "time_zone": "Europe/Berlin"}});
    owner.post("/api/v1/appointments", &body).await.expect(404);
    let free = format!("assistant_id={nobody}&from=2030-01-01T00:00:00Z&to=2030-01-02T00:00:00Z");
    owner.get(&format!("/api/v1/availability?{free}")).await.expect(404);
}

/// What the plan has no room for is 402, and says so before anything is stored.
pub async fn a_plan_that_is_used_up(target: &Target) {
    let owner = target.owner();
    let mut helper = assistant();
    helper["assistant"]["voice"] = json!({"voice_id": "clear"});
    let helper = owner.post("/api/v1/assistants", &helper).await.expect(201).id();
    let talk = format!("/api/v1/conversations/{}", made_conversation(&owner, &helper).await);
    target.uses_all().await;
    let begin = json!({"conversation": {"assistant_id": helper}});
    let refusal = owner.post("/api/v1/conversations", &begin).await.expect(402);
    assert_eq!(refusal.problems(), [(String::new(), "plan_limit".to_owned())]);
    let visit = format!("/api/v1/public/assistants/{helper}/conversations");
    target.nobody().post(&visit, &json!({"conversation": {}})).await.expect(402);
    form(&owner, &format!("{talk}/audio"), &[("audio", "Hello")]).await.expect(402);
    refused(&owner, &format!("{talk}/voice"), &[]).await.expect(402);
    owner.post(&format!("/api/v1/assistants/{helper}/voice_sample"), &json!({})).await.expect(402);
    for _ in 0..2 {
        made_assistant(&owner).await;
    }
    owner.post("/api/v1/assistants", &assistant()).await.expect(402);
    let invited = |number: u8| json!({"invitation": {"email": format!("mia{number}@acme.example"), "name": "Mia", "role": "sales_rep"}});
    for number in 0..2 {
        owner.post("/api/v1/invitations", &invited(number)).await.expect(201);
    }
    owner.post("/api/v1/invitations", &invited(2)).await.expect(402);
    assert_eq!(owner.get("/api/v1/conversations").await.expect(200).body["meta"]["pagination"]["total_count"], 1);
}

/// Nobody leaves behind what is still paid for.
pub async fn a_subscription_that_goes_on(target: &Target) {
    target.pays().await;
    let owner = browser(target, &target.owner.email, &target.owner.password).await;
    owner.delete("/api/v1/organization").await.expect(409);
    owner.get("/api/v1/organization").await.expect(200);
}

/// Work that was given up is tried anew or let go of, once.
pub async fn work_that_was_given_up(target: &Target) {
    let owner = target.owner();
    let job = format!("/api/v1/jobs/{}", target.gives_up_a_job().await);
    assert_eq!(owner.get(&job).await.expect(200).attribute("state"), "dead");
    let other = target.has_a_job_that_waits().await;
    owner.post(&format!("{job}/retry"), &json!({})).await.expect(409);
    owner.post(&format!("/api/v1/jobs/{other}/cancel"), &json!({})).await.expect(204);
    owner.post(&format!("{job}/retry"), &json!({})).await.expect(204);
    owner.post(&format!("{job}/retry"), &json!({})).await.expect(404);
    target.settle().await;
    owner.post(&format!("{job}/discard"), &json!({})).await.expect(204);
    owner.post(&format!("{job}/discard"), &json!({})).await.expect(404);
    for deed in ["retry", "discard"] {
        let event = target.gives_up_an_event().await;
        let dead = owner.get("/api/v1/jobs/events").await.expect(200);
        assert!(dead.text.contains(&event), "{}", dead.text);
        owner.post(&format!("/api/v1/jobs/events/{event}/{deed}"), &json!({})).await.expect(204);
        owner.post(&format!("/api/v1/jobs/events/{event}/{deed}"), &json!({})).await.expect(404);
    }
}

/// A flag of the deployment is switched for an organization, and given back.
pub async fn a_flag_of_the_deployment(target: &Target) {
    target.has_a_flag().await;
    let owner = target.owner();
    let path = format!("/api/v1/feature_flags/{FLAG}");
    owner.patch(&path, &json!({"feature_flag": {"on": true}})).await.expect(200);
    let list = owner.get("/api/v1/feature_flags").await.expect(200);
    assert_eq!(list.body["data"].as_array().map(Vec::len), Some(1));
    owner.delete(&path).await.expect(204);
}

/// An organization has twenty of each at most.
pub async fn too_many_webhooks(target: &Target) {
    let owner = target.owner();
    let hook = |number: u32| json!({"webhook_endpoint": {"url": format!("https://crm.example.com/{number}")}});
    let source = |number: u32| json!({"webhook_source": {"name": format!("Form {number}"), "accepts": ["leads"]}});
    for number in 0..20 {
        owner.post("/api/v1/webhook_endpoints", &hook(number)).await.expect(201);
        owner.post("/api/v1/webhook_sources", &source(number)).await.expect(201);
    }
    owner.post("/api/v1/webhook_endpoints", &hook(20)).await.expect(409);
    owner.post("/api/v1/webhook_sources", &source(20)).await.expect(409);
}
