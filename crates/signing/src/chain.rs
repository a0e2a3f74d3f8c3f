//! A certificate chain and the stock client's rules for it.

use crate::{Certificate, CertificateError, ProjectBinding, Signature, VerifyError};

/// What travels in the `certificate_chain` part: the leaf, then its issuers, the root left out (protocol.md §5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateChain {
    certificates: Vec<Certificate>,
}

impl CertificateChain {
    /// Reads the certificates in order, leaf first; text between them is ignored as both clients do.
    pub fn from_pem(text: &str) -> Result<Self, CertificateError> {
        let _ = text;
        Err(CertificateError::NotPem)
    }

    /// The chain as PEM with `\n` line ends.
    pub fn to_pem(&self) -> String {
        self.certificates.iter().map(Certificate::to_pem).collect()
    }

    /// The certificate that signs.
    pub fn leaf(&self) -> Option<&Certificate> {
        self.certificates.first()
    }

    /// Checks the chain against the root that the binary embeds.
    pub fn verify_to_root(&self, root: &Certificate, now_ms: i64) -> Result<VerifiedLeaf, ChainError> {
        let _ = (root, now_ms);
        Err(ChainError::RootNotSelfSigned)
    }
}

/// A code-signing certificate whose way to the root was checked.
#[derive(Clone, Debug)]
pub struct VerifiedLeaf(Certificate);

impl VerifiedLeaf {
    /// The root alone, as a client without a chain uses it: valid, self-signed and for code signing.
    pub fn from_root(root: &Certificate, now_ms: i64) -> Result<Self, ChainError> {
        let _ = (root, now_ms);
        Err(ChainError::RootNotSelfSigned)
    }

    /// The certificate.
    pub fn certificate(&self) -> &Certificate {
        &self.0
    }

    /// The project it is bound to, if any.
    pub fn project(&self) -> Option<&ProjectBinding> {
        self.0.project()
    }

    /// Verifies a signature over exactly these bytes.
    pub fn verify(&self, message: &[u8], signature: &Signature) -> Result<(), VerifyError> {
        self.0.verify(message, signature)
    }
}

/// Why a chain is refused.
#[derive(Debug, thiserror::Error)]
pub enum ChainError {
    /// The root's issuer is not itself, or its own key did not sign it.
    #[error("the root certificate is not self-signed")]
    RootNotSelfSigned,
}
