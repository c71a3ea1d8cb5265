//! What documents may refer to, as far as the caller lets us look: nothing, a folder in the APIOps
//! layout, or a control plane.

use super::{read, unreadable};
use crate::Failure;
use crate::cli::AgainstArgs;
use crate::management::{Management, block_on};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use tollgate_error::Problem;
use tollgate_policy::{SchemaSource, Sources};

/// Fragments and named values as they are stored; `None` for a set that nobody knows.
#[derive(Default)]
pub struct Known {
    /// By display name; without a value for secrets that are kept elsewhere.
    named_values: Option<BTreeMap<String, Option<Arc<str>>>>,
    fragments: Option<BTreeMap<String, Arc<str>>>,
    backends: Option<BTreeSet<String>>,
    /// Ids, and thumbprints in upper case.
    certificates: Option<BTreeSet<String>>,
}

impl Known {
    /// # Errors
    /// The folder or the control plane cannot be read.
    pub fn against(args: &AgainstArgs) -> Result<Known, Failure> {
        match args.against.as_deref() {
            None => Ok(Known::default()),
            Some(url) if url.starts_with("http://") || url.starts_with("https://") => {
                Ok(block_on(Known::of_service(url, args))?)
            }
            Some(folder) => Known::of_folder(Path::new(folder)),
        }
    }

    /// Folders that an export does not have (certificates, in APIOps' case) are unknown, not empty.
    fn of_folder(folder: &Path) -> Result<Known, Failure> {
        if !folder.is_dir() {
            return Err(unreadable(folder, &"it is neither a folder nor an http:// or https:// address"));
        }
        let mut known = Known::default();
        let mut named_values = BTreeMap::new();
        for entry in entries(&folder.join("named values"))? {
            let information = json(&entry.join("namedValueInformation.json"))?;
            let (name, value) = named_value(&information, &name_of(&entry));
            named_values.insert(name, value);
        }
        known.named_values = Some(named_values);
        let mut fragments = BTreeMap::new();
        for entry in entries(&folder.join("policy fragments"))? {
            fragments.insert(name_of(&entry), Arc::from(read(&entry.join("policy.xml"))?));
        }
        known.fragments = Some(fragments);
        let names = |folder: &Path| -> Result<BTreeSet<String>, Failure> {
            Ok(entries(folder)?.iter().map(|entry| name_of(entry)).collect())
        };
        known.backends = Some(names(&folder.join("backends"))?);
        let certificates = folder.join("certificates");
        if certificates.is_dir() {
            known.certificates = Some(names(&certificates)?);
        }
        Ok(known)
    }

    async fn of_service(url: &str, args: &AgainstArgs) -> Result<Known, Problem> {
        let management = Management::open(url, &args.credential)?;
        let name = |resource: &Value| resource["name"].as_str().unwrap_or_default().to_owned();
        let named_values = management.list("namedValues").await?;
        let named_values = named_values.iter().map(|resource| named_value(resource, &name(resource))).collect();
        let mut fragments = BTreeMap::new();
        for fragment in management.list("policyFragments").await? {
            let id = name(&fragment);
            let text = fragment["properties"]["value"].as_str().unwrap_or_default();
            fragments.insert(id, Arc::from(text));
        }
        let backends = management.list("backends").await?.iter().map(name).collect();
        let mut certificates = BTreeSet::new();
        for certificate in management.list("certificates").await? {
            certificates.insert(name(&certificate));
            if let Some(thumbprint) = certificate["properties"]["thumbprint"].as_str() {
                certificates.insert(thumbprint.to_ascii_uppercase());
            }
        }
        Ok(Known {
            named_values: Some(named_values),
            fragments: Some(fragments),
            backends: Some(backends),
            certificates: Some(certificates),
        })
    }
}

impl Sources for Known {
    fn named_value(&self, name: &str) -> Option<Arc<str>> {
        self.named_values.as_ref()?.get(name)?.clone()
    }

    fn assumes_named_value(&self, name: &str) -> bool {
        self.named_values.as_ref().is_none_or(|known| known.get(name).is_some_and(Option::is_none))
    }

    fn fragment(&self, id: &str) -> Option<Arc<str>> {
        match &self.fragments {
            None => Some(Arc::from("<fragment />")),
            Some(known) => known.get(id).cloned(),
        }
    }

    fn has_backend(&self, id: &str) -> bool {
        self.backends.as_ref().is_none_or(|known| known.contains(id))
    }

    fn has_certificate(&self, id: &str) -> bool {
        let known = |known: &BTreeSet<String>| known.contains(id) || known.contains(&id.to_ascii_uppercase());
        self.certificates.as_ref().is_none_or(known)
    }

    // Connections stand in no file of an extracted service.
    fn has_authorization(&self, _: &str, _: &str) -> bool {
        true
    }

    /// Schemas are not read from anywhere: what a document names exists.
    fn schema(&self, _: &str) -> Option<SchemaSource> {
        Some(SchemaSource::Unknown)
    }
}

/// Display name, and value where it is told.
fn named_value(resource: &Value, id: &str) -> (String, Option<Arc<str>>) {
    let properties = &resource["properties"];
    let name = properties["displayName"].as_str().unwrap_or(id).to_owned();
    (name, properties["value"].as_str().map(Arc::from))
}

/// What is in a folder, in order; nothing when there is no such folder.
fn entries(folder: &Path) -> Result<Vec<std::path::PathBuf>, Failure> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let listed = std::fs::read_dir(folder).map_err(|cause| unreadable(folder, &cause))?;
    let mut found: Vec<_> = listed.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    found.sort();
    Ok(found)
}

fn name_of(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn json(file: &Path) -> Result<Value, Failure> {
    serde_json::from_str(&read(file)?).map_err(|cause| unreadable(file, &cause))
}
