//! A dashboard for Grafana.

use serde_json::{Value, json};

/// One graph: its title, the unit of its axis, and what is drawn, with the legend of each.
struct Panel(&'static str, &'static str, &'static [(&'static str, &'static str)]);

/// Graphs that belong together.
struct Row(&'static str, &'static [Panel]);

const ROWS: &[Row] = &[
    Row(
        "Requests",
        &[
            Panel(
                "Requests",
                "reqps",
                &[("sum by (status) (rate(http_request_duration_seconds_count[$__rate_interval]))", "{{status}}")],
            ),
            Panel(
                "Time to the answer",
                "s",
                &[
                    (
                        "histogram_quantile(0.5, sum by (le) (rate(http_request_duration_seconds_bucket[$__rate_interval])))",
                        "median",
                    ),
                    (
                        "histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket[$__rate_interval])))",
                        "95 %",
                    ),
                    (
                        "histogram_quantile(0.99, sum by (le) (rate(http_request_duration_seconds_bucket[$__rate_interval])))",
                        "99 %",
                    ),
                ],
            ),
            Panel(
                "Slowest routes, 95 %",
                "s",
                &[(
                    "histogram_quantile(0.95, sum by (le, route) (rate(http_request_duration_seconds_bucket[$__rate_interval]))) > 0.1",
                    "{{route}}",
                )],
            ),
            Panel(
                "Open",
                "short",
                &[
                    ("sum by (instance) (http_requests_in_flight)", "requests {{instance}}"),
                    ("sum by (instance) (live_connections)", "live {{instance}}"),
                ],
            ),
            Panel(
                "Bodies",
                "Bps",
                &[
                    ("sum(rate(http_request_body_size_bytes_sum[$__rate_interval]))", "in"),
                    ("sum(rate(http_response_body_size_bytes_sum[$__rate_interval]))", "out"),
                ],
            ),
        ],
    ),
    Row(
        "Conversations",
        &[
            Panel(
                "Conversations begun",
                "short",
                &[("sum by (source) (increase(conversations_total[1h]))", "{{source}}")],
            ),
            Panel("Turns", "ops", &[("sum by (outcome) (rate(turns_total[$__rate_interval]))", "{{outcome}}")]),
            Panel(
                "Time to the first word",
                "s",
                &[
                    (
                        "histogram_quantile(0.5, sum by (le) (rate(turn_time_to_first_token_seconds_bucket[$__rate_interval])))",
                        "median",
                    ),
                    (
                        "histogram_quantile(0.95, sum by (le) (rate(turn_time_to_first_token_seconds_bucket[$__rate_interval])))",
                        "95 %",
                    ),
                ],
            ),
            // Every process tells the figure of the fleet.
            Panel("Active users", "short", &[("max(active_users)", "within 15 minutes")]),
        ],
    ),
    Row(
        "Providers",
        &[
            Panel(
                "Calls",
                "ops",
                &[(
                    "sum by (provider, outcome) (rate(provider_calls_total[$__rate_interval]))",
                    "{{provider}} {{outcome}}",
                )],
            ),
            Panel(
                "Time of calls, 95 %",
                "s",
                &[(
                    "histogram_quantile(0.95, sum by (le, provider) (rate(provider_call_duration_seconds_bucket[$__rate_interval])))",
                    "{{provider}}",
                )],
            ),
            Panel(
                "Circuits that are not closed",
                "short",
                &[(
                    "max by (instance, circuit, state) (circuit_state{state!=\"closed\"})",
                    "{{circuit}} {{state}} {{instance}}",
                )],
            ),
        ],
    ),
    Row(
        "Jobs",
        &[
            // Every process tells the figures of the fleet.
            Panel("Jobs by state", "short", &[("max by (queue, state) (queue_jobs)", "{{queue}} {{state}}")]),
            Panel("Oldest job that could run", "s", &[("max by (queue) (queue_oldest_ready_seconds)", "{{queue}}")]),
            Panel(
                "Workers and pauses",
                "short",
                &[("max(queue_worker_processes)", "workers"), ("max by (queue) (queue_paused)", "{{queue}} paused")],
            ),
            Panel(
                "Tries",
                "ops",
                &[(
                    "sum by (job_name, outcome) (rate(job_duration_seconds_count[$__rate_interval]))",
                    "{{job_name}} {{outcome}}",
                )],
            ),
            Panel(
                "Run time, 95 %",
                "s",
                &[(
                    "histogram_quantile(0.95, sum by (le, job_name) (rate(job_duration_seconds_bucket[$__rate_interval])))",
                    "{{job_name}}",
                )],
            ),
            Panel(
                "Delay of events, 95 %",
                "s",
                &[(
                    "histogram_quantile(0.95, sum by (le) (rate(event_publish_delay_seconds_bucket[$__rate_interval])))",
                    "95 %",
                )],
            ),
        ],
    ),
    Row(
        "Stores",
        &[
            Panel(
                "Connections",
                "short",
                &[
                    ("sum by (pool, state) (pool_connections)", "{{pool}} {{state}}"),
                    ("sum by (pool) (pool_connections_max)", "{{pool}} most"),
                ],
            ),
            Panel(
                "Waiting for connections",
                "short",
                &[
                    ("sum by (pool) (rate(pool_wait_seconds_total[$__rate_interval]))", "{{pool}} callers at any time"),
                    ("sum by (pool) (rate(pool_waits_total[$__rate_interval]))", "{{pool}} times a second"),
                ],
            ),
            Panel("Cache", "ops", &[("sum by (result) (rate(cache_reads_total[$__rate_interval]))", "{{result}}")]),
        ],
    ),
    Row(
        "Health",
        &[
            Panel(
                "Checks that find something",
                "short",
                &[(
                    "max by (instance, check, status) (health_check_status{status=~\"warning|error\"}) == 1",
                    "{{check}} {{status}} {{instance}}",
                )],
            ),
            Panel(
                "Answers to checks",
                "s",
                &[("max by (instance, check) (health_check_response_seconds)", "{{check}} {{instance}}")],
            ),
            Panel(
                "Certificate ends in",
                "s",
                &[
                    ("min by (instance) (tls_certificate_end_seconds) - time()", "{{instance}}"),
                    (
                        "min by (instance) (tls_certificate_end_seconds - tls_certificate_start_seconds)",
                        "{{instance}}, whole life",
                    ),
                ],
            ),
            Panel("Disk in use", "percentunit", &[("max by (instance) (disk_used_ratio)", "{{instance}}")]),
            // Every process tells the figure of the fleet, by its own version.
            Panel("Migrations", "short", &[("max by (instance, state) (schema_migrations)", "{{state}} {{instance}}")]),
        ],
    ),
    Row(
        "Processes",
        &[
            Panel(
                "Processors",
                "short",
                &[(
                    "sum by (instance) (rate(process_cpu_seconds_total{job=\"$job\"}[$__rate_interval]))",
                    "{{instance}}",
                )],
            ),
            Panel(
                "Memory",
                "bytes",
                &[
                    ("process_resident_memory_bytes{job=\"$job\"}", "resident {{instance}}"),
                    ("process_virtual_memory_bytes{job=\"$job\"}", "virtual {{instance}}"),
                ],
            ),
            Panel(
                "File descriptors",
                "short",
                &[
                    ("process_open_fds{job=\"$job\"}", "open {{instance}}"),
                    ("process_max_fds{job=\"$job\"}", "most {{instance}}"),
                ],
            ),
            Panel(
                "Threads and tasks",
                "short",
                &[
                    ("process_threads{job=\"$job\"}", "threads {{instance}}"),
                    ("tokio_workers", "workers {{instance}}"),
                    (
                        "sum by (instance) (rate(tokio_worker_busy_seconds_total[$__rate_interval]))",
                        "busy workers {{instance}}",
                    ),
                    ("tokio_tasks_alive", "tasks {{instance}}"),
                    ("tokio_global_queue_depth", "waiting tasks {{instance}}"),
                ],
            ),
            Panel(
                "Up since",
                "s",
                &[
                    ("time() - process_start_time_seconds{job=\"$job\"}", "{{instance}}"),
                    ("spotlight_build_info", "{{version}} {{instance}}"),
                ],
            ),
            Panel("Figures that are missing", "short", &[("metrics_source_up == 0", "{{source}} {{instance}}")]),
        ],
    ),
];

/// Graphs beside one another.
const ACROSS: usize = 3;
/// Of the 24 columns of the page.
const WIDTH: usize = 24 / ACROSS;
const HEIGHT: usize = 8;

/// The dashboard, to be imported. It asks for its source of data and the job name.
pub fn dashboard() -> Value {
    let mut panels = Vec::new();
    let mut y = 0;
    for Row(title, graphs) in ROWS {
        panels.push(json!({
            "id": panels.len() + 1, "type": "row", "title": title, "collapsed": false, "panels": [],
            "gridPos": { "x": 0, "y": y, "w": 24, "h": 1 },
        }));
        y += 1;
        for (place, graph) in graphs.iter().enumerate() {
            let (x, down) = (place % ACROSS * WIDTH, place / ACROSS * HEIGHT);
            panels.push(panel(panels.len() + 1, graph, (x, y + down)));
        }
        y += graphs.len().div_ceil(ACROSS) * HEIGHT;
    }
    json!({
        "uid": "spotlight", "title": "Spotlight", "tags": ["spotlight"], "timezone": "browser", "schemaVersion": 39,
        "editable": true, "refresh": "30s", "time": { "from": "now-6h", "to": "now" },
        "templating": { "list": [
            { "name": "datasource", "label": "Source", "type": "datasource", "query": "prometheus" },
            { "name": "job", "label": "Job", "type": "textbox", "query": "spotlight",
              "current": { "text": "spotlight", "value": "spotlight" } },
        ] },
        "annotations": { "list": [] },
        "panels": panels,
    })
}

fn panel(id: usize, Panel(title, unit, targets): &Panel, (x, y): (usize, usize)) -> Value {
    let source = json!({ "type": "prometheus", "uid": "${datasource}" });
    let targets: Vec<_> = targets
        .iter()
        .zip('A'..)
        .map(|((expression, legend), letter)| {
            json!({ "refId": letter.to_string(), "expr": expression, "legendFormat": legend, "datasource": source })
        })
        .collect();
    json!({
        "id": id, "type": "timeseries", "title": title, "datasource": source, "targets": targets,
        "gridPos": { "x": x, "y": y, "w": WIDTH, "h": HEIGHT },
        "fieldConfig": { "defaults": { "unit": unit, "min": 0 }, "overrides": [] },
        "options": { "legend": { "displayMode": "list", "placement": "bottom" }, "tooltip": { "mode": "multi" } },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{assert_known, catalog, named_in};

    #[test]
    fn every_graph_draws_metrics_that_there_are_and_every_metric_is_drawn() {
        let expressions =
            || ROWS.iter().flat_map(|row| row.1).flat_map(|panel| panel.2).map(|(expression, _)| *expression);
        expressions().for_each(assert_known);
        let drawn: Vec<_> = expressions().flat_map(named_in).collect();
        for metric in catalog() {
            let parts = ["", "_bucket", "_sum", "_count"].map(|ending| format!("{}{ending}", metric.name));
            assert!(parts.iter().any(|part| drawn.contains(part)), "{} is in no graph", metric.name);
        }
    }

    #[test]
    fn panels_have_ids_and_places_of_their_own() {
        let page = dashboard();
        let panels = page["panels"].as_array().expect("panels");
        let mut places = std::collections::HashSet::new();
        for (at, panel) in panels.iter().enumerate() {
            assert_eq!(panel["id"], at + 1);
            assert!(places.insert(panel["gridPos"].to_string()), "{} lies on another", panel["title"]);
        }
    }
}
