//! Signing keys: made here or brought along, sealed before they are stored.

use model::{AppId, AppSlug, KeyId, Millis};
use signing::{Certificate, CertificateChain, CertificateError, ChainError, KeySize, SigningKey, VerifiedLeaf};
use store::{Actor, AddKey, KeyError, KeyRecord, NewKey, SealedKey};

use crate::{PublishError, Publishing};

/// A key to make.
#[derive(Clone, Debug)]
pub struct GenerateKey {
    /// What requests will name.
    pub key_id: KeyId,
    /// The certificate's subject; by default the app's slug.
    pub common_name: Option<String>,
    /// How long the certificate is valid; 10 by default.
    pub validity_years: Option<u8>,
    /// 2048 (default), 3072 or 4096.
    pub bits: Option<u16>,
    /// Who asks.
    pub actor: Actor,
}

/// A key that was made elsewhere.
#[derive(Clone)]
pub struct ImportKey {
    /// What requests name.
    pub key_id: KeyId,
    /// PEM, PKCS#1 or PKCS#8.
    pub private_key: zeroize::Zeroizing<String>,
    /// PEM: one certificate, or the leaf followed by its intermediates.
    pub certificate: String,
    /// Who asks.
    pub actor: Actor,
}

/// A key as operators see it.
#[derive(Clone, Debug)]
pub struct KeyInfo {
    /// What requests name.
    pub key_id: KeyId,
    /// Whether the server can sign with it.
    pub held_by_server: bool,
    /// The certificate's subject.
    pub subject: String,
    /// SHA-256 of the certificate.
    pub fingerprint: [u8; 32],
    /// Validity, RFC 3339.
    pub not_before: String,
    /// Validity, RFC 3339.
    pub not_after: String,
    /// PEM.
    pub certificate_pem: String,
    /// PEM of leaf and intermediates.
    pub chain_pem: Option<String>,
}

/// Signing again after a publish came between; each try reads the newest state.
const TRIES: usize = 5;
const DEFAULT_YEARS: u8 = 10;
const DAY: i64 = 24 * 60 * 60 * 1000;

/// What a sealed key is bound to, so that a row cannot be moved to another app or key id.
pub(crate) fn seal_context(app: AppId, key_id: &KeyId) -> Vec<u8> {
    format!("{app}/{key_id}").into_bytes()
}

impl Publishing {
    /// The app's keys, oldest first.
    pub async fn keys(&self, app: &AppSlug) -> Result<Vec<KeyInfo>, PublishError> {
        let app = self.app(app).await?;
        self.store.keys(app.id).await?.iter().map(info).collect()
    }

    /// Makes a key and its self-signed certificate, and signs with it what is live.
    pub async fn generate_key(&self, app: &AppSlug, request: GenerateKey) -> Result<KeyInfo, PublishError> {
        let app = self.app(app).await?;
        let (private, key) = self.new_key(app.id, app.slug.as_str(), &request).await?;
        self.add_key(app.id, private, key, request.actor).await
    }

    /// Takes a key and its certificate, and signs with it what is live.
    pub async fn import_key(&self, app: &AppSlug, request: ImportKey) -> Result<KeyInfo, PublishError> {
        let app = self.app(app).await?;
        let private = SigningKey::from_pem(&request.private_key).map_err(PublishError::InvalidKey)?;
        let chain = CertificateChain::from_pem(&request.certificate).map_err(PublishError::InvalidCertificate)?;
        chain.leaf().check_code_signing(self.now().0).map_err(PublishError::InvalidCertificate)?;
        if !chain.leaf().fits(&private) {
            return Err(PublishError::KeyDoesNotFit);
        }
        let travels = travelling(&chain, self.now().0)?;
        let key = NewKey {
            certificate_pem: chain.leaf().to_pem(),
            chain_pem: travels,
            sealed: Some(self.seal(app.id, &request.key_id, &private)?),
            key_id: request.key_id,
        };
        self.add_key(app.id, private, key, request.actor).await
    }

    /// A fresh key, not stored yet.
    pub(crate) async fn new_key(
        &self,
        app: AppId,
        slug: &str,
        request: &GenerateKey,
    ) -> Result<(SigningKey, NewKey), PublishError> {
        let size = match request.bits.unwrap_or(2048) {
            2048 => KeySize::Bits2048,
            3072 => KeySize::Bits3072,
            4096 => KeySize::Bits4096,
            other => {
                let problem = format!("{other} is not 2048, 3072 or 4096");
                return Err(PublishError::Field { field: "bits".into(), problem });
            }
        };
        let years = request.validity_years.unwrap_or(DEFAULT_YEARS);
        if !(1..=30).contains(&years) {
            let problem = format!("{years} is not from 1 to 30");
            return Err(PublishError::Field { field: "validity_years".into(), problem });
        }
        let private = tokio::task::spawn_blocking(move || SigningKey::generate(size)).await;
        let private = private.map_err(|panicked| PublishError::Internal(panicked.to_string()))?;
        let private = private.map_err(|error| PublishError::Signing(error.into()))?;
        let now = self.now().0;
        let common_name = request.common_name.as_deref().unwrap_or(slug);
        // A day early, because phones whose clock is behind refuse a certificate of the future.
        let (from, until) = (now - DAY, now + i64::from(years) * 365 * DAY);
        let certificate =
            Certificate::self_signed(&private, common_name, from, until, self.entropy.bytes()).map_err(|error| {
                match error {
                    CertificateError::BadCommonName => {
                        PublishError::Field { field: "common_name".into(), problem: error.to_string() }
                    }
                    error => PublishError::InvalidCertificate(error),
                }
            })?;
        let key = NewKey {
            key_id: request.key_id.clone(),
            certificate_pem: certificate.to_pem(),
            chain_pem: None,
            sealed: Some(self.seal(app, &request.key_id, &private)?),
        };
        Ok((private, key))
    }

    fn seal(&self, app: AppId, key_id: &KeyId, private: &SigningKey) -> Result<SealedKey, PublishError> {
        let pem = private.to_pkcs8_pem().map_err(|error| PublishError::Signing(error.into()))?;
        let mut nonce = [0; 12];
        nonce.copy_from_slice(&self.entropy.bytes()[..12]);
        let sealed = self.master_key.seal(pem.as_bytes(), &seal_context(app, key_id), nonce);
        sealed.map(SealedKey).map_err(|error| PublishError::Signing(error.into()))
    }

    async fn add_key(
        &self,
        app: AppId,
        private: SigningKey,
        key: NewKey,
        actor: Actor,
    ) -> Result<KeyInfo, PublishError> {
        let private = std::sync::Arc::new(private);
        let _alone = self.one_at_a_time.enter(app).await;
        for _ in 0..TRIES {
            let Some(state) = self.store.load(app).await? else { return Err(PublishError::UnknownApp) };
            let signer = private.clone();
            let signed = tokio::task::spawn_blocking(move || {
                state
                    .entries
                    .iter()
                    .map(|entry| Ok((entry.id, signer.sign(&entry.body)?.as_bytes().to_vec())))
                    .collect()
            });
            let signatures: Result<_, signing::KeyError> =
                signed.await.map_err(|panicked| PublishError::Internal(panicked.to_string()))?;
            let intent = AddKey {
                app,
                key: key.clone(),
                signatures: signatures.map_err(|error| PublishError::Signing(error.into()))?,
                at_version: state.snapshot.version,
                actor: actor.clone(),
                now: self.now(),
            };
            match self.store.add_key(intent).await {
                Err(KeyError::VersionMoved { .. }) => {}
                Err(error) => return Err(error.into()),
                Ok(_) => {
                    self.announce.changed(app).await?;
                    return info(&record(&key, self.now()));
                }
            }
        }
        Err(PublishError::AppMoved)
    }
}

/// What must travel with each manifest, in PEM: nothing where the app can embed the certificate itself, else the leaf and
/// its issuers without the root, which devices have (protocol.md §5).
fn travelling(chain: &CertificateChain, now_ms: i64) -> Result<Option<String>, PublishError> {
    let mut pems: Vec<String> = chain.certificates().map(Certificate::to_pem).collect();
    let Some(last) = chain.certificates().next_back() else { return Ok(None) };
    if pems.len() == 1 {
        return match VerifiedLeaf::from_root(last, now_ms) {
            Ok(_) => Ok(None),
            Err(ChainError::RootNotSelfSigned) => Ok(Some(chain.to_pem())),
            Err(error) => Err(PublishError::InvalidChain(error)),
        };
    }
    let root_pem = pems.pop();
    let beneath = CertificateChain::from_pem(&pems.concat()).map_err(PublishError::InvalidCertificate)?;
    match beneath.verify_to_root(last, now_ms) {
        Ok(_) => Ok(Some(beneath.to_pem())),
        // The root was left out, as it may be; all before the last was issued by the one after it.
        Err(ChainError::RootNotSelfSigned) => {
            pems.extend(root_pem);
            Ok(Some(pems.concat()))
        }
        Err(error) => Err(PublishError::InvalidChain(error)),
    }
}

fn record(key: &NewKey, now: Millis) -> KeyRecord {
    KeyRecord {
        key_id: key.key_id.clone(),
        certificate_pem: key.certificate_pem.clone(),
        chain_pem: key.chain_pem.clone(),
        held_by_server: key.sealed.is_some(),
        created_at: now,
    }
}

fn info(key: &KeyRecord) -> Result<KeyInfo, PublishError> {
    let certificate = Certificate::from_pem(&key.certificate_pem).map_err(PublishError::InvalidCertificate)?;
    let time = |ms| crate::render::timestamp(Millis(ms)).map(|time| time.to_string());
    Ok(KeyInfo {
        key_id: key.key_id.clone(),
        held_by_server: key.held_by_server,
        subject: certificate.subject().to_owned(),
        fingerprint: certificate.fingerprint_sha256(),
        not_before: time(certificate.not_before_ms())?,
        not_after: time(certificate.not_after_ms())?,
        certificate_pem: key.certificate_pem.clone(),
        chain_pem: key.chain_pem.clone(),
    })
}
