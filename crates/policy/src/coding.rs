//! Content codings of bodies that a policy reads.

use crate::fault::Fault;
use bytes::Bytes;
use http::{HeaderMap, header};
use std::io::Read;

/// Codings applied one after the other to one content.
const CODINGS_MAX: usize = 4;

/// The decoded content. Removes `Content-Encoding`, because what is sent on is no longer coded. A
/// coding we do not know stays as it is.
///
/// # Errors
/// The content does not decode, or decodes to more than `bytes_max`.
pub fn decode(headers: &mut HeaderMap, content: Bytes, bytes_max: usize) -> Result<Bytes, Fault> {
    let lines = headers.get_all(header::CONTENT_ENCODING).iter();
    let all: Vec<&str> = lines.map(|line| line.to_str().unwrap_or_default()).collect();
    let all = all.join(",").to_ascii_lowercase();
    let codings: Vec<&str> =
        all.split(',').map(str::trim).filter(|coding| !matches!(*coding, "" | "identity")).collect();
    if all.is_empty() || !codings.iter().all(|coding| is_known(coding)) {
        return Ok(content);
    }
    if codings.len() > CODINGS_MAX {
        return Err(Fault::new("", 400, format!("the content is coded more than {CODINGS_MAX} times")));
    }
    let mut decoded = content;
    // The last was applied last.
    for coding in codings.into_iter().rev() {
        decoded = undo(coding, &decoded, bytes_max)?;
    }
    headers.remove(header::CONTENT_ENCODING);
    Ok(decoded)
}

fn is_known(coding: &str) -> bool {
    matches!(coding, "gzip" | "x-gzip" | "deflate" | "br" | "zstd")
}

fn undo(coding: &str, content: &Bytes, bytes_max: usize) -> Result<Bytes, Fault> {
    let Some(first) = content.first() else { return Ok(content.clone()) };
    match coding {
        "gzip" | "x-gzip" => read(flate2::read::MultiGzDecoder::new(content.as_ref()), coding, bytes_max),
        // "deflate" is zlib by RFC 9110, and raw deflate from some servers.
        "deflate" if first & 0x0f == 8 => read(flate2::read::ZlibDecoder::new(content.as_ref()), coding, bytes_max),
        "deflate" => read(flate2::read::DeflateDecoder::new(content.as_ref()), coding, bytes_max),
        "br" => read(brotli::Decompressor::new(content.as_ref(), 4096), coding, bytes_max),
        _ => match zstd::stream::read::Decoder::new(content.as_ref()) {
            Ok(decoder) => read(decoder, coding, bytes_max),
            Err(error) => Err(undecodable(coding, &error)),
        },
    }
}

fn undecodable(coding: &str, error: &std::io::Error) -> Fault {
    Fault::new("", 400, format!("the {coding} content cannot be decoded: {error}"))
}

fn read(decoder: impl Read, coding: &str, bytes_max: usize) -> Result<Bytes, Fault> {
    let mut content = Vec::new();
    let read = decoder.take(bytes_max as u64 + 1).read_to_end(&mut content);
    match read {
        Ok(_) if content.len() > bytes_max => Err(Fault::new(
            "",
            413,
            format!("the decoded body is longer than {bytes_max} bytes, the limit of what policies can read"),
        )),
        Ok(_) => Ok(Bytes::from(content)),
        Err(error) => Err(undecodable(coding, &error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn gzip_is_decoded_within_the_limit() {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(&[b'a'; 1000]).expect("memory");
        let coded = Bytes::from(encoder.finish().expect("memory"));
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_ENCODING, "gzip".parse().expect("value"));
        assert_eq!(decode(&mut headers.clone(), coded.clone(), 10).map_err(|fault| fault.status), Err(413));
        assert_eq!(decode(&mut headers, coded, 1000).map(|content| content.len()).ok(), Some(1000));
        assert!(headers.is_empty());
    }

    #[test]
    fn every_coding_is_undone_also_on_top_of_another() {
        let text = b"some text that is coded".as_slice();
        let gzip = |content: &[u8]| {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
            encoder.write_all(content).expect("memory");
            encoder.finish().expect("memory")
        };
        let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        zlib.write_all(text).expect("memory");
        let mut raw = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
        raw.write_all(text).expect("memory");
        let mut br = Vec::new();
        brotli::CompressorWriter::new(&mut br, 4096, 5, 20).write_all(text).expect("memory");
        let zstd = zstd::stream::encode_all(text, 0).expect("memory");
        let check = |coding: &str, content: &[u8], expected: &[u8]| {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_ENCODING, coding.parse().expect("value"));
            let decoded = decode(&mut headers, Bytes::copy_from_slice(content), 1000);
            assert_eq!(
                decoded.map_err(|fault| fault.message.clone()),
                Ok(Bytes::copy_from_slice(expected)),
                "{coding}"
            );
        };
        check("gzip", &gzip(text), text);
        check("deflate", &zlib.finish().expect("memory"), text);
        check("deflate", &raw.finish().expect("memory"), text);
        check("br", &br, text);
        check("zstd", &zstd, text);
        check("zstd, GZIP", &gzip(&zstd), text);
        check("identity", text, text);
        check("snappy", text, text);
        check("gzip", b"", b"");
    }

    #[test]
    fn broken_content_is_the_callers_fault() {
        for coding in ["gzip", "deflate", "br", "zstd"] {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_ENCODING, coding.parse().expect("value"));
            let decoded = decode(&mut headers, Bytes::from_static(b"\xff\x00 no content of any coding"), 1000);
            assert_eq!(decoded.map_err(|fault| fault.status), Err(400), "{coding}");
        }
    }
}
