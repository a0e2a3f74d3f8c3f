//! Reading, writing and using private keys.

use signing::{Certificate, KeyError, KeySize, Signature, SigningKey, VerifyError};

use crate::openssl::OpenSsl;
use crate::pki::{EXPO_CERTIFICATE, EXPO_PRIVATE_KEY, EXPO_PUBLIC_KEY, KEY, NOW};

const MESSAGE: &[u8] = "{\"id\":\"…\"}\r\n\0".as_bytes();

#[test]
fn openssl_verifies_what_we_sign() {
    let openssl = OpenSsl::new();
    openssl.write("message", MESSAGE).write("signature", KEY.sign(MESSAGE).unwrap().as_bytes());
    openssl.write("public.der", KEY.public_key_der());
    openssl.run("rsa -pubin -inform DER -in public.der -out public.pem");
    let verify = "dgst -sha256 -verify public.pem -signature signature message";
    assert!(openssl.run(verify).contains("Verified OK"));

    openssl.write("message", [MESSAGE, b"!"].concat());
    assert!(!openssl.try_run(verify).0, "OpenSSL must notice one more byte");
}

#[test]
fn we_verify_what_openssl_signs() {
    let openssl = OpenSsl::new();
    openssl.write("message", MESSAGE).write("key.pem", EXPO_PRIVATE_KEY);
    openssl.run("dgst -sha256 -sign key.pem -out signature message");
    let signature = Signature::from_bytes(openssl.read("signature"));
    let certificate = Certificate::from_pem(EXPO_CERTIFICATE).unwrap();
    assert_eq!(certificate.verify(MESSAGE, &signature), Ok(()));
    assert_eq!(certificate.verify(b"other", &signature), Err(VerifyError::Mismatch));
    let ours = SigningKey::from_pem(EXPO_PRIVATE_KEY).unwrap().sign(MESSAGE).unwrap();
    assert_eq!(ours, signature, "PKCS#1 v1.5 is deterministic, so both make the same bytes");
}

#[test]
fn what_expo_generates_loads_and_fits() {
    let key = SigningKey::from_pem(EXPO_PRIVATE_KEY).unwrap();
    let certificate = Certificate::from_pem(EXPO_CERTIFICATE).unwrap();
    assert_eq!(key.bits(), 2048);
    assert!(certificate.fits(&key));
    assert!(!certificate.fits(&KEY));
    certificate.check_code_signing(NOW).unwrap();
    assert_eq!(certificate.subject(), "CN=Test");

    let openssl = OpenSsl::new();
    openssl.write("public.pem", EXPO_PUBLIC_KEY);
    openssl.run("rsa -pubin -in public.pem -outform DER -out public.der");
    assert_eq!(openssl.read("public.der"), key.public_key_der());
}

#[test]
fn a_key_survives_pkcs8_pkcs1_and_other_line_ends() {
    let openssl = OpenSsl::new();
    let pkcs8 = KEY.to_pkcs8_pem().unwrap();
    openssl.write("key.pem", &*pkcs8);
    openssl.run("rsa -traditional -in key.pem -out pkcs1.pem");
    openssl.run("pkey -in key.pem -out pkcs8.pem");
    let pkcs1 = openssl.read_text("pkcs1.pem");
    assert!(pkcs1.starts_with("-----BEGIN RSA PRIVATE KEY-----"), "{pkcs1}");
    assert_eq!(openssl.read_text("pkcs8.pem"), *pkcs8, "OpenSSL writes the same PKCS#8");

    let bundle = format!("\u{feff}Bag Attributes\n  name: x\n{EXPO_CERTIFICATE}\n{pkcs1}");
    for text in [pkcs1.clone(), pkcs1.replace('\n', "\r\n"), pkcs8.to_string(), pkcs8.replace('\n', "\r\n"), bundle] {
        let key = SigningKey::from_pem(&text).unwrap();
        assert_eq!(key.public_key_der(), KEY.public_key_der(), "{text}");
        assert_eq!(key.sign(MESSAGE).unwrap(), KEY.sign(MESSAGE).unwrap());
    }
}

#[test]
fn larger_keys_sign_too() {
    let key = SigningKey::generate(KeySize::Bits3072).unwrap();
    let certificate = Certificate::self_signed(&key, "Large", NOW, NOW + 1000, [1; 16]).unwrap();
    assert_eq!(key.bits(), 3072);
    let signature = key.sign(MESSAGE).unwrap();
    assert_eq!(signature.as_bytes().len(), 384);
    assert_eq!(certificate.verify(MESSAGE, &signature), Ok(()));
}

#[test]
fn a_key_never_prints_itself() {
    assert_eq!(format!("{:?}", *KEY), "SigningKey(2048 bits, redacted)");
}

macro_rules! refuses {
    ($name:ident: $text:expr => $pattern:pat) => {
        #[test]
        fn $name() {
            let text: String = $text;
            let error = SigningKey::from_pem(&text).unwrap_err();
            assert!(matches!(error, $pattern), "{error:?}\n{text}");
        }
    };
}

/// The PEM file that these `openssl` words write to `out.pem`.
fn made_by(words: &str) -> String {
    let openssl = OpenSsl::new();
    openssl.write("expo.pem", EXPO_PRIVATE_KEY).write("certificate.pem", EXPO_CERTIFICATE);
    openssl.run(words);
    openssl.read_text("out.pem")
}

refuses!(nothing: String::new() => KeyError::NotPem);
refuses!(a_bare_base64_string: "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC".into() => KeyError::NotPem);
refuses!(a_public_key: EXPO_PUBLIC_KEY.into() => KeyError::PublicKeyGiven);
refuses!(a_pkcs1_public_key: made_by("rsa -in expo.pem -RSAPublicKey_out -out out.pem") => KeyError::PublicKeyGiven);
refuses!(a_certificate: EXPO_CERTIFICATE.into() => KeyError::CertificateGiven);
refuses!(a_request: made_by("req -new -key expo.pem -subj /CN=x -out out.pem") => KeyError::OtherPem { .. });
refuses!(two_keys: format!("{EXPO_PRIVATE_KEY}\n{EXPO_PRIVATE_KEY}") => KeyError::Several);
refuses!(a_pkcs8_key_with_a_passphrase:
    made_by("pkcs8 -topk8 -in expo.pem -passout pass:x -out out.pem") => KeyError::Encrypted);
refuses!(a_pkcs1_key_with_a_passphrase:
    made_by("rsa -traditional -in expo.pem -aes128 -passout pass:x -out out.pem") => KeyError::Encrypted);
refuses!(an_elliptic_key: made_by("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out out.pem")
    => KeyError::NotRsa { .. });
refuses!(an_elliptic_key_with_its_parameters: made_by("ecparam -name prime256v1 -genkey -out out.pem")
    => KeyError::NotRsa { .. });
refuses!(an_ed25519_key: made_by("genpkey -algorithm ED25519 -out out.pem") => KeyError::NotRsa { .. });
refuses!(a_pss_key: made_by("genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 -out out.pem")
    => KeyError::NotRsa { .. });
refuses!(a_small_pkcs8_key: made_by("genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024 -out out.pem")
    => KeyError::TooSmall { bits: 1024 });
refuses!(a_small_pkcs1_key: made_by("genrsa -traditional -out out.pem 2047") => KeyError::TooSmall { bits: 2047 });
refuses!(a_key_cut_in_its_middle: EXPO_PRIVATE_KEY[..800].into() => KeyError::BrokenPem(_));
refuses!(a_key_with_a_foreign_character: EXPO_PRIVATE_KEY.replace("MIIE", "MII*") => KeyError::BrokenPem(_));
refuses!(a_key_whose_numbers_do_not_fit: {
    let middle = EXPO_PRIVATE_KEY.len() / 2;
    let (head, tail) = EXPO_PRIVATE_KEY.split_at(middle);
    format!("{head}{}", if tail.starts_with('A') { tail.replacen('A', "B", 1) } else { format!("A{}", &tail[1..]) })
} => KeyError::Unreadable(_));
refuses!(no_key_inside: "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n".into()
    => KeyError::Unreadable(_));

#[test]
fn a_signature_is_padded_base64_on_one_line() {
    let signature = KEY.sign(MESSAGE).unwrap();
    let text = signature.to_base64();
    assert_eq!(Signature::from_base64(&text).unwrap(), signature);
    assert!(text.ends_with("==") && !text.contains('\n'), "{text}");
    let unpadded = text.trim_end_matches('=').to_owned();
    let wrapped = format!("{}\n{}", &text[..64], &text[64..]);
    for bad in [unpadded, wrapped, format!(" {text}"), text.replacen(&text[..1], "-", 1)] {
        assert!(Signature::from_base64(&bad).is_err(), "{bad}");
    }
}
