//! Where the gateway's own tokens come from. The names are those that Azure's SDKs read from the
//! environment, in this file's spelling, so that a container that has them needs nothing else.

use super::{Given, Secret};
use std::path::PathBuf;
use tollgate_error::Problem;

/// The source of `authentication-managed-identity`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum IdentitySettings {
    #[default]
    None,
    /// OAuth 2.0 client credentials.
    ClientSecret {
        token_url: String,
        /// The field that names the resource: `scope`, `resource` or `audience`.
        parameter: String,
        client_id: String,
        secret: Secret,
    },
    /// A projected token, exchanged at a token endpoint. The file is read anew each time.
    Workload { token_url: String, parameter: String, client_id: String, token_file: PathBuf },
    /// A local endpoint: with a header's secret as App Service has it, without as a virtual machine.
    Endpoint { url: String, header: Option<Secret> },
}

/// Where a virtual machine's tokens are.
const IMDS: &str = "http://169.254.169.254/metadata/identity/oauth2/token";
const AUTHORITY: &str = "https://login.microsoftonline.com";

impl Given {
    pub(super) fn identity(&self) -> Result<IdentitySettings, Problem> {
        let has = |names: &[&str]| names.iter().all(|name| self.text(name).is_some());
        let source = match self.text("identity.source") {
            Some(source) => source,
            None if has(&["identity.endpoint", "identity.header"]) => "endpoint",
            None if has(&["azure.client.id", "azure.federated.token.file"]) => "workload",
            None if has(&["azure.client.id", "azure.client.secret"]) => "client",
            None => "none",
        };
        match source {
            "none" => Ok(IdentitySettings::None),
            "endpoint" => {
                let url = self.text("identity.endpoint").unwrap_or(IMDS).to_owned();
                if crate::url::parse(&url).is_none() {
                    return Err(self.invalid("identity.endpoint", "an absolute URL"));
                }
                Ok(IdentitySettings::Endpoint { url, header: self.text("identity.header").map(Secret::new) })
            }
            "client" => Ok(IdentitySettings::ClientSecret {
                token_url: self.token_url()?,
                parameter: self.parameter()?,
                client_id: self.needed("azure.client.id", source)?,
                secret: Secret::new(self.needed("azure.client.secret", source)?),
            }),
            "workload" => Ok(IdentitySettings::Workload {
                token_url: self.token_url()?,
                parameter: self.parameter()?,
                client_id: self.needed("azure.client.id", source)?,
                token_file: PathBuf::from(self.needed("azure.federated.token.file", source)?),
            }),
            _ => Err(self.invalid("identity.source", "none, client, workload or endpoint")),
        }
    }

    fn needed(&self, name: &str, source: &str) -> Result<String, Problem> {
        let missing = || self.invalid(name, &format!("given for identity.source {source}"));
        self.text(name).map(str::to_owned).ok_or_else(missing)
    }

    fn parameter(&self) -> Result<String, Problem> {
        match self.text("identity.token.parameter") {
            None => Ok("scope".to_owned()),
            Some(word @ ("scope" | "resource" | "audience")) => Ok(word.to_owned()),
            Some(_) => Err(self.invalid("identity.token.parameter", "scope, resource or audience")),
        }
    }

    /// A token endpoint of any server, or that of a Microsoft Entra tenant.
    fn token_url(&self) -> Result<String, Problem> {
        if let Some(url) = self.text("identity.token.url") {
            let known = crate::url::parse(url).map(|_| url.to_owned());
            return known.ok_or_else(|| self.invalid("identity.token.url", "an absolute URL"));
        }
        let authority = self.text("azure.authority.host").unwrap_or(AUTHORITY).trim_end_matches('/');
        let tenant = self.text("azure.tenant.id").ok_or_else(|| {
            self.invalid("azure.tenant.id", "given, or identity.token.url, for an identity that asks a token endpoint")
        })?;
        Ok(format!("{authority}/{tenant}/oauth2/v2.0/token"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;

    #[test]
    fn the_source_follows_from_what_is_given() {
        let check = |given: &[(&str, &str)], expected: Result<IdentitySettings, &str>| {
            let environment = given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            match (Settings::resolve([], environment, None), expected) {
                (Ok(settings), Ok(expected)) => assert_eq!(settings.identity, expected),
                (Err(problem), Err(part)) => assert!(problem.message.contains(part), "{problem}"),
                (got, expected) => panic!("{:?} instead of {expected:?}", got.map(|settings| settings.identity)),
            }
        };
        check(&[], Ok(IdentitySettings::None));
        check(&[("AZURE_CLIENT_ID", "c")], Ok(IdentitySettings::None));
        check(
            &[("AZURE_CLIENT_ID", "c"), ("AZURE_CLIENT_SECRET", "s"), ("AZURE_TENANT_ID", "t")],
            Ok(IdentitySettings::ClientSecret {
                token_url: "https://login.microsoftonline.com/t/oauth2/v2.0/token".into(),
                parameter: "scope".into(),
                client_id: "c".into(),
                secret: Secret::new("s"),
            }),
        );
        check(
            &[
                ("AZURE_CLIENT_ID", "c"),
                ("AZURE_FEDERATED_TOKEN_FILE", "/t"),
                ("identity.token.url", "https://idp.example/token"),
                ("identity.token.parameter", "audience"),
            ],
            Ok(IdentitySettings::Workload {
                token_url: "https://idp.example/token".into(),
                parameter: "audience".into(),
                client_id: "c".into(),
                token_file: "/t".into(),
            }),
        );
        check(
            &[("IDENTITY_ENDPOINT", "http://localhost/token"), ("IDENTITY_HEADER", "h")],
            Ok(IdentitySettings::Endpoint { url: "http://localhost/token".into(), header: Some(Secret::new("h")) }),
        );
        check(&[("IDENTITY_SOURCE", "endpoint")], Ok(IdentitySettings::Endpoint { url: IMDS.into(), header: None }));
        check(&[("IDENTITY_SOURCE", "client")], Err("azure.tenant.id"));
        check(&[("IDENTITY_SOURCE", "magic")], Err("identity.source"));
        check(&[("IDENTITY_SOURCE", "endpoint"), ("IDENTITY_ENDPOINT", "x")], Err("identity.endpoint"));
    }
}
