//! Leads as tables, in and out.

use reqwest::Method;
use serde_json::json;

use super::{Answer, Client, Target, seed::made_lead};

async fn import(client: &Client, query: &str, table: impl Into<reqwest::Body>) -> Answer {
    let request = client.request(Method::POST, &format!("/api/v1/leads/import{query}"));
    Client::answer(request.header("content-type", "text/csv").body(table)).await
}

fn counts(report: &Answer) -> Vec<u64> {
    let count = |name| report.attribute(name).as_u64().expect("a count");
    ["rows", "created", "updated", "skipped", "failed"].map(count).to_vec()
}

/// Rows become leads, and what is wrong with others is said by line, column and reason.
pub async fn a_table_becomes_leads(target: &Target) {
    let owner = target.owner();
    let table = "\u{feff}name;email;phone;metadata.plan\r\nGrace;grace@example.com;+49 30 12345678;\"a\r\nb\"\r\n\
        x;nonsense;;\r\nAda;GRACE@example.com;;\r\n";
    let report = import(&owner, "?delimiter=semicolon", table).await.expect(200);
    assert_eq!(counts(&report), [3, 1, 0, 1, 1]);
    let problems = report.attribute("problems");
    assert_eq!((&problems[0]["line"], &problems[0]["reasons"][0]["column"]), (&json!(4), &json!("email")));
    assert_eq!(problems[0]["reasons"][1]["code"], "length");
    let listed = owner.get("/api/v1/leads").await.expect(200);
    assert_eq!(listed.attributes("name"), [json!("Grace")]);
    assert_eq!(listed.attributes("metadata"), [json!({"plan": "a\r\nb"})]);
    let update = import(&owner, "?delimiter=semicolon&on_duplicate=update", "email;name\ngrace@example.com;Grace H\n");
    assert_eq!(counts(&update.await.expect(200)), [1, 0, 1, 0, 0]);
    let other = target.stranger();
    assert_eq!(counts(&import(&other, "", "email\ngrace@example.com\n").await.expect(200)), [1, 1, 0, 0, 0]);
    let named = import(&owner, "", format!("email,owner\nx@example.com,{}\n", target.stranger.email)).await.expect(200);
    assert_eq!(named.attribute("problems")[0]["reasons"][0]["code"], "unknown", "nobody of another organization");
}

/// What is no table, or no table of leads, is refused whole.
pub async fn what_is_no_table(target: &Target) {
    let owner = target.owner();
    let refused = import(&owner, "?delimiter=pipe&x=1", "email\n").await.expect(422);
    assert_eq!(refused.problems(), [("delimiter".into(), "unknown".into()), ("x".into(), "unknown".into())]);
    let refused = import(&owner, "", "nmae,email\nGrace,g@example.com\n").await.expect(422);
    assert_eq!(refused.problems(), [("/file/header/0".into(), "unknown".into())]);
    import(&owner, "", "").await.expect(422);
    owner.post("/api/v1/leads/import", &json!({"lead": {}})).await.expect(415);
    let latin = owner.request(Method::POST, "/api/v1/leads/import").header("content-type", "text/csv; charset=latin1");
    Client::answer(latin.body("email\n")).await.expect(415);
    target.nobody().post("/api/v1/leads/import", &json!({})).await.expect(401);
    import(&target.nobody().token(&target.owner.reader), "", "email\na@example.com\n").await.expect(403);
    assert_eq!(owner.get("/api/v1/leads").await.expect(200).body["data"], json!([]));
}

/// The same file under the same key answers with the same report; another file under it is refused.
pub async fn an_import_is_repeated(target: &Target) {
    let owner = target.owner();
    let table: String =
        std::iter::once("email\n".to_owned()).chain((0..450).map(|n| format!("p{n}@x.example\n"))).collect();
    let keyed = owner.clone().with("idempotency-key", "table-1");
    let first = import(&keyed, "", table.clone()).await.expect(200);
    assert_eq!((counts(&first), first.attribute("resumed_after_line")), (vec![450, 450, 0, 0, 0], &json!(null)));
    let again = import(&keyed, "", table.clone()).await.expect(200);
    assert_eq!((again.id(), counts(&again)), (first.id(), counts(&first)));
    let other = import(&keyed, "", table.replace("p7@", "q7@")).await.expect(422);
    assert_eq!(other.problems(), [("Idempotency-Key".into(), "reused".into())]);
    let total = owner.get("/api/v1/leads").await.expect(200).body["meta"]["pagination"]["total_count"].clone();
    assert_eq!(total, 450);
}

/// The filters of the list make a table, without formulas and without anybody else's leads.
pub async fn leads_become_a_table(target: &Target) {
    let owner = target.owner();
    let formula = json!({"lead": {"name": "=1+1", "email": "a@x.example", "company": "A, \"B\""}});
    owner.post("/api/v1/leads", &formula).await.expect(201);
    made_lead(&owner, "Zora Neale").await;
    made_lead(&target.stranger(), "Not Yours").await;
    let table = owner.get("/api/v1/leads/export?sort=name").await.expect(200);
    assert_eq!(table.header("content-type"), "text/csv; charset=utf-8");
    assert!(table.header("content-disposition").contains("leads.csv"));
    let lines: Vec<_> = table.text.lines().collect();
    assert_eq!(lines.len(), 3, "{}", table.text);
    assert!(lines[0].starts_with("id,name,email,phone,company"));
    assert!(lines[1].contains(",'=1+1,a@x.example,,\"A, \"\"B\"\"\","), "{}", lines[1]);
    assert!(lines[2].contains("Zora Neale"));
    let found = owner.get("/api/v1/leads/export?search=zora&delimiter=tab").await.expect(200);
    assert_eq!((found.text.lines().count(), found.text.contains("\tZora Neale\t")), (2, true));
    owner.get("/api/v1/leads/export?per_page=2").await.expect(422);
    let json = owner.request(Method::GET, "/api/v1/leads/export").header("accept", "application/json");
    Client::answer(json).await.expect(406);
    let back = import(&owner, "?on_duplicate=update", table.text.clone()).await.expect(200);
    assert_eq!(counts(&back), [2, 0, 0, 2, 0], "{}", back.text);
}
