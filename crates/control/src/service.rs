//! The address of the service, and references below it.

use crate::resource;

/// Subscription, resource group and name: what stands before every resource's path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceAddress {
    pub subscription: String,
    pub group: String,
    pub name: String,
}

impl Default for ServiceAddress {
    fn default() -> ServiceAddress {
        ServiceAddress {
            subscription: "00000000-0000-0000-0000-000000000000".to_owned(),
            group: "tollgate".to_owned(),
            name: "tollgate".to_owned(),
        }
    }
}

pub const PROVIDER: &str = "Microsoft.ApiManagement";

impl ServiceAddress {
    pub fn id(&self) -> String {
        format!(
            "/subscriptions/{}/resourceGroups/{}/providers/{PROVIDER}/service/{}",
            self.subscription, self.group, self.name
        )
    }

    /// Full id of a path below the service.
    pub fn full(&self, path: &str) -> String {
        format!("{}/{path}", self.id())
    }

    /// The path below the service of a reference given short (`/products/starter`) or in full.
    /// `None` when it is the id of another service, or empty.
    pub fn below<'t>(&self, reference: &'t str) -> Option<&'t str> {
        let id = self.id();
        let path = match reference.get(..id.len()) {
            Some(head) if head.eq_ignore_ascii_case(&id) => &reference[id.len()..],
            _ if reference.get(..15).is_some_and(|head| head.eq_ignore_ascii_case("/subscriptions/"))
                && reference.to_ascii_lowercase().contains("/providers/") =>
            {
                return None;
            }
            _ => reference,
        };
        Some(path.trim_matches('/')).filter(|path| !path.is_empty())
    }

    /// Like [`ServiceAddress::below`], for a reference to a resource of type `kind`. A bare name
    /// counts as one of a top-level kind. Type segments come back in the reference's case.
    pub fn relative(&self, reference: &str, kind: &str) -> Option<String> {
        let path = self.below(reference)?;
        if !path.contains('/') {
            let top_level = !kind.contains('/') && !path.eq_ignore_ascii_case(kind);
            return top_level.then(|| format!("{kind}/{path}"));
        }
        let segments: Vec<&str> = path.split('/').collect();
        if !segments.len().is_multiple_of(2) || segments.iter().any(|segment| segment.is_empty()) {
            return None;
        }
        if resource::type_key(path) != kind.to_lowercase() {
            return None;
        }
        let types = kind.split('/');
        let names = segments.iter().skip(1).step_by(2);
        Some(types.zip(names).map(|(ty, name)| format!("{ty}/{name}")).collect::<Vec<_>>().join("/"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_taken_short_and_full() {
        let service = ServiceAddress::default();
        let full = service.full("products/Starter");
        for (given, kind, expected) in [
            ("/products/Starter", "products", Some("products/Starter")),
            ("products/Starter", "products", Some("products/Starter")),
            ("Starter", "products", Some("products/Starter")),
            (full.as_str(), "products", Some("products/Starter")),
            ("/PRODUCTS/Starter", "products", Some("products/Starter")),
            ("/products", "products", None),
            ("/apis/echo", "products", None),
            ("/apis/echo/operations/get", "apis/operations", Some("apis/echo/operations/get")),
            (
                "/subscriptions/x/resourceGroups/y/providers/Microsoft.ApiManagement/service/z/products/a",
                "products",
                None,
            ),
            ("", "products", None),
        ] {
            assert_eq!(service.relative(given, kind).as_deref(), expected, "{given}");
        }
        assert_eq!(service.below("/subscriptions/master"), Some("subscriptions/master"));
    }
}
