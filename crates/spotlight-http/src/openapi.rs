//! The OpenAPI 3.1 document, written from the table and the types.

mod examples;
mod links;

use std::sync::LazyLock;

use http::StatusCode;
use serde_json::Value;
use spotlight_core::error::Error;
use utoipa::openapi::{
    Components, Content, ContentBuilder, HttpMethod, InfoBuilder, License, OpenApiBuilder, Paths, Ref, RefOr, Required,
    ResponseBuilder, SecurityRequirement,
    header::HeaderBuilder,
    path::{Operation as Documented, OperationBuilder, Parameter as Described, ParameterBuilder, ParameterIn},
    request_body::RequestBodyBuilder,
    schema::{AdditionalProperties, ObjectBuilder, Type},
    security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
};

use crate::{
    endpoint::{Access, Answers, Endpoint, Shows, Verb},
    error::{Place, Refusal, document, title},
    resources::endpoints,
    schema::{Book, Node, any_object, explained, formatted, list_of, nullable, one_of, plain},
};

/// An entity tag, or any (RFC 9110, 8.8.3 and 13.1.1).
const ONE_TAG: &str = r#"^(\*|(W/)?"[!#-~]*")$"#;

/// The API's document, the same in every framework.
pub fn openapi() -> &'static Value {
    static DOCUMENT: LazyLock<Value> = LazyLock::new(|| openapi_of(endpoints()));
    &DOCUMENT
}

/// The same as text, as it is committed and printed.
pub fn openapi_json() -> String {
    let mut text = format!("{:#}", openapi());
    text.push('\n');
    text
}

/// The document of some endpoints.
pub(crate) fn openapi_of(rows: impl IntoIterator<Item = &'static Endpoint>) -> Value {
    let mut book = Book::default();
    let mut paths = Paths::new();
    for endpoint in rows.into_iter().filter(|endpoint| endpoint.is_documented()) {
        paths.add_path_operation(endpoint.path, vec![method(endpoint.verb)], operation(endpoint, &mut book));
    }
    let errors = error_document(&mut book);
    let mut components = Components::new();
    components.schemas = book.0;
    let statuses = [400, 401, 402, 403, 404, 405, 406, 409, 412, 413, 415, 422, 426, 429, 500, 503];
    for status in statuses.into_iter().filter_map(|status| StatusCode::from_u16(status).ok()) {
        components.responses.insert(format!("Error{}", status.as_u16()), error_response(status, errors.clone()).into());
    }
    let bearer = |text: &str| {
        SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(text)).build())
    };
    components.add_security_scheme("token", bearer("An API token."));
    components.add_security_scheme("conversation", bearer("What `meta.token` gave when the conversation was opened."));
    let signature = ApiKeyValue::with_description(
        "X-Signature",
        "Another system's message: `sha256=` and the HMAC-SHA256 of `{X-Timestamp}.{body}` in hexadecimal, by the secret \
         of the webhook source that X-Webhook-Key names (its attribute `key`), with X-Timestamp in Unix seconds and at \
         most five minutes from now. Of several signatures, separated by commas, one is enough. Stripe signs in \
         Stripe-Signature instead.",
    );
    components.add_security_scheme("signature", SecurityScheme::ApiKey(ApiKey::Header(signature)));
    let cookie = ApiKeyValue::with_description(
        "__Host-spotlight_session",
        "A browser that is signed in; changes also need the header X-CSRF-Token. Without HTTPS, in development, the \
         cookie is called spotlight_session.",
    );
    components.add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
    let info = InfoBuilder::new()
        .title("Spotlight")
        .version(env!("CARGO_PKG_VERSION"))
        .license(Some(License::new("MIT OR Apache-2.0")))
        .description(Some(
            "Assistants talk to visitors; conversations become scored leads and booked appointments. Every response \
             carries X-Request-Id. Lists carry Link with first, prev, next and last.",
        ))
        .build();
    let written = OpenApiBuilder::new().info(info).paths(paths).components(Some(components)).build();
    // A document of plain data cannot fail to be written.
    let mut value = serde_json::to_value(written).unwrap_or_default();
    name_the_licence(&mut value);
    examples::complete(&mut value);
    links::complete(&mut value);
    value
}

/// OpenAPI 3.1 wants an SPDX expression or an address beside the name.
fn name_the_licence(document: &mut Value) {
    document["info"]["license"]["identifier"] = "MIT OR Apache-2.0".into();
}

fn method(verb: Verb) -> HttpMethod {
    match verb {
        Verb::Get => HttpMethod::Get,
        Verb::Post => HttpMethod::Post,
        Verb::Patch => HttpMethod::Patch,
        Verb::Delete => HttpMethod::Delete,
    }
}

fn operation(endpoint: &Endpoint, book: &mut Book) -> Documented {
    let mut built =
        OperationBuilder::new().operation_id(Some(endpoint.name)).summary(Some(endpoint.summary)).tag(endpoint.tag());
    for parameter in parameters(endpoint) {
        built = built.parameter(parameter);
    }
    if let Some(carries) = &endpoint.carries {
        let resource = (carries.describe)(book);
        let body = plain(Type::Object)
            .property(carries.key, resource)
            .additional_properties(Some(AdditionalProperties::FreeForm(false)));
        let body = if carries.required { body.required(carries.key) } else { body };
        let required = if carries.required { Required::True } else { Required::False };
        let body = RequestBodyBuilder::new()
            .content("application/json", Content::new(Some(Node::from(body))))
            .required(Some(required))
            .build();
        built = built.request_body(Some(body));
    }
    if let Some(streams) = &endpoint.streams {
        let content = Content::new(Some((streams.describe)(book)));
        let body = RequestBodyBuilder::new().content(streams.kind, content).required(Some(Required::True)).build();
        built = built.request_body(Some(body));
    }
    let (status, answer) = answer(endpoint, book);
    built = built.response(status.to_string(), answer);
    if endpoint.verb == Verb::Get && matches!(endpoint.answers, Answers::One(..)) {
        let known = ResponseBuilder::new().description("The caller has it already.");
        built = built.response("304", with_limits(with_request_id(known)).build());
    }
    let own = endpoint.tells_when_unavailable.then(|| unavailable(endpoint, book));
    for status in endpoint.error_statuses() {
        if let (503, Some(answer)) = (status, &own) {
            built = built.response("503", answer.clone());
            continue;
        }
        built = built.response(status.to_string(), Ref::from_response_name(format!("Error{status}")));
    }
    let schemes: &[&str] = match endpoint.access {
        Access::Probe | Access::Open => &[],
        Access::Signed => &["signature"],
        Access::Session => &["session"],
        Access::Team => &["session", "token"],
        Access::Visitor => &["session", "token", "conversation"],
    };
    let nothing: [&str; 0] = [];
    let securities: Vec<_> = schemes.iter().map(|name| SecurityRequirement::new(*name, nothing)).collect();
    built.securities(Some(securities)).build()
}

fn parameters(endpoint: &Endpoint) -> Vec<Described> {
    let build = |name: &str, place: ParameterIn, required: bool, about: &str, schema: Node| {
        ParameterBuilder::new()
            .name(name)
            .parameter_in(place)
            .required(if required { Required::True } else { Required::False })
            .description(Some(about))
            .schema(Some(schema))
            .build()
    };
    let mut all = Vec::new();
    for part in endpoint.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')) {
        let (about, schema) = if part == "id" || part.ends_with("_id") {
            ("The record's id.", formatted("uuid"))
        } else {
            ("The record's name.", plain(Type::String).into())
        };
        all.push(build(part, ParameterIn::Path, true, about, schema));
    }
    for parameter in endpoint.query {
        let mut built =
            build(parameter.name, ParameterIn::Query, parameter.required, parameter.about, parameter.schema());
        if matches!(parameter.accepts, crate::query::Accepts::Words(_)) {
            built.explode = Some(false);
        }
        all.push(built);
    }
    if endpoint.access == Access::Probe {
        return all;
    }
    let text = |most| Node::from(plain(Type::String).min_length(Some(1)).max_length(Some(most)));
    let header = |name, about, schema| build(name, ParameterIn::Header, false, about, schema);
    all.push(header(
        "X-Request-Id",
        "Names the request in logs and in the answer, when it has 1 to 128 of A-Z a-z 0-9 - _ and .; else one is made.",
        plain(Type::String).into(),
    ));
    if endpoint.keyed {
        let about = "Makes a repeated request harmless for 24 hours: the same key and body answer with the record that \
                     the first one made, as it is by then, and make nothing. Another body is refused with 422, and a request \
                     that comes while the first one is being answered with 409. Without credentials, a random UUID.";
        all.push(header("Idempotency-Key", about, text(255)));
    }
    if endpoint.verb == Verb::Get && matches!(endpoint.answers, Answers::One(..)) {
        let about = "Answers with 304 and nothing else while the record's ETag is one of these.";
        all.push(header("If-None-Match", about, plain(Type::String).into()));
    }
    if endpoint.versioned {
        let about = "Changes the record only while it has this ETag; `*` stands for any. One tag, not a list.";
        let one = ObjectBuilder::new().schema_type(Type::String).pattern(Some(ONE_TAG));
        all.push(header("If-Match", about, one.into()));
    }
    if endpoint.verb != Verb::Get && !matches!(endpoint.access, Access::Open | Access::Signed) {
        let about = "Needed with a session cookie: what `meta.csrf_token` gave at sign-in.";
        all.push(header("X-CSRF-Token", about, plain(Type::String).into()));
    }
    all
}

/// True where records stand beside what was asked for, when they are asked for too.
fn includes(endpoint: &Endpoint) -> bool {
    endpoint.query.iter().any(|parameter| parameter.name == "include")
}

/// The good answer and its status.
fn answer(endpoint: &Endpoint, book: &mut Book) -> (u16, utoipa::openapi::Response) {
    let build = |about: &str| {
        let built = ResponseBuilder::new().description(about);
        if endpoint.access == Access::Probe { with_request_id(built) } else { with_limits(with_request_id(built)) }
    };
    let build = |about: &str| {
        endpoint.headers.iter().fold(build(about), |built, (name, about)| built.header(*name, text_header(about)))
    };
    let json = |schema: Node| Content::new(Some(schema));
    let text = |example: &str| {
        ContentBuilder::new().schema(Some(Node::from(plain(Type::String)))).example(Some(example.into())).build()
    };
    match endpoint.answers {
        Answers::Nothing => (204, build("Done.").build()),
        Answers::File(kind) => (200, build("The file.").content(kind, Content::new(None::<Node>)).build()),
        Answers::Plain(_) => (200, with_documents(build("The document."), endpoint, book).build()),
        Answers::One(status, shows) => {
            let mut document = plain(Type::Object).property("data", resource(shows, book)).required("data");
            document = document.property("meta", any_object());
            if includes(endpoint) || shows.relations.iter().any(|relation| relation.many) {
                document = document.property("included", list_of(any_object(), None));
            }
            let answered = build("The record.")
                .header("ETag", text_header("The record's version, for If-Match and If-None-Match."))
                .content("application/json", json(document.into()))
                .build();
            (status, answered)
        }
        Answers::Many(shows) => {
            let list = list_of(resource(shows, book), None);
            let meta = plain(Type::Object).property("pagination", pagination(book));
            let mut document = plain(Type::Object).property("data", list).required("data").property("meta", meta);
            if includes(endpoint) {
                document = document.property("included", list_of(any_object(), None));
            }
            let answered = build("The records.")
                .header("Link", text_header("Where the other parts of the list are (RFC 8288)."))
                .content("application/json", json(document.into()))
                .build();
            (200, answered)
        }
        Answers::Download { disposition, kinds } => {
            let about = "How a browser takes it, and the file's name.";
            let named = HeaderBuilder::new().schema(Some(one_of([disposition]))).description(Some(about)).build();
            let built = build("The file.").header("Content-Disposition", named);
            let built = kinds.iter().fold(built, |built, kind| built.content(*kind, text(examples::of_file(kind))));
            (200, built.build())
        }
        Answers::Socket(about) => {
            let built = build(about).header("Sec-WebSocket-Accept", text_header("The proof of the handshake."));
            (101, built.header("Sec-WebSocket-Protocol", text_header("`spotlight.v1`, where it was offered.")).build())
        }
        Answers::Events { about, example } => (200, build(about).content("text/event-stream", text(example)).build()),
    }
}

/// What a probe answers when something fails.
fn unavailable(endpoint: &Endpoint, book: &mut Book) -> utoipa::openapi::Response {
    let built = with_request_id(ResponseBuilder::new().description("The document, which says what fails."));
    let built = built.header("Retry-After", number_header("Seconds after which another try makes sense."));
    with_documents(built, endpoint, book).build()
}

/// A plain document, in each of its forms.
fn with_documents(mut response: ResponseBuilder, endpoint: &Endpoint, book: &mut Book) -> ResponseBuilder {
    if let Answers::Plain(describe) = endpoint.answers {
        response = response.content("application/json", Content::new(Some(describe(book))));
    }
    match &endpoint.also {
        Some(also) => response.content(also.media_type, Content::new(Some((also.describe)(book)))),
        None => response,
    }
}

fn with_request_id(response: ResponseBuilder) -> ResponseBuilder {
    response.header("X-Request-Id", text_header("The request's id."))
}

/// What a limit says, in the headers of whatever it let through or refused.
fn with_limits(response: ResponseBuilder) -> ResponseBuilder {
    response
        .header("X-RateLimit-Limit", number_header("Requests that may be made at once."))
        .header("X-RateLimit-Remaining", number_header("Requests that may still be made now."))
        .header("X-RateLimit-Reset", number_header("Seconds until all of them may be made again."))
}

fn number_header(about: &str) -> utoipa::openapi::Header {
    HeaderBuilder::new().schema(Some(plain(Type::Integer).minimum(Some(0)))).description(Some(about)).build()
}

fn text_header(about: &str) -> utoipa::openapi::Header {
    HeaderBuilder::new().schema(Some(plain(Type::String))).description(Some(about)).build()
}

fn resource(shows: Shows, book: &mut Book) -> Node {
    let attributes = (shows.describe)(book);
    let name = match &attributes {
        RefOr::Ref(reference) => reference.ref_location.rsplit('/').next().unwrap_or_default().to_owned(),
        RefOr::T(_) => shows.kind.to_owned(),
    };
    book.named(&format!("{name}Resource"), |_| {
        let mut relations = ObjectBuilder::new();
        for relation in shows.relations {
            let target = Node::from(
                plain(Type::Object)
                    .property("id", plain(Type::String))
                    .required("id")
                    .property("type", one_of([relation.kind]))
                    .required("type"),
            );
            let data = if relation.many { list_of(target, None) } else { nullable(target) };
            relations = relations.property(relation.name, plain(Type::Object).property("data", data).required("data"));
        }
        let mut object = plain(Type::Object)
            .property("id", plain(Type::String))
            .required("id")
            .property("type", one_of([shows.kind]))
            .required("type")
            .property("attributes", attributes)
            .required("attributes");
        if !shows.relations.is_empty() {
            object = object.property("relationships", relations).required("relationships");
        }
        object.into()
    })
}

fn pagination(book: &mut Book) -> Node {
    book.named("Pagination", |_| {
        let number = || Node::from(plain(Type::Integer));
        let mut object = plain(Type::Object)
            .description(Some("Where this part of the list is; with `cursor` only `per_page` and `next_cursor`."))
            .property("per_page", number())
            .required("per_page");
        for name in ["current_page", "total_pages", "total_count"] {
            object = object.property(name, number());
        }
        for name in ["prev_page", "next_page"] {
            object = object.property(name, nullable(number()));
        }
        object.property("next_cursor", nullable(plain(Type::String).into())).into()
    })
}

fn error_document(book: &mut Book) -> Node {
    book.named("Errors", |_| {
        let text = |about: &str| explained(plain(Type::String).into(), about);
        let source = plain(Type::Object)
            .property("pointer", text("Where in the body, as a JSON pointer."))
            .property("parameter", text("Which parameter of the query."))
            .property("header", text("Which header."));
        let meta = plain(Type::Object)
            .property("field", text("The field's name, with dots for nested fields."))
            .property("code", text("A stable word for programs."))
            .required("code")
            .property("request_id", text("The request's id, where the fault is the server's."));
        let error = plain(Type::Object)
            .property("status", text("The status, as text."))
            .required("status")
            .property("title", text("What the status is called."))
            .required("title")
            .property("detail", text("What is wrong, and what would be accepted."))
            .required("detail")
            .property("source", source)
            .property("meta", meta)
            .required("meta");
        plain(Type::Object).property("errors", list_of(error.into(), None)).required("errors").into()
    })
}

fn error_response(status: StatusCode, schema: Node) -> utoipa::openapi::Response {
    let example = serde_json::to_value(document(&sample(status), Place::Body("lead"), "0199d1f4-7c00-7000"));
    let content = ContentBuilder::new().schema(Some(schema)).example(example.ok()).build();
    let mut built = with_request_id(ResponseBuilder::new().description(title(status)));
    built = built.content("application/json", content);
    // What is refused before the caller is known has not been counted.
    if !matches!(status.as_u16(), 405 | 406 | 503) {
        built = with_limits(built);
    }
    if matches!(status.as_u16(), 429 | 503) {
        built = built.header("Retry-After", number_header("Seconds after which another try makes sense."));
    }
    if status == StatusCode::METHOD_NOT_ALLOWED {
        built = built.header("Allow", text_header("The methods of the address, as `GET, HEAD, POST`."));
    }
    if status == StatusCode::UPGRADE_REQUIRED {
        built = built.header("Upgrade", text_header("`websocket`."));
        built = built.header("Sec-WebSocket-Version", text_header("`13`, where another version was asked for."));
    }
    if status == StatusCode::UNAUTHORIZED {
        built = built.header("WWW-Authenticate", text_header("How to sign in."));
    }
    built.build()
}

/// A refusal as it could be.
fn sample(status: StatusCode) -> Refusal {
    let detail = match status.as_u16() {
        400 => "the body is no JSON",
        401 => "sign in, or send an API token as `Authorization: Bearer`",
        402 => "the plan has room for one assistant",
        403 => "this is for managers",
        404 => "there is no such lead",
        405 => "this address answers: GET, HEAD, POST",
        406 => "this address answers with application/json",
        409 => "another lead has this e-mail address",
        412 => "the record has changed since it was read",
        413 => "the body must be at most 1048576 bytes",
        415 => "send JSON in UTF-8 as `Content-Type: application/json`",
        422 => return Error::invalid("name", "length", "Name must have 2 to 100 characters").into(),
        429 => "too many requests; wait a moment",
        _ => "",
    };
    Refusal::new(status, detail)
}
