//! The certificate that goes into the binary.

use jiff::Timestamp;
use signing::Certificate;

use super::check::Check;
use super::findings::Findings;
use crate::machine;

/// A binary lives for years; a certificate that ends within one is renewed now.
const SOON_MS: i64 = 365 * 24 * 60 * 60 * 1000;

/// Whether a phone could use it at all.
pub(super) fn examine(path: &str, pem: &str, is_root: bool, findings: &mut Findings) -> bool {
    let certificate = match Certificate::from_pem(pem) {
        Ok(certificate) => certificate,
        Err(error) => {
            findings.error(Check::CertificateReadable, format!("{path}: {error}"));
            return false;
        }
    };
    findings.ok(Check::CertificateReadable, format!("{path}, {}", certificate.subject()));
    let (now_ms, until_ms) = (machine::now_ms(), certificate.not_after_ms());
    let until = day(until_ms);
    // A root signs other certificates; those beneath it, which come with each manifest, sign code.
    match certificate.check_code_signing(now_ms) {
        Err(error) if !is_root => findings.error(Check::CertificateUsable, error.to_string()),
        _ if until_ms <= now_ms => findings.error(Check::CertificateUsable, format!("it ended on {until}")),
        _ if until_ms - now_ms < SOON_MS => {
            findings.warning(Check::CertificateUsable, format!("it ends on {until}, and binaries live for years"));
        }
        _ => findings.ok(Check::CertificateUsable, format!("valid until {until}")),
    }
    true
}

fn day(ms: i64) -> String {
    Timestamp::from_millisecond(ms).map_or_else(|_| ms.to_string(), |instant| instant.strftime("%F").to_string())
}
