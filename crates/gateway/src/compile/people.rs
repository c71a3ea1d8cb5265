//! Subscriptions and users, as the keys that callers show.

use super::Compiler;
use crate::runtime::{KeyEntry, ServedSubscription};
use ahash::AHashMap;
use smol_str::SmolStr;
use std::sync::Arc;
use tollgate_contract::snapshot::{Document, Kind, Subscription, SubscriptionScope, User};
use tollgate_expression::context::{self, Instant100ns};

impl Compiler {
    pub(super) fn build_keys(&self) -> AHashMap<[u8; 32], KeyEntry> {
        let users: AHashMap<&str, Arc<context::User>> = self
            .of_kind(Kind::User)
            .filter_map(|document| match document {
                Document::User(user) => Some((user.id.as_str(), Arc::new(user_context(user)))),
                _ => None,
            })
            .collect();
        let mut keys = AHashMap::new();
        for document in self.of_kind(Kind::Subscription) {
            let Document::Subscription(subscription) = document else { continue };
            let served = Arc::new(self.served(subscription, &users));
            for (which, digest) in subscription.key_digests.iter().enumerate() {
                if let Some(digest) = from_hex(digest) {
                    keys.insert(digest, KeyEntry { subscription: served.clone(), which });
                }
            }
        }
        keys
    }

    fn served(&self, subscription: &Subscription, users: &AHashMap<&str, Arc<context::User>>) -> ServedSubscription {
        let product = match &subscription.scope {
            SubscriptionScope::Product { product } => self.products.get(product.as_str()).cloned(),
            SubscriptionScope::Api { .. } | SubscriptionScope::AllApis | SubscriptionScope::Service => None,
        };
        let user = subscription.owner.as_deref().and_then(|owner| users.get(owner).cloned());
        let key = |which: usize| subscription.keys.as_ref().map(|keys| SmolStr::new(&keys[which]));
        let template = context::Subscription {
            id: SmolStr::new(&subscription.id),
            name: SmolStr::new(&subscription.display_name),
            key: SmolStr::default(),
            primary_key: key(0),
            secondary_key: key(1),
            created_date: instant(&subscription.created_date).unwrap_or_default(),
            start_date: subscription.start_date.as_deref().and_then(instant),
            end_date: subscription.end_date.as_deref().and_then(instant),
        };
        let expires_ms = subscription.expiration_date.as_deref().and_then(unix_ms);
        ServedSubscription::new(subscription.scope.clone(), subscription.active, expires_ms, product, user, template)
    }
}

fn user_context(user: &User) -> context::User {
    let groups = user.groups.iter();
    context::User {
        id: SmolStr::new(&user.id),
        email: SmolStr::new(&user.email),
        first_name: SmolStr::new(&user.first_name),
        last_name: SmolStr::new(&user.last_name),
        note: SmolStr::new(&user.note),
        registration_date: instant(&user.registration_date).unwrap_or_default(),
        groups: groups.map(|(id, name)| context::Group { id: id.into(), name: name.into() }).collect(),
        identities: user.identities.iter().map(|(id, provider)| (id.into(), provider.into())).collect(),
    }
}

fn unix_ms(text: &str) -> Option<i64> {
    text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_millisecond)
}

fn instant(text: &str) -> Option<Instant100ns> {
    let at: jiff::Timestamp = text.parse().ok()?;
    let nanoseconds = u32::try_from(at.subsec_nanosecond()).unwrap_or(0);
    Some(Instant100ns::from_unix(at.as_second(), nanoseconds))
}

fn from_hex(text: &str) -> Option<[u8; 32]> {
    let text = text.as_bytes();
    if text.len() != 64 {
        return None;
    }
    let mut digest = [0; 32];
    for (index, pair) in text.chunks_exact(2).enumerate() {
        let value = |digit: u8| (digit as char).to_digit(16);
        digest[index] = (value(pair[0])? * 16 + value(pair[1])?) as u8;
    }
    Some(digest)
}
