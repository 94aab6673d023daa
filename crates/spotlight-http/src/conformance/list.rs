//! Lists: pages, cursors, filters, sorts and search.

use serde_json::json;

use super::{Target, seed::made_lead};

/// Pages, their figures, and links that keep the query.
pub async fn pages(target: &Target) {
    let owner = target.owner();
    for name in ["Ada One", "Ada Two", "Ada Three", "Ada Four", "Ada Five", "Bob Six"] {
        made_lead(&owner, name).await;
    }
    let first = owner.get("/api/v1/leads?search=ada&per_page=2&sort=name").await.expect(200);
    assert_eq!(first.attributes("name"), [json!("Ada Five"), json!("Ada Four")]);
    let figures = &first.body["meta"]["pagination"];
    assert_eq!(
        figures,
        &json!({"current_page": 1, "total_pages": 3, "total_count": 5, "per_page": 2, "prev_page": null, "next_page": 2})
    );
    assert_eq!(first.link("prev"), None);
    let second = owner.get(&first.link("next").expect("a next page")).await.expect(200);
    assert_eq!(second.attributes("name"), [json!("Ada One"), json!("Ada Three")]);
    let last = owner.get(&second.link("last").expect("a last page")).await.expect(200);
    assert_eq!((last.attributes("name"), last.link("next")), (vec![json!("Ada Two")], None));
    assert_eq!(owner.get(&last.link("first").expect("a first page")).await.body["data"], first.body["data"]);
    let beyond = owner.get("/api/v1/leads?page=9").await.expect(200);
    assert_eq!((&beyond.body["data"], &beyond.body["meta"]["pagination"]["prev_page"]), (&json!([]), &json!(1)));
}

/// A cursor goes through all records once, though others are added meanwhile.
pub async fn cursors(target: &Target) {
    let owner = target.owner();
    for name in ["One One", "Two Two", "Three Three", "Four Four", "Five Five"] {
        made_lead(&owner, name).await;
    }
    let mut seen = Vec::new();
    let mut path = Some("/api/v1/leads?cursor=&per_page=2&order=desc".to_owned());
    while let Some(next) = path {
        let part = owner.get(&next).await.expect(200);
        assert!(part.body["meta"]["pagination"].get("total_count").is_none());
        seen.extend(part.attributes("name"));
        path = part.link("next");
        assert_eq!(path.is_some(), part.body["meta"]["pagination"]["next_cursor"].is_string());
        made_lead(&owner, &format!("Late {}", seen.len())).await;
    }
    assert_eq!(seen, ["Five Five", "Four Four", "Three Three", "Two Two", "One One"].map(|name| json!(name)));
}

/// Filters narrow, sorts order, absent values come last, search forgives case and accents.
pub async fn filters_sorts_and_search(target: &Target) {
    let owner = target.owner();
    for (number, name, source) in
        [(1, "Zoë Müller", "referral"), (2, "Adam Smith", "website"), (3, "Zora Neale", "website")]
    {
        let body = json!({"lead": {"name": name, "source": source, "email": format!("person{number}@example.com")}});
        owner.post("/api/v1/leads", &body).await.expect(201);
    }
    let names = |query: &'static str| {
        let owner = owner.clone();
        async move { owner.get(&format!("/api/v1/leads?sort=name&{query}")).await.expect(200).attributes("name") }
    };
    assert_eq!(names("source=referral").await, [json!("Zoë Müller")]);
    assert_eq!(names("source=website,referral&search=zo").await, [json!("Zora Neale"), json!("Zoë Müller")]);
    assert_eq!(names("search=ZOE+mull").await, [json!("Zoë Müller")]);
    assert_eq!(names("order=desc").await, [json!("Zoë Müller"), json!("Zora Neale"), json!("Adam Smith")]);
    assert!(names("status=lost").await.is_empty());
    assert!(names("qualified=true").await.is_empty());
    assert!(names("min_score=1").await.is_empty());
    assert!(names("created_before=2001-01-01T00:00:00Z").await.is_empty());
    assert_eq!(names("created_after=2001-01-01T00:00:00Z").await.len(), 3);
    assert!(names("date_to=2001-01-01").await.is_empty());
    assert_eq!(names("date_from=2001-01-01").await.len(), 3);
    assert!(names("search=%21%21").await.is_empty());
}

/// Every problem of a query is named at once.
pub async fn wrong_queries(target: &Target) {
    let owner = target.owner();
    let refused =
        owner.get("/api/v1/leads?page=0&per_page=1000&sort=shoe_size&colour=red&min_score=-1").await.expect(422);
    let found = refused.problems();
    let expected =
        [("page", "range"), ("per_page", "range"), ("sort", "unknown"), ("colour", "unknown"), ("min_score", "range")];
    assert_eq!(found, expected.map(|(place, code)| (place.to_owned(), code.to_owned())));
    owner.get("/api/v1/leads?cursor=made-up").await.expect(422);
    owner.get("/api/v1/leads?cursor=&page=1").await.expect(422);
    owner.get("/api/v1/user?verbose=1").await.expect(422);
}
