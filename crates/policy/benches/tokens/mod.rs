//! Tokens that a provider of the bench signs with RS256.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use tollgate_policy::simulation::AnswerSpec;

/// The provider's key, of 2048 bits: PKCS#8 in base64. It signs nothing elsewhere.
const KEY: &str = "\
    MIIEvgIBADANBgkqhkiG9w0BAQEFAASCBKgwggSkAgEAAoIBAQC/DJL+sCMSMC7WNfRGcA4S+ngMZ2JBgaKKjbAz6qjjgDrHe8wEHO8zeC4aqvKV\
    YgUWktg/Nu1/9uhYSCBf4PxC4UL+y0JPRS3UvjjvPf94CkqugplGPHNIxv743mTin9N3X5Q33WIJ3+JCVWTNa9fS9wycgFrvJWPt3XEUdVlzd2mL\
    bNl3f0NqAgTOH4MAANu3Nimwkvt80kJRPfbBm8Ouuy8T1CfKRwRjky0OBHVidlwBllmXVwvytbEB7Wpp/Pt13oKHWtOUcMaN6meLZcDqDwiBswT5\
    eicenXQ82xP+sJtOgfKftuzSVyRMsOWqDJPaRGCprY1onLep09VS7YiBAgMBAAECggEAMsn2eAO+RxMNGIBecK1QaIYyjOWdDtoWKmxRZ/PdsyE/\
    PxHvojZI9u9fnlJMzB6zSJWALIn/KHIswW9nP+XxWhxFcbP6bFVxQinRu/RI6pId2Xe5pJzkbvgMB4Aj5MVlc8oyfol5izN8FHNcKWoehaSMszxC\
    MGpJvw4MBkrOHW4u7BCuUhUu1PGhSxECbpdIfxtDQetWH9CJWEHt/kGPFtI7LpEmQ0ZXdVXOxDFyoX/D+DLePT+as6C81j9mygUcKULqXn9yE7yL\
    iJHpTZ5S9hvHUz+STgjbZBhXosX3f/ZtEywdHmLQCLquOidVRClJA12lvI6tMao+enFIws51WwKBgQDvLPgO/tBjYwFxkTY98Y4QNIiewWlkm8uV\
    EHdbsv4NxNwbg3iEYgL0G3ujrohQmLzhTUcuBhNPBDnPdgn73aHNHPyLYl2IVen8GFMViyZhzgZDSlBIe0tJR8WzVFOjfnCzJDKdigP72x4+zljA\
    pmAqMrh0mZnfxUapgZ4IR0oLhwKBgQDMfPOMG5OoCQ11Ps1ft3G2tLS4+V2l95fY/d8iDz9DG0Yo3YRKcDpxdJZ1dKuGpB4ftueyzldNpzh7WFMt\
    K4itYCmJRifcPQppnKIGyKUaDsbt28tckjzN+IZH//5I9D4KTfQyt2GqIIXep/SxHGjTpRVBN4BN/9sH2csuTwcdtwKBgQCNLwBm6afdYy4Q+eUI\
    /7QagMg83nL2PrkYDxZF/QzW1+QOIbdcffa8XhTH9FjnKqIkZNelpVR0ikwN2OHf2V6Pk5LIPJJ1zjFG7Jzu1KsdhN5RjmaBwrYYVdOwHhEZK6Qf\
    OzjdogDkBN5/uJLPdebCQhp8Scd5PhyOJsNAo8RjtQKBgQC75Ev8fxJLohXFl3Ep8+r+kEhGdosABuJ1tb+jEhN028i5n+EAbOKmgRQG1K8OxhoP\
    1gZLm6FIbtBNNbknlgq+E8/WnKnfig7ZP9z5Er/xk4Zh5EWVx6ErOKJZ4fSKoDGpUjuBplKM+dlH31fMrWf8oIFJLXAtO1zMd+hjoqXNPQKBgD9p\
    wlHmWc4b22m8uuXelcHLATvxUrH+J9r9y1C4pVP1A7MtmVX+TNwfmCV+yjuRuRfDQsLsbrarbj3PYGiy7ORj0j+pU3a9LQJjaV4r2qJRHRkVlNp0\
    RVlFTsv9WDLWGGQqZDwA/BmEto1j/8ZIvq2zh4N3cr4avDdjB4KAjI8o\
";
const MODULUS: &str = "vwyS_rAjEjAu1jX0RnAOEvp4DGdiQYGiio2wM-qo44A6x3vMBBzvM3guGqrylWIFFpLYPzbtf_boWEggX-D8QuFC_stCT0Ut1L447z3_eApKroKZRjxzSMb--N5k4p_Td1-UN91iCd_iQlVkzWvX0vcMnIBa7yVj7d1xFHVZc3dpi2zZd39DagIEzh-DAADbtzYpsJL7fNJCUT32wZvDrrsvE9QnykcEY5MtDgR1YnZcAZZZl1cL8rWxAe1qafz7dd6Ch1rTlHDGjepni2XA6g8IgbME-XonHp10PNsT_rCbToHyn7bs0lckTLDlqgyT2kRgqa2NaJy3qdPVUu2IgQ";
/// Seconds since 1970: an hour after the clock of the simulation starts.
const EXPIRES: u64 = 1_767_341_045;

pub const POLICY: &str = r#"<policies><inbound><validate-jwt header-name="Authorization" require-scheme="Bearer">
  <openid-config url="https://login.example/.well-known/openid-configuration" />
  <audiences><audience>api://cats</audience></audiences>
  <required-claims><claim name="scope" match="any" separator=" "><value>cats.read</value></claim></required-claims>
</validate-jwt></inbound><backend /></policies>"#;

/// What the provider answers: its metadata and its key.
pub fn provider() -> Vec<AnswerSpec> {
    let answer = |url: &str, json: serde_json::Value| AnswerSpec {
        url: Some(url.to_owned()),
        json: Some(json),
        ..AnswerSpec::default()
    };
    let key = serde_json::json!({ "kty": "RSA", "use": "sig", "kid": "1", "n": MODULUS, "e": "AQAB" });
    vec![
        answer(
            "https://login.example/.well-known",
            serde_json::json!({ "issuer": "https://login.example", "jwks_uri": "https://login.example/keys" }),
        ),
        answer("https://login.example/keys", serde_json::json!({ "keys": [key] })),
    ]
}

/// Tokens that differ in their subject.
pub fn sign(count: usize) -> Vec<String> {
    let key = RsaKeyPair::from_pkcs8(&STANDARD.decode(KEY.trim()).expect("base64")).expect("a key");
    let part = |json: serde_json::Value| URL_SAFE_NO_PAD.encode(json.to_string());
    let token = |number: usize| {
        let header = part(serde_json::json!({ "alg": "RS256", "typ": "JWT", "kid": "1" }));
        let claims = part(serde_json::json!({
            "iss": "https://login.example", "aud": "api://cats", "sub": format!("user-{number}"),
            "exp": EXPIRES, "scope": "cats.read cats.write",
        }));
        let input = format!("{header}.{claims}");
        let mut signature = vec![0; key.public_modulus_len()];
        key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), input.as_bytes(), &mut signature).expect("a signature");
        format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))
    };
    (0..count).map(token).collect()
}
