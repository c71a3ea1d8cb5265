//! The external cache and the loggers. They keep what they have learnt (a cache's health, a logger's
//! queue) as long as their definition stays the same.

use super::{Compiler, failure};
use crate::cache::{ExternalCache, RedisAddress};
use crate::events::{Logger, Target};
use smol_str::SmolStr;
use std::sync::Arc;
use tollgate_contract::snapshot::{Document, Kind};
use tollgate_error::Code;

impl Compiler {
    /// The cache of the settings, else that of the configuration.
    pub(super) fn build_cache(&mut self) {
        let of_configuration = self.of_kind(Kind::Cache).find_map(|document| match document {
            Document::Cache(cache) => Some((cache.id.clone(), cache.connection_string.clone())),
            _ => None,
        });
        let of_settings = self.cache_settings.connection.clone();
        let of_settings = of_settings.map(|text| ("of the settings".to_owned(), text.reveal().to_owned()));
        self.integration_failures.retain(|failure| !failure.message.starts_with("cache "));
        let Some((id, text)) = of_settings.or(of_configuration) else {
            self.cache = None;
            return;
        };
        let prefix = format!("tollgate/{}/", self.deployment().service_name);
        match RedisAddress::parse(&text) {
            Ok(address) => {
                let same = self.cache.as_ref().is_some_and(|cache| cache.address == address && cache.prefix == prefix);
                if !same {
                    let tls = self.default_tls();
                    let cache = ExternalCache::new(address, prefix, self.cache_settings.deadline, tls);
                    self.cache = Some(Arc::new(cache));
                }
            }
            Err(problem) => {
                self.cache = None;
                let message = format!("cache {id}: its connection string is unusable: {problem}");
                self.integration_failures.push(failure(&message, Code::NODE_CONFIGURATION_INVALID));
            }
        }
    }

    pub(super) fn build_loggers(&mut self) {
        self.integration_failures.retain(|failure| !failure.message.starts_with("logger "));
        let mut loggers = ahash::AHashMap::new();
        let mut failures = Vec::new();
        for document in self.of_kind(Kind::Logger) {
            let Document::Logger(logger) = document else { continue };
            match Target::new(&logger.logger_type, &logger.credentials) {
                Ok(target) => {
                    let known = self.loggers.get(logger.id.as_str()).filter(|known| known.target == target).cloned();
                    let built = known.unwrap_or_else(|| Arc::new(Logger::new(&logger.id, target)));
                    loggers.insert(SmolStr::new(&logger.id), built);
                }
                Err(problem) => {
                    let message = format!("logger {}: {problem}", logger.id);
                    failures.push(failure(&message, Code::NODE_CONFIGURATION_INVALID));
                }
            }
        }
        self.integration_failures.extend(failures);
        self.loggers = loggers;
    }
}
