//! Records beside those of a list, read together for all of them.

use serde_json::{Value, json};

use super::{
    Answer, Client, Target,
    account_team::colleague,
    seed::{made_assistant, made_conversation, made_lead, turn},
};

/// The types of what stands beside the records.
fn kinds(shown: &Answer) -> Vec<&str> {
    let included = shown.body["included"].as_array().into_iter().flatten();
    included.map(|one| one["type"].as_str().expect("a type")).collect()
}

/// The ids of what stands beside the records.
fn ids(shown: &Answer) -> Vec<&str> {
    let included = shown.body["included"].as_array().into_iter().flatten();
    included.map(|one| one["id"].as_str().expect("an id")).collect()
}

/// What a record of a list refers to.
fn related(shown: &Answer, place: usize, name: &str) -> Value {
    shown.body["data"][place]["relationships"][name].clone()
}

async fn talk(client: &Client, assistant: &str, lead: &str) -> String {
    let new = json!({"conversation": {"assistant_id": assistant, "lead_id": lead}});
    client.post("/api/v1/conversations", &new).await.expect(201).id()
}

/// Conversations and owners stand beside each lead of a page.
pub async fn a_list_of_leads(target: &Target) {
    let owner = target.owner();
    let user = owner.get("/api/v1/user").await.expect(200).id();
    let (one, two) = (made_lead(&owner, "Grace Hopper").await, made_lead(&owner, "Ada Byron").await);
    owner.patch(&format!("/api/v1/leads/{one}"), &json!({"lead": {"owner_id": user}})).await.expect(200);
    let assistant = made_assistant(&owner).await;
    let (first, second) = (talk(&owner, &assistant, &one).await, talk(&owner, &assistant, &one).await);
    let list = "/api/v1/leads?sort=created_at&order=asc&include=conversations,appointments,owner";
    let shown = owner.get(list).await.expect(200);
    assert_eq!(kinds(&shown), ["conversation", "conversation", "user"]);
    let talks = related(&shown, 0, "conversations");
    let identifiers = [&second, &first].map(|id| json!({"id": id, "type": "conversation"}));
    assert_eq!(talks["data"], json!(identifiers), "newest first");
    let link = talks["links"]["related"].as_str().expect("a link");
    assert_eq!(owner.get(link).await.expect(200).body["data"].as_array().map(Vec::len), Some(2));
    assert_eq!(related(&shown, 1, "conversations")["data"], json!([]));
    assert_eq!(related(&shown, 0, "appointments")["data"], json!([]));
    // Each page has what belongs to it, and the way to the next page keeps the wish.
    let page = owner.get(&format!("{list}&per_page=1&cursor=")).await.expect(200);
    assert_eq!(kinds(&page).len(), 3);
    let next = owner.get(&page.link("next").expect("a next page")).await.expect(200);
    assert_eq!((next.body["data"][0]["id"].as_str(), kinds(&next).len()), (Some(two.as_str()), 0));
    assert!(related(&next, 0, "conversations")["data"].is_array());
    // Nothing is there unasked.
    let plain = owner.get("/api/v1/leads").await.expect(200);
    assert!(plain.body.get("included").is_none() && related(&plain, 0, "conversations").is_null());
    owner.get("/api/v1/leads?include=secrets").await.expect(422);
    let reader = target.nobody().token(&target.owner.reader);
    assert_eq!(kinds(&reader.get("/api/v1/leads?include=owner").await.expect(200)), ["user"]);
    reader.get("/api/v1/leads?include=conversations").await.expect(403);
    assert_eq!(kinds(&target.stranger().get(list).await.expect(200)), [""; 0]);
}

/// What was said, the lead and the assistant stand beside each conversation of a page.
pub async fn a_list_of_conversations(target: &Target) {
    let owner = target.owner();
    let (assistant, lead) = (made_assistant(&owner).await, made_lead(&owner, "Grace Hopper").await);
    let (one, two) = (talk(&owner, &assistant, &lead).await, talk(&owner, &assistant, &lead).await);
    owner.events(&format!("/api/v1/conversations/{one}/turns"), &turn("Hello")).await;
    let list = "/api/v1/conversations?sort=started_at&order=asc&include=lead,assistant,transcripts";
    let shown = owner.get(list).await.expect(200);
    let said = related(&shown, 0, "transcripts");
    let named: Vec<_> = said["data"].as_array().expect("references").iter().map(|one| one["id"].clone()).collect();
    assert!(named.len() >= 2, "the visitor and the assistant: {}", shown.text);
    assert_eq!(kinds(&shown)[..2], ["lead", "assistant"], "each once, of two conversations");
    assert_eq!(ids(&shown)[..2], [lead.as_str(), &assistant]);
    assert_eq!(json!(ids(&shown)[2..]), json!(named));
    assert_eq!(shown.body["included"][2]["attributes"]["content"], "Hello");
    let link = said["links"]["related"].as_str().expect("a link").to_owned();
    assert_eq!(owner.get(&link).await.expect(200).body["data"].as_array().map(Vec::len), Some(named.len()));
    assert_eq!(shown.body["data"][1]["id"], json!(two));
    assert_eq!(related(&shown, 1, "transcripts")["data"], json!([]));
    owner.get("/api/v1/conversations?include=secrets").await.expect(422);
    assert_eq!(kinds(&target.stranger().get(list).await.expect(200)), [""; 0]);
}

/// The lead stands beside an appointment, alone and in a list.
pub async fn appointments(target: &Target) {
    let owner = target.owner();
    let (assistant, lead) = (made_assistant(&owner).await, made_lead(&owner, "Grace Hopper").await);
    let booked = super::appointment::booked(&owner, &assistant, &lead).await;
    for path in ["/api/v1/appointments".to_owned(), format!("/api/v1/appointments/{booked}")] {
        let shown = owner.get(&format!("{path}?include=lead")).await.expect(200);
        assert_eq!((kinds(&shown), ids(&shown)), (vec!["lead"], vec![lead.as_str()]));
        assert!(owner.get(&path).await.expect(200).body.get("included").is_none());
        owner.get(&format!("{path}?include=host")).await.expect(422);
    }
    let shown = owner.get("/api/v1/leads?include=appointments&search=Grace").await.expect(200);
    assert_eq!((kinds(&shown), ids(&shown)), (vec!["appointment"], vec![booked.as_str()]));
    assert_eq!(related(&shown, 0, "appointments")["data"][0]["id"], json!(booked));
    target.stranger().get(&format!("/api/v1/appointments/{booked}?include=lead")).await.expect(404);
    assert_eq!(kinds(&target.stranger().get("/api/v1/appointments?include=lead").await.expect(200)), [""; 0]);
    target.nobody().token(&target.owner.reader).get("/api/v1/appointments?include=lead").await.expect(403);
}

/// A sales representative sees beside their records only what they may see by itself.
pub async fn what_a_representative_may_not_see(target: &Target) {
    let owner = target.owner();
    let (id, rep) = colleague(target, "mia@acme.example", "sales_rep").await;
    let (theirs, others) = (made_assistant(&rep).await, made_assistant(&owner).await);
    let (assigned, hidden) = (made_lead(&owner, "Grace Hopper").await, made_lead(&owner, "Ada Byron").await);
    owner.patch(&format!("/api/v1/leads/{assigned}"), &json!({"lead": {"owner_id": id}})).await.expect(200);
    let by_assistant = talk(&owner, &theirs, &hidden).await;
    let by_lead = talk(&owner, &others, &assigned).await;
    made_conversation(&owner, &others).await;
    rep.get(&format!("/api/v1/leads/{hidden}")).await.expect(404);
    let list = "/api/v1/conversations?sort=started_at&order=asc&include=lead,assistant";
    let shown = rep.get(list).await.expect(200);
    let listed: Vec<_> = shown.body["data"].as_array().expect("a list").iter().map(|one| one["id"].clone()).collect();
    assert_eq!(listed, [json!(by_assistant), json!(by_lead)]);
    assert_eq!(ids(&shown), [assigned.as_str(), &theirs], "neither the other lead nor the other assistant");
    let leads = rep.get("/api/v1/leads?include=conversations,owner").await.expect(200);
    assert_eq!(ids(&leads), [by_lead.as_str(), &id]);
    let week: Vec<_> = (0..7).map(|_| json!([{"from": "08:00", "to": "20:00"}])).collect();
    rep.patch(&format!("/api/v1/hosts/{id}"), &json!({"host": {"hours": week}})).await.expect(200);
    let booked = super::appointment::booked(&owner, &theirs, &hidden).await;
    for path in ["/api/v1/appointments".to_owned(), format!("/api/v1/appointments/{booked}")] {
        let shown = rep.get(&format!("{path}?include=lead")).await.expect(200);
        assert_eq!((kinds(&shown), shown.text.contains("Ada Byron")), (vec![], false));
    }
}
