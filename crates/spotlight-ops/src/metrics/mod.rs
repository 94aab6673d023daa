//! Figures of the process, beside those of the platform; and what is made of all of them: a reference, a dashboard, and
//! rules that alert.
//!
//! | file | holds |
//! |---|---|
//! | `process`, `runtime`, `build` | what is read of the process |
//! | `stores` | pools that the storage does not know of |
//! | `coming` | definitions that nothing gives figures of yet |
//! | `reference`, `dashboard`, `rules` | what is rendered from the definitions |

mod build;
mod coming;
mod dashboard;
mod process;
mod reference;
mod rules;
mod runtime;
mod stores;

use std::sync::Arc;

use spotlight_core::{
    metrics::CATALOG,
    ports::{FigureSource, Metric},
};

pub use self::{
    build::Build, dashboard::dashboard, process::Process, reference::reference, rules::rules, runtime::TokioRuntime,
    stores::OwnPool,
};

/// What every process of a deployment tells of itself.
pub(crate) fn sources() -> Vec<Arc<dyn FigureSource>> {
    vec![Arc::new(Build), Arc::new(Process), Arc::new(TokioRuntime)]
}

/// Every metric that a process of a deployment may show, in the order of the reference.
pub fn catalog() -> Vec<&'static Metric> {
    let mut all = CATALOG.to_vec();
    all.extend(sources().iter().flat_map(|source| source.metrics()));
    all.extend([&crate::tls::UNTIL, &crate::tls::FROM]);
    all
}

/// The metric of this name.
#[cfg(test)]
fn named(name: &str) -> Option<&'static Metric> {
    catalog().into_iter().find(|metric| metric.name == name)
}

/// The metrics that an expression of Prometheus names: every word that is not a function, a label or a number.
#[cfg(test)]
fn named_in(expression: &str) -> Vec<String> {
    const OTHERS: &[&str] = &[
        "rate",
        "increase",
        "sum",
        "max",
        "min",
        "avg",
        "by",
        "on",
        "and",
        "unless",
        "or",
        "ignoring",
        "group_left",
        "histogram_quantile",
        "clamp_max",
        "clamp_min",
        "time",
        "le",
        "job",
        "instance",
        "up",
    ];
    // What stands in braces, in quotes and after `by` are labels.
    let mut bare = String::new();
    let (mut depth, mut quoted) = (0_u32, false);
    for letter in expression.chars() {
        match letter {
            '"' => quoted = !quoted,
            '{' | '[' if !quoted => depth += 1,
            '}' | ']' if !quoted => depth = depth.saturating_sub(1),
            letter if depth == 0 && !quoted => bare.push(letter),
            _ => {}
        }
    }
    let mut found = Vec::new();
    let bare = bare.replace(" on (", " by (");
    let mut rest = bare.as_str();
    while let Some((before, after)) = rest.split_once(" by (") {
        found.extend(words(before));
        rest = after.split_once(')').map_or("", |(_, after)| after);
    }
    found.extend(words(rest));
    found.retain(|word| !OTHERS.contains(&word.as_str()));
    found
}

#[cfg(test)]
fn words(text: &str) -> Vec<String> {
    text.split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_'))
        .filter(|word| word.starts_with(|letter: char| letter.is_ascii_alphabetic()))
        .map(str::to_owned)
        .collect()
}

/// Panics where an expression names a metric that there is not, or one in another form than it has.
#[cfg(test)]
#[track_caller]
fn assert_known(expression: &str) {
    use spotlight_core::ports::MetricKind::Histogram;
    let found = named_in(expression);
    for word in &found {
        let part = ["_bucket", "_sum", "_count"].iter().find_map(|ending| word.strip_suffix(ending));
        let of_histogram = part.and_then(named).is_some_and(|metric| metric.kind == Histogram);
        let plain = named(word).is_some_and(|metric| metric.kind != Histogram);
        assert!(of_histogram || plain, "`{word}` is no metric, in: {expression}");
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_two_metrics_have_one_name_and_all_names_are_sound() {
        let mut all = catalog();
        all.extend(coming::COMING);
        let names: HashSet<_> = all.iter().map(|metric| metric.name).collect();
        assert_eq!(names.len(), all.len());
        for metric in all {
            let sound = |name: &str| name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
            assert!(sound(metric.name) && metric.labels.iter().all(|label| sound(label)), "{metric:?}");
            let grows = metric.kind == spotlight_core::ports::MetricKind::Counter;
            assert_eq!(metric.name.ends_with("_total"), grows, "{metric:?}");
            assert!(metric.help.ends_with('.'), "{metric:?}");
            // Prometheus sets these itself, and would rename ours.
            assert!(
                !metric.labels.iter().any(|label| ["job", "instance", "le", "quantile"].contains(label)),
                "{metric:?}"
            );
        }
    }

    #[test]
    fn what_an_expression_names_is_found() {
        let expression =
            r#"sum by (route) (rate(http_request_duration_seconds_count{status=~"5.."}[5m])) / time() > 0.5"#;
        assert_eq!(named_in(expression), ["http_request_duration_seconds_count"]);
    }

    /// What a source gives is what it says it gives, with a value for each label.
    #[tokio::test]
    async fn sources_give_what_they_say() {
        for source in sources() {
            let metrics = source.metrics();
            let figures = source.read().await.expect("figures");
            assert!(!figures.is_empty(), "{} says nothing", source.name());
            for figure in figures {
                assert!(metrics.contains(&figure.of), "{} is not among the metrics of its source", figure.of.name);
                assert_eq!(figure.labels.len(), figure.of.labels.len(), "{}", figure.of.name);
            }
        }
    }
}
