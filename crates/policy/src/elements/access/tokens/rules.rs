//! What a token must say.

use super::Refusal;
use crate::check::Node;
use crate::fault::{Fault, Reason};
use crate::grammar::{Attr, Child, Content, Kind, Shape};
use crate::jose::Claims;
use crate::operand::Dynamic;
use smallvec::SmallVec;
use smol_str::SmolStr;
use std::time::Duration;
use tollgate_expression::context::{Context, Instant100ns};

pub static AUDIENCE: Shape = Shape {
    name: "audience",
    doc: "A value of which the token's `aud` may be. A slash at the end makes no difference.",
    attributes: &[],
    content: Content::TEXT,
};

pub static AUDIENCES: Shape = Shape {
    name: "audiences",
    doc: "For whom the token may be: any of them. Not checked when left out.",
    attributes: &[],
    content: Content::Children(&[Child::some(&AUDIENCE)]),
};

static VALUE: Shape = Shape {
    name: "value",
    doc: "A value of the claim.",
    attributes: &[],
    content: Content::Text { kind: Kind::Text, expression: true, required: false },
};

static CLAIM: Shape = Shape {
    name: "claim",
    doc: "A claim that the token must have, with these values when there are any.",
    attributes: &[
        Attr::new("name", Kind::Name, "The claim.").required(),
        Attr::new("match", Kind::OneOf(&["all", "any"]), "Whether the token needs every listed value, or one of them.")
            .default("all"),
        Attr::new("separator", Kind::Verbatim, "Splits a claim that is one text into values."),
    ],
    content: Content::Children(&[Child::any(&VALUE)]),
};

pub static REQUIRED_CLAIMS: Shape = Shape {
    name: "required-claims",
    doc: "What the token must say: every claim listed here.",
    attributes: &[],
    content: Content::Children(&[Child::some(&CLAIM)]),
};

/// `<audiences>`; none: not checked.
#[derive(Debug, Default)]
pub struct Audiences(pub Vec<Dynamic<SmolStr>>);

impl Audiences {
    pub fn of(node: &Node<'_>) -> Audiences {
        let listed = node.child("audiences").into_iter().flat_map(|list| list.children_named("audience"));
        Audiences(listed.filter_map(Node::content).collect())
    }

    pub fn check(&self, context: &Context, claims: &Claims) -> Result<Result<(), Refusal>, Fault> {
        if self.0.is_empty() {
            return Ok(Ok(()));
        }
        let mut wanted = SmallVec::<[SmolStr; 4]>::new();
        for audience in &self.0 {
            wanted.push(audience.get(context)?);
        }
        Ok(check_audience(claims, &wanted))
    }
}

/// Whether the token is for one of `wanted`.
pub fn check_audience(claims: &Claims, wanted: &[SmolStr]) -> Result<(), Refusal> {
    let given = claims.get("aud").unwrap_or_default();
    if wanted.iter().any(|wanted| given.iter().any(|given| same_audience(given, wanted))) {
        return Ok(());
    }
    let message = if given.is_empty() {
        "IDX10206: Unable to validate audience. The 'audiences' parameter is empty".to_owned()
    } else {
        format!(
            "IDX10214: Audience validation failed. Audiences: '{}'. Did not match: validationParameters.ValidAudiences: '{}'",
            given.join(", "),
            wanted.join(", ")
        )
    };
    Err(Refusal::denied(Reason::TokenAudienceNotAllowed, message))
}

/// `IgnoreTrailingSlashWhenValidatingAudience`, which is on in the library of Azure.
fn same_audience(given: &str, wanted: &str) -> bool {
    given.strip_suffix('/').unwrap_or(given) == wanted.strip_suffix('/').unwrap_or(wanted)
}

/// Whether the token's issuer is one of `allowed`.
pub fn check_issuer(claims: &Claims, allowed: &[SmolStr]) -> Result<(), Refusal> {
    let issuer = claims.issuer.as_deref().unwrap_or_default();
    if issuer.is_empty() {
        return Err(Refusal::denied(
            Reason::TokenIssuerNotAllowed,
            "IDX10211: Unable to validate issuer. The 'issuer' parameter is null or whitespace",
        ));
    }
    if allowed.iter().any(|allowed| allowed == issuer) {
        return Ok(());
    }
    let message = format!(
        "IDX10205: Issuer validation failed. Issuer: '{issuer}'. Did not match: validationParameters.ValidIssuers: '{}'",
        allowed.join(", ")
    );
    Err(Refusal::denied(Reason::TokenIssuerNotAllowed, message))
}

/// When a token may be used.
#[derive(Debug, Clone, Copy)]
pub struct Lifetime {
    pub require_expiration: bool,
    pub skew: Duration,
}

impl Lifetime {
    pub fn check(self, claims: &Claims, now: Instant100ns) -> Result<(), Refusal> {
        let ticks = now.0.saturating_sub(Instant100ns::UNIX_EPOCH.0);
        let now = ticks as f64 / 10_000_000.0;
        let skew = self.skew.as_secs_f64();
        match claims.expires {
            None if self.require_expiration => {
                let message = "IDX10225: Lifetime validation failed. The token is missing an Expiration Time";
                return Err(Refusal::denied(Reason::JwtInvalid, message));
            }
            Some(expires) if expires < now - skew => {
                let message = format!(
                    "IDX10223: Lifetime validation failed. The token is expired. ValidTo (UTC): '{}', Current time (UTC): '{}'",
                    date(expires),
                    date(now)
                );
                return Err(Refusal::denied(Reason::TokenExpired, message));
            }
            _ => {}
        }
        match (claims.not_before, claims.expires) {
            (Some(start), Some(end)) if start > end => {
                let message = format!(
                    "IDX10224: Lifetime validation failed. The NotBefore (UTC): '{}' is after Expires (UTC): '{}'",
                    date(start),
                    date(end)
                );
                Err(Refusal::denied(Reason::JwtInvalid, message))
            }
            (Some(start), _) if start > now + skew => {
                let message = format!(
                    "IDX10222: Lifetime validation failed. The token is not yet valid. ValidFrom (UTC): '{}', Current time (UTC): '{}'",
                    date(start),
                    date(now)
                );
                Err(Refusal::denied(Reason::JwtInvalid, message))
            }
            _ => Ok(()),
        }
    }
}

/// `MM/dd/yyyy HH:mm:ss`, the invariant culture's general form.
fn date(seconds: f64) -> String {
    let seconds = seconds.clamp(-62_135_596_800.0, 253_402_300_799.0).floor() as i64;
    let (days, time) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // Days to a date of the Gregorian calendar, in years that start on 1 March.
    let day = days + 719_468;
    let era = day.div_euclid(146_097);
    let of_era = day.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (time / 3_600, time / 60 % 60, time % 60);
    format!("{month:02}/{day:02}/{year:04} {hour:02}:{minute:02}:{second:02}")
}

/// `<required-claims>`.
#[derive(Debug, Default)]
pub struct RequiredClaims(Vec<RequiredClaim>);

#[derive(Debug)]
struct RequiredClaim {
    name: Dynamic<SmolStr>,
    mode: Dynamic<SmolStr>,
    separator: Option<Dynamic<SmolStr>>,
    values: Vec<Dynamic<SmolStr>>,
}

impl RequiredClaims {
    pub fn of(node: &Node<'_>) -> Option<RequiredClaims> {
        let listed = node.child("required-claims").into_iter().flat_map(|list| list.children_named("claim"));
        let claims = listed.map(|claim| {
            Some(RequiredClaim {
                name: claim.text_of("name")?,
                mode: claim.text_of("match")?,
                separator: claim.text_of("separator"),
                values: claim
                    .children_named("value")
                    .map(|value| value.content().unwrap_or(Dynamic::Fixed(SmolStr::default())))
                    .collect(),
            })
        });
        Some(RequiredClaims(claims.collect::<Option<Vec<_>>>()?))
    }

    pub fn check(&self, context: &Context, claims: &Claims) -> Result<Result<(), Refusal>, Fault> {
        let mut missing = Vec::new();
        for required in &self.0 {
            let name = required.name.get(context)?;
            if claims.get(&name).is_none() {
                missing.push(name);
            }
        }
        if !missing.is_empty() {
            let message = format!("JWT token is missing the following claims: {}. Access denied.", missing.join(", "));
            return Ok(Err(Refusal { reason: Reason::TokenClaimNotFound, message }));
        }
        for required in &self.0 {
            if let Err(refusal) = required.check(context, claims)? {
                return Ok(Err(refusal));
            }
        }
        Ok(Ok(()))
    }
}

impl RequiredClaim {
    fn check(&self, context: &Context, claims: &Claims) -> Result<Result<(), Refusal>, Fault> {
        if self.values.is_empty() {
            return Ok(Ok(()));
        }
        let name = self.name.get(context)?;
        let given = claims.get(&name).unwrap_or_default();
        let separator = match &self.separator {
            Some(separator) => separator.get(context)?,
            None => SmolStr::default(),
        };
        let any = self.mode.get(context)?.eq_ignore_ascii_case("any");
        let has = |wanted: &str| match separator.as_str() {
            "" => given.iter().any(|given| given == wanted),
            separator => given.iter().any(|given| given.split(separator).any(|part| part == wanted)),
        };
        let mut found = 0;
        for wanted in &self.values {
            found += usize::from(has(&wanted.get(context)?));
        }
        if (any && found > 0) || found == self.values.len() {
            return Ok(Ok(()));
        }
        let message = format!("Claim {name} value of {} is not allowed. Access denied.", given.join(","));
        Ok(Err(Refusal { reason: Reason::TokenClaimValueNotAllowed, message }))
    }
}

#[cfg(test)]
mod tests {
    use super::date;

    #[test]
    fn dates_are_those_of_the_invariant_culture() {
        assert_eq!(date(0.0), "01/01/1970 00:00:00");
        assert_eq!(date(951_782_399.9), "02/28/2000 23:59:59");
        assert_eq!(date(951_782_400.0), "02/29/2000 00:00:00");
        assert_eq!(date(1_767_323_045.0), "01/02/2026 03:04:05");
        assert_eq!(date(f64::MAX), "12/31/9999 23:59:59");
        assert_eq!(date(f64::MIN), "01/01/0001 00:00:00");
    }
}
