//! What policies reach outside: the cache, loggers, and secrets of backends by name.

use super::Builder;
use crate::kinds::policies;
use crate::resource::Resource;
use crate::state::View;
use serde_json::Value;
use std::sync::Arc;
use tollgate_contract::snapshot::{Backend, Cache, Document, Kind, Logger};

impl Builder<'_> {
    /// `{{name}}` in what a gateway must know to call others, replaced by the named value's text.
    fn text(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            out.push_str(before);
            let known = after.split_once("}}").and_then(|(name, tail)| {
                let named = |value: &&Arc<Resource>| value.text("displayName").unwrap_or(value.name()) == name.trim();
                let all = self.state.list("namedValues");
                let value = all.iter().find(named).filter(|value| policies::may_have(value, self.gateway.name()))?;
                Some((value.text("value").unwrap_or_default().to_owned(), tail))
            });
            match known {
                Some((value, tail)) => {
                    out.push_str(&value);
                    rest = tail;
                }
                None => {
                    out.push_str("{{");
                    rest = after;
                }
            }
        }
        out.push_str(rest);
        out
    }

    pub(super) fn filled(&self, mut backend: Backend) -> Backend {
        let fill = |text: &mut String| *text = self.text(text);
        backend.url.iter_mut().for_each(fill);
        backend.headers.iter_mut().chain(&mut backend.query).flat_map(|(_, values)| values).for_each(fill);
        if let Some((_, parameter)) = &mut backend.authorization {
            fill(parameter);
        }
        if let Some(proxy) = &mut backend.proxy {
            fill(&mut proxy.url);
            proxy.username.iter_mut().chain(&mut proxy.password).for_each(fill);
        }
        backend
    }

    /// The cache of the gateway's location, else the one for every location.
    pub(super) fn cache(&mut self) {
        if !self.uses.cache {
            return;
        }
        let region = self.gateway.properties.get("locationData").and_then(|location| location.get("name"));
        let region = region.and_then(Value::as_str).unwrap_or_default();
        let caches = self.state.list("caches");
        let of = |location: &str| {
            let fits = |cache: &&Arc<Resource>| {
                cache.text("useFromLocation").is_some_and(|from| from.eq_ignore_ascii_case(location))
            };
            caches.iter().find(fits)
        };
        let Some(cache) = of(region).or_else(|| of("default")) else { return };
        let document = Cache {
            id: cache.name().to_owned(),
            connection_string: self.text(cache.text("connectionString").unwrap_or_default()),
        };
        self.put(Kind::Cache, cache.name(), Document::Cache(document));
    }

    pub(super) fn loggers(&mut self) {
        for id in self.uses.loggers.clone() {
            let Some(logger) = self.state.get(&format!("loggers/{id}")) else { continue };
            let credentials = logger.properties.get("credentials").and_then(Value::as_object);
            let document = Logger {
                id: logger.name().to_owned(),
                logger_type: logger.text("loggerType").unwrap_or_default().to_owned(),
                credentials: credentials
                    .into_iter()
                    .flatten()
                    .filter_map(|(name, value)| Some((name.clone(), self.text(value.as_str()?))))
                    .collect(),
            };
            self.put(Kind::Logger, logger.name(), Document::Logger(document));
        }
    }
}
