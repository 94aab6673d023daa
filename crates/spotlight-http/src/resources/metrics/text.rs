//! The text format of Prometheus, version 0.0.4, which every collector reads.

use std::fmt::Write;

use spotlight_core::ports::{Figure, FigureValue, Label, Metric};

/// The media type, without its parameters.
pub(super) const MEDIA_TYPE: &str = "text/plain";
/// What the answer says of itself.
pub(super) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The figures as text. Those of one metric follow one another.
pub(super) fn render(figures: &[Figure]) -> String {
    let mut text = String::with_capacity(figures.len() * 96);
    let mut last: Option<&Metric> = None;
    for figure in figures {
        if last != Some(figure.of) {
            head(&mut text, figure.of);
            last = Some(figure.of);
        }
        let name = figure.of.name;
        match &figure.value {
            FigureValue::Number(number) => line(&mut text, (name, ""), figure, None, *number),
            FigureValue::Distribution { buckets, sum, count } => {
                for (bound, values) in buckets {
                    line(&mut text, (name, "_bucket"), figure, Some(*bound), *values as f64);
                }
                line(&mut text, (name, "_bucket"), figure, Some(f64::INFINITY), *count as f64);
                line(&mut text, (name, "_sum"), figure, None, *sum);
                line(&mut text, (name, "_count"), figure, None, *count as f64);
            }
        }
    }
    text
}

fn head(text: &mut String, metric: &Metric) {
    let help = metric.help.replace('\\', "\\\\").replace('\n', "\\n");
    // Writing to a string cannot fail.
    let _ = writeln!(text, "# HELP {} {help}\n# TYPE {} {}", metric.name, metric.name, metric.kind.as_str());
}

fn line(text: &mut String, (name, ending): (&str, &str), figure: &Figure, bound: Option<f64>, value: f64) {
    text.push_str(name);
    text.push_str(ending);
    let mut before = '{';
    for (label, value) in figure.of.labels.iter().zip(&figure.labels) {
        text.push(before);
        text.push_str(label);
        text.push_str("=\"");
        escape(text, value);
        text.push('"');
        before = ',';
    }
    if let Some(bound) = bound {
        text.push(before);
        text.push_str("le=\"");
        number(text, bound);
        text.push('"');
        before = ',';
    }
    if before == ',' {
        text.push('}');
    }
    text.push(' ');
    number(text, value);
    text.push('\n');
}

fn escape(text: &mut String, value: &Label) {
    for letter in value.chars() {
        match letter {
            '\\' => text.push_str("\\\\"),
            '"' => text.push_str("\\\""),
            '\n' => text.push_str("\\n"),
            letter => text.push(letter),
        }
    }
}

fn number(text: &mut String, value: f64) {
    if value.is_infinite() {
        text.push_str(if value > 0.0 { "+Inf" } else { "-Inf" });
    } else {
        let _ = write!(text, "{value}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static TIMES: Metric = Metric::histogram("times_seconds", "How long \\ it\ntook.", &["route"]);
    static COUNT: Metric = Metric::gauge("things", "Things.", &[]);

    #[test]
    fn figures_are_written_as_prometheus_reads_them() {
        let value = FigureValue::Distribution { buckets: vec![(0.005, 1), (7.5, 2)], sum: 10.25, count: 3 };
        let figures =
            [Figure { of: &TIMES, labels: vec!["a\"b\\c\nd".into()], value }, Figure::plain(&COUNT, 1_700_000_000.25)];
        let expected = r#"# HELP times_seconds How long \\ it\ntook.
# TYPE times_seconds histogram
times_seconds_bucket{route="a\"b\\c\nd",le="0.005"} 1
times_seconds_bucket{route="a\"b\\c\nd",le="7.5"} 2
times_seconds_bucket{route="a\"b\\c\nd",le="+Inf"} 3
times_seconds_sum{route="a\"b\\c\nd"} 10.25
times_seconds_count{route="a\"b\\c\nd"} 3
# HELP things Things.
# TYPE things gauge
things 1700000000.25
"#;
        assert_eq!(render(&figures), expected);
    }
}
