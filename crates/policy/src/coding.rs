//! Content codings of bodies that a policy reads.

use crate::fault::Fault;
use bytes::Bytes;
use http::{HeaderMap, header};
use std::io::Read;

/// The decoded content. Removes `Content-Encoding`, because what is sent on is no longer coded. A
/// coding we do not know stays as it is.
///
/// # Errors
/// The content does not decode, or decodes to more than `bytes_max`.
pub fn decode(headers: &mut HeaderMap, content: Bytes, bytes_max: usize) -> Result<Bytes, Fault> {
    let Some(coding) = headers.get(header::CONTENT_ENCODING) else { return Ok(content) };
    let coding = coding.to_str().unwrap_or_default().trim().to_ascii_lowercase();
    let decoded = match coding.as_str() {
        "identity" | "" => content,
        _ if content.is_empty() => content,
        "gzip" | "x-gzip" => read(flate2::read::MultiGzDecoder::new(content.as_ref()), &coding, bytes_max)?,
        // "deflate" is zlib by RFC 9110, and raw deflate from some servers.
        "deflate" if content[0] & 0x0f == 8 => {
            read(flate2::read::ZlibDecoder::new(content.as_ref()), &coding, bytes_max)?
        }
        "deflate" => read(flate2::read::DeflateDecoder::new(content.as_ref()), &coding, bytes_max)?,
        "br" => read(brotli::Decompressor::new(content.as_ref(), 4096), &coding, bytes_max)?,
        "zstd" => match zstd::stream::read::Decoder::new(content.as_ref()) {
            Ok(decoder) => read(decoder, &coding, bytes_max)?,
            Err(error) => return Err(Fault::new("", 500, format!("the {coding} content cannot be decoded: {error}"))),
        },
        _ => return Ok(content),
    };
    headers.remove(header::CONTENT_ENCODING);
    Ok(decoded)
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
        Err(error) => Err(Fault::new("", 400, format!("the {coding} content cannot be decoded: {error}"))),
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
}
