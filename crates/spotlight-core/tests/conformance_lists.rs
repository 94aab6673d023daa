//! No case is written and then forgotten: every one stands in the list that turns it into a test.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use spotlight_core::conformance::{STORAGE_CASES, queue::QUEUE_CASES};

/// The cases of a file: functions that take a fixture, or a port.
fn cases(text: &str) -> Vec<&str> {
    text.lines()
        .filter_map(|line| line.strip_prefix("pub async fn ")?.split_once("(fixture: &dyn "))
        .map(|(name, _)| name)
        .collect()
}

/// The files of a folder, and those of folders in it as one file each, by their names.
fn files() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/conformance");
    let text = |path: &Path| -> String {
        if path.is_dir() {
            return paths(path).iter().map(|path| fs::read_to_string(path).expect("readable")).collect();
        }
        fs::read_to_string(path).expect("readable")
    };
    let name = |path: &Path| path.file_stem().expect("a name").to_string_lossy().into_owned();
    let suites = paths(&folder).into_iter();
    let suites = suites.filter(|path| path.is_dir() || path.extension().is_some_and(|extension| extension == "rs"));
    suites.map(|path| (name(&path), text(&path))).collect()
}

fn paths(folder: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(folder).expect("the suites are there");
    files.map(|entry| entry.expect("readable").path()).collect()
}

/// The cases that stand in a table, and those that were written for a fixture.
fn listed_and_written(table: impl Iterator<Item = &'static str>, fixture: &str) -> (Vec<String>, Vec<String>) {
    let mut written: Vec<_> = files()
        .iter()
        .filter(|(_, text)| text.contains(&format!("(fixture: &dyn {fixture})")))
        .flat_map(|(file, text)| cases(text).into_iter().map(|case| format!("{file}::{case}")).collect::<Vec<_>>())
        .collect();
    let mut listed: Vec<_> = table.map(str::to_owned).collect();
    written.sort();
    listed.sort();
    (listed, written)
}

#[test]
fn every_case_of_storage_is_listed_once() {
    let (listed, written) = listed_and_written(STORAGE_CASES.iter().map(|(name, _)| *name), "StorageFixture");
    assert_eq!(listed, written);
    assert!(listed.len() > 100, "{} cases are fewer than there were", listed.len());
}

#[test]
fn every_case_of_a_job_queue_is_listed_once() {
    let (listed, written) = listed_and_written(QUEUE_CASES.iter().map(|(name, _)| *name), "JobQueueFixture");
    assert_eq!(listed, written);
    assert!(listed.len() > 50, "{} cases are fewer than there were", listed.len());
}

#[test]
fn every_case_of_the_other_ports_is_listed_in_its_file() {
    let mut suites = 0;
    for (file, text) in files() {
        let Some((_, list)) = text.split_once("$crate::__conformance_tests! {") else { continue };
        if file == "storage" {
            continue;
        }
        suites += 1;
        let (_, list) = list.split_once(&format!("{file} {{")).expect("a list named like its file");
        let (list, _) = list.split_once('}').expect("an end");
        assert_eq!(list.split_whitespace().collect::<BTreeSet<_>>(), cases(&text).into_iter().collect(), "{file}");
    }
    assert_eq!(suites, 6, "cache, delivery, events, files, limit and mail");
}
