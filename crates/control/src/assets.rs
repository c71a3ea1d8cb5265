//! The management portal's files, embedded. A portal is a client of the API like any other.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use flate2::read::GzDecoder;
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header};
use std::io::Read;

/// Made by `build.rs` from what `npm run build` in `portals/` left, by name. Empty when nobody built
/// the portal: then the API alone answers.
static FILES: &[File] = include!(concat!(env!("OUT_DIR"), "/portal.rs"));

/// One file. Without `plain` there is `gzip`, and the plain form is made from it.
struct File {
    name: &'static str,
    plain: Option<&'static [u8]>,
    brotli: Option<&'static [u8]>,
    gzip: Option<&'static [u8]>,
}

/// Scripts, styles and calls from here and to here alone. The hash is that of the empty style
/// elements that Fluent fills; see portals/README.md, "Serving".
const CSP: &str = "default-src 'none'; script-src 'self'; \
    style-src 'self' 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='; img-src 'self' data:; font-src 'self'; \
    connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Files under this folder carry a hash of their content in their name.
const HASHED: &str = "assets/";

pub fn answer(request: &Request<Body>) -> Response {
    answer_from(FILES, request)
}

fn answer_from(files: &'static [File], request: &Request<Body>) -> Response {
    if request.method() != Method::GET && request.method() != Method::HEAD {
        return (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET, HEAD")]).into_response();
    }
    let find = |name: &str| files.iter().find(|file| file.name == name);
    let path = request.uri().path().trim_start_matches('/');
    // Every page of the application is the same document; its script reads the address.
    let found = find(path).or_else(|| if path.starts_with(HASHED) { None } else { find("index.html") });
    let Some(file) = found else { return absent() };
    let Some((coding, body)) = choose(file, request.headers()) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let mut response = Response::new(Body::from(body));
    let headers = response.headers_mut();
    let media_type = mime_guess::from_path(file.name).first_or_octet_stream();
    if let Ok(value) = HeaderValue::from_str(media_type.essence_str()) {
        headers.insert(header::CONTENT_TYPE, value);
    }
    if let Some(coding) = coding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
    }
    if file.brotli.is_some() || file.gzip.is_some() {
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    }
    let cache = if file.name.starts_with(HASHED) { "public, max-age=31536000, immutable" } else { "no-cache" };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CSP));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

/// The smallest form that the client takes, and its content coding.
fn choose(file: &File, headers: &HeaderMap) -> Option<(Option<&'static str>, Bytes)> {
    let whole = Bytes::from_static;
    if let Some(brotli) = file.brotli.filter(|_| takes(headers, "br")) {
        return Some((Some("br"), whole(brotli)));
    }
    if let Some(gzip) = file.gzip.filter(|_| takes(headers, "gzip")) {
        return Some((Some("gzip"), whole(gzip)));
    }
    if let Some(plain) = file.plain {
        return Some((None, whole(plain)));
    }
    let mut plain = Vec::new();
    GzDecoder::new(file.gzip?).read_to_end(&mut plain).ok()?;
    Some((None, plain.into()))
}

/// Whether `Accept-Encoding` has a coding with a weight above zero. `*` counts for codings that it
/// does not name. Source: RFC 9110, 12.5.3.
fn takes(headers: &HeaderMap, coding: &str) -> bool {
    let accepted = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let mut any = false;
    for item in accepted.flat_map(|value| value.split(',')) {
        let (name, parameters) = item.split_once(';').unwrap_or((item, ""));
        let weight = parameters.trim().strip_prefix("q=").map_or(Ok(1.0), |weight| weight.trim().parse::<f32>());
        let is_taken = weight.is_ok_and(|weight| weight > 0.0);
        match name.trim() {
            name if name.eq_ignore_ascii_case(coding) => return is_taken,
            "*" => any = is_taken,
            _ => {}
        }
    }
    any
}

fn absent() -> Response {
    let text = "Not found. This build has no portal; the management API is under /subscriptions/…\n";
    (StatusCode::NOT_FOUND, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt;

    /// gzip of "script", no brotli of it.
    const SCRIPT_GZIP: &[u8] =
        &[31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 43, 78, 46, 202, 44, 40, 1, 0, 58, 135, 129, 28, 6, 0, 0, 0];
    static SAMPLE: &[File] = &[
        File { name: "assets/a-1.js", plain: None, brotli: Some(b"br"), gzip: Some(SCRIPT_GZIP) },
        File { name: "assets/a-2.png", plain: Some(b"image"), brotli: None, gzip: None },
        File { name: "index.html", plain: Some(b"page"), brotli: Some(b"br page"), gzip: None },
    ];

    /// Path and `Accept-Encoding`; status, content coding and body.
    async fn check(path: &str, accept: &str, expected: (u16, &str, &[u8])) {
        let request = Request::builder().uri(path).header(header::ACCEPT_ENCODING, accept).body(Body::empty());
        let response = answer_from(SAMPLE, &request.expect("a request"));
        let status = response.status().as_u16();
        let coding = response.headers().get(header::CONTENT_ENCODING).cloned();
        let coding = coding.as_ref().and_then(|coding| coding.to_str().ok()).unwrap_or_default();
        let body = response.into_body().collect().await.expect("a body").to_bytes();
        assert_eq!((status, coding, body.as_ref()), expected, "{path} {accept}");
    }

    #[tokio::test]
    async fn files_are_answered_in_the_smallest_form_taken() {
        check("/assets/a-1.js", "gzip, deflate, br, zstd", (200, "br", b"br")).await;
        check("/assets/a-1.js", "*", (200, "br", b"br")).await;
        check("/assets/a-1.js", "br;q=0, *", (200, "gzip", SCRIPT_GZIP)).await;
        check("/assets/a-1.js", "gzip;q=0.5", (200, "gzip", SCRIPT_GZIP)).await;
        check("/assets/a-1.js", "", (200, "", b"script")).await;
        check("/assets/a-1.js", "br;q=0,gzip;q=x", (200, "", b"script")).await;
        check("/assets/a-2.png", "br", (200, "", b"image")).await;
    }

    #[tokio::test]
    async fn every_page_is_the_same_document() {
        check("/", "", (200, "", b"page")).await;
        check("/apis/echo/v1.2", "br", (200, "br", b"br page")).await;
        let request = Request::builder().uri("/assets/gone.js").body(Body::empty()).expect("a request");
        assert_eq!(answer_from(SAMPLE, &request).status(), 404, "an old page must not take a document for a script");
    }
}
