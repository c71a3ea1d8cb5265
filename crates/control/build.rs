//! Lists the built portal for `assets.rs`, so that a new build of it makes a new control plane. The
//! portal may be missing; then the list is empty. This never builds the portal itself.

use std::error::Error;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// Beside each text file, where `npm run build` put it: the same, compressed.
const ENCODED: [&str; 2] = ["br", "gz"];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    let portal = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../../portals/admin");
    let dist = portal.join("dist");
    let mut files = Vec::new();
    if dist.is_dir() {
        // The folder and each file: names carry a hash, so a new build has other names.
        println!("cargo::rerun-if-changed={}", dist.display());
        collect(&dist, &mut files)?;
        files.sort();
    } else {
        println!("cargo::rerun-if-changed={}", portal.display());
    }
    let list = list(&dist, &files)?;
    fs::write(Path::new(&env::var("OUT_DIR")?).join("portal.rs"), list)?;
    Ok(())
}

/// Every file below `folder` but hidden ones (`.vite/manifest.json` is for the build alone).
fn collect(folder: &Path, into: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        if entry.file_type()?.is_dir() { collect(&entry.path(), into)? } else { into.push(entry.path()) }
    }
    Ok(())
}

/// The text of the list: one `File` a file, compressed forms beside it. What is there as gzip is not
/// there plain: it can be had from that.
fn list(dist: &Path, files: &[PathBuf]) -> Result<String, Box<dyn Error>> {
    let mut out = String::from("&[\n");
    for file in files {
        let name = file.strip_prefix(dist)?.to_string_lossy().replace('\\', "/");
        let is_encoded = ENCODED.iter().any(|ending| {
            name.strip_suffix(ending)
                .and_then(|rest| rest.strip_suffix('.'))
                .is_some_and(|plain| dist.join(plain).exists())
        });
        if is_encoded {
            continue;
        }
        let bytes = |file: &Path| format!("Some(include_bytes!({:?}))", file.display().to_string());
        let encoded = |ending: &str| {
            let encoded = dist.join(format!("{name}.{ending}"));
            if encoded.exists() { bytes(&encoded) } else { "None".to_owned() }
        };
        let (brotli, gzip) = (encoded("br"), encoded("gz"));
        let plain = if gzip == "None" { bytes(file) } else { "None".to_owned() };
        writeln!(out, "    File {{ name: {name:?}, plain: {plain}, brotli: {brotli}, gzip: {gzip} }},")?;
    }
    out.push(']');
    Ok(out)
}
