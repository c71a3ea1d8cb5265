//! Findings in expressions stand at their place in the *document*: `positions/*.xml` are documents in
//! which every mistake is the word `Wrong`, and the `.txt` beside each is what is told of it.
//! `UPDATE_GOLDEN=1` writes those anew.

use tollgate_error::{LineIndex, render};
use tollgate_policy::simulation::Names;
use tollgate_policy::{ScopeKind, compile};

/// What every mistake is, so that its place in the document is known without counting.
const MISTAKE: &str = "Wrong";

#[test]
fn every_mistake_is_told_at_its_place_in_the_document() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/positions");
    let mut files: Vec<_> = std::fs::read_dir(&folder).expect("a folder").flatten().map(|file| file.path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "xml"));
    files.sort();
    assert!(!files.is_empty());
    for file in files {
        let text = std::fs::read_to_string(&file).expect("a document");
        let found = compile(&text, ScopeKind::Api, &Names::default()).diagnostics;
        let index = LineIndex::new(&text);
        let name = file.file_name().expect("a name").to_string_lossy().into_owned();
        let wanted: Vec<_> = text.match_indices(MISTAKE).map(|(at, _)| index.position(at as u32)).collect();
        let mut told: Vec<_> = found.iter().map(|found| index.position(found.span.start)).collect();
        told.sort();
        assert_eq!(told, wanted, "{name}: {}", render(&name, &text, &found));
        let shown = render(&name, &text, &found);
        let golden = file.with_extension("txt");
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(&golden, &shown).expect("a golden file");
        }
        assert_eq!(shown, std::fs::read_to_string(&golden).unwrap_or_default(), "{name}");
    }
}
