//! The names of settings: those of the self-hosted gateway reference, and ours.

/// Names that this version acts on. Source: reference/gateway.md §2.
const UNDERSTOOD: &[&str] = &[
    "config.service.endpoint",
    "config.service.auth",
    "config.service.auth.key",
    "config.service.endpoint.disableCertificateValidation",
    "config.service.integration.timeout",
    "net.server.http.forwarded.proto.enabled",
    "telemetry.logs.std",
    "telemetry.logs.std.level",
    "telemetry.logs.std.color",
];

/// Names of ours, in the same style.
const OURS: &[&str] = &[
    "node.id",
    "workers",
    "net.server.http.listen",
    "net.server.https.listen",
    "net.server.admin.listen",
    "net.server.drain.timeout",
    "net.server.http.header.timeout",
    "net.server.http.header.bytes",
    "net.server.http.target.bytes",
    "net.server.http.connections",
    "net.server.tls.certificate.file",
    "net.server.tls.key.file",
    "net.server.tls.crl.file",
    "net.server.tls.client.certificate.requested",
    "net.client.tls.ca.file",
    "identity.source",
    "identity.endpoint",
    "identity.header",
    "identity.token.url",
    "identity.token.parameter",
    "identity.object.id",
    "azure.client.id",
    "azure.client.secret",
    "azure.tenant.id",
    "azure.authority.host",
    "azure.federated.token.file",
    "net.client.connect.timeout",
    "net.client.idle.timeout",
    "net.client.idle.connections",
    "policy.body.bytes",
    "cache.internal.bytes",
    "cache.external.connection",
    "cache.external.timeout",
    "integration.servicebus.connection",
    "config.service.endpoint.ca.file",
    "telemetry.logs.std.requests",
];

/// Names of the reference that are recognised and do nothing yet, or are notes about a deployment.
const WITHOUT_EFFECT: &[&str] = &[
    "gateway.name",
    "config.service.auth.azureAd.tenantId",
    "config.service.auth.azureAd.clientId",
    "config.service.auth.azureAd.clientSecret",
    "config.service.auth.azureAd.certificatePath",
    "config.service.auth.azureAd.authority",
    "config.service.auth.tokenAudience",
    "neighborhood.host",
    "neighborhood.heartbeat.port",
    "policy.rate-limit.sync.port",
    "k8s.ingress.enabled",
    "k8s.ingress.namespace",
    "k8s.ingress.dns.suffix",
    "k8s.ingress.config.path",
    "telemetry.metrics.cloud",
    "telemetry.metrics.local",
    "telemetry.metrics.local.statsd.endpoint",
    "telemetry.metrics.local.statsd.sampling",
    "telemetry.metrics.local.statsd.tag-format",
    "observability.opentelemetry.enabled",
    "observability.opentelemetry.collector.uri",
    "observability.opentelemetry.system-metrics.enabled",
    "observability.opentelemetry.histogram.buckets",
    "telemetry.logs.local",
    "telemetry.logs.local.localsyslog.endpoint",
    "telemetry.logs.local.localsyslog.facility",
    "telemetry.logs.local.rfc5424.endpoint",
    "telemetry.logs.local.rfc5424.facility",
    "telemetry.logs.local.journal.endpoint",
    "telemetry.logs.local.json.endpoint",
    "logs.applicationinsights.endpoint",
    "certificates.local.ca.enabled",
    "net.server.tls.ciphers.allowed-suites",
    "net.client.tls.ciphers.allowed-suites",
    "security.certificate-revocation.validation.enabled",
    "Microsoft.WindowsAzure.ApiManagement.Gateway.Security.Backend.Protocols.Tls13",
    "Microsoft.WindowsAzure.ApiManagement.Gateway.Security.Backend.Protocols.Tls12",
    "Microsoft.WindowsAzure.ApiManagement.Gateway.Security.Backend.Protocols.Tls11",
    "Microsoft.WindowsAzure.ApiManagement.Gateway.Security.Backend.Protocols.Tls10",
    "Microsoft.WindowsAzure.ApiManagement.Gateway.Security.Backend.Protocols.Ssl30",
    "runtime.deployment.mechanism",
    "runtime.deployment.artifact.source",
    "runtime.deployment.artifact.version",
    "runtime.deployment.orchestrator.type",
    "runtime.deployment.highAvailability.enabled",
    "runtime.deployment.dapr.enabled",
];

/// First parts that tell a misspelt setting in the environment from somebody else's variable.
const FAMILIES: &[&str] =
    &["config.service.", "telemetry.", "observability.", "net.server.", "net.client.", "neighborhood.", "k8s.ingress."];

/// The name as the reference writes it, from any accepted spelling: dotted without regard to case,
/// or upper case with underscores for dots and hyphens.
pub fn canonical(name: &str) -> Option<&'static str> {
    let folded = fold(name);
    UNDERSTOOD.iter().chain(OURS).chain(WITHOUT_EFFECT).copied().find(|known| fold(known) == folded)
}

pub(super) fn is_accepted_without_effect(canonical: &str) -> bool {
    WITHOUT_EFFECT.contains(&canonical)
}

/// Whether an unknown name of the environment was probably meant for us.
pub(super) fn looks_like_ours(name: &str) -> bool {
    name.contains('.') && FAMILIES.iter().any(|family| fold(name).starts_with(&fold(family)))
}

fn fold(name: &str) -> String {
    name.chars().map(|c| if matches!(c, '.' | '-') { '_' } else { c.to_ascii_uppercase() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_gives_the_name_of_the_reference() {
        for spelling in ["config.service.auth", "CONFIG_SERVICE_AUTH", "Config.Service.Auth"] {
            assert_eq!(canonical(spelling), Some("config.service.auth"));
        }
        assert_eq!(canonical("POLICY_RATE_LIMIT_SYNC_PORT"), Some("policy.rate-limit.sync.port"));
        assert_eq!(canonical("PATH"), None);
        assert!(looks_like_ours("config.service.endpiont"));
        assert!(!looks_like_ours("PATH"));
    }

    #[test]
    fn no_name_is_listed_twice() {
        let mut names: Vec<String> =
            UNDERSTOOD.iter().chain(OURS).chain(WITHOUT_EFFECT).map(|name| fold(name)).collect();
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
