//! Keys that OpenID providers publish.

use super::{Known, Opened, Refusal};
use crate::fault::Fault;
use crate::host::Host;
use crate::jose::{Key, Provider, Verdict};
use smol_str::SmolStr;
use std::sync::Arc;

/// The OpenID providers of one policy, as far as they are known now.
pub struct Providers {
    urls: Vec<SmolStr>,
    pub ready: Vec<Arc<Provider>>,
    /// Why one of them is not: a token that none of the others vouches for is not refused, for it may
    /// be right.
    pub unreachable: Option<Fault>,
}

impl Providers {
    pub async fn load<H: Host>(urls: Vec<SmolStr>, host: &H) -> Providers {
        let mut providers = Providers {
            urls: Vec::with_capacity(urls.len()),
            ready: Vec::with_capacity(urls.len()),
            unreachable: None,
        };
        for url in urls {
            match host.openid_provider(&url, None).await {
                Ok(provider) => {
                    providers.ready.push(provider);
                    providers.urls.push(url);
                }
                Err(fault) => providers.unreachable = Some(fault),
            }
        }
        providers
    }

    /// Whether the key that signed a remembered token is still published.
    pub fn vouch_for(&self, known: &Known) -> bool {
        known.provider.as_ref().is_none_or(|then| self.ready.iter().any(|now| Arc::ptr_eq(then, now)))
    }

    /// Whose key signed the token: `None` for one of `own`. Where no key fits, the providers are asked
    /// once more: they may have changed their keys.
    pub async fn verify<H: Host>(
        &mut self,
        opened: &Opened,
        own: &[&Key],
        host: &H,
    ) -> Result<Result<Option<Arc<Provider>>, Refusal>, Fault> {
        let (mut verdict, mut tried) = match self.try_keys(opened, own) {
            Ok(provider) => return Ok(Ok(provider)),
            Err(failure) => failure,
        };
        if verdict != Verdict::UnknownAlgorithm && self.renew(opened, host).await {
            (verdict, tried) = match self.try_keys(opened, own) {
                Ok(provider) => return Ok(Ok(provider)),
                Err(failure) => failure,
            };
        }
        match &self.unreachable {
            Some(fault) if verdict != Verdict::UnknownAlgorithm => Err(fault.clone()),
            _ => Ok(Err(opened.refusal(verdict, tried))),
        }
    }

    fn try_keys(&self, opened: &Opened, own: &[&Key]) -> Result<Option<Arc<Provider>>, (Verdict, usize)> {
        let published: Vec<(&Arc<Provider>, &Key)> = published(&self.ready).collect();
        let keys: Vec<&Key> = own.iter().copied().chain(published.iter().map(|(_, key)| *key)).collect();
        match opened.verify(&keys) {
            Verdict::Signed(index) => {
                let published = index.checked_sub(own.len()).and_then(|index| published.get(index));
                Ok(published.map(|(provider, _)| Arc::clone(provider)))
            }
            verdict => Err((verdict, keys.len())),
        }
    }

    /// Asks for keys again, unless the token names one that is known. `true`: some are new.
    async fn renew<H: Host>(&mut self, opened: &Opened, host: &H) -> bool {
        let named = [&opened.header.key_id, &opened.header.x5t];
        let is_known = |key: &Key| named.into_iter().flatten().any(|name| key.is_called(name));
        if published(&self.ready).any(|(_, key)| is_known(key)) {
            return false;
        }
        let mut changed = false;
        for (url, provider) in self.urls.iter().zip(&mut self.ready) {
            if let Ok(fresh) = host.openid_provider(url, Some(provider)).await
                && !Arc::ptr_eq(&fresh, provider)
            {
                *provider = fresh;
                changed = true;
            }
        }
        changed
    }
}

/// The keys of some providers, in order.
fn published(providers: &[Arc<Provider>]) -> impl Iterator<Item = (&Arc<Provider>, &Key)> {
    providers.iter().flat_map(|provider| provider.keys.iter().map(move |key| (provider, key)))
}
