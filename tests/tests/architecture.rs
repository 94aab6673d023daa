//! The arrows between crates, read from `cargo metadata`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

/// What each crate may use of ours. A crate that is not listed here fails the test.
const ALLOWED: &[(&str, &[&str])] = &[
    ("spotlight-derive", &[]),
    ("spotlight-core", &["spotlight-derive"]),
    ("spotlight-storage", &["spotlight-core", "spotlight-derive"]),
    ("spotlight-providers", &["spotlight-core", "spotlight-derive"]),
    ("spotlight-http", &["spotlight-core", "spotlight-derive"]),
    ("spotlight-http-axum", &["spotlight-core", "spotlight-http"]),
    ("spotlight-http-actix", &["spotlight-core", "spotlight-http"]),
    (
        "spotlight-ops",
        &[
            "spotlight-core",
            "spotlight-derive",
            "spotlight-storage",
            "spotlight-providers",
            "spotlight-http",
            "spotlight-http-axum",
            "spotlight-http-actix",
        ],
    ),
    (
        "spotlight-examples",
        &[
            "spotlight-ops",
            "spotlight-core",
            "spotlight-storage",
            "spotlight-providers",
            "spotlight-http",
            "spotlight-http-axum",
            "spotlight-http-actix",
        ],
    ),
    (
        "spotlight-benches",
        &[
            "spotlight-ops",
            "spotlight-core",
            "spotlight-storage",
            "spotlight-http",
            "spotlight-http-axum",
            "spotlight-http-actix",
            "spotlight-tests",
        ],
    ),
    (
        "spotlight-tests",
        &[
            "spotlight-ops",
            "spotlight-core",
            "spotlight-storage",
            "spotlight-providers",
            "spotlight-http",
            "spotlight-http-axum",
            "spotlight-http-actix",
        ],
    ),
];

/// Technologies that must not reach a crate, and the crates they must not reach.
const FORBIDDEN: &[(&str, &[&str])] = &[
    ("sqlx", &["spotlight-core", "spotlight-http", "spotlight-http-axum", "spotlight-http-actix"]),
    ("redis", &["spotlight-core", "spotlight-http", "spotlight-http-axum", "spotlight-http-actix"]),
    ("axum", &["spotlight-core", "spotlight-storage", "spotlight-http", "spotlight-http-actix"]),
    ("actix-web", &["spotlight-core", "spotlight-storage", "spotlight-http", "spotlight-http-axum"]),
    ("hyper", &["spotlight-core", "spotlight-storage", "spotlight-http", "spotlight-http-actix"]),
    ("tower", &["spotlight-core", "spotlight-storage", "spotlight-http"]),
    ("reqwest", &["spotlight-core", "spotlight-storage", "spotlight-http-axum", "spotlight-http-actix"]),
    (
        "openssl-sys",
        &["spotlight-core", "spotlight-storage", "spotlight-http", "spotlight-http-axum", "spotlight-examples"],
    ),
    (
        "aws-lc-sys",
        &["spotlight-core", "spotlight-storage", "spotlight-http", "spotlight-http-axum", "spotlight-examples"],
    ),
];

/// Normal and build dependencies of each of our crates, features that are off by default included.
fn packages() -> BTreeMap<String, Vec<(String, bool)>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--manifest-path"])
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml"))
        .output()
        .expect("cargo metadata runs");
    assert!(output.status.success(), "cargo metadata failed");
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo metadata is JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    packages
        .iter()
        .map(|package| {
            let name = package["name"].as_str().expect("name").to_owned();
            let dependencies = package["dependencies"].as_array().expect("dependencies").iter();
            let normal = dependencies
                .filter(|dependency| dependency["kind"] != "dev")
                .map(|dependency| {
                    let name = dependency["name"].as_str().expect("name").to_owned();
                    (name, dependency["optional"].as_bool().unwrap_or_default())
                })
                .collect();
            (name, normal)
        })
        .collect()
}

#[test]
fn our_crates_depend_only_along_the_arrows() {
    let packages = packages();
    assert!(packages.len() >= ALLOWED.len(), "the workspace has fewer crates than the rules name");
    for (name, dependencies) in &packages {
        let allowed = ALLOWED.iter().find(|(known, _)| known == name);
        let (_, allowed) = allowed.unwrap_or_else(|| panic!("{name} has no rule here; decide what it may depend on"));
        for (dependency, _) in dependencies.iter().filter(|(dependency, _)| dependency.starts_with("spotlight-")) {
            assert!(allowed.contains(&dependency.as_str()), "{name} must not depend on {dependency}");
        }
    }
}

#[test]
fn no_technology_reaches_a_crate_it_must_not() {
    let packages = packages();
    for (technology, crates) in FORBIDDEN {
        for name in *crates {
            let dependencies = packages.get(*name).unwrap_or_else(|| panic!("{name} is not in the workspace"));
            // The black-box suite of the contract is a client, behind a feature that no server turns on.
            let found = dependencies.iter().any(|(dependency, optional)| dependency == technology && !optional);
            assert!(!found, "{name} must not depend on {technology}");
        }
    }
}

/// What a normal build of a crate pulls in, all the way down, by name.
fn tree(package: &str) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--prefix", "none", "--edges", "normal", "--package", package])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .output()
        .expect("cargo tree runs");
    assert!(output.status.success(), "cargo tree failed: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("cargo tree prints text");
    assert!(text.starts_with(package), "an unexpected tree:\n{text}");
    text.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}

#[test]
fn crates_stay_free_of_technologies_all_the_way_down() {
    const DATABASES: &[&str] = &["sqlx", "redis", "libsqlite3-sys", "tokio-postgres"];
    const FRAMEWORKS: &[&str] = &["axum", "actix", "hyper", "tower-http"];
    const CLIENTS: &[&str] = &["reqwest", "openssl-sys", "aws-lc"];
    for (package, unwanted) in [
        ("spotlight-core", [DATABASES, FRAMEWORKS, CLIENTS, &["rustls"]].concat()),
        ("spotlight-http", [DATABASES, FRAMEWORKS, CLIENTS, &["rustls"]].concat()),
        ("spotlight-storage", [FRAMEWORKS, CLIENTS].concat()),
        ("spotlight-providers", [DATABASES, &["axum", "actix", "openssl-sys", "aws-lc"]].concat()),
        ("spotlight-http-axum", [DATABASES, CLIENTS, &["actix"]].concat()),
        ("spotlight-http-actix", [DATABASES, CLIENTS, &["axum", "hyper", "tower-http"]].concat()),
        ("spotlight-examples", vec!["openssl-sys", "aws-lc"]),
    ] {
        let tree = tree(package);
        for technology in unwanted {
            let found: Vec<_> = tree.iter().filter(|name| name.starts_with(technology)).collect();
            assert!(found.is_empty(), "{package} pulls in {found:?}");
        }
    }
}

/// Every source file below a folder.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        if entry.is_dir() {
            sources(&entry, found);
        } else if entry.extension().is_some_and(|extension| extension == "rs") {
            found.push(entry);
        }
    }
}

/// The crates that a source file names: `name::` at the beginning of a path.
fn named(source: &str) -> BTreeSet<&str> {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let lines = source.lines().filter(|line| !line.trim_start().starts_with("//"));
    let paths = lines.flat_map(|line| {
        line.match_indices("::").filter_map(move |(at, _)| {
            let before = &line[..at];
            let start = before.rfind(|c| !word(c)).map_or(0, |found| found + 1);
            // A later part of a path is no crate.
            (!before[..start].ends_with(':')).then_some(&before[start..])
        })
    });
    paths.filter(|name| !name.is_empty()).collect()
}

/// A type that a file does not name cannot stand in its signatures, public or not.
#[test]
fn core_and_the_contract_name_no_driver_and_no_framework() {
    const UNWANTED: &[&str] = &[
        "sqlx",
        "redis",
        "rusqlite",
        "tokio_postgres",
        "axum",
        "actix_http",
        "actix_web",
        "hyper",
        "hyper_util",
        "tower",
        "tower_http",
        "reqwest",
        "spotlight_storage",
        "spotlight_providers",
        "spotlight_http_axum",
        "spotlight_http_actix",
    ];
    let mut files = Vec::new();
    for package in ["spotlight-core", "spotlight-http"] {
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates").join(package).join("src"), &mut files);
    }
    assert!(files.len() > 100, "the sources are where they were");
    // The contract's suite is a client of servers, and not part of any.
    for file in files.iter().filter(|file| !file.components().any(|part| part.as_os_str() == "conformance")) {
        let source = fs::read_to_string(file).expect("a source");
        let found: Vec<_> = named(&source).into_iter().filter(|name| UNWANTED.contains(name)).collect();
        assert!(found.is_empty(), "{} names {found:?}", file.display());
    }
}

#[test]
fn a_crate_is_recognised_where_it_is_named() {
    let source = "use axum::Router;\nfn f(x: sqlx::Pool) -> a::hyper::B {}\n// redis::Client\n";
    assert_eq!(named(source).into_iter().collect::<Vec<_>>(), ["a", "axum", "sqlx"]);
}
