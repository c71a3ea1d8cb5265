//! The elements: one file each, with grammar, check, step, docs and tests side by side. A new one is
//! its file, its `mod` line, and its line in the catalogue.

pub mod access;
pub mod authentication;
pub mod caching;
pub mod control;
pub mod cross_domain;
pub mod integration;
pub mod observation;
pub mod routing;
pub mod transformation;
pub mod validation;

use crate::exchange::Exchange;
use crate::fault::Fault;
use crate::host::{Host, Ports};
use crate::instruction::Next;
use std::fmt;

/// Steps that wait for the world.
pub enum Wait {
    ForwardRequest(routing::forward_request::ForwardRequest),
    SendRequest(integration::send_request::SendRequest),
    SendOneWayRequest(integration::send_one_way_request::SendOneWayRequest),
    ManagedIdentity(authentication::authentication_managed_identity::ManagedIdentity),
    ValidateJwt(Box<access::validate_jwt::ValidateJwt>),
    ValidateAzureAdToken(Box<access::validate_azure_ad_token::ValidateAzureAdToken>),
    GetAuthorizationContext(Box<access::get_authorization_context::GetAuthorizationContext>),
    CacheLookup(caching::cache_lookup::CacheLookup),
    CacheStore(caching::cache_store::CacheStore),
    CacheLookupValue(caching::cache_lookup_value::CacheLookupValue),
    CacheStoreValue(caching::cache_store_value::CacheStoreValue),
    CacheRemoveValue(caching::cache_remove_value::CacheRemoveValue),
    SendServiceBusMessage(Box<integration::send_service_bus_message::SendServiceBusMessage>),
    InvokeRequest(routing::invoke_request::InvokeRequest),
}

impl Wait {
    pub async fn run<H: Host>(&self, exchange: &mut Exchange, host: &H) -> Result<Next, Fault> {
        match self {
            // The others are boxed: every request's future is as large as the largest of these.
            Wait::ForwardRequest(step) => step.run(exchange, host).await,
            Wait::SendRequest(step) => Box::pin(step.run(exchange, host)).await,
            Wait::SendOneWayRequest(step) => Box::pin(step.run(exchange, host)).await,
            Wait::ManagedIdentity(step) => Box::pin(step.run(exchange, host)).await,
            Wait::ValidateJwt(step) => Box::pin(step.run(exchange, host)).await,
            Wait::ValidateAzureAdToken(step) => Box::pin(step.run(exchange, host)).await,
            Wait::GetAuthorizationContext(step) => Box::pin(step.run(exchange, host)).await,
            Wait::CacheLookup(step) => Box::pin(step.run(exchange, host)).await,
            Wait::CacheStore(step) => Box::pin(step.run(exchange, host)).await,
            Wait::CacheLookupValue(step) => Box::pin(step.run(exchange, host)).await,
            Wait::CacheStoreValue(step) => Box::pin(step.run(exchange, host)).await,
            Wait::CacheRemoveValue(step) => Box::pin(step.run(exchange, host)).await,
            Wait::SendServiceBusMessage(step) => Box::pin(step.run(exchange, host)).await,
            Wait::InvokeRequest(step) => Box::pin(step.run(exchange, host)).await,
        }
    }
}

impl fmt::Debug for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Wait::ForwardRequest(step) => step.fmt(f),
            Wait::SendRequest(step) => step.fmt(f),
            Wait::SendOneWayRequest(step) => step.fmt(f),
            Wait::ManagedIdentity(step) => step.fmt(f),
            Wait::ValidateJwt(step) => step.fmt(f),
            Wait::ValidateAzureAdToken(step) => step.fmt(f),
            Wait::GetAuthorizationContext(step) => step.fmt(f),
            Wait::CacheLookup(step) => step.fmt(f),
            Wait::CacheStore(step) => step.fmt(f),
            Wait::CacheLookupValue(step) => step.fmt(f),
            Wait::CacheStoreValue(step) => step.fmt(f),
            Wait::CacheRemoveValue(step) => step.fmt(f),
            Wait::SendServiceBusMessage(step) => step.fmt(f),
            Wait::InvokeRequest(step) => step.fmt(f),
        }
    }
}

/// Work left for the end of outbound.
pub trait Deferred {
    fn run(&self, exchange: &mut Exchange, ports: &dyn Ports) -> Result<(), Fault>;
}
