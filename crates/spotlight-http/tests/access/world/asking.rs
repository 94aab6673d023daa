//! Asking for an endpoint of records.

use std::{collections::BTreeMap, convert::Infallible};

use bytes::Bytes;
use futures::stream;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use spotlight_http::{Api, Body, Endpoint, Request};

use super::{
    Answer, Caller, World,
    bodies::{example, fill, matches, name_records},
};

/// A form with words as sound.
const FORM: &str = "--cut\r\ncontent-disposition: form-data; name=\"audio\"\r\n\r\nWe need it by June.\r\n--cut--\r\n";

/// Where the pages of the deployment are.
const OWN: &str = "https://acme.example";

impl World {
    /// Asks for an endpoint of these records.
    pub(crate) async fn ask(
        &self,
        endpoint: &Endpoint,
        variant: &str,
        caller: Caller,
        ids: &BTreeMap<String, String>,
    ) -> Answer {
        let mut path = fill(endpoint.path, ids);
        let mut body = example(endpoint.name);
        name_records(&mut body, ids);
        match variant {
            "" | "by_host" | "elsewhere" => {}
            "last_owner" => {
                path = path.replace(&ids["member"], &self.owner.actor.id().expect("a person"));
                body["member"]["role"] = "manager".into();
            }
            "lead_of_rep" => body["appointment"]["lead_id"] = ids["rep_lead"].as_str().into(),
            "assistant_of_rep" => body["appointment"]["assistant_id"] = ids["rep_assistant"].as_str().into(),
            "assigned" => body["lead"]["owner_id"] = ids["user"].as_str().into(),
            other => panic!("world/asking.rs does not know the variant {other}"),
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
        let visitor = vec![("authorization", format!("Bearer {}", ids["visit token"]))];
        let known = self.callers.get(format!("{caller:?}").as_str()).cloned().unwrap_or_default();
        let credentials = if caller == Caller::Visitor { visitor } else { known };
        let (api, origin) = match variant {
            "by_host" => (&self.hosted, OWN),
            "elsewhere" => (&self.api, "https://elsewhere.example"),
            _ => (&self.api, OWN),
        };
        self.send_to(api, origin, &credentials, endpoint.verb.method(), &path, query, &body).await
    }

    /// An address of its own for each request, so that the limits of one are not reached.
    fn somewhere(&self) -> std::net::IpAddr {
        let number = u16::try_from(self.count()).unwrap_or(u16::MAX);
        let [high, low] = number.to_be_bytes();
        [198, 18, high, low].into()
    }

    pub(super) async fn send(
        &self,
        caller: &str,
        method: Method,
        path: &str,
        query: Option<String>,
        body: &str,
    ) -> Answer {
        let headers = self.callers.get(caller).cloned().unwrap_or_default();
        self.send_with(&headers, method, path, query, body).await
    }

    pub(super) async fn send_with(
        &self,
        credentials: &[(&'static str, String)],
        method: Method,
        path: &str,
        query: Option<String>,
        body: &str,
    ) -> Answer {
        self.send_to(&self.api, OWN, credentials, method, path, query, body).await
    }

    #[expect(clippy::too_many_arguments, reason = "a request has as many parts")]
    async fn send_to(
        &self,
        api: &Api,
        origin: &str,
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
            ("origin", origin),
        ];
        let handshake = handshake.map(|(name, value)| (name, value.to_owned()));
        let handshake = if matches!(endpoint.name, "live" | "voice") { &handshake[..] } else { &[] };
        for (name, value) in credentials.iter().chain(handshake).chain((!body.is_empty()).then_some(&kind)) {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value).expect("a value"));
        }
        let request = Request {
            method,
            path: path.to_owned(),
            prefix: 0,
            query,
            headers,
            peer: self.somewhere(),
            encrypted: false,
        };
        let body = stream::iter([Ok::<_, Infallible>(Bytes::copy_from_slice(body.as_bytes()))]);
        let response = api.handle(endpoint, request, body).await;
        let text = match response.body {
            Body::Full(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Body::Stream(_) | Body::Socket(_) => String::new(),
        };
        Answer { status: response.status.as_u16(), text }
    }
}
