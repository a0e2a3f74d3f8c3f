//! Issues the self-signed code-signing certificate that an app embeds.

use std::time::Duration;

use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, KeyUsagePurpose, PKCS_RSA_SHA256,
    PublicKeyData, SerialNumber, SignatureAlgorithm, date_time_ymd,
};

use crate::{Certificate, CertificateError, SigningKey};

/// 9999-12-31T23:59:59Z, the last instant that a certificate can name.
const LAST_SECOND: i64 = 253_402_300_799;

impl Certificate {
    /// Issues the self-signed certificate of a code-signing key, of the shape that `expo-updates codesigning:generate`
    /// makes: one common name, key usage *digital signature*, extended key usage *code signing*, not an authority.
    ///
    /// Times are milliseconds since the Unix epoch, cut to seconds. Phones compare them with their own clock, so begin
    /// a day before now. `serial` is 16 random bytes; its two highest bits are set to `01`, which makes it a positive
    /// number of one length.
    pub fn self_signed(
        key: &SigningKey,
        common_name: &str,
        not_before_ms: i64,
        not_after_ms: i64,
        serial: [u8; 16],
    ) -> Result<Self, CertificateError> {
        if !(1..=64).contains(&common_name.chars().count()) || common_name.chars().any(char::is_control) {
            return Err(CertificateError::BadCommonName);
        }
        let (not_before, not_after) = (not_before_ms.div_euclid(1000), not_after_ms.div_euclid(1000));
        if not_before >= not_after {
            return Err(CertificateError::BadValidity);
        }
        let mut params = CertificateParams::default();
        params.not_before = date_time_ymd(1970, 1, 1) + since_epoch(not_before)?;
        params.not_after = date_time_ymd(1970, 1, 1) + since_epoch(not_after)?;
        params.serial_number = Some(SerialNumber::from_slice(&positive(serial)));
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, common_name);
        params.is_ca = IsCa::NoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::CodeSigning];
        let issued = params.self_signed(&Issuer(key)).map_err(CertificateError::Issue)?;
        Self::from_der(issued.der())
    }
}

fn since_epoch(seconds: i64) -> Result<Duration, CertificateError> {
    match u64::try_from(seconds) {
        Ok(positive) if seconds <= LAST_SECOND => Ok(Duration::from_secs(positive)),
        _ => Err(CertificateError::BadValidity),
    }
}

fn positive(mut serial: [u8; 16]) -> [u8; 16] {
    serial[0] = serial[0] & 0b0011_1111 | 0b0100_0000;
    serial
}

/// Lets the issuing library sign with the key where it lies, so that no second copy of it is made.
struct Issuer<'a>(&'a SigningKey);

impl PublicKeyData for Issuer<'_> {
    fn der_bytes(&self) -> &[u8] {
        self.0.public_key_pkcs1()
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &PKCS_RSA_SHA256
    }
}

impl rcgen::SigningKey for Issuer<'_> {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        let signature = self.0.sign(message).map_err(|_| rcgen::Error::RemoteKeyError)?;
        Ok(signature.as_bytes().to_vec())
    }
}
