//! OpenID providers: metadata and key sets, fetched once for the node and kept. Source:
//! reference/policies.md, chapter 5: refreshed every hour; after an unknown key id or a failure again
//! at most once in five minutes.

use crate::fetch::{Call, FetchError};
use crate::renewed::{Fetched, Pace, Renewed};
use crate::upstream::TlsClient;
use crate::worker::Worker;
use ahash::AHashMap;
use parking_lot::Mutex;
use smol_str::SmolStr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use tollgate_policy::jose::{self, Provider};

const REFRESH: Duration = Duration::from_secs(3_600);
const PACE: Pace = Pace {
    // A provider that was never reached stops an API: it is looked for more often than the reference
    // says, and not by every request.
    retry_without: Duration::from_secs(10),
    retry_with: Duration::from_secs(300),
    forced: Duration::from_secs(300),
};
/// URLs may be computed from requests: beyond this many the memory starts anew.
const PROVIDERS_MAX: usize = 1_000;

/// Those of one node, by the URL of their metadata.
#[derive(Default)]
pub struct Providers(Mutex<AHashMap<SmolStr, Arc<Renewed<Provider>>>>);

impl Providers {
    /// `stale`: none of these keys fits a token.
    ///
    /// # Errors
    /// It was never reached.
    pub async fn get(
        &self,
        worker: &Rc<Worker>,
        tls: &Arc<TlsClient>,
        url: &str,
        stale: Option<&Arc<Provider>>,
    ) -> Result<Arc<Provider>, FetchError> {
        let renewed = self.entry(url);
        let fetch = || fetch(worker.clone(), tls.clone(), url.to_owned());
        let limit = worker.node.settings.limits.credential_fetch;
        let known = renewed.get(limit, false, fetch).await?;
        match stale {
            Some(stale) if Arc::ptr_eq(stale, &known) => renewed.get(limit, true, fetch).await,
            // Somebody else has fetched since.
            _ => Ok(known),
        }
    }

    fn entry(&self, url: &str) -> Arc<Renewed<Provider>> {
        let mut all = self.0.lock();
        if let Some(known) = all.get(url) {
            return known.clone();
        }
        if all.len() >= PROVIDERS_MAX {
            all.clear();
        }
        let made = Renewed::new(PACE);
        all.insert(SmolStr::new(url), made.clone());
        made
    }
}

async fn fetch(worker: Rc<Worker>, tls: Arc<TlsClient>, url: String) -> Result<Fetched<Provider>, FetchError> {
    let unusable = |error: jose::ProviderError| FetchError::Content(error.to_string());
    let metadata = Call::get_text(&url)?.following().send(&worker, &tls).await?;
    let metadata = jose::parse_metadata(&url, &metadata).map_err(unusable)?;
    let keys_url = jose::jwks_url(&url, &metadata).map_err(unusable)?;
    let keys = Call::get(keys_url).following().send(&worker, &tls).await?;
    let keys = jose::parse_keys(&metadata.jwks_uri, &keys).map_err(unusable)?;
    let value = Provider { issuer: metadata.issuer.into(), keys };
    Ok(Fetched { value, fresh_for: REFRESH, usable_for: None })
}
