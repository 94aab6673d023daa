//! The API inside an application that has its own ideas: which groups it serves, where, and who is who.

use std::{convert::Infallible, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;
use futures::{StreamExt, stream};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde_json::{Value, json};
use spotlight_core::{
    domain::{
        OrganizationId, UserId,
        user::{Membership, Role, Scope},
    },
    error::{Error, ErrorKind, Result},
    services::Spotlight,
};
use spotlight_http::{
    Api, Authenticate, Body, Group, HttpPolicy, Request, Vouched,
    conformance::{Target, in_memory, seed},
};

struct Told {
    status: u16,
    headers: HeaderMap,
    body: Value,
}

async fn ask(api: &Api, method: Method, path: &str, headers: &[(&'static str, &str)], body: &Value) -> Told {
    let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query.to_owned())));
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(HeaderName::from_static(name), HeaderValue::from_str(value).expect("a value"));
    }
    let prefix = path.find("/api").unwrap_or_default();
    let request = Request {
        method,
        path: path.to_owned(),
        prefix,
        query,
        headers: map,
        peer: [203, 0, 113, 7].into(),
        encrypted: false,
    };
    let bytes = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
    let response = api.respond(request, stream::iter([Ok::<_, Infallible>(bytes)])).await;
    let bytes = match response.body {
        Body::Full(bytes) => bytes.to_vec(),
        Body::Stream(parts) => parts.map(|part| part.expect("a part").to_vec()).concat().await,
        Body::Socket(_) => unreachable!("nothing here asks for a socket"),
    };
    let body = serde_json::from_slice(&bytes).unwrap_or_default();
    Told { status: response.status.as_u16(), headers: response.headers, body }
}

async fn get(api: &Api, path: &str, headers: &[(&'static str, &str)]) -> Told {
    ask(api, Method::GET, path, headers, &Value::Null).await
}

async fn start() -> (Api, Spotlight, Target) {
    let platform = in_memory();
    let target = seed(&platform, "").await;
    (Api::new(platform.clone(), HttpPolicy::development()), platform, target)
}

#[tokio::test]
async fn a_group_that_is_left_out_is_unknown_and_not_in_the_document() {
    let (api, _, target) = start().await;
    let token = format!("Bearer {}", target.owner.token);
    let headers = [("authorization", token.as_str())];
    let whole = get(&api, "/api/v1/openapi.json", &[]).await.body;
    assert_eq!(get(&api, "/api/v1/analytics/dashboard", &headers).await.status, 200);
    let api = api.without(&[Group::Analytics, Group::Probes]);
    let gone = get(&api, "/api/v1/analytics/dashboard", &headers).await;
    assert_eq!((gone.status, &gone.body["errors"][0]["meta"]["code"]), (404, &json!("not_found")));
    // Not 405: there is nothing at all.
    assert_eq!(ask(&api, Method::POST, "/api/v1/analytics/dashboard", &headers, &Value::Null).await.status, 404);
    assert_eq!(get(&api, "/up", &[]).await.status, 404);
    assert_eq!(get(&api, "/api/v1/leads", &headers).await.status, 200);
    assert!(!api.addresses().contains(&"/up"));
    let part = get(&api, "/api/v1/openapi.json", &[]).await.body;
    let paths = |document: &Value| document["paths"].as_object().expect("paths").keys().cloned().collect::<Vec<_>>();
    assert!(paths(&whole).contains(&"/api/v1/analytics/dashboard".to_owned()));
    let left = paths(&part);
    assert!(!left.iter().any(|path| path.contains("/analytics/dashboard") || path == "/up"), "{left:?}");
    assert!(left.contains(&"/api/v1/leads".to_owned()));
}

#[tokio::test]
async fn links_and_the_document_keep_what_the_api_is_mounted_at() {
    let (api, _, target) = start().await;
    let token = format!("Bearer {}", target.owner.token);
    let headers = [("authorization", token.as_str())];
    let list = get(&api, "/sales/team/api/v1/leads?per_page=5", &headers).await;
    let link = list.headers["link"].to_str().expect("text");
    assert!(link.starts_with("</sales/team/api/v1/leads?per_page=5&page=1>"), "{link}");
    let document = get(&api, "/sales/team/api/v1/openapi.json", &[]).await.body;
    assert_eq!(document["servers"], json!([{"url": "/sales/team"}]));
    assert!(document["paths"]["/api/v1/leads"].is_object());
}

/// A host that knows people by a header of its own.
#[derive(Debug)]
struct ByHeader {
    organization: OrganizationId,
    people: Vec<(&'static str, UserId, Option<Vec<Scope>>)>,
}

#[async_trait]
impl Authenticate for ByHeader {
    async fn authenticate(&self, request: &Request) -> Result<Vouched> {
        let name = request.headers.get("x-person").and_then(|name| name.to_str().ok());
        let known = self.people.iter().find(|(known, ..)| Some(*known) == name);
        let refused = || Error::new(ErrorKind::Unauthenticated, "say who you are");
        let (_, user, scopes) = known.ok_or_else(refused)?;
        Ok(Vouched { organization: self.organization, user: *user, scopes: scopes.clone() })
    }
}

#[tokio::test]
async fn the_hosts_own_authentication_says_who_and_never_as_what() {
    let (api, platform, target) = start().await;
    let secret = secrecy::SecretString::from(target.owner.token.clone());
    let owner = platform.accounts().authenticate_token(&secret).await.expect("the owner").context;
    let (organization, owner_id) = (owner.organization, owner.actor.user_id().expect("a user"));
    let secret = secrecy::SecretString::from(target.stranger.token.clone());
    let stranger = platform.accounts().authenticate_token(&secret).await.expect("somebody else").context;
    let stranger_id = stranger.actor.user_id().expect("a user");
    let host = ByHeader {
        organization,
        people: vec![
            ("olivia", owner_id, None),
            ("reader", owner_id, Some(vec![Scope::LeadsRead])),
            ("stranger", stranger_id, None),
            ("invented", UserId::from_uuid(uuid::Uuid::nil()), None),
        ],
    };
    let api = api.authenticated_by(Arc::new(host));
    let as_person = async |person: &str, path: &str| get(&api, path, &[("x-person", person)]).await.status;
    assert_eq!(as_person("olivia", "/api/v1/leads").await, 200);
    assert_eq!(as_person("olivia", "/api/v1/analytics/dashboard").await, 200);
    assert_eq!(as_person("reader", "/api/v1/leads").await, 200);
    assert_eq!(as_person("reader", "/api/v1/assistants").await, 403, "a scope holds");
    assert_eq!(as_person("stranger", "/api/v1/leads").await, 401, "no member of this organization");
    assert_eq!(as_person("invented", "/api/v1/leads").await, 401);
    assert_eq!(as_person("nobody", "/api/v1/leads").await, 401);
    let token = format!("Bearer {}", target.owner.token);
    assert_eq!(get(&api, "/api/v1/leads", &[("authorization", &token)]).await.status, 401, "tokens are replaced");
    // A role that changes, changes at once.
    let headers = [("x-person", "olivia"), ("content-type", "application/json")];
    let made = ask(&api, Method::POST, "/api/v1/leads", &headers, &json!({"lead": {"name": "Grace Hopper"}})).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let lead = format!("/api/v1/leads/{}", made.body["data"]["id"].as_str().expect("an id"));
    assert_eq!(as_person("olivia", &lead).await, 200);
    let unit = platform.storage().begin().await.expect("a unit");
    let (role, created_at) = (Role::SalesRep, platform.clock().now());
    let membership = Membership { organization_id: organization, user_id: owner_id, role, created_at };
    unit.users().set_membership(&membership).await.expect("a membership");
    unit.commit().await.expect("a commit");
    assert_eq!(as_person("olivia", &lead).await, 404, "a lead that is assigned to nobody");
}

fn seed_assistant() -> Value {
    spotlight_http::conformance::seed::assistant()
}

#[tokio::test]
async fn a_visitors_token_is_the_platforms_own_whoever_recognises_people() {
    let (api, _, target) = start().await;
    let token = format!("Bearer {}", target.owner.token);
    let headers = [("authorization", token.as_str()), ("content-type", "application/json")];
    let made = ask(&api, Method::POST, "/api/v1/assistants", &headers, &seed_assistant()).await;
    let assistant = made.body["data"]["id"].as_str().expect("an assistant").to_owned();
    let host = ByHeader { organization: OrganizationId::from_uuid(uuid::Uuid::nil()), people: Vec::new() };
    let api = api.authenticated_by(Arc::new(host));
    let path = format!("/api/v1/public/assistants/{assistant}/conversations");
    let opened = ask(&api, Method::POST, &path, &headers[1..], &json!({"conversation": {}})).await;
    assert_eq!(opened.status, 201, "{}", opened.body);
    let visit = format!("Bearer {}", opened.body["meta"]["token"].as_str().expect("a token"));
    let path = format!("/api/v1/conversations/{}/transcripts", opened.body["data"]["id"].as_str().expect("an id"));
    assert_eq!(get(&api, &path, &[("authorization", &visit)]).await.status, 200);
    assert_eq!(get(&api, "/api/v1/leads", &[("authorization", &visit)]).await.status, 403);
}
