//! Chains, by the rules of `CertificateChain.kt` and `CertificateChain.swift`.

use rcgen::{IsCa, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256};
use signing::{Certificate, CertificateChain, CertificateError, ChainError, VerifiedLeaf};

use crate::openssl::OpenSsl;
use crate::pki::{DAY, Issued, NOW, RSA, Shape};

/// Leaf, intermediate and root, each changed before it is issued.
struct Three {
    leaf: Shape,
    intermediate: Shape,
    root: Shape,
}

impl Three {
    fn valid() -> Self {
        Self {
            leaf: Shape::leaf("Leaf"),
            intermediate: Shape::authority("Intermediate"),
            root: Shape::authority("Root"),
        }
    }

    /// Counted from the leaf.
    fn part(&mut self, position: usize) -> &mut Shape {
        match position {
            0 => &mut self.leaf,
            1 => &mut self.intermediate,
            _ => &mut self.root,
        }
    }

    fn issue(self) -> (CertificateChain, Certificate) {
        let root = self.root.self_signed(&RSA[0]);
        let intermediate = self.intermediate.issued_by(&root, &RSA[1]);
        let leaf = self.leaf.issued_by(&intermediate, &RSA[2]);
        (chain(&[&leaf, &intermediate]), root.certificate)
    }

    fn verify(self) -> Result<VerifiedLeaf, ChainError> {
        let (chain, root) = self.issue();
        chain.verify_to_root(&root, NOW)
    }
}

fn chain(parts: &[&Issued<'_>]) -> CertificateChain {
    let text: String = parts.iter().map(|part| part.certificate.to_pem()).collect();
    CertificateChain::from_pem(&text).unwrap()
}

#[test]
fn a_valid_chain_gives_its_leaf_and_openssl_agrees() {
    let (chain, root) = Three::valid().issue();
    let leaf = chain.verify_to_root(&root, NOW).unwrap();
    assert_eq!(leaf.certificate(), chain.leaf());
    assert_eq!(leaf.certificate().subject(), "CN=Leaf");
    let key = signing::SigningKey::from_pem(&RSA[2].serialize_pem()).unwrap();
    assert!(chain.leaf().fits(&key));
    assert_eq!(leaf.verify(b"manifest", &key.sign(b"manifest").unwrap()), Ok(()));

    let openssl = OpenSsl::new();
    openssl.write("root.pem", root.to_pem()).write("chain.pem", chain.to_pem());
    let verdict = openssl.run("verify -attime 1800000000 -CAfile root.pem -untrusted chain.pem chain.pem");
    assert!(verdict.contains("OK"), "{verdict}");
}

#[test]
fn a_leaf_directly_beneath_the_root_needs_no_path_length() {
    let root = Shape::authority("Root").path_length(0).self_signed(&RSA[0]);
    let leaf = Shape::leaf("Leaf").issued_by(&root, &RSA[2]);
    chain(&[&leaf]).verify_to_root(&root.certificate, NOW).unwrap();
}

#[test]
fn an_elliptic_root_may_stand_above_an_rsa_leaf() {
    let elliptic = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
    let root = Shape::authority("Root").self_signed(&elliptic);
    let leaf = Shape::leaf("Leaf").issued_by(&root, &RSA[2]);
    chain(&[&leaf]).verify_to_root(&root.certificate, NOW).unwrap();
}

#[test]
fn path_lengths_count_the_intermediates_beneath() {
    let verify = |root: Shape, upper: Shape, lower: Shape| {
        let root = root.self_signed(&RSA[0]);
        let upper = upper.issued_by(&root, &RSA[1]);
        let lower = lower.issued_by(&upper, &RSA[3]);
        let leaf = Shape::leaf("Leaf").issued_by(&lower, &RSA[2]);
        chain(&[&leaf, &lower, &upper]).verify_to_root(&root.certificate, NOW).map(|_| ())
    };
    let root = || Shape::authority("Root");
    let upper = || Shape::authority("Upper");
    let lower = || Shape::authority("Lower");
    assert!(verify(root(), upper(), lower()).is_ok());
    assert!(verify(root().path_length(2), upper().path_length(1), lower().path_length(0)).is_ok());
    let too_long = |result, at| {
        assert!(matches!(result, Err(ChainError::PathTooLong { position }) if position == at), "{result:?}");
    };
    too_long(verify(root().path_length(1), upper(), lower()), 1);
    too_long(verify(root().path_length(0), upper(), lower()), 2);
    too_long(verify(root(), upper().path_length(0), lower()), 1);
    too_long(verify(root().path_length(1), upper().path_length(5), lower()), 1);
}

#[test]
fn issuers_must_be_authorities() {
    let mut three = Three::valid();
    three.intermediate.is_ca = IsCa::NoCa;
    assert!(matches!(three.verify(), Err(ChainError::NotAuthority { position: 1 })));
    let mut three = Three::valid();
    three.intermediate.usages = vec![KeyUsagePurpose::DigitalSignature];
    assert!(matches!(three.verify(), Err(ChainError::NotAuthority { position: 1 })));
    let mut three = Three::valid();
    three.root.is_ca = IsCa::NoCa;
    assert!(matches!(three.verify(), Err(ChainError::NotAuthority { position: 2 })));
    let mut three = Three::valid();
    three.root.usages = vec![KeyUsagePurpose::CrlSign];
    assert!(matches!(three.verify(), Err(ChainError::NotAuthority { position: 2 })));
}

#[test]
fn a_chain_in_the_wrong_order_or_with_a_gap_is_refused() {
    let root = Shape::authority("Root").self_signed(&RSA[0]);
    let intermediate = Shape::authority("Intermediate").issued_by(&root, &RSA[1]);
    let leaf = Shape::leaf("Leaf").issued_by(&intermediate, &RSA[2]);
    let verify = |parts: &[&Issued<'_>]| chain(parts).verify_to_root(&root.certificate, NOW).map(|_| ());
    assert!(verify(&[&leaf, &intermediate]).is_ok());
    assert!(matches!(verify(&[&intermediate, &leaf]), Err(ChainError::WrongIssuer { position: 0 })));
    assert!(matches!(verify(&[&leaf]), Err(ChainError::WrongIssuer { position: 0 })));
    assert!(matches!(verify(&[&leaf, &intermediate, &leaf]), Err(ChainError::WrongIssuer { position: 1 })));
    // The root sent along is one more authority; both clients count it so.
    assert!(verify(&[&leaf, &intermediate, &root]).is_ok());
}

#[test]
fn another_root_is_refused_by_name_and_by_key() {
    let (chain, _) = Three::valid().issue();
    let other_name = Shape::authority("Other").self_signed(&RSA[0]).certificate;
    assert!(matches!(chain.verify_to_root(&other_name, NOW), Err(ChainError::WrongIssuer { position: 1 })));
    let other_key = Shape::authority("Root").self_signed(&RSA[3]).certificate;
    assert!(matches!(chain.verify_to_root(&other_key, NOW), Err(ChainError::WrongSignature { position: 1, .. })));
}

#[test]
fn a_root_that_another_issued_is_no_root() {
    let above = Shape::authority("Above").self_signed(&RSA[3]);
    let root = Shape::authority("Root").issued_by(&above, &RSA[0]);
    let leaf = Shape::leaf("Leaf").issued_by(&root, &RSA[2]);
    let result = chain(&[&leaf]).verify_to_root(&root.certificate, NOW);
    assert!(matches!(result, Err(ChainError::RootNotSelfSigned)));

    let same_name = Shape::authority("Root").self_signed(&RSA[3]);
    let forged = Shape::authority("Root").issued_by(&same_name, &RSA[0]);
    let leaf = Shape::leaf("Leaf").issued_by(&forged, &RSA[2]);
    let result = chain(&[&leaf]).verify_to_root(&forged.certificate, NOW);
    assert!(matches!(result, Err(ChainError::RootNotSelfSigned)));
}

#[test]
fn every_certificate_must_be_valid_now() {
    let past = (NOW - 2 * DAY, NOW - DAY);
    let future = (NOW + DAY, NOW + 2 * DAY);
    for position in 0..3 {
        for validity in [past, future] {
            let mut three = Three::valid();
            three.part(position).validity = validity;
            let result = three.verify();
            assert!(
                matches!(&result, Err(ChainError::Certificate { position: at, .. }) if *at == position),
                "{position} {result:?}"
            );
        }
    }
}

#[test]
fn a_critical_extension_that_nobody_knows_stops_the_chain_anywhere() {
    for position in 0..3 {
        let mut three = Three::valid();
        let shape = three.part(position);
        *shape = shape.clone().extension(&[1, 2, 3, 4], b"\x05\x00", true);
        let result = three.verify();
        assert!(
            matches!(
                &result,
                Err(ChainError::Certificate {
                    position: at,
                    source: CertificateError::UnknownCriticalExtension { .. }
                }) if *at == position
            ),
            "{position} {result:?}"
        );
    }
}

#[test]
fn the_leaf_must_be_for_code_signing() {
    let mut three = Three::valid();
    three.leaf.extended.clear();
    assert!(matches!(three.verify(), Err(ChainError::Leaf(CertificateError::NoCodeSigning))));
    let mut three = Three::valid();
    three.leaf.usages.clear();
    assert!(matches!(three.verify(), Err(ChainError::Leaf(CertificateError::NoDigitalSignature))));
}

#[test]
fn a_project_binds_everything_beneath_it() {
    let verify = |root: Option<&str>, intermediate: Option<&str>, leaf: Option<&str>| {
        let bind = |shape: Shape, project: Option<&str>| match project {
            Some(project) => shape.project(project),
            None => shape,
        };
        let three = Three::valid();
        Three {
            root: bind(three.root, root),
            intermediate: bind(three.intermediate, intermediate),
            leaf: bind(three.leaf, leaf),
        }
        .verify()
        .map(|leaf| leaf.project().map(|project| project.scope_key.clone()))
    };
    let (ours, other) = (Some("1,@acme/shop"), Some("1,@acme/other"));
    assert_eq!(verify(None, None, None).unwrap(), None);
    assert_eq!(verify(None, None, ours).unwrap().as_deref(), Some("@acme/shop"));
    assert_eq!(verify(ours, ours, ours).unwrap().as_deref(), Some("@acme/shop"));
    for (root, intermediate, leaf, at) in
        [(ours, None, ours, 1), (ours, other, other, 1), (None, ours, other, 0), (None, ours, None, 0)]
    {
        let result = verify(root, intermediate, leaf);
        assert!(
            matches!(result, Err(ChainError::WrongProject { position }) if position == at),
            "{root:?} {intermediate:?} {leaf:?} {result:?}"
        );
    }
}

#[test]
fn sha1_and_a_changed_byte_are_refused() {
    let openssl = OpenSsl::new();
    openssl.write("key.pem", RSA[0].serialize_pem());
    openssl.run("req -x509 -sha1 -key key.pem -subj /CN=old -days 30000 -out old.pem");
    let old = Certificate::from_pem(&openssl.read_text("old.pem")).unwrap();
    let result = VerifiedLeaf::from_root(&old, old.not_before_ms() + DAY);
    assert!(matches!(result, Err(ChainError::Sha1 { position: 0 })), "{result:?}");

    let (chain, root) = Three::valid().issue();
    let mut der = chain.leaf().as_der().to_vec();
    *der.last_mut().unwrap() ^= 1;
    let intermediate = chain.certificates().nth(1).unwrap();
    let text = Certificate::from_der(&der).unwrap().to_pem() + &intermediate.to_pem();
    let result = CertificateChain::from_pem(&text).unwrap().verify_to_root(&root, NOW);
    assert!(matches!(result, Err(ChainError::WrongSignature { position: 0, .. })), "{result:?}");
}

#[test]
fn without_a_chain_the_root_itself_must_be_for_code_signing() {
    let root = Shape::leaf("Acme").self_signed(&RSA[0]).certificate;
    VerifiedLeaf::from_root(&root, NOW).unwrap();
    let authority = Shape::authority("Root").self_signed(&RSA[0]);
    let result = VerifiedLeaf::from_root(&authority.certificate, NOW);
    assert!(matches!(result, Err(ChainError::Leaf(CertificateError::NoDigitalSignature))));
    let issued = Shape::leaf("Acme").issued_by(&authority, &RSA[1]).certificate;
    assert!(matches!(VerifiedLeaf::from_root(&issued, NOW), Err(ChainError::RootNotSelfSigned)));
    assert!(matches!(VerifiedLeaf::from_root(&root, NOW + 9 * DAY), Err(ChainError::Certificate { position: 0, .. })));
}

#[test]
fn an_empty_text_is_no_chain() {
    assert!(matches!(CertificateChain::from_pem(""), Err(CertificateError::NotPem)));
}
