//! The rules of the house: arrows between crates, invariants of absence. Source: ARCHITECTURE.md.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Our crates that `name` may use, tests aside.
fn allowed(name: &str) -> &'static [&'static str] {
    match name {
        "error" => &[],
        "expression" | "contract" => &["error"],
        "policy" => &["error", "expression"],
        "store" => &["error", "contract"],
        "gateway" => &["error", "contract", "expression", "policy"],
        "control" => &["error", "contract", "expression", "policy", "store"],
        "tollgate" => &["error", "contract", "expression", "policy", "store", "gateway", "control"],
        "testkit" => &["error", "contract", "expression", "policy", "store", "gateway", "control"],
        other => panic!("crate {other} has no place in the house yet: say in ARCHITECTURE.md and here what it may use"),
    }
}

fn dependencies(manifest: &str) -> BTreeSet<String> {
    let section = manifest.split("\n[dependencies]\n").nth(1).unwrap_or_default();
    let section = section.split("\n[").next().unwrap_or_default();
    section
        .lines()
        .filter_map(|line| line.split(['.', ' ', '=']).next())
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}

fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).expect("source");
            found.push((path, text));
        }
    }
    found
}

#[test]
fn arrows_point_one_way() {
    for entry in std::fs::read_dir(root().join("crates")).expect("crates").flatten() {
        let name = entry.file_name().into_string().expect("name");
        let manifest = std::fs::read_to_string(entry.path().join("Cargo.toml")).expect("manifest");
        let ours: Vec<String> =
            dependencies(&manifest).iter().filter_map(|d| d.strip_prefix("tollgate-")).map(str::to_owned).collect();
        for used in ours {
            assert!(
                allowed(&name).contains(&used.as_str()),
                "crates/{name} uses crates/{used}: the arrow points the wrong way"
            );
        }
    }
}

/// Names that only code with effects has, by crate. Comment lines do not count.
#[test]
fn expression_policy_and_contract_have_no_effects() {
    const EFFECTS: &[&str] = &[
        "std::net::Tcp",
        "std::net::Udp",
        "TcpStream",
        "TcpListener",
        "UdpSocket",
        "std::fs",
        "std::thread::spawn",
        "tokio::spawn",
        "spawn_local",
        "SystemTime::now",
        "Instant::now",
        "std::env::var",
        "std::process",
    ];
    for name in ["expression", "policy", "contract"] {
        for (path, text) in sources(&root().join("crates").join(name).join("src")) {
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            for line in code.lines().filter(|line| !line.trim_start().starts_with("//")) {
                for effect in EFFECTS {
                    assert!(!line.contains(effect), "{} has an effect: {line}", path.display());
                }
            }
        }
        let manifest = std::fs::read_to_string(root().join("crates").join(name).join("Cargo.toml")).expect("manifest");
        for runtime in ["tokio", "hyper", "axum", "reqwest", "sqlx"] {
            assert!(!dependencies(&manifest).contains(runtime), "crates/{name} depends on {runtime}");
        }
    }
}

#[test]
fn contract_holds_no_logic() {
    for (path, text) in sources(&root().join("crates/contract/src")) {
        for line in text.lines().map(str::trim) {
            assert!(
                !line.starts_with("async fn") && !line.starts_with("for ") && !line.starts_with("while "),
                "{}: {line}",
                path.display()
            );
        }
    }
}

#[test]
fn every_error_code_has_its_page_and_every_page_its_code() {
    let pages: BTreeSet<String> = std::fs::read_dir(root().join("docs/errors"))
        .expect("docs/errors")
        .flatten()
        .filter_map(|entry| entry.path().file_stem().and_then(|stem| stem.to_str()).map(str::to_owned))
        .filter(|stem| stem.starts_with("TG"))
        .collect();
    let codes: BTreeSet<String> = tollgate_error::CODES.iter().map(|entry| entry.code.to_string()).collect();
    assert_eq!(pages, codes, "run `make docs`");
    for entry in tollgate_error::CODES {
        let page = std::fs::read_to_string(root().join(format!("docs/errors/{}.md", entry.code))).expect("page");
        assert!(
            page.contains(entry.title) && page.contains(entry.explanation),
            "docs/errors/{}.md is out of date: run `make docs`",
            entry.code
        );
    }
}

/// A file this long hides a missing noun, unless it is a flat catalogue (the member tables of .NET).
#[test]
fn no_function_file_grows_past_its_limit() {
    const LINES_MAX: usize = 1_000;
    const CATALOGUES: &str = "crates/expression/src/library/";
    let long: Vec<String> = sources(&root().join("crates"))
        .into_iter()
        .filter(|(path, _)| !path.to_string_lossy().contains(CATALOGUES))
        .filter(|(path, text)| text.lines().count() > LINES_MAX && !path.components().any(|c| c.as_os_str() == "tests"))
        .map(|(path, text)| format!("{} ({} lines)", path.display(), text.lines().count()))
        .collect();
    assert!(long.is_empty(), "which noun is missing?\n{}", long.join("\n"));
}
