//! Issuing, reading and judging certificates.

use rcgen::{ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256};
use signing::{Certificate, CertificateError, ProjectBinding, VerifiedLeaf, VerifyError};

use crate::openssl::OpenSsl;
use crate::pki::{DAY, EXPO_CERTIFICATE, EXPO_PRIVATE_KEY, KEY, NOW, RSA, Shape};

#[test]
fn openssl_reads_in_ours_what_expo_writes_in_its_own() {
    let openssl = OpenSsl::new();
    let ours = Certificate::self_signed(&KEY, "Acme Ünïted", NOW, NOW + 3650 * DAY, [0xff; 16]).unwrap();
    openssl.write("ours.pem", ours.to_pem()).write("expo.pem", EXPO_CERTIFICATE);
    // Expo marks both usages critical; the client does not ask.
    let usages = |name: &str| {
        let words = format!("x509 -in {name} -noout -ext keyUsage,extendedKeyUsage,basicConstraints");
        openssl.run(&words).replace(": critical", ":").replace(": \n", ":\n")
    };
    assert!(usages("expo.pem").contains("Digital Signature"));
    assert_eq!(usages("ours.pem"), usages("expo.pem"));

    let text =
        openssl.run("x509 -in ours.pem -noout -serial -dates -subject -issuer -nameopt utf8 -fingerprint -sha256");
    for line in [
        "serial=7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF",
        "notBefore=Jan 15 08:00:00 2027 GMT",
        "notAfter=Jan 12 08:00:00 2037 GMT",
        "subject=CN=Acme Ünïted",
        "issuer=CN=Acme Ünïted",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    let fingerprint: Vec<String> = ours.fingerprint_sha256().iter().map(|byte| format!("{byte:02X}")).collect();
    assert!(text.contains(&fingerprint.join(":")), "{text}");
    let verified = openssl.run("verify -attime 1800000001 -check_ss_sig -x509_strict -CAfile ours.pem ours.pem");
    assert!(verified.contains("ours.pem: OK"), "{verified}");
}

#[test]
fn what_we_issue_is_accepted_within_its_validity() {
    let certificate = Certificate::self_signed(&KEY, "Acme", NOW, NOW + 10 * DAY, [7; 16]).unwrap();
    assert!(certificate.fits(&KEY));
    assert_eq!((certificate.not_before_ms(), certificate.not_after_ms()), (NOW, NOW + 10 * DAY));
    assert_eq!(Certificate::from_pem(&certificate.to_pem()).unwrap(), certificate);
    let message = b"exactly these bytes";
    let leaf = VerifiedLeaf::from_root(&certificate, NOW + 1).unwrap();
    assert_eq!(leaf.verify(message, &KEY.sign(message).unwrap()), Ok(()));
    assert_eq!(leaf.verify(b"others", &KEY.sign(message).unwrap()), Err(VerifyError::Mismatch));

    // iOS allows neither end.
    let verdict = |now_ms| certificate.check_code_signing(now_ms);
    assert!(matches!(verdict(NOW), Err(CertificateError::NotYetValid { .. })));
    assert!(verdict(NOW + 1).is_ok());
    assert!(verdict(NOW + 10 * DAY - 1).is_ok());
    let expired = verdict(NOW + 10 * DAY).unwrap_err();
    assert_eq!(expired.to_string(), "the certificate expired at 2027-01-25T08:00:00Z");
}

#[test]
fn validities_beyond_2050_change_their_encoding_and_survive() {
    let end = 7_000_000_000_000;
    let certificate = Certificate::self_signed(&KEY, "Long", NOW, end, [7; 16]).unwrap();
    assert_eq!(certificate.not_after_ms(), end);
    let openssl = OpenSsl::new();
    openssl.write("long.pem", certificate.to_pem());
    assert!(openssl.run("x509 -in long.pem -noout -enddate").contains("2191"));
}

#[test]
fn a_certificate_is_not_issued_with_a_bad_name_or_validity() {
    let issue = |name: &str, from, to| Certificate::self_signed(&KEY, name, from, to, [7; 16]).map(|_| ());
    for name in ["", "a\nb", &"x".repeat(65)] {
        assert!(matches!(issue(name, NOW, NOW + DAY), Err(CertificateError::BadCommonName)), "{name}");
    }
    assert!(issue(&"é".repeat(64), NOW, NOW + DAY).is_ok());
    for (from, to) in [(NOW, NOW), (NOW, NOW + 999), (NOW, NOW - DAY), (-DAY, NOW), (NOW, i64::MAX), (i64::MIN, NOW)] {
        assert!(matches!(issue("Acme", from, to), Err(CertificateError::BadValidity)), "{from} {to}");
    }
}

#[test]
fn certificates_for_other_purposes_are_refused() {
    let refuse = |shape: Shape| shape.self_signed(&RSA[0]).certificate.check_code_signing(NOW).unwrap_err();
    let without = |change: fn(&mut Shape)| {
        let mut shape = Shape::leaf("Acme");
        change(&mut shape);
        refuse(shape)
    };
    assert!(matches!(without(|shape| shape.usages.clear()), CertificateError::NoDigitalSignature));
    assert!(matches!(
        without(|shape| shape.usages = vec![KeyUsagePurpose::KeyCertSign]),
        CertificateError::NoDigitalSignature
    ));
    assert!(matches!(without(|shape| shape.extended.clear()), CertificateError::NoCodeSigning));
    assert!(matches!(
        without(|shape| shape.extended = vec![ExtendedKeyUsagePurpose::Any, ExtendedKeyUsagePurpose::ServerAuth]),
        CertificateError::NoCodeSigning
    ));
    assert!(matches!(refuse(Shape::leaf("Acme").validity(NOW - DAY, NOW - 1000)), CertificateError::Expired { .. }));
    assert!(matches!(
        refuse(Shape::leaf("Acme").validity(NOW + 1000, NOW + DAY)),
        CertificateError::NotYetValid { .. }
    ));
    assert!(matches!(
        refuse(Shape::leaf("Acme").extension(&[1, 2, 3, 4], b"\x05\x00", true)),
        CertificateError::UnknownCriticalExtension { id } if id == "1.2.3.4"
    ));
    Shape::leaf("Acme")
        .extension(&[1, 2, 3, 4], b"\x05\x00", false)
        .self_signed(&RSA[0])
        .certificate
        .check_code_signing(NOW)
        .unwrap();
}

#[test]
fn keys_that_the_client_cannot_verify_with_are_refused() {
    let elliptic = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
    let certificate = Shape::leaf("Acme").self_signed(&elliptic).certificate;
    assert!(matches!(certificate.check_code_signing(NOW), Err(CertificateError::NotRsa)));
    assert_eq!(certificate.verify(b"", &KEY.sign(b"").unwrap()), Err(VerifyError::NotRsa));
    assert!(!certificate.fits(&KEY));

    let openssl = OpenSsl::new();
    openssl.write(
        "request.conf",
        "[req]\ndistinguished_name=name\nx509_extensions=extensions\nprompt=no\n[name]\nCN=small\n[extensions]\n\
         keyUsage=critical,digitalSignature\nextendedKeyUsage=codeSigning\n",
    );
    let make = "req -x509 -config request.conf -noenc -days 36500 -keyout key.pem -out certificate.pem -newkey";
    openssl.run(&format!("{make} rsa:1024"));
    let small = Certificate::from_pem(&openssl.read_text("certificate.pem")).unwrap();
    let in_the_machines_time = small.not_before_ms() + DAY;
    assert!(matches!(small.check_code_signing(in_the_machines_time), Err(CertificateError::KeySize { bits: 1024 })));
    assert_eq!(small.verify(b"", &KEY.sign(b"").unwrap()), Err(VerifyError::NotRsa));

    openssl.run(&format!("{make} rsa:2048"));
    let right = Certificate::from_pem(&openssl.read_text("certificate.pem")).unwrap();
    right.check_code_signing(in_the_machines_time).unwrap();
}

#[test]
fn the_project_is_read_from_expos_extension() {
    let read = |value: &str| {
        let key = &RSA[0];
        let params = Shape::leaf("Acme").project(value);
        params.try_self_signed(key).map(|certificate| certificate.project().cloned())
    };
    let bound = |project_id: &str, scope_key: &str| {
        Some(ProjectBinding { project_id: project_id.into(), scope_key: scope_key.into() })
    };
    assert_eq!(read("285dc9ca,@acme/shop").unwrap(), bound("285dc9ca", "@acme/shop"));
    assert_eq!(read(" 285dc9ca , @acme/shop ").unwrap(), bound("285dc9ca", "@acme/shop"));
    for bad in ["", "285dc9ca", "a,b,c", "\u{c}\u{5}a,b"] {
        assert!(matches!(read(bad), Err(CertificateError::BadProjectInformation)), "{bad:?}");
    }
    let plain = Shape::leaf("Acme").self_signed(&RSA[0]).certificate;
    assert_eq!(plain.project(), None);
}

#[test]
fn texts_that_are_no_certificate_are_named() {
    let refuse = |text: &str| Certificate::from_pem(text).unwrap_err();
    assert!(matches!(refuse(""), CertificateError::NotPem));
    assert!(matches!(refuse(EXPO_PRIVATE_KEY), CertificateError::PrivateKeyGiven));
    assert!(matches!(refuse(crate::pki::EXPO_PUBLIC_KEY), CertificateError::PublicKeyGiven));
    assert!(matches!(refuse("-----BEGIN X509 CRL-----\n"), CertificateError::OtherPem { .. }));
    assert!(matches!(refuse(&EXPO_CERTIFICATE[..500]), CertificateError::BrokenPem));
    assert!(matches!(refuse(&EXPO_CERTIFICATE.replace("MIIC", "MII*")), CertificateError::BrokenPem));
    assert!(matches!(refuse(&EXPO_CERTIFICATE.repeat(2)), CertificateError::Several { count: 2 }));
    assert!(matches!(
        refuse("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"),
        CertificateError::Unreadable(_)
    ));
    let certificate = Certificate::from_pem(EXPO_CERTIFICATE).unwrap();
    assert!(matches!(
        Certificate::from_der(&[certificate.as_der(), b"\0"].concat()),
        Err(CertificateError::TrailingBytes)
    ));
    assert_eq!(Certificate::from_pem(&format!("{EXPO_PRIVATE_KEY}\n{EXPO_CERTIFICATE}")).unwrap(), certificate);
}
