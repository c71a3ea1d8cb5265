//! Which list filters on which fields: the table of management-api.md, chapter 5.

use serde_json::Value;

/// A field of a list.
#[derive(Debug, PartialEq)]
pub struct Field {
    /// As clients write it.
    pub name: &'static str,
    pub kind: FieldKind,
    /// Where it is in the resource; empty: `properties/{name}`.
    at: &'static [&'static str],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    /// All comparisons and functions, without case.
    Text,
    /// A list of texts, also with `any` and `all`.
    Texts,
    Flag,
    Number,
    Time,
    /// A reference to a resource of this collection, however it is written.
    Id(&'static str),
}

impl Field {
    /// Its value in a resource, where it has one.
    pub fn value<'r>(&self, resource: &'r Value) -> Option<&'r Value> {
        let found = if self.at.is_empty() {
            resource.get("properties").and_then(|properties| properties.get(self.name))
        } else {
            self.at.iter().try_fold(resource, |value, step| value.get(step))
        };
        let found = found.filter(|value| !value.is_null())?;
        match self.kind {
            // `productId` and the like look at a reference that may name something else.
            FieldKind::Id(collection) if !collection.is_empty() => {
                let named = format!("/{collection}/").to_ascii_lowercase();
                found.as_str().filter(|id| id.to_ascii_lowercase().contains(&named)).map(|_| found)
            }
            _ => Some(found),
        }
    }
}

/// The field a client names: bare or with `properties/` in front.
pub(super) fn find(fields: &'static [Field], name: &str) -> Option<&'static Field> {
    const PREFIX: &str = "properties/";
    let bare = match name.get(..PREFIX.len()) {
        Some(prefix) if prefix.eq_ignore_ascii_case(PREFIX) => &name[PREFIX.len()..],
        _ => name,
    };
    fields.iter().find(|field| field.name.eq_ignore_ascii_case(bare))
}

const fn of(name: &'static str, kind: FieldKind) -> Field {
    Field { name, kind, at: &[] }
}
const fn text(name: &'static str) -> Field {
    of(name, FieldKind::Text)
}
const fn flag(name: &'static str) -> Field {
    of(name, FieldKind::Flag)
}
const fn time(name: &'static str) -> Field {
    of(name, FieldKind::Time)
}
const fn id(name: &'static str, collection: &'static str) -> Field {
    of(name, FieldKind::Id(collection))
}
const fn at(name: &'static str, at: &'static [&'static str]) -> Field {
    Field { name, kind: FieldKind::Text, at }
}
/// The resource's own name.
const NAME: Field = at("name", &["name"]);
const DISPLAY_NAME: Field = text("displayName");
const DESCRIPTION: Field = text("description");

const NAME_ONLY: &[Field] = &[NAME];
const NAMES: &[Field] = &[NAME, DISPLAY_NAME];
const DISPLAY_NAME_ONLY: &[Field] = &[DISPLAY_NAME];
const NAMES_AND_DESCRIPTION: &[Field] = &[NAME, DISPLAY_NAME, DESCRIPTION];
const APIS: &[Field] = &[NAME, DISPLAY_NAME, DESCRIPTION, text("serviceUrl"), text("path"), flag("isCurrent")];
const PRODUCTS: &[Field] = &[NAME, DISPLAY_NAME, DESCRIPTION, text("terms"), text("state")];
const SUBSCRIPTIONS: &[Field] = &[
    NAME,
    DISPLAY_NAME,
    text("stateComment"),
    id("ownerId", "users"),
    id("scope", ""),
    Field { name: "userId", kind: FieldKind::Id("users"), at: &["properties", "ownerId"] },
    Field { name: "productId", kind: FieldKind::Id("products"), at: &["properties", "scope"] },
    text("state"),
];
const USERS: &[Field] =
    &[NAME, text("firstName"), text("lastName"), text("email"), text("note"), text("state"), time("registrationDate")];

/// Items of `apisByTags`, `productsByTags`, `operationsByTags`, `tagResources` are flat below `tag`, `api`, `product`,
/// `operation`.
const APIS_BY_TAGS: &[Field] = &[
    at("name", &["api", "name"]),
    at("displayName", &["api", "name"]),
    at("apiRevision", &["api", "apiRevision"]),
    at("path", &["api", "path"]),
    at("description", &["api", "description"]),
    at("serviceUrl", &["api", "serviceUrl"]),
    Field { name: "isCurrent", kind: FieldKind::Flag, at: &["api", "isCurrent"] },
];
const PRODUCTS_BY_TAGS: &[Field] = &[
    at("name", &["product", "name"]),
    at("displayName", &["product", "name"]),
    at("description", &["product", "description"]),
    at("terms", &["product", "terms"]),
    at("state", &["product", "state"]),
];
const OPERATIONS_BY_TAGS: &[Field] = &[
    at("name", &["operation", "name"]),
    at("displayName", &["operation", "name"]),
    at("apiName", &["operation", "apiName"]),
    at("description", &["operation", "description"]),
    at("method", &["operation", "method"]),
    at("urlTemplate", &["operation", "urlTemplate"]),
];
/// The caller flattens each item into `properties` for these: one of three kinds is inside.
const TAG_RESOURCES: &[Field] = &[
    text("aid"),
    text("name"),
    DISPLAY_NAME,
    text("apiName"),
    text("apiRevision"),
    text("path"),
    DESCRIPTION,
    text("serviceUrl"),
    text("method"),
    text("urlTemplate"),
    text("terms"),
    text("state"),
    flag("isCurrent"),
];

/// Terms of a report's filter.
const REPORTS: &[Field] = &[
    time("timestamp"),
    id("apiId", "apis"),
    id("operationId", ""),
    id("productId", "products"),
    id("userId", "users"),
    id("subscriptionId", "subscriptions"),
    text("apiRegion"),
    text("gatewayId"),
];
const fn counter(name: &'static str, at: &'static [&'static str]) -> Field {
    Field { name, kind: FieldKind::Number, at }
}
/// What the rows of a report may be ordered by.
const REPORT_ROWS: &[Field] = &[
    at("name", &["name"]),
    Field { name: "timestamp", kind: FieldKind::Time, at: &["timestamp"] },
    counter("callCountSuccess", &["callCountSuccess"]),
    counter("callCountBlocked", &["callCountBlocked"]),
    counter("callCountFailed", &["callCountFailed"]),
    counter("callCountOther", &["callCountOther"]),
    counter("callCountTotal", &["callCountTotal"]),
    counter("bandwidth", &["bandwidth"]),
    counter("cacheHitCount", &["cacheHitCount"]),
    counter("cacheMissCount", &["cacheMissCount"]),
    counter("apiTimeAvg", &["apiTimeAvg"]),
    counter("apiTimeMin", &["apiTimeMin"]),
    counter("apiTimeMax", &["apiTimeMax"]),
    counter("serviceTimeAvg", &["serviceTimeAvg"]),
    counter("serviceTimeMin", &["serviceTimeMin"]),
    counter("serviceTimeMax", &["serviceTimeMax"]),
];

/// `(lists, their fields)`. A list is named by its path's type segments joined by `/`.
static LISTS: &[(&[&str], &[Field])] = &[
    (&["apis", "products/apis"], APIS),
    (&["apis/diagnostics", "diagnostics", "apis/wikis", "products/wikis", "documentations", "templates"], NAME_ONLY),
    (&["gateways/apis", "gateways/certificateAuthorities", "schemas", "caches", "apiVersionSets"], NAME_ONLY),
    (&["apis/operations"], &[NAME, DISPLAY_NAME, text("method"), DESCRIPTION, text("urlTemplate")]),
    (&["apisByTags"], APIS_BY_TAGS),
    (&["productsByTags"], PRODUCTS_BY_TAGS),
    (&["apis/operationsByTags"], OPERATIONS_BY_TAGS),
    (&["tagResources"], TAG_RESOURCES),
    (&["apis/products"], DISPLAY_NAME_ONLY),
    (&["apis/releases"], &[text("notes")]),
    (&["apis/revisions"], &[at("apiRevision", &["apiRevision"])]),
    (&["apis/schemas"], &[text("contentType")]),
    (&["apis/tagDescriptions", "apis/tags", "apis/operations/tags", "products/tags", "tags"], NAMES),
    (&["authorizationProviders", "authorizationServers", "openidConnectProviders"], NAMES),
    (&["backends"], &[NAME, text("title"), text("url")]),
    (&["certificates"], &[NAME, text("subject"), text("thumbprint"), time("expirationDate")]),
    (&["gateways/hostnameConfigurations"], &[NAME, text("hostname")]),
    (&["gateways"], &[NAME, at("region", &["properties", "locationData", "name"]), DESCRIPTION]),
    (&["apis/resolvers"], &[NAME, DISPLAY_NAME, DESCRIPTION, text("path")]),
    (&["groups"], &[NAME, DISPLAY_NAME, DESCRIPTION, text("externalId")]),
    (&["groups/users", "users"], USERS),
    (&["loggers"], &[NAME, DESCRIPTION, text("resourceId"), text("loggerType")]),
    (&["namedValues"], &[NAME, of("tags", FieldKind::Texts), DISPLAY_NAME]),
    (&["reports"], REPORTS),
    (&["reports/rows"], REPORT_ROWS),
    (&["policyFragments"], &[NAME, DESCRIPTION, text("value")]),
    (&["products/apiLinks", "tags/apiLinks"], &[id("apiId", "apis")]),
    (&["products/groupLinks"], &[id("groupId", "groups")]),
    (&["tags/operationLinks"], &[id("operationId", "")]),
    (&["tags/productLinks"], &[id("productId", "products")]),
    (&["products/groups", "users/groups"], NAMES_AND_DESCRIPTION),
    (&["products"], PRODUCTS),
    (&["subscriptions", "products/subscriptions", "users/subscriptions"], SUBSCRIPTIONS),
];

/// The fields of a list: `apis`, `apis/operations`, `products/groupLinks`. `None`: the list takes no filter.
pub fn fields_of(list: &str) -> Option<&'static [Field]> {
    LISTS.iter().find(|(names, _)| names.contains(&list)).map(|(_, fields)| *fields)
}
