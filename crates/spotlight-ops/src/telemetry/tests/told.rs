//! What others are told, as a receiver on the loopback address hears it.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    panic::AssertUnwindSafe,
    sync::mpsc,
    thread,
    time::Duration,
};

use spotlight_core::{ports::SystemIds, trace::Trace};

use super::*;
use crate::config::Sources;

/// What no receiver may hear.
const PRIVATE: [&str; 4] = ["ana@example.com", "+49 30 901820", "Planted-Secret-1", "what a visitor said"];

/// A request as it was heard.
struct Heard {
    head: String,
    body: Vec<u8>,
}

impl Heard {
    fn has_nothing_private(&self) {
        let body = String::from_utf8_lossy(&self.body);
        for private in PRIVATE {
            assert!(!body.contains(private), "{private} in {body}");
        }
    }
}

/// A receiver that takes everything.
fn receiver() -> (String, mpsc::Receiver<Heard>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    let (tells, heard) = mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let mut reader = BufReader::new(stream);
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") {
                if reader.read_line(&mut head).unwrap_or(0) == 0 {
                    break;
                }
            }
            let length =
                head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
            let mut body = vec![0; length.unwrap_or(0)];
            let whole = reader.read_exact(&mut body).is_ok();
            let _ = reader.get_mut().write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            if !whole || tells.send(Heard { head, body }).is_err() {
                break;
            }
        }
    });
    (address, heard)
}

fn config(variables: &[(&str, &str)]) -> Config {
    let (config, problems) = Config::examine(&Sources::none().with_variables(variables.iter().copied()));
    assert_eq!(problems, []);
    config
}

/// Does work of which others are told as these settings say, to the end.
fn tell(variables: &[(&str, &str)], work: impl FnOnce()) {
    let (layer, reports) = told(&config(variables)).expect("it can be sent to");
    tracing::subscriber::with_default(
        tracing_subscriber::registry().with(vec![layer.expect("somebody is told")]),
        work,
    );
    drop(reports);
}

macro_rules! request {
    ($trace:expr) => {
        tracing::info_span!(
            target: "spotlight_http::api",
            "request",
            operation = "create_lead",
            request_id = $trace.request_id(),
            trace_id = %$trace.trace_id(),
            span_id = %$trace.span_id(),
            parent_span_id = $trace.parent().map(tracing::field::display),
            sampled = $trace.is_sampled(),
            status = tracing::field::Empty,
            // Nobody may write this; where somebody does, it stays here.
            email = "ana@example.com",
        )
    };
}

#[test]
fn nobody_is_told_without_a_name() {
    let (layer, _) = told(&config(&[])).expect("nothing to do");
    assert!(layer.is_none());
}

#[cfg(feature = "otlp")]
mod traces {
    use std::collections::BTreeMap;

    use opentelemetry_proto::tonic::{
        collector::trace::v1::ExportTraceServiceRequest,
        common::v1::{KeyValue, any_value::Value as Given},
        trace::v1::Span,
    };
    use prost::Message;

    use super::*;

    fn attributes(given: &[KeyValue]) -> BTreeMap<String, String> {
        let value = |given: &KeyValue| match given.value.as_ref().and_then(|value| value.value.as_ref()) {
            Some(Given::StringValue(text)) => text.clone(),
            Some(Given::IntValue(number)) => number.to_string(),
            other => panic!("{other:?}"),
        };
        given.iter().map(|one| (one.key.clone(), value(one))).collect()
    }

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
    }

    fn spans(heard: &Heard) -> (BTreeMap<String, String>, Vec<Span>) {
        let mut heard = ExportTraceServiceRequest::decode(&heard.body[..]).expect("what OTLP says");
        let mut of_one = heard.resource_spans.pop().expect("a resource");
        assert!(heard.resource_spans.is_empty() && of_one.scope_spans.len() == 1);
        let resource = attributes(&of_one.resource.expect("a resource").attributes);
        (resource, of_one.scope_spans.remove(0).spans)
    }

    #[test]
    fn a_request_and_its_job_share_a_trace_in_which_nobody_is_named() {
        let (address, heard) = receiver();
        let endpoint = format!("http://{address}/");
        let caller = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let of_request = Trace::accept("of-mine", Some(caller), &SystemIds);
        let of_job = of_request.child(&SystemIds);
        let variables = [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
            ("OTEL_EXPORTER_OTLP_HEADERS", "X-Key=a%20key, other=2"),
        ];
        tell(&variables, || {
            let request = request!(of_request);
            request.in_scope(|| {
                tracing::info!(phone = "+49 30 901820", "what a visitor said");
                tracing::error!(target: "spotlight_http::api", error = "what a visitor said", "a request failed");
            });
            request.record("status", 503);
            drop(request);
            let job = tracing::info_span!(
                target: "spotlight_core::jobs",
                "job",
                job = "send_email",
                job_id = "j-1",
                request_id = of_job.request_id(),
                trace_id = %of_job.trace_id(),
                span_id = %of_job.span_id(),
                parent_span_id = of_job.parent().map(tracing::field::display),
                sampled = of_job.is_sampled(),
                outcome = "done",
                attempt = 1,
            );
            drop(job);
            let unsampled = Trace::accept("r", Some(&caller.replace("-01", "-00")), &SystemIds);
            drop(request!(unsampled));
            drop(tracing::info_span!(target: "elsewhere", "request", trace_id = %of_job.trace_id()));
        });
        let heard = heard.recv_timeout(Duration::from_secs(20)).expect("it was sent before the end");
        let head = heard.head.to_lowercase();
        assert!(head.starts_with("post /v1/traces http/1.1"), "{head}");
        assert!(head.contains("x-key: a key\r\n") && head.contains("other: 2\r\n"), "{head}");
        heard.has_nothing_private();
        let (resource, spans) = spans(&heard);
        assert_eq!(resource["service.name"], "spotlight");
        assert_eq!(resource["service.version"], env!("CARGO_PKG_VERSION"));
        assert_eq!(resource["deployment.environment.name"], "development");
        let [request, job] = &spans[..] else { panic!("two spans: {spans:?}") };
        for span in [request, job] {
            assert_eq!(hex(&span.trace_id), "4bf92f3577b34da6a3ce929d0e0e4736");
            assert!(span.end_time_unix_nano >= span.start_time_unix_nano && span.start_time_unix_nano > 0);
            assert_eq!(attributes(&span.attributes)["spotlight.request_id"], "of-mine");
        }
        assert_eq!((request.name.as_str(), job.name.as_str()), ("create_lead", "send_email"));
        assert_eq!(hex(&request.parent_span_id), "00f067aa0ba902b7");
        assert_eq!(job.parent_span_id, request.span_id);
        assert_eq!(attributes(&request.attributes)["http.response.status_code"], "503");
        assert_eq!(attributes(&job.attributes)["spotlight.outcome"], "done");
        let failed = |span: &Span| span.status.as_ref().is_some_and(|status| status.code == 2);
        assert!(failed(request) && !failed(job));
    }

    #[test]
    fn a_key_of_new_relics_goes_to_no_other_receiver() {
        let (address, heard) = receiver();
        let endpoint = format!("http://{address}");
        let variables = [("OTEL_EXPORTER_OTLP_ENDPOINT", &*endpoint), ("NEW_RELIC_LICENSE_KEY", "a-key")];
        tell(&variables, || drop(request!(Trace::begin(Some("r"), &SystemIds))));
        let heard = heard.recv_timeout(Duration::from_secs(20)).expect("it was sent before the end");
        assert!(!heard.head.contains("a-key"), "{}", heard.head);
    }

    /// Whoever is away holds nobody up.
    #[test]
    fn a_receiver_that_is_away_holds_up_no_end() {
        let began = std::time::Instant::now();
        let nowhere = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port");
        let endpoint = format!("http://{nowhere}");
        let variables = [("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()), ("SPOTLIGHT_GRACE", "1s")];
        tell(&variables, || drop(request!(Trace::begin(None, &SystemIds))));
        assert!(began.elapsed() < Duration::from_secs(8));
    }
}

#[cfg(feature = "sentry")]
mod errors {
    use super::*;

    /// The event of an envelope.
    fn event(heard: &Heard) -> Value {
        let text = std::str::from_utf8(&heard.body).expect("text");
        let mut lines = text.lines();
        let _head = lines.next().expect("the envelope's head");
        let item: Value = serde_json::from_str(lines.next().expect("an item")).expect("JSON");
        assert_eq!(item["type"], "event");
        serde_json::from_str(lines.next().expect("an event")).expect("JSON")
    }

    #[test]
    fn an_error_and_a_panic_are_told_with_their_request_and_nobodys_data() {
        let (address, heard) = receiver();
        let dsn = format!("http://public@{address}/7");
        let trace = Trace::begin(Some("of-mine"), &SystemIds);
        let visitor = String::from("what a visitor said");
        // Whoever told of panics before goes on with it: other tests run beside this one.
        panics::log(true);
        tell(&[("SENTRY_DSN", dsn.as_str())], || {
            let request = request!(trace);
            let _request = request.enter();
            let error = "the mail to ana@example.com failed";
            tracing::error!(target: "spotlight_core::jobs", error, phone = "+49 30 901820", attempt = 3, "a job failed");
            tracing::warn!("nothing to report");
            let panicked = std::panic::catch_unwind(AssertUnwindSafe(|| panic!("they said: {visitor}")));
            assert!(panicked.is_err());
            let panicked = std::panic::catch_unwind(|| panic!("as it stands here"));
            assert!(panicked.is_err());
        });
        let mut told = Vec::new();
        for _ in 0..3 {
            let heard = heard.recv_timeout(Duration::from_secs(20)).expect("it was sent before the end");
            let head = heard.head.to_lowercase();
            assert!(head.starts_with("post /api/7/envelope/ http/1.1"), "{head}");
            assert!(head.contains("sentry_key=public"), "{head}");
            heard.has_nothing_private();
            told.push(event(&heard));
        }
        for event in &told {
            assert_eq!(event["release"], concat!("spotlight@", env!("CARGO_PKG_VERSION")));
            assert_eq!(event["environment"], "development");
            assert_eq!(event["tags"]["request_id"], "of-mine");
            assert_eq!(event["contexts"]["trace"]["trace_id"], trace.trace_id().to_string());
            for absent in ["server_name", "user", "request", "breadcrumbs", "modules"] {
                assert_eq!(event[absent], Value::Null, "{absent} in {event}");
            }
            assert_eq!(event.pointer("/exception/values/0/stacktrace/frames/0/vars"), None);
        }
        // Sent side by side, they arrive in any order.
        told.sort_by_key(|event| event["exception"]["values"][0]["value"].as_str().map(str::to_owned));
        let [error, literal, formatted] = &told[..] else { panic!("three: {told:?}") };
        // Left out, the level is `error`.
        assert_eq!((&error["level"], &error["message"]), (&Value::Null, &Value::from("a job failed")));
        assert_eq!(error["tags"]["attempt"], "3");
        assert!(error["extra"]["error"].as_str().is_some_and(|error| error.starts_with("the mail to ")), "{error}");
        for panic in [literal, formatted] {
            let exception = &panic["exception"]["values"][0];
            assert_eq!((&panic["level"], &exception["type"]), (&Value::from("fatal"), &Value::from("panic")));
            let frame = &exception["stacktrace"]["frames"][0];
            assert!(frame["filename"].as_str().is_some_and(|file| file.ends_with("told.rs")), "{panic}");
            assert!(frame["lineno"].is_u64());
        }
        assert_eq!(literal["exception"]["values"][0]["value"], "as it stands here");
        assert_eq!(formatted["exception"]["values"][0]["value"], panics::UNTOLD);
    }

    #[test]
    fn what_is_no_dsn_is_refused_and_not_shown() {
        let refused = told(&config(&[("SENTRY_DSN", "https://Planted-Secret-1@sentry.example")]));
        let error = refused.map(|_| ()).expect_err("it lacks a project");
        assert_eq!(error.kind(), ErrorKind::Misconfigured);
        assert!(!error.to_string().contains("Planted-Secret"), "{error}");
    }
}
