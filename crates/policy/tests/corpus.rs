//! Both wire forms over documents from the wild, when they are there: `TOLLGATE_SHARED` names the
//! folder (`make conformance` sets it); without it there is nothing to check.

use quick_xml::events::Event;
use std::path::{Path, PathBuf};
use tollgate_policy::document::{Element, Node, parse};
use tollgate_policy::{to_rawxml, to_xml};

/// Documents that are not XML for other reasons than their expressions. Source: corpus/README.md.
const NOT_WELL_FORMED_MAX: usize = 4;

#[test]
fn both_forms_say_the_same() {
    let Some(shared) = std::env::var_os("TOLLGATE_SHARED") else {
        println!("TOLLGATE_SHARED is not set: nothing to check");
        return;
    };
    let mut files = Vec::new();
    collect(&Path::new(&shared).join("corpus/policies"), &mut files);
    assert!(!files.is_empty(), "no documents");
    let mut broken = Vec::new();
    for file in &files {
        let Ok(text) = std::fs::read_to_string(file) else { continue };
        let parsed = parse(&text);
        let Some(root) = parsed.root.filter(|_| parsed.diagnostics.is_empty()) else {
            broken.push(file.display().to_string());
            continue;
        };
        let told = shape(&root);
        let (xml, raw) = (to_xml(&text), to_rawxml(&text));
        if let Err(why) = well_formed(&xml) {
            panic!("{}: the xml form is not XML: {why}", file.display());
        }
        for (form, other) in
            [("xml", &xml), ("rawxml", &raw), ("rawxml of xml", &to_rawxml(&xml)), ("xml of rawxml", &to_xml(&raw))]
        {
            let again = parse(other).root.map(|root| shape(&root));
            assert_eq!(again.as_ref(), Some(&told), "{}: {form}", file.display());
        }
        assert_eq!(to_xml(&to_rawxml(&xml)), to_xml(&raw), "{}: from xml to rawxml and back", file.display());
        assert_eq!(to_xml(&xml), xml, "{}: xml stays xml", file.display());
    }
    assert!(broken.len() <= NOT_WELL_FORMED_MAX, "{} of {} cannot be read: {broken:#?}", broken.len(), files.len());
}

/// Names, values and texts; places left out.
fn shape(element: &Element) -> String {
    let mut out = format!("<{}", element.name);
    for attribute in &element.attributes {
        out += &format!(" {}={:?}", attribute.name, attribute.value.value);
    }
    out.push('>');
    for child in &element.children {
        match child {
            Node::Element(child) => out += &shape(child),
            Node::Text(text) => out += &format!("{:?}", text.value),
            Node::Aside(_) => out.push('!'),
        }
    }
    out
}

/// By somebody else's parser.
fn well_formed(text: &str) -> Result<(), String> {
    let mut reader = quick_xml::Reader::from_str(text);
    loop {
        match reader.read_event().map_err(|error| error.to_string())? {
            Event::Eof => return Ok(()),
            Event::Start(tag) | Event::Empty(tag) => {
                for attribute in tag.attributes() {
                    let attribute = attribute.map_err(|error| error.to_string())?;
                    let value = attribute.value.to_string();
                    if value.contains('<') {
                        return Err(format!("`<` in an attribute: {value}"));
                    }
                    quick_xml::escape::unescape(&value).map_err(|error| format!("{error}: {value}"))?;
                }
            }
            _ => {}
        }
    }
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut entries: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    entries.sort();
    for entry in entries {
        if entry.is_dir() {
            collect(&entry, found);
        } else if entry.extension().is_some_and(|extension| extension == "xml") {
            found.push(entry);
        }
    }
}
