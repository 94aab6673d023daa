//! Rules that alert, for Prometheus.

use std::fmt::Write;

/// Requests of people and programs: probes fail by design while something is away.
const SERVED: &str = r#"route!~"/up|/ready|/health|/metrics""#;

/// A rule.
struct Alert {
    name: &'static str,
    expression: String,
    /// How long it must hold.
    lasts: &'static str,
    severity: &'static str,
    summary: &'static str,
    description: &'static str,
}

fn alerts() -> Vec<Alert> {
    let alert = |name, severity, lasts, expression: &str, summary, description| Alert {
        name,
        expression: expression.to_owned(),
        lasts,
        severity,
        summary,
        description,
    };
    let errors = format!(
        "sum(rate(http_request_duration_seconds_count{{status=~\"5..\",{SERVED}}}[5m])) / \
         sum(rate(http_request_duration_seconds_count{{{SERVED}}}[5m])) > 0.05"
    );
    let latency = format!(
        "histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket{{{SERVED}}}[5m]))) > 1"
    );
    vec![
        alert(
            "SpotlightDown",
            "critical",
            "1m",
            "up{job=\"spotlight\"} == 0",
            "A process of Spotlight cannot be scraped",
            "{{ $labels.instance }} has not answered for a minute: it is down, or its metrics cannot be reached.",
        ),
        alert(
            "SpotlightErrors",
            "critical",
            "5m",
            &errors,
            "More than 5 % of requests fail",
            "{{ $value | humanizePercentage }} of requests are answered with 5xx. The log names each with its request id; \
             /health names what is away.",
        ),
        alert(
            "SpotlightSlow",
            "warning",
            "10m",
            &latency,
            "One request in twenty takes longer than a second",
            "95 % of requests are answered within {{ $value | humanizeDuration }}. Look at pool waits and at the database.",
        ),
        alert(
            "SpotlightFirstWordSlow",
            "warning",
            "10m",
            "histogram_quantile(0.95, sum by (le) (rate(turn_time_to_first_token_seconds_bucket[5m]))) > 5",
            "Visitors wait for the assistant",
            "The first word of one answer in twenty takes longer than {{ $value | humanizeDuration }}. Look at the provider \
             of the model.",
        ),
        alert(
            "SpotlightQueueOld",
            "warning",
            "5m",
            "max by (queue) (queue_oldest_ready_seconds) > 300 unless on (queue) max by (queue) (queue_paused) == 1",
            "Jobs wait for more than five minutes",
            "The oldest job of {{ $labels.queue }} has waited for {{ $value | humanizeDuration }}. Start more workers, or \
             see whether they fail.",
        ),
        alert(
            "SpotlightQueueDeep",
            "warning",
            "10m",
            "max by (queue) (queue_jobs{state=\"ready\"}) > 1000",
            "More than a thousand jobs wait",
            "{{ $value }} jobs of {{ $labels.queue }} could run now.",
        ),
        alert(
            "SpotlightDeadJobs",
            "warning",
            "5m",
            "max by (queue) (queue_jobs{state=\"dead\"}) > 0",
            "Jobs were given up",
            "{{ $value }} jobs of {{ $labels.queue }} wait for a person: retry or discard them in the console.",
        ),
        alert(
            "SpotlightNoWorkers",
            "critical",
            "5m",
            "max(queue_worker_processes) == 0",
            "Nobody works on jobs",
            "No process of the fleet works on jobs: mail, webhooks and analyses wait.",
        ),
        alert(
            "SpotlightPoolExhausted",
            "warning",
            "5m",
            "sum by (instance, pool) (rate(pool_wait_seconds_total[5m])) > 0.5",
            "Requests wait for a connection to the database",
            "On {{ $labels.instance }} {{ $value }} callers wait for a connection of the pool {{ $labels.pool }} at any \
             time. Make the pool larger (DATABASE_POOL), or find the statements that hold it.",
        ),
        alert(
            "SpotlightCircuitOpen",
            "warning",
            "2m",
            "max by (instance, circuit) (circuit_state{state=\"open\"}) == 1",
            "Something is away and done without",
            "The circuit {{ $labels.circuit }} of {{ $labels.instance }} is open: what is behind it keeps failing.",
        ),
        alert(
            "SpotlightProviderErrors",
            "warning",
            "10m",
            "sum by (provider) (rate(provider_calls_total{outcome!~\"ok|abandoned|not_found\"}[10m])) / \
             sum by (provider) (rate(provider_calls_total[10m])) > 0.2",
            "A provider fails",
            "{{ $value | humanizePercentage }} of calls of {{ $labels.provider }} fail.",
        ),
        alert(
            "SpotlightCheckFails",
            "critical",
            "2m",
            "max by (instance, check) (health_check_status{status=\"error\"}) == 1",
            "A check of /health fails",
            "The check {{ $labels.check }} of {{ $labels.instance }} fails; /health says why.",
        ),
        alert(
            "SpotlightDiskFilling",
            "warning",
            "10m",
            "max by (instance) (disk_used_ratio) >= 0.8",
            "The disk of the data folder is filling",
            "{{ $value | humanizePercentage }} of the disk of {{ $labels.instance }} are in use.",
        ),
        alert(
            "SpotlightDiskFull",
            "critical",
            "2m",
            "max by (instance) (disk_used_ratio) >= 0.95",
            "The disk of the data folder is nearly full",
            "{{ $value | humanizePercentage }} of the disk of {{ $labels.instance }} are in use: make room before writes fail.",
        ),
        alert(
            "SpotlightMigrationsPending",
            "critical",
            "5m",
            "max by (instance) (schema_migrations{state=\"pending\"}) > 0",
            "The database lacks migrations",
            "The program of {{ $labels.instance }} needs {{ $value }} versions of the schema that the database lacks, and is \
             not ready.",
        ),
        alert(
            "SpotlightBlind",
            "warning",
            "5m",
            "metrics_source_up == 0",
            "Figures are missing",
            "{{ $labels.source }} of {{ $labels.instance }} does not answer; rules about it see nothing.",
        ),
        alert(
            "SpotlightCertificateEnding",
            "warning",
            "1h",
            "min by (instance) (tls_certificate_end_seconds) - time() < clamp_max(min by (instance) \
             (tls_certificate_end_seconds - tls_certificate_start_seconds) / 4, 21 * 86400)",
            "The certificate of the server ends within three weeks, or a quarter of its life",
            "The certificate that {{ $labels.instance }} serves ends in {{ $value | humanizeDuration }}, and was not renewed. \
             The server reads a new one by itself.",
        ),
        alert(
            "SpotlightCertificateEnded",
            "critical",
            "5m",
            "min by (instance) (tls_certificate_end_seconds) - time() < clamp_max(min by (instance) \
             (tls_certificate_end_seconds - tls_certificate_start_seconds) / 10, 3 * 86400)",
            "The certificate of the server ends within three days, or a tenth of its life, or has ended",
            "The certificate that {{ $labels.instance }} serves ends in {{ $value | humanizeDuration }}: clients refuse it from \
             then on. See why it is not renewed; the log names a new one that cannot be used.",
        ),
        alert(
            "SpotlightFileDescriptors",
            "warning",
            "5m",
            "process_open_fds{job=\"spotlight\"} / process_max_fds{job=\"spotlight\"} > 0.8",
            "File descriptors run out",
            "{{ $labels.instance }} has {{ $value | humanizePercentage }} of its file descriptors open.",
        ),
    ]
}

/// The rules, as a file of Prometheus. They expect that the processes are scraped as the job `spotlight`.
pub fn rules() -> String {
    let mut text = "# Rendered by `spotlight metrics rules`. Expects the job name `spotlight`.\n\
                    groups:\n  - name: spotlight\n    rules:\n"
        .to_owned();
    for Alert { name, expression, lasts, severity, summary, description } in alerts() {
        // Text in single quotes needs nothing else than its own quotes doubled.
        let quoted = |text: &str| text.replace('\'', "''");
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "      - alert: {name}\n        expr: '{}'\n        for: {lasts}\n        labels:\n          severity: \
             {severity}\n        annotations:\n          summary: '{}'\n          description: '{}'\n",
            quoted(&expression),
            quoted(summary),
            quoted(description),
        );
    }
    text
}

/// The alerts with what they mean, for the reference.
pub(super) fn table() -> String {
    let mut text = "| alert | severity | after | when |\n|---|---|---|---|\n".to_owned();
    for alert in alerts() {
        let _ = writeln!(text, "| `{}` | {} | {} | {} |", alert.name, alert.severity, alert.lasts, alert.summary);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_is_about_metrics_that_there_are() {
        let all = alerts();
        assert!(all.len() >= 10);
        for alert in all {
            super::super::assert_known(&alert.expression);
        }
    }
}
