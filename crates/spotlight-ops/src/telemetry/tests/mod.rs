//! What a program that reads the log relies on.

#[cfg(any(feature = "otlp", feature = "sentry"))]
mod told;

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
};

use serde_json::Value;
use tracing_subscriber::{EnvFilter, layer::SubscriberExt, reload};

use super::*;

#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Written {
    fn lines(&self) -> Vec<Value> {
        let text = String::from_utf8(self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()).expect("text");
        text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("JSON: {line}"))).collect()
    }
}

fn logged(work: impl FnOnce()) -> Vec<Value> {
    let written = Written::default();
    let writer = written.clone();
    let subscriber = tracing_subscriber::registry().with(lines("production", move || writer.clone()));
    tracing::subscriber::with_default(subscriber, work);
    written.lines()
}

#[test]
fn a_line_has_the_guides_fields_and_those_of_its_spans() {
    let lines = logged(|| {
        let request = tracing::info_span!("request", request_id = "r-1", organization = tracing::field::Empty);
        let _request = request.enter();
        request.record("organization", "o-0");
        request.record("organization", "o-1=\n\"");
        let job = tracing::info_span!("job", job_id = "j-1", request_id = "r-2");
        let _job = job.enter();
        tracing::warn!(attempt = 3, slow = true, took_ms = 1.5, "a job failed");
    });
    let [line] = &lines[..] else { panic!("one line: {lines:?}") };
    let expected = [
        ("level", Value::from("WARN")),
        ("message", "a job failed".into()),
        ("service", "spotlight".into()),
        ("environment", "production".into()),
        ("target", "spotlight_ops::telemetry::tests".into()),
        ("attempt", 3.into()),
        ("slow", true.into()),
        ("took_ms", 1.5.into()),
        ("organization", "o-1=\n\"".into()),
        ("job_id", "j-1".into()),
        ("request_id", "r-2".into()),
    ];
    for (name, value) in expected {
        assert_eq!(line[name], value, "{name} in {line}");
    }
    let timestamp = line["timestamp"].as_str().expect("text");
    assert!(timestamp.ends_with('Z') && timestamp.len() == "2026-01-01T00:00:00.000000Z".len(), "{timestamp}");
}

#[test]
fn a_line_is_one_line_whatever_is_in_it() {
    let lines = logged(|| tracing::info!(agent = "a\n{\"level\":\"ERROR\"}\u{1b}[2J", "said \"so\"\nand so"));
    let [line] = &lines[..] else { panic!("one line: {lines:?}") };
    assert_eq!(line["agent"], "a\n{\"level\":\"ERROR\"}\u{1b}[2J");
    assert_eq!((line["level"].as_str(), line["message"].as_str()), (Some("INFO"), Some("said \"so\"\nand so")));
}

#[test]
fn a_field_cannot_pass_for_one_of_the_lines_own() {
    let lines = logged(|| tracing::info!(level = "FATAL", service = "other", "here"));
    assert_eq!((lines[0]["level"].as_str(), lines[0]["service"].as_str()), (Some("INFO"), Some("spotlight")));
}

#[test]
fn the_level_of_a_target_changes_while_it_runs() {
    let written = Written::default();
    let writer = written.clone();
    let (filter, handle) = reload::Layer::new(EnvFilter::new("warn"));
    let telemetry = Telemetry { filter: handle, level: "warn".to_owned(), _reports: Reports::default(), _file: None };
    let subscriber = tracing_subscriber::registry().with(filter).with(lines("test", move || writer.clone()));
    tracing::subscriber::with_default(subscriber, || {
        tracing::info!("unheard");
        telemetry.set_level("warn,spotlight_ops::telemetry=debug").expect("a filter");
        tracing::debug!("heard");
        tracing::debug!(target: "elsewhere", "unheard");
        for wrong in ["loud=shouting", "", "debgu", "info,,"] {
            let refused = telemetry.set_level(wrong).expect_err("no filter");
            assert_eq!(refused.kind(), ErrorKind::Validation);
        }
        tracing::debug!("heard still");
    });
    let heard: Vec<_> = written.lines().iter().map(|line| line["message"].clone()).collect();
    assert_eq!(heard, ["heard", "heard still"]);
}

#[test]
fn a_line_names_its_request_whatever_is_logged() {
    let written = Written::default();
    let writer = written.clone();
    let filter = spans::with_ours(EnvFilter::new("warn"));
    let logs = lines("test", move || writer.clone()).with_filter(filter);
    tracing::subscriber::with_default(tracing_subscriber::registry().with(logs), || {
        let request = tracing::info_span!("request", request_id = "r-1");
        let _request = request.enter();
        let _other = tracing::info_span!("other", secret = "hidden").entered();
        tracing::info!("unheard");
        tracing::warn!("heard");
    });
    let [line] = &written.lines()[..] else { panic!("one line") };
    assert_eq!((line["message"].as_str(), line["request_id"].as_str()), (Some("heard"), Some("r-1")));
    assert_eq!(line["secret"], Value::Null);
}

#[test]
fn a_log_file_turns_and_is_kept_for_a_while() {
    let folder = std::env::temp_dir().join(format!("spotlight-logs-{}", std::process::id()));
    let (writer, guard) = file::open(&folder.join("spotlight.log"), 3).expect("a file");
    let subscriber = tracing_subscriber::registry().with(lines("production", writer));
    tracing::subscriber::with_default(subscriber, || tracing::info!("kept"));
    drop(guard);
    let files: Vec<_> = std::fs::read_dir(&folder).expect("a folder").filter_map(Result::ok).collect();
    let [file] = &files[..] else { panic!("one file: {files:?}") };
    assert!(file.file_name().to_string_lossy().starts_with("spotlight.log."), "{file:?}");
    let text = std::fs::read_to_string(file.path()).expect("text");
    assert!(text.contains("\"message\":\"kept\""), "{text}");
    std::fs::remove_dir_all(&folder).expect("it goes");
    let refused = file::open(std::path::Path::new("/proc/none/spotlight.log"), 3).map(|_| ());
    let refused = refused.expect_err("it cannot be made");
    assert_eq!(refused.kind(), ErrorKind::Misconfigured);
}
