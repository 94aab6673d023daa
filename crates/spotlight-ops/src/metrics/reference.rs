//! The reference of every metric, as a page.

use std::fmt::Write;

use spotlight_core::ports::Metric;

use super::{catalog, coming::COMING, rules};

const HEAD: &str = "# Metrics

Rendered by `spotlight metrics reference`; a test fails when this page is not what that prints.

A process shows its figures at `/metrics`, in the text format of Prometheus. Who sees them:

- `METRICS_LISTEN=0.0.0.0:9464` gives them a listener of their own, for requests and workers alike, which answers nothing
  else; the main address does not know `/metrics` then. Let only the collector reach it, or set a token.
- `METRICS_TOKEN` without `METRICS_LISTEN` shows them at the main address to whoever sends the token as
  `Authorization: Bearer …`; with it, the listener asks for the token.
- With neither, production shows them to nobody (404). Development shows them to programs on the same machine that no proxy
  has handed on.

`/metrics` is exempt from limits, and answers while the server is paused.

```yaml
scrape_configs:
  - job_name: spotlight          # the rules and the dashboard expect this name
    static_configs:
      - targets: [\"app-1:9464\", \"app-2:9464\", \"worker-1:9464\"]
```

`spotlight metrics rules > spotlight.rules.yml` gives rules that alert, `spotlight metrics dashboard > spotlight.json` a
dashboard for Grafana. Both come from the definitions below.

Good to know:

- Labels hold templates of paths (`/api/v1/leads/{id}`), names of jobs and queues, kinds of providers, words of outcomes:
  never ids, addresses or anything else that a client chooses. What has no address here is the route `unmatched`, an
  invented method `other`, a status that the API does not use `4xx` and the like; of more than 50 queues those beyond are
  `other`.
- `active_users`, `queue_jobs`, `queue_oldest_ready_seconds`, `queue_paused` and `queue_worker_processes` are figures of the
  whole fleet, and every process tells the same: take `max`, not `sum`. So with `schema_migrations` and the checks of what
  all processes share.
- With `WEB_CONCURRENCY` above 1 each process has a listener of its own: the first at the port of `METRICS_LISTEN`, the
  others at those after it. Scrape all of them. Without `METRICS_LISTEN` whichever process takes the connection answers, and
  figures seem to jump.
- The deployment guide calls the first of them `active_users_total`. It goes up and down, and `_total` is what counters end
  with (`promtool check metrics` says so too), so it is `active_users` here. It counts people with a session that was used
  within the last 15 minutes, each once, in the database; a count serves the fleet for half a minute. Who signs out is
  not counted any more; programs with an API token are not people.
- What has to be asked of a store is read at most once in four seconds, however many scrape, and has two. A store that is
  away fails no scrape: its figures are missing, and `metrics_source_up` says whose.
- `http_request_duration_seconds` ends with the head of the answer: streams (turns, live events) go on after it. Its
  bounds are those that OpenTelemetry advises.
- Figures begin at zero with the process; those of two processes add up, save the ones above.
- `disk_used_ratio` and `health_check_status` are what `/health` shows ([health.md](health.md)), asked in the same way. Other
  disks are for node_exporter.
- Pools are `main` (requests), `queue` (jobs) and `events` (live events) on Postgres, `writer` and `readers` on SQLite. A
  Redis has none: calls share one connection and do not wait for one another.
- Runtime and process are those of the platform; with actix, connections have threads beside them, which count as the
  process's alone.

## Figures

| metric | kind | labels | what it says |
|---|---|---|---|
";

const COMES: &str = "
## To come

Defined, and not shown yet: no figure is better than one that was made up.

| metric | kind | labels | what it will say |
|---|---|---|---|
";

/// The page `docs/metrics.md`, in Markdown.
pub fn reference() -> String {
    let mut page = HEAD.to_owned();
    for metric in catalog() {
        row(&mut page, metric);
    }
    page.push_str(COMES);
    for metric in COMING {
        row(&mut page, metric);
    }
    // Writing to a string cannot fail.
    let _ = write!(page, "\n## Alerts\n\n{}", rules::table());
    page
}

fn row(page: &mut String, metric: &Metric) {
    let labels: Vec<_> = metric.labels.iter().map(|label| format!("`{label}`")).collect();
    let (name, kind, labels, help) = (metric.name, metric.kind.as_str(), labels.join(", "), metric.help);
    // Writing to a string cannot fail.
    let _ = writeln!(page, "| `{name}` | {kind} | {labels} | {help} |");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_in_the_docs_is_what_the_command_prints() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/metrics.md");
        if std::env::var_os("SPOTLIGHT_WRITE").is_some() {
            std::fs::write(path, reference()).expect("it is written");
        }
        let page = std::fs::read_to_string(path).expect("docs/metrics.md");
        assert!(page == reference(), "docs/metrics.md is stale: spotlight metrics reference > docs/metrics.md");
    }
}
