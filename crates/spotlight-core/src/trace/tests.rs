//! What programs on both sides rely on.

use serde_json::json;

use super::*;
use crate::ports::SystemIds;

const OF_THE_W3C: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

#[test]
fn a_traceparent_is_gone_on_with() {
    let trace = Trace::accept("r-1", Some(OF_THE_W3C), &SystemIds);
    assert_eq!(trace.trace_id().to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
    assert_eq!(trace.parent().map(|parent| parent.to_string()).as_deref(), Some("00f067aa0ba902b7"));
    assert_ne!(Some(trace.span_id()), trace.parent());
    assert!(
        trace.is_sampled() && !Trace::accept("r", Some(&OF_THE_W3C.replace("-01", "-00")), &SystemIds).is_sampled()
    );
    let told = trace.traceparent();
    assert_eq!(told, format!("00-4bf92f3577b34da6a3ce929d0e0e4736-{}-01", trace.span_id()));
    let next = Trace::accept("r-2", Some(&told), &SystemIds);
    assert_eq!((next.trace_id(), next.parent()), (trace.trace_id(), Some(trace.span_id())));
}

#[test]
fn what_is_no_traceparent_begins_a_trace() {
    let broken = [
        "",
        "00",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01",
        "00-+bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-+1",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-zz",
    ];
    for text in broken {
        let trace = Trace::accept("r", Some(text), &SystemIds);
        assert_eq!((trace.parent(), trace.is_sampled()), (None, true), "{text}");
    }
    let later = "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what-comes";
    assert!(Trace::accept("r", Some(later), &SystemIds).parent().is_some(), "a version to come");
}

#[test]
fn a_payload_comes_back_byte_for_byte() {
    let trace = Trace::begin(Some("r-1"), &SystemIds);
    let marked = pack("{\"a\":1}", Some(&trace)).into_owned();
    let payloads = [
        "",
        "1",
        "null",
        "[1]",
        "{}",
        "{ }",
        "{\"a\":1}",
        "{ \"a\" : {\"b\":\"}\"} }",
        "{",
        "no JSON",
        "{\"_trace\":1}",
        "{\"_trace\":",
        "{\"_traced\":1,\"_payload\":2}",
        "{\"_payload\":2}",
        &marked,
    ];
    for payload in payloads {
        for trace in [None, Some(&trace)] {
            let stored = pack(payload, trace).into_owned();
            assert_eq!(unpack(stored.clone()), (payload.to_owned(), trace.cloned()), "{stored}");
        }
    }
}

/// What it says beside is nothing to them.
#[test]
fn an_older_program_reads_a_payload_with_a_trace() {
    #[derive(Deserialize)]
    struct Older {
        a: u8,
    }
    let trace = Trace::begin(Some("r-1"), &SystemIds);
    let older: Older = serde_json::from_str(&pack("{\"a\":7}", Some(&trace))).expect("it is read");
    assert_eq!(older.a, 7);
}

#[test]
fn the_facts_of_an_event_come_back() {
    let trace = Trace::begin(None, &SystemIds);
    for facts in [json!({ "a": [1] }), json!({})] {
        let mut stored = pack_value(&facts, Some(&trace)).into_owned();
        assert_eq!(unpack_value(&mut stored), Some(trace.clone()));
        assert_eq!(stored, facts);
        assert_eq!(unpack_value(&mut stored), None);
    }
}

#[tokio::test]
async fn it_goes_along_with_the_work() {
    assert_eq!(Trace::current(), None);
    let trace = Trace::begin(Some("r-1"), &SystemIds);
    let seen =
        trace.clone().scope(async { tokio::spawn(carried(async { Trace::current() })).await.expect("no panic") });
    assert_eq!(seen.await, Some(trace.clone()));
    let child = trace.child(&SystemIds);
    assert_eq!((child.request_id(), child.trace_id()), (Some("r-1"), trace.trace_id()));
    assert_eq!(child.parent(), Some(trace.span_id()));
}
