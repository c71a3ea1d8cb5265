//! `System.Security.Cryptography`: hashes, ciphers, RSA, certificates.

pub mod certificate;
pub mod hash;
pub mod rsa;
pub mod symmetric;

pub use certificate::certificate;

use super::array::Array;
use crate::run::{Args, Outcome, Run, Thrown};
use crate::types::{Type, known, registry};
use crate::value::Value;

/// Work of one step, in bytes that are hashed or enciphered.
const BYTES_A_STEP: usize = 64;

fn named(name: &str) -> Type {
    Type::of(registry().full(name, 0).unwrap_or(known::OBJECT))
}

fn enum_value(name: &str, number: i64) -> Value {
    Value::Enum(registry().full(name, 0).unwrap_or(known::INT32), number)
}

/// A `byte[]` parameter that must not be null.
fn bytes(a: &Args<'_, '_>, at: usize, parameter: &str) -> Result<Vec<u8>, Thrown> {
    a.get(at).to_bytes().ok_or_else(|| Thrown::argument_null(parameter))
}

/// The part of a `byte[]` parameter that the offset and count after it name.
fn part(a: &Args<'_, '_>, at: usize, parameter: &str) -> Result<Vec<u8>, Thrown> {
    let content = bytes(a, at, parameter)?;
    let start =
        usize::try_from(a.i32(at + 1)).map_err(|_| Thrown::out_of_range("Non-negative number required.", "offset"))?;
    let count = usize::try_from(a.i32(at + 2)).ok().filter(|count| *count <= content.len());
    let count = count.ok_or_else(|| Thrown::argument("Value was invalid."))?;
    let end = start.checked_add(count).filter(|end| *end <= content.len());
    let found = end.and_then(|end| content.get(start..end)).ok_or_else(|| {
        Thrown::argument(
            "Offset and length were out of bounds for the array or count is greater than the number of elements from \
             index to the end of the source collection.",
        )
    })?;
    Ok(found.to_vec())
}

/// A new `byte[]`, counted.
fn give(a: &mut Args<'_, '_>, content: Vec<u8>) -> Outcome {
    a.run.charge(content.len())?;
    Ok(Value::bytes(content))
}

/// Counts the work on a message.
fn work(run: &mut Run<'_>, content: usize) -> Result<(), Thrown> {
    run.steps(content / BYTES_A_STEP)
}

/// Writes into a `byte[]` of the program; what does not fit is an exception.
fn write(target: &Value, at: usize, content: &[u8]) -> Result<(), Thrown> {
    let Some(array) = crate::value::downcast::<Array>(target) else { return Err(Thrown::null_reference()) };
    if at.checked_add(content.len()).is_none_or(|end| end > array.len()) {
        return Err(Thrown::argument_of("Destination is too short.", "destination"));
    }
    for (offset, byte) in content.iter().enumerate() {
        array.put(at + offset, Value::Byte(*byte));
    }
    Ok(())
}

fn nothing(_a: &mut Args<'_, '_>) -> Outcome {
    Ok(Value::Null)
}

/// `Create()` of a family: .NET no longer chooses an algorithm.
fn no_default(_a: &mut Args<'_, '_>) -> Outcome {
    Err(Thrown::new(
        "System.PlatformNotSupportedException",
        "This platform does not allow the automatic selection of an algorithm.",
    ))
}

fn disposed(ty: &Type) -> Thrown {
    let message = format!("Cannot access a disposed object.\nObject name: '{}'.", ty.clr_name());
    Thrown::new("System.ObjectDisposedException", message)
}

/// The host's random bytes.
fn random(run: &Run<'_>) -> impl FnMut(&mut [u8]) + use<> {
    let environment = std::rc::Rc::clone(&run.context.environment);
    move |buffer| environment.entropy(buffer)
}

#[cfg(test)]
mod tests {
    use crate::library::expect::check;

    const ABC: &str = "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD";

    #[test]
    fn hashes() {
        check(&[
            ("Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(\"abc\")))", ABC),
            ("Convert.ToHexString(SHA256.Create().ComputeHash(Encoding.UTF8.GetBytes(\"xabcx\"), 1, 3))", ABC),
            (
                "var h = HashAlgorithm.Create(\"SHA256\"); var b = Encoding.UTF8.GetBytes(\"abc\"); h.TransformBlock(b, 0, 1, b, 0); h.TransformFinalBlock(b, 1, 2); return Convert.ToHexString(h.Hash);",
                ABC,
            ),
            ("SHA1.Create().ComputeHash(new byte[2], 1, 2)", "!ArgumentException"),
            ("SHA1.Create().ComputeHash((byte[])null)", "!ArgumentNullException"),
            ("SHA512.Create().HashSize + SHA512.HashSizeInBytes", "576"),
            ("HashAlgorithm.Create(\"nothing\") == null", "True"),
            ("HMAC.Create(\"HMACSHA256\").GetType().Name", "HMACSHA256"),
            ("HMAC.Create()", "!PlatformNotSupportedException"),
            (
                "var h = new HMACSHA256 { Key = Encoding.UTF8.GetBytes(\"key\") }; return Convert.ToBase64String(h.ComputeHash(Encoding.UTF8.GetBytes(\"The quick brown fox jumps over the lazy dog\")));",
                "97yD9DBThCSxMpjmqm+xQ+9NWaFJRhdZl0edvC0aPNg=",
            ),
            (
                "Convert.ToBase64String(HMACSHA256.HashData(Encoding.UTF8.GetBytes(\"key\"), Encoding.UTF8.GetBytes(\"The quick brown fox jumps over the lazy dog\")))",
                "97yD9DBThCSxMpjmqm+xQ+9NWaFJRhdZl0edvC0aPNg=",
            ),
            ("new HMACSHA256().Key.Length + new HMACSHA512().Key.Length", "192"),
            ("var h = SHA256.Create(); h.Dispose(); return h.ComputeHash(new byte[0]);", "!ObjectDisposedException"),
            (
                "var h = SHA256.Create(); h.TransformBlock(new byte[1], 0, 1, null, 0); return h.Hash;",
                "!CryptographicUnexpectedOperationException",
            ),
            ("HashAlgorithmName.SHA256.Name + (HashAlgorithmName.MD5 == new HashAlgorithmName(\"MD5\"))", "SHA256True"),
            ("new Oid(\"2.5.29.15\").FriendlyName + new Oid(\"sha256\").Value", "Key Usage2.16.840.1.101.3.4.2.1"),
            (
                "var b = new byte[64]; new RNGCryptoServiceProvider().GetNonZeroBytes(b); return b.Contains((byte)0);",
                "False",
            ),
            ("RandomNumberGenerator.GetInt32(5, 6)", "5"),
        ]);
    }

    #[test]
    fn ciphers() {
        let key = "Encoding.UTF8.GetBytes(\"0123456789abcdef\")";
        let aes = format!("Convert.ToBase64String({key}.Encrypt(\"Aes\", {key}, new byte[16]))");
        let by_object = format!(
            "var a = SymmetricAlgorithm.Create(\"AesManaged\"); a.Key = {key}; a.IV = new byte[16]; return Convert.ToBase64String({key}.Encrypt(a));"
        );
        let by_transform = format!(
            "using (var a = SymmetricAlgorithm.Create(\"AES\")) {{ var t = a.CreateEncryptor({key}, new byte[16]); return Convert.ToBase64String(t.TransformFinalBlock({key}, 0, 16)); }}"
        );
        let again = format!(
            "Encoding.UTF8.GetString({key}.Encrypt(\"TripleDES\", {key}, new byte[8]).Decrypt(\"3DES\", {key}, new byte[8]))"
        );
        let expected = "cnJ+iB7c/QEApxhoeQm1ZbK1BDCaLhZGeh0WxMZ4WIA=";
        check(&[
            (&aes, expected),
            (&by_object, expected),
            (&by_transform, expected),
            (&again, "0123456789abcdef"),
            ("new byte[1].Encrypt(\"Aes\", new byte[3], new byte[16])", "!ArgumentException"),
            ("new byte[1].Encrypt(\"nothing\", new byte[16], new byte[16])", "!NullReferenceException"),
            ("new byte[16].Decrypt(\"Aes\", new byte[16], new byte[16])", "!CryptographicException"),
            (
                "var a = SymmetricAlgorithm.Create(\"Aes\"); a.Mode = CipherMode.ECB; a.Padding = PaddingMode.None; a.Key = new byte[16]; return Convert.ToHexString(a.CreateEncryptor().TransformFinalBlock(new byte[16], 0, 16));",
                "66E94BD4EF8A2C3B884CFA59CA342B2E",
            ),
            (
                "var a = SymmetricAlgorithm.Create(\"Aes\"); return a.KeySize + \",\" + a.BlockSize + \",\" + a.Mode + \",\" + a.Padding + \",\" + a.Key.Length;",
                "256,128,CBC,PKCS7,32",
            ),
            ("SymmetricAlgorithm.Create(\"Aes\").Key = new byte[5]", "!CryptographicException"),
            ("SymmetricAlgorithm.Create()", "refused"),
        ]);
    }

    #[test]
    fn rsa() {
        let pem = include_str!("../../dotnet/text/crypto/certificate_test.pem").replace('\n', "\\n");
        let subject = format!("X509Certificate2.CreateFromPem(\"{pem}\").Subject");
        let bytes = format!("new X509Certificate2(Encoding.ASCII.GetBytes(\"{pem}\"))");
        let simple =
            format!("{bytes}.GetNameInfo(X509NameType.SimpleName, false) + {bytes}.SerialNumber + {bytes}.Version");
        let key =
            format!("{bytes}.GetRSAPublicKey().KeySize + {bytes}.PublicKey.Oid.FriendlyName + {bytes}.HasPrivateKey");
        let same = format!(
            "{bytes}.Equals({bytes}) && {bytes}.Thumbprint == {bytes}.GetCertHashString() && {bytes}.RawData.Length > 0"
        );
        let pair = "var r = RSA.Create(512); var d = new byte[] { 1, 2 };";
        let sign = format!(
            "{pair} var s = r.SignData(d, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1); return r.VerifyData(d, s, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);"
        );
        let copy = format!(
            "{pair} var c = RSA.Create(); c.FromXmlString(r.ToXmlString(true)); return c.Decrypt(r.Encrypt(d, RSAEncryptionPadding.Pkcs1), RSAEncryptionPadding.Pkcs1).SequenceEqual(d);"
        );
        let moved = format!(
            "{pair} var p = r.ExportParameters(true); var c = RSA.Create(new RSAParameters {{ Modulus = p.Modulus, Exponent = p.Exponent }}); return c.KeySize + \",\" + p.D.Length + \",\" + p.P.Length;"
        );
        let text = format!(
            "{pair} var c = RSA.Create(); c.ImportFromPem(r.ExportPkcs8PrivateKeyPem()); return c.ExportParameters(false).Modulus.SequenceEqual(r.ExportParameters(false).Modulus);"
        );
        check(&[
            (&subject, "CN=api.example.com, O=\"Big, Co\", C=IT"),
            (&simple, "api.example.com0ABCDEF03"),
            (&key, "2048RSAFalse"),
            (&same, "True"),
            ("new X509Certificate2(new byte[] { 1, 2, 3, 4 })", "!CryptographicException"),
            (
                "new X509Certificate2((byte[])null).ToString()",
                "System.Security.Cryptography.X509Certificates.X509Certificate2",
            ),
            ("new X509Certificate2((byte[])null).Thumbprint", "!CryptographicException"),
            (&sign, "True"),
            (&copy, "True"),
            (&moved, "512,64,32"),
            (&text, "True"),
            ("RSA.Create(500)", "!CryptographicException"),
            (
                "RSASignaturePadding.Pss + \",\" + RSAEncryptionPadding.OaepSHA256 + \",\" + (RSASignaturePadding.Pss == RSASignaturePadding.Pss)",
                "Pss,OaepSHA256,True",
            ),
        ]);
    }
}
