//! Holds `docs/deployment-guide.md` against the guide's headings, the program and the source.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use crate::process::{Folder, ended, spotlight};

/// The guide's headings, in its order.
const HEADINGS: &[&str] = &[
    "Overview",
    "Deployment Architecture",
    "Production Environment",
    "Prerequisites",
    "System Requirements",
    "Minimum Requirements",
    "Recommended Requirements",
    "Software Dependencies",
    "Server Requirements",
    "Database Requirements",
    "Kamal Deployment",
    "Initial Setup",
    "Regular Deployments",
    "Environment Variables",
    "Required Environment Variables",
    "Optional Environment Variables",
    "Docker Configuration",
    "Dockerfile",
    "Docker Compose (Development)",
    "Database Deployment",
    "Migration Strategy",
    "Zero-Downtime Migrations",
    "Migration Best Practices",
    "Database Backup Strategy",
    "Automated Backups",
    "Backup Schedule",
    "Monitoring and Logging",
    "Application Monitoring",
    "Health Check Endpoint",
    "Metrics Collection",
    "Logging Configuration",
    "Structured Logging",
    "Log Aggregation",
    "Security Configuration",
    "SSL/TLS Setup",
    "Let's Encrypt with Traefik",
    "Security Headers",
    "Network Security",
    "Firewall Configuration",
    "VPC Configuration (AWS)",
    "Performance Optimization",
    "Application Performance",
    "Database Optimization",
    "Caching Strategy",
    "Background Job Configuration",
    "Infrastructure Scaling",
    "Auto Scaling Configuration",
    "Load Balancer Configuration",
    "Disaster Recovery",
    "Backup and Recovery Procedures",
    "Database Recovery",
    "Application Recovery",
    "High Availability Setup",
    "Multi-Region Deployment",
    "Database Replication",
    "Maintenance Procedures",
    "Regular Maintenance Tasks",
    "Weekly Tasks",
    "Monthly Tasks",
    "Emergency Procedures",
    "Service Outage Response",
    "Rollback Procedures",
    "Troubleshooting Guide",
    "Common Issues",
    "High CPU Usage",
    "Memory Leaks",
    "Database Connection Issues",
    "Slow Queries",
    "Performance Debugging",
    "Application Profiling",
    "Database Query Analysis",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The rows of the page: heading, what serves it, commands, tests.
fn rows() -> Vec<[String; 4]> {
    let page = fs::read_to_string(root().join("docs/deployment-guide.md")).expect("the page");
    let rows = page.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| heading"));
    let cells = rows.map(|line| {
        let cells: Vec<_> = line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect();
        cells.try_into().unwrap_or_else(|_| panic!("four cells: {line}"))
    });
    cells.collect()
}

/// What stands in backquotes in a cell.
fn quoted(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

#[test]
fn every_heading_has_its_row() {
    let rows = rows();
    let found: Vec<_> = rows.iter().map(|row| row[0].as_str()).collect();
    assert_eq!(found, HEADINGS);
    for [heading, here, commands, tests] in &rows {
        // A heading that only groups others says nothing itself.
        let groups = here.is_empty() && commands.is_empty() && tests.is_empty();
        let comes = here.starts_with("to come");
        assert!(groups || comes || !here.is_empty(), "{heading} says nothing");
        assert!(!comes || commands.is_empty(), "{heading} is to come, and has a command already");
    }
}

#[test]
fn every_command_of_the_page_is_one() {
    let folder = Folder::new();
    let rows = rows();
    let commands: BTreeSet<_> = rows.iter().flat_map(|row| quoted(&row[2])).collect();
    assert!(commands.len() >= 4, "{commands:?}");
    for line in commands {
        let arguments = line.strip_prefix("spotlight ").unwrap_or_else(|| panic!("no command of ours: {line}"));
        let mut command = spotlight(&folder.0);
        command.args(arguments.split(' ')).arg("--help");
        assert!(ended(command).status.success(), "{line}");
    }
}

#[test]
fn every_test_of_the_page_is_there() {
    let mut source = String::new();
    let mut folders: Vec<_> = ["crates", "examples", "tests"].map(|name| root().join(name)).into();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
            if entry.is_dir() {
                folders.push(entry);
            } else if entry.extension().is_some_and(|extension| extension == "rs") {
                source.push_str(&fs::read_to_string(&entry).expect("text"));
            }
        }
    }
    for row in rows() {
        for name in quoted(&row[3]) {
            assert!(source.contains(&format!("fn {name}(")), "{}: there is no test {name}", row[0]);
        }
    }
}
