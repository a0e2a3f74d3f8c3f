//! A certificate chain and the stock client's rules for it.

use x509_parser::error::X509Error;

use crate::certificate::IssuerError;
use crate::{Certificate, CertificateError, ProjectBinding, Signature, VerifyError};

/// What travels in the `certificate_chain` part: the leaf, then its issuers, the root left out (protocol.md §5).
/// Never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateChain {
    leaf: Certificate,
    intermediates: Vec<Certificate>,
}

impl CertificateChain {
    /// Reads the certificates in order, leaf first. Text between them is ignored, as both clients do. At least one.
    pub fn from_pem(text: &str) -> Result<Self, CertificateError> {
        let mut certificates = Certificate::all_from_pem(text)?.into_iter();
        let leaf = certificates.next().ok_or(CertificateError::NotPem)?;
        Ok(Self { leaf, intermediates: certificates.collect() })
    }

    /// The chain as PEM with `\n` line ends, leaf first: send this, not the text that was read.
    pub fn to_pem(&self) -> String {
        self.certificates().map(Certificate::to_pem).collect()
    }

    /// The certificate that signs.
    pub fn leaf(&self) -> &Certificate {
        &self.leaf
    }

    /// Leaf first.
    pub fn certificates(&self) -> impl DoubleEndedIterator<Item = &Certificate> {
        std::iter::once(&self.leaf).chain(&self.intermediates)
    }

    /// Checks the chain against the root that the binary embeds, by the rules of `CertificateChain.kt` and
    /// `CertificateChain.swift`:
    ///
    /// 1. every certificate, the root too, is within its validity;
    /// 2. each was issued by the next, the last by the root, and the root by itself;
    /// 3. the root and every intermediate are authorities (basic constraints and key usage *certificate signing*), and
    ///    no path length, the root's included, has more intermediates beneath it than it allows;
    /// 4. from the first certificate (seen from the root) that is bound to a project, all below are bound to the same;
    /// 5. the leaf is for code signing.
    ///
    /// Stricter than the clients in three places, so that a chain that passes works on both: names are compared byte
    /// by byte, SHA-1 is refused, and so are critical extensions that nobody knows.
    pub fn verify_to_root(&self, root: &Certificate, now_ms: i64) -> Result<VerifiedLeaf, ChainError> {
        let path: Vec<&Certificate> = self.certificates().chain([root]).collect();
        check_each(&path, now_ms)?;
        check_issuers(&path)?;
        check_authorities(&path)?;
        check_projects(&path)?;
        self.leaf.check_code_signing(now_ms).map_err(ChainError::Leaf)?;
        Ok(VerifiedLeaf(self.leaf.clone()))
    }
}

/// A code-signing certificate whose way to the root was checked. Only this room makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedLeaf(Certificate);

impl VerifiedLeaf {
    /// The embedded certificate alone, as a client uses it when no chain came: valid, self-signed and for code
    /// signing. It need not be an authority.
    pub fn from_root(root: &Certificate, now_ms: i64) -> Result<Self, ChainError> {
        check_each(&[root], now_ms)?;
        check_issuers(&[root])?;
        root.check_code_signing(now_ms).map_err(ChainError::Leaf)?;
        Ok(Self(root.clone()))
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

/// Why a chain is refused. Positions count from the leaf, which is 0; the root has the last one.
#[derive(Debug, thiserror::Error)]
pub enum ChainError {
    /// One of the certificates is expired, not yet valid, or has a critical extension nobody knows.
    #[error("certificate {position} of the chain cannot be used")]
    Certificate {
        /// Counted from the leaf.
        position: usize,
        /// What is wrong with it.
        source: CertificateError,
    },
    /// A certificate's issuer is not the next one's subject: out of order, incomplete, or for another root.
    #[error("certificate {position} of the chain was not issued by the one after it")]
    WrongIssuer {
        /// Counted from the leaf.
        position: usize,
    },
    /// The issuer's name is right, its key is not; or the signature's algorithm is not supported.
    #[error("the signature on certificate {position} of the chain was not made by the one after it")]
    WrongSignature {
        /// Counted from the leaf.
        position: usize,
        /// What the library says.
        source: X509Error,
    },
    /// A signature with SHA-1, which can be forged.
    #[error("certificate {position} of the chain is signed with SHA-1")]
    Sha1 {
        /// Counted from the leaf.
        position: usize,
    },
    /// The root's issuer is not itself, or its own key did not sign it.
    #[error("the root certificate is not self-signed")]
    RootNotSelfSigned,
    /// The root or an intermediate may not issue certificates.
    #[error("certificate {position} of the chain is not a certificate authority")]
    NotAuthority {
        /// Counted from the leaf.
        position: usize,
    },
    /// An authority above allows fewer intermediates beneath it.
    #[error("certificate {position} of the chain is more than the path length of an authority above it allows")]
    PathTooLong {
        /// Counted from the leaf.
        position: usize,
    },
    /// A certificate is bound to a project, one beneath it to none or to another.
    #[error("certificate {position} of the chain is bound to another project than the one that issued it")]
    WrongProject {
        /// Counted from the leaf.
        position: usize,
    },
    /// The leaf may not sign code.
    #[error("the certificate that signs cannot be used")]
    Leaf(#[source] CertificateError),
}

fn check_each(path: &[&Certificate], now_ms: i64) -> Result<(), ChainError> {
    for (position, certificate) in path.iter().enumerate() {
        certificate
            .check_validity(now_ms)
            .and_then(|()| certificate.check_critical())
            .map_err(|source| ChainError::Certificate { position, source })?;
    }
    Ok(())
}

fn check_issuers(path: &[&Certificate]) -> Result<(), ChainError> {
    for (position, pair) in path.windows(2).enumerate() {
        pair[0].check_issuer(pair[1]).map_err(|error| match error {
            IssuerError::Name => ChainError::WrongIssuer { position },
            IssuerError::Sha1 => ChainError::Sha1 { position },
            IssuerError::Signature(source) => ChainError::WrongSignature { position, source },
        })?;
    }
    let Some(root) = path.last() else { return Ok(()) };
    root.check_issuer(root).map_err(|error| match error {
        IssuerError::Sha1 => ChainError::Sha1 { position: path.len() - 1 },
        IssuerError::Name | IssuerError::Signature(_) => ChainError::RootNotSelfSigned,
    })
}

/// Walks from the root down to the last intermediate, as `CertificateChain.kt` does.
fn check_authorities(path: &[&Certificate]) -> Result<(), ChainError> {
    let mut allowed = u32::MAX;
    for (position, certificate) in path.iter().enumerate().skip(1).rev() {
        let authority = certificate.authority().ok_or(ChainError::NotAuthority { position })?;
        let is_intermediate = position + 1 < path.len();
        if is_intermediate {
            allowed = allowed.checked_sub(1).ok_or(ChainError::PathTooLong { position })?;
        }
        allowed = authority.path_length.map_or(allowed, |length| allowed.min(length));
    }
    Ok(())
}

fn check_projects(path: &[&Certificate]) -> Result<(), ChainError> {
    for (position, pair) in path.windows(2).enumerate().rev() {
        if pair[1].project().is_some() && pair[0].project() != pair[1].project() {
            return Err(ChainError::WrongProject { position });
        }
    }
    Ok(())
}
