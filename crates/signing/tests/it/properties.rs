//! Whatever a stranger sends, the answer is an error, not a panic; and nothing changed is ever accepted.

use proptest::prelude::*;
use signing::seal::MasterKey;
use signing::{Certificate, CertificateChain, Signature, SigningKey};

use crate::pki::{EXPO_CERTIFICATE, EXPO_PRIVATE_KEY, KEY};

fn certificate_der() -> Vec<u8> {
    Certificate::from_pem(EXPO_CERTIFICATE).unwrap().as_der().to_vec()
}

proptest! {
    #[test]
    fn any_text_is_answered(text in "(-----BEGIN |-----END |PRIVATE KEY-----|CERTIFICATE-----|[A-Za-z0-9+/=\r\n -]){0,40}") {
        let _ = SigningKey::from_pem(&text);
        let _ = CertificateChain::from_pem(&text);
        let _ = Signature::from_base64(&text);
        let _ = MasterKey::parse(&text);
    }

    #[test]
    fn any_change_to_a_certificate_is_answered(position in 0_usize..719, byte: u8) {
        let mut der = certificate_der();
        let position = position % der.len();
        der[position] = byte;
        if let Ok(certificate) = Certificate::from_der(&der) {
            let _ = certificate.check_code_signing(1_800_000_000_000);
            prop_assert_eq!(Certificate::from_pem(&certificate.to_pem()).unwrap(), certificate);
        }
    }

    #[test]
    fn any_change_to_a_key_is_answered(position in 40_usize..1600, letter in "[A-Za-z0-9+/]") {
        let mut text = EXPO_PRIVATE_KEY.to_owned();
        if !matches!(text.as_bytes()[position], b'\r' | b'\n' | b'-') {
            text.replace_range(position..=position, &letter);
            if let Ok(key) = SigningKey::from_pem(&text) {
                prop_assert_eq!(text, EXPO_PRIVATE_KEY, "a changed key was taken: {:?}", key);
            }
        }
    }

    #[test]
    fn a_signature_holds_for_its_message_only(message: Vec<u8>, other: Vec<u8>, bit in 0_usize..2048) {
        let certificate = Certificate::self_signed(&KEY, "Any", 0, 1000, [1; 16]).unwrap();
        let signature = KEY.sign(&message).unwrap();
        prop_assert!(certificate.verify(&message, &signature).is_ok());
        prop_assert_eq!(certificate.verify(&other, &signature).is_ok(), message == other);
        let mut bytes = signature.as_bytes().to_vec();
        bytes[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(certificate.verify(&message, &Signature::from_bytes(bytes)).is_err());
    }

    #[test]
    fn any_secret_opens_again(secret: Vec<u8>, context: Vec<u8>, key: [u8; 32], nonce: [u8; 12]) {
        let key = MasterKey::from_bytes(key);
        let sealed = key.seal(&secret, &context, nonce).unwrap();
        prop_assert_eq!(&*key.open(&sealed, &context).unwrap(), &secret);
    }

    #[test]
    fn any_bytes_are_answered_when_opened(bytes: Vec<u8>) {
        prop_assert!(MasterKey::from_bytes([7; 32]).open(&bytes, b"").is_err());
    }
}
