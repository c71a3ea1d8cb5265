//! The list of codes. A code is never reused; its page is `docs/errors/{code}.md`, generated from
//! this table (`cargo run -p tollgate -- docs`), and a test keeps both in step.

use serde::{Serialize, Serializer};
use std::fmt;

/// An error code such as `TG2104`. Ranges: 1xxx settings and start, 2xxx policy documents,
/// 3xxx expressions, 4xxx management API, 5xxx configuration feed and nodes, 6xxx request path,
/// 7xxx store.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Code(pub &'static str);

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0)
    }
}

/// What the page of a code says.
#[derive(Debug, Clone, Copy)]
pub struct CodeEntry {
    pub code: Code,
    /// A short title, lower case, no full stop.
    pub title: &'static str,
    /// What happened and what to do, in plain sentences.
    pub explanation: &'static str,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $title:literal, $explanation:literal;)*) => {
        impl Code {
            $($(#[$doc])* pub const $name: Code = Code($code);)*
        }
        /// Every code there is, in order.
        pub const CODES: &[CodeEntry] = &[
            $(CodeEntry { code: Code($code), title: $title, explanation: $explanation },)*
        ];
    };
}

codes! {
    // 1xxx settings and start
    SETTING_INVALID = "TG1001", "a setting has a value that cannot be used", "The named setting was read but its value does not have the form it needs. The message names the setting, where it came from, and the form. Correct it and start again.";
    SETTING_MISSING = "TG1002", "a required setting is missing", "The named setting has no default. Give it as a flag, in the environment, or in the file named by `--env-file`.";
    ENV_FILE_INVALID = "TG1003", "an env file cannot be read", "The file given with `--env-file` does not exist, is not UTF-8 text, or has a line that is not `name=value`. The message names the line.";
    PORT_TAKEN = "TG1004", "an address to listen on is taken or not permitted", "Another process listens on the address, or the address does not belong to this machine, or the port needs privileges. Choose another with the listen flag that the message names; port 0 picks a free one.";
    DATA_DIRECTORY_UNUSABLE = "TG1005", "the data directory cannot be used", "The directory given with `--data` cannot be created, read or written. Check its owner, its permissions and the free space of its disk.";
    TLS_MATERIAL_INVALID = "TG1006", "a certificate or private key cannot be used", "A certificate or key file could not be read, is not PEM or PKCS#12, or the key does not belong to the certificate.";
    // 2xxx policy documents
    POLICY_NOT_WELL_FORMED = "TG2001", "a policy document is not well formed", "The text is not XML as policy documents use it: a tag is not closed, an attribute is not quoted, or an entity is unknown. Expressions may be raw or escaped. The message gives line and column.";
    POLICY_EXPRESSION_UNTERMINATED = "TG2002", "an expression in a policy document does not end", "An `@(` or `@{` has no matching bracket. Strings, chars and comments of C# are honoured when the end is looked for, so a missing quote inside the expression is a common cause.";
    POLICY_ELEMENT_UNKNOWN = "TG2101", "an element is not known", "No policy of that name exists, or the element may not stand inside its parent. Check the spelling against the policy reference.";
    POLICY_ELEMENT_MISPLACED = "TG2102", "an element is not allowed in this section or scope", "The policy exists but not in this section (inbound, backend, outbound, on-error) or at this scope (global, product, API, operation).";
    POLICY_ATTRIBUTE_UNKNOWN = "TG2103", "an attribute is not known", "The policy has no attribute of that name. Nothing is ignored silently, because an ignored attribute is a policy that does not do what it says.";
    POLICY_ATTRIBUTE_MISSING = "TG2104", "a required attribute is missing", "The policy cannot work without the attribute that the message names.";
    POLICY_VALUE_INVALID = "TG2105", "an attribute or text has a value that cannot be used", "The value does not have the form the policy needs: a number, a boolean, a duration, or one of a list of words.";
    POLICY_EXPRESSION_NOT_ALLOWED = "TG2106", "an expression stands where none is allowed", "This attribute or text takes a literal value only.";
    POLICY_CHILD_MISSING = "TG2107", "a required child element is missing", "The policy needs at least one child element of the kind that the message names.";
    POLICY_CHILD_REPEATED = "TG2108", "an element stands more often than allowed", "The element may stand once in its parent or section.";
    POLICY_ELEMENT_NOT_SUPPORTED = "TG2109", "a policy is known but cannot be run here", "The policy belongs to Azure API Management, and this version of Tollgate does not run it. It is refused rather than skipped, because a skipped policy is a hole.";
    POLICY_BASE_MISPLACED = "TG2110", "a base element is not allowed here", "`<base/>` stands directly in a section of a product, API or operation document. It has nothing to insert elsewhere.";
    POLICY_TEXT_UNEXPECTED = "TG2111", "text stands where only elements may", "Remove the text or put it in the element that takes it.";
    POLICY_FRAGMENT_MISSING = "TG2201", "a policy fragment does not exist", "The document includes a fragment that is not stored. Create the fragment first.";
    POLICY_FRAGMENT_CYCLE = "TG2202", "policy fragments include each other", "A fragment includes itself, directly or through others.";
    POLICY_NAMED_VALUE_MISSING = "TG2203", "a named value does not exist", "The document refers to `{{name}}` and no named value has that display name. Create the named value first.";
    POLICY_NAMED_VALUE_WITHHELD = "TG2204", "a named value is withheld from a gateway that would need it", "The named value lists the only gateways that may have it, and the document would run on another one. Add the gateway to the list, or take the API off that gateway.";
    POLICY_BACKEND_MISSING = "TG2205", "a backend does not exist", "The document names a backend entity that is not stored.";
    POLICY_DOCUMENT_TOO_LARGE = "TG2206", "a policy document is too large", "Documents and fragments are limited in length and in nesting so that one cannot exhaust a gateway.";
    POLICY_CERTIFICATE_MISSING = "TG2207", "a certificate does not exist", "The document names a certificate, by id or thumbprint, that is not stored. Upload the certificate first.";
    POLICY_AUTHORIZATION_MISSING = "TG2208", "a connection of a credential provider does not exist", "The document names a credential provider, or a connection of it, that is not stored. Create the provider and the connection first.";
    POLICY_SCHEMA_UNUSABLE = "TG2210", "a schema does not exist or cannot be checked", "The document names a schema of the service that is not stored, is of the other kind (JSON, XML), or uses something that bodies cannot be checked against here. The message says what.";
    POLICY_MIXED_TEXT = "TG2301", "text is mixed with an expression", "A value is either literal text or one whole expression. Mixed text is taken literally.";
    POLICY_SEVERAL_IN_BACKEND = "TG2302", "several elements stand in backend", "Azure API Management documents one element in `<backend>`. Several are run in order.";
    POLICY_SUSPICIOUS = "TG2303", "a policy is accepted but probably not what is meant", "The message says what is unusual about it.";
    // 3xxx expressions
    EXPRESSION_SYNTAX = "TG3001", "an expression is not C#", "The text does not parse as a C# 7.3 expression or method body. The message names what was expected.";
    EXPRESSION_NEWER_SYNTAX = "TG3002", "an expression uses syntax newer than C# 7.3", "Azure API Management compiles expressions as C# 7. The hint names the version that brought the syntax and the older form.";
    EXPRESSION_UNKNOWN_NAME = "TG3101", "a name does not exist", "The name is not a local, not `context`, and not one of the allowed types.";
    EXPRESSION_UNKNOWN_MEMBER = "TG3102", "a type has no such member", "The member does not exist, or is not on the list of members that policy expressions may use.";
    EXPRESSION_TYPE_NOT_ALLOWED = "TG3103", "a type is not allowed in policy expressions", "Only the types listed in docs/expressions.md may be used.";
    EXPRESSION_NO_OVERLOAD = "TG3104", "no overload takes these arguments", "The method exists, but not for arguments of these types or this number of them.";
    EXPRESSION_TYPE_MISMATCH = "TG3105", "a value has the wrong type", "C# has no implicit conversion between the two types that the message names. An explicit cast may be what is meant.";
    EXPRESSION_OPERATOR = "TG3106", "an operator cannot be applied to these types", "The operator is not defined for operands of these types.";
    EXPRESSION_UNASSIGNED = "TG3107", "a local variable is used before it has a value", "Some path to this place assigns nothing to the variable.";
    EXPRESSION_FLOW = "TG3108", "not every path returns a value", "A block expression must return on every path.";
    EXPRESSION_CHECK = "TG3109", "an expression does not pass the checks of C#", "The message names the rule.";
    EXPRESSION_TOO_LARGE = "TG3110", "an expression is too large", "Expressions are limited in length and in nesting so that none can exhaust a gateway.";
    EXPRESSION_REFERENCE_COMPARISON = "TG3201", "a comparison is by reference", "`==` between `object` and `string` compares references in C#, not text. Cast the object to string to compare text.";
    // 4xxx management API
    MANAGEMENT_REQUEST_INVALID = "TG4001", "a management request is not valid", "The answer's details name each field.";
    MANAGEMENT_PRECONDITION_FAILED = "TG4002", "a resource was changed by somebody else", "The ETag in `If-Match` is not the current one. Read the resource again.";
    // 5xxx configuration feed and nodes
    NODE_CREDENTIAL_INVALID = "TG5001", "a gateway credential is not accepted", "The token is malformed, expired, signed with a key that was regenerated, or names a gateway that does not exist.";
    NODE_CONTROL_PLANE_UNREACHABLE = "TG5002", "the control plane cannot be reached", "The node keeps serving the configuration it has, and keeps trying. Check the address in `config.service.endpoint`, the network, and the control plane itself.";
    NODE_CONFIGURATION_INVALID = "TG5003", "a part of the configuration cannot be run", "An API's policy does not compile on this node. The API keeps its last good configuration; the rest goes live.";
    NODE_FEED_INVALID = "TG5004", "the configuration answer cannot be read", "The control plane answered something that is not a configuration feed, or one of a newer format.";
    // 6xxx request path
    REQUEST_NO_CONFIGURATION = "TG6001", "the gateway has no configuration yet", "The node has not received its first configuration. It answers 503 until it has.";
    REQUEST_API_UNAVAILABLE = "TG6002", "an API cannot be served", "The API's configuration never compiled on this node. See the node's failures in the portal.";
    REQUEST_BACKEND_UNREACHABLE = "TG6101", "the backend cannot be reached", "The connection to the backend was refused, could not be resolved, or failed its TLS handshake.";
    REQUEST_BACKEND_TIMEOUT = "TG6102", "the backend did not answer in time", "No response head arrived within the time limit of forward-request.";
    REQUEST_BACKEND_BROKEN = "TG6103", "the backend broke off", "The backend closed the connection before its answer was complete.";
    REQUEST_BODY_TOO_LARGE = "TG6104", "a body is too large to be read by a policy", "A policy reads the body, and the body is longer than the buffering limit.";
    // 7xxx store
    STORE_UNAVAILABLE = "TG7001", "the database cannot be opened or reached", "The URL in `--database` is wrong, the server is down, or the file cannot be opened.";
    STORE_FULL = "TG7002", "the database cannot write", "The disk is full or the database is read-only. Nothing of the write was stored.";
    STORE_CORRUPT = "TG7003", "the database holds something that cannot be read", "A row does not have the form this version knows. A newer version may have written it.";
    STORE_KEY_WRONG = "TG7004", "a secret cannot be unsealed", "The master key is not the one the secret was sealed with.";
}
