//! The arrows of ARCHITECTURE.md, held over what cargo itself says the crates depend on.

use cargo_metadata::{DependencyKind, MetadataCommand, Package};
use std::collections::BTreeSet;

/// Crate, and which of ours it may depend on in its own code.
const ARROWS: &[(&str, &[&str])] = &[
    ("attune-engine", &[]),
    ("attune-models", &["attune-engine"]),
    ("attune-ingest", &["attune-engine"]),
    ("attune-coach", &["attune-engine"]),
    (
        "attune",
        &["attune-engine", "attune-models", "attune-ingest", "attune-coach"],
    ),
    ("attune-fuzz", &["attune-ingest"]),
    ("attune-tests", &[]),
    (
        "attune-benches",
        &["attune-engine", "attune-models", "attune-ingest", "attune-coach"],
    ),
];

/// Outside crate, and the only ones of ours that may name it. Tests and benches may look into the database.
const SOLE_USERS: &[(&str, &[&str])] = &[
    ("sqlx", &["attune", "attune-tests", "attune-benches"]),
    ("redis", &["attune", "attune-tests", "attune-benches"]),
    ("axum", &["attune"]),
    ("graphile_worker", &["attune"]),
    ("prometheus-client", &["attune"]),
    ("ort", &["attune-models"]),
    ("whisper-rs", &["attune-models", "attune-benches"]),
    ("async-openai", &["attune-coach"]),
    ("qdrant-client", &["attune-coach"]),
];

/// What would give the engine a clock, a network or threads.
const NEVER_IN_ENGINE: &[&str] = &["tokio", "reqwest", "sqlx", "rayon", "chrono", "time", "hyper"];

fn ours() -> Vec<Package> {
    let metadata = MetadataCommand::new()
        .manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml"))
        .no_deps()
        .exec()
        .expect("cargo metadata runs");
    metadata.packages
}

fn names_of(package: &Package, kinds: &[DependencyKind]) -> BTreeSet<String> {
    package
        .dependencies
        .iter()
        .filter(|d| kinds.contains(&d.kind))
        .map(|d| d.name.clone())
        .collect()
}

#[test]
fn every_crate_depends_only_on_those_its_arrows_point_at() {
    let packages = ours();
    assert_eq!(
        packages.len(),
        ARROWS.len(),
        "a crate is missing from the table of arrows"
    );
    for package in &packages {
        let (_, allowed) = ARROWS
            .iter()
            .find(|(name, _)| *name == package.name.as_str())
            .unwrap_or_else(|| panic!("{} is not in the table of arrows", package.name));
        let used: BTreeSet<_> = names_of(package, &[DependencyKind::Normal, DependencyKind::Build])
            .into_iter()
            .filter(|name| name == "attune" || name.starts_with("attune-"))
            .collect();
        let allowed: BTreeSet<_> = allowed.iter().map(ToString::to_string).collect();
        assert!(
            used.is_subset(&allowed),
            "{} depends on {:?}, allowed are {allowed:?}",
            package.name,
            used
        );
    }
}

#[test]
fn siblings_never_see_each_other_even_in_their_tests() {
    let siblings = ["attune-models", "attune-ingest", "attune-coach"];
    for package in ours().iter().filter(|p| siblings.contains(&p.name.as_str())) {
        let all = names_of(
            package,
            &[
                DependencyKind::Normal,
                DependencyKind::Build,
                DependencyKind::Development,
            ],
        );
        for other in siblings.iter().filter(|other| **other != package.name.as_str()) {
            assert!(!all.contains(*other), "{} depends on its sibling {other}", package.name);
        }
    }
}

#[test]
fn storage_routes_and_models_are_named_only_where_they_live() {
    for package in ours() {
        let all = names_of(
            &package,
            &[
                DependencyKind::Normal,
                DependencyKind::Build,
                DependencyKind::Development,
            ],
        );
        for (outside, users) in SOLE_USERS {
            assert!(
                !all.contains(*outside) || users.contains(&package.name.as_str()),
                "{} names {outside}, which belongs to {users:?}",
                package.name
            );
        }
    }
}

#[test]
fn the_engine_has_no_clock_no_network_and_no_runtime() {
    let engine = ours()
        .into_iter()
        .find(|p| p.name.as_str() == "attune-engine")
        .expect("the engine is there");
    let used = names_of(&engine, &[DependencyKind::Normal, DependencyKind::Build]);
    for never in NEVER_IN_ENGINE {
        assert!(!used.contains(*never), "the engine depends on {never}");
    }
}

#[test]
fn no_openssl_is_in_the_tree() {
    let lock =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.lock")).expect("Cargo.lock is there");
    for banned in ["openssl-sys", "openssl", "native-tls"] {
        assert!(
            !lock.contains(&format!("name = \"{banned}\"")),
            "{banned} is in Cargo.lock"
        );
    }
}
