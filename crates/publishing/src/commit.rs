//! Commit: signatures, then visible everywhere at once.

use model::{AppId, AppSlug, KeyId, Millis};
use serde::{Deserialize, Serialize};
use signing::{Certificate, Signature, SigningKey};
use store::{Actor, AuditAction, Commit, Effect, EntrySignature, Idempotency, KeyRecord, NewEntry, SessionId};

use crate::prepare::{Warning, head_in_future};
use crate::{PublishError, Publishing, judge};

/// A commit as it is asked for.
#[derive(Clone, Debug)]
pub struct CommitRequest {
    /// What was prepared.
    pub session: SessionId,
    /// For the keys that the server does not hold.
    pub signatures: Vec<DetachedSignature>,
    /// The request, when it came under an idempotency key.
    pub idempotency: Option<Idempotency>,
    /// Who commits.
    pub actor: Actor,
}

/// A signature made elsewhere.
#[derive(Clone, Debug)]
pub struct DetachedSignature {
    /// Over this update's manifest.
    pub update: model::UpdateId,
    /// By this key.
    pub key_id: KeyId,
    /// The signature.
    pub signature: Signature,
}

/// What an operation issued. It is stored with the commit, so that a repeated request gets the same answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issued {
    /// The group.
    pub group: String,
    /// The branch that has it.
    pub branch: String,
    /// Its entries.
    pub updates: Vec<IssuedUpdate>,
    /// Worth a look.
    pub warnings: Vec<Warning>,
}

/// One issued entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssuedUpdate {
    /// Its id.
    pub id: String,
    /// Whether it sends devices to the update inside their binary.
    pub roll_back_to_embedded: bool,
    /// Its platform.
    pub platform: String,
    /// Its runtime version.
    pub runtime_version: String,
    /// Its `createdAt` or `commitTime`.
    pub created_at: String,
    /// The entry whose content it repeats.
    pub origin: Option<String>,
}

/// Signing again after a key was added in between.
const TRIES: usize = 3;

impl Publishing {
    /// Signs and makes visible what was prepared. Asked again, it answers the same and changes nothing.
    pub async fn commit(&self, app: &AppSlug, request: CommitRequest) -> Result<Issued, PublishError> {
        let app = self.app(app).await?.id;
        if let Some(idempotency) = &request.idempotency
            && let Some(outcome) = self.store.replay(idempotency, self.now()).await?
        {
            return self.replayed(app, outcome).await;
        }
        for _ in 1..TRIES {
            match self.try_commit(app, &request).await {
                // The key was added after the signatures were made, and the server can make one more.
                Err(PublishError::MissingSignature(key)) if self.holds(app, &key).await? => {}
                outcome => return outcome,
            }
        }
        self.try_commit(app, &request).await
    }

    async fn holds(&self, app: AppId, key_id: &KeyId) -> Result<bool, PublishError> {
        Ok(self.store.sealed_key(app, key_id).await?.is_some())
    }

    async fn try_commit(&self, app: AppId, request: &CommitRequest) -> Result<Issued, PublishError> {
        let prepared = self.store.prepared(app, request.session, self.now()).await?;
        let (signatures, issued) = match prepared {
            Some(prepared) => {
                let signatures = self.sign(app, &prepared, &request.signatures).await?;
                (signatures, self.describe(app, &prepared).await?)
            }
            // Committed before, or unknown: the store knows which.
            None => {
                (Vec::new(), Issued { group: String::new(), branch: String::new(), updates: vec![], warnings: vec![] })
            }
        };
        let commit = Commit {
            app,
            session: request.session,
            signatures,
            outcome: serde_json::to_value(&issued).map_err(|error| PublishError::Internal(error.to_string()))?,
            idempotency: request.idempotency.clone(),
            actor: request.actor.clone(),
            now: self.now(),
        };
        match self.store.commit(commit).await? {
            Effect::Replayed(outcome) => self.replayed(app, outcome).await,
            Effect::Fresh(_) => {
                self.announce.changed(app).await?;
                Ok(issued)
            }
        }
    }

    /// The answer of the first time. It may have been stored then and not become visible, which is why it was repeated;
    /// whoever is told that it took effect finds it in effect.
    pub(crate) async fn replayed(&self, app: AppId, outcome: serde_json::Value) -> Result<Issued, PublishError> {
        self.announce.changed(app).await?;
        serde_json::from_value(outcome).map_err(|error| PublishError::Internal(format!("a stored outcome: {error}")))
    }

    /// One signature by every key of the app over every entry.
    async fn sign(
        &self,
        app: AppId,
        prepared: &store::PreparedPublish,
        given: &[DetachedSignature],
    ) -> Result<Vec<EntrySignature>, PublishError> {
        let keys = self.store.keys(app).await?;
        let mut signatures = verified(given, prepared, &keys)?;
        for key in keys.iter().filter(|key| key.held_by_server) {
            let private = self.open_key(app, &key.key_id).await?;
            let bodies: Vec<_> = prepared.entries.iter().map(|entry| (entry.id, entry.body.clone())).collect();
            let made = off_the_threads(move || {
                bodies.into_iter().map(|(id, body)| Ok((id, private.sign(&body)?))).collect::<Result<Vec<_>, _>>()
            });
            let made = made.await?.map_err(|error: signing::KeyError| PublishError::Signing(error.into()))?;
            signatures.extend(made.into_iter().map(|(update, signature)| EntrySignature {
                update,
                key_id: key.key_id.clone(),
                signature: signature.as_bytes().to_vec().into(),
            }));
        }
        let (prepared, now) = (prepared.clone(), self.now());
        off_the_threads(move || {
            keys.iter().try_for_each(|key| judge::signed(&prepared, key, &signatures, now)).map(|()| signatures)
        })
        .await?
    }

    /// The private key that the server holds under this id.
    pub(crate) async fn open_key(&self, app: AppId, key_id: &KeyId) -> Result<SigningKey, PublishError> {
        let sealed = self.store.sealed_key(app, key_id).await?;
        let sealed = sealed.ok_or_else(|| PublishError::UnknownKey(key_id.clone()))?;
        let pem = self
            .master_key
            .open(&sealed.0, &crate::keys::seal_context(app, key_id))
            .map_err(|error| PublishError::Signing(error.into()))?;
        let pem = std::str::from_utf8(&pem).map_err(|error| PublishError::Signing(error.into()))?;
        SigningKey::from_pem(pem).map_err(|error| PublishError::Signing(error.into()))
    }

    pub(crate) async fn describe(&self, app: AppId, prepared: &store::PreparedPublish) -> Result<Issued, PublishError> {
        let branches = self.store.branches(app).await?;
        let branch = branches.into_iter().find(|branch| branch.id == prepared.branch);
        let updates = prepared.entries.iter().map(|entry| {
            Ok(IssuedUpdate {
                id: entry.id.to_string(),
                roll_back_to_embedded: entry.kind == model::EntryKind::RollBackToEmbedded,
                platform: entry.lane.platform.to_string(),
                runtime_version: entry.lane.runtime_version.to_string(),
                created_at: crate::render::timestamp(entry.created_at)?.to_string(),
                origin: entry.origin.map(|origin| origin.to_string()),
            })
        });
        let now = self.now();
        let mut warnings = expired(&self.store.keys(app).await?, now);
        if prepared.action == AuditAction::RollBack {
            // A publish was warned when it was prepared; a roll back is both steps in one.
            let late = |entry: &NewEntry| head_in_future(entry.lane.platform, entry.created_at, now);
            warnings.extend(prepared.entries.iter().filter_map(late));
        }
        Ok(Issued {
            group: prepared.group.id.to_string(),
            branch: branch.map(|branch| branch.name.to_string()).unwrap_or_default(),
            updates: updates.collect::<Result<_, PublishError>>()?,
            warnings,
        })
    }
}

/// Work that takes milliseconds, away from the threads that answer checks.
async fn off_the_threads<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, PublishError> {
    tokio::task::spawn_blocking(work).await.map_err(|panicked| PublishError::Internal(panicked.to_string()))
}

/// The given signatures, each checked against its key's certificate and the bytes that will be served.
fn verified(
    given: &[DetachedSignature],
    prepared: &store::PreparedPublish,
    keys: &[KeyRecord],
) -> Result<Vec<EntrySignature>, PublishError> {
    given
        .iter()
        .map(|one| {
            let key = keys.iter().find(|key| key.key_id == one.key_id);
            let key = key.ok_or_else(|| PublishError::UnknownKey(one.key_id.clone()))?;
            let invalid =
                || PublishError::InvalidSignature { key_id: one.key_id.clone(), update: one.update.to_string() };
            let entry = prepared.entries.iter().find(|entry| entry.id == one.update).ok_or_else(invalid)?;
            let certificate = Certificate::from_pem(&key.certificate_pem).map_err(PublishError::InvalidCertificate)?;
            certificate.verify(&entry.body, &one.signature).map_err(|_| invalid())?;
            Ok(EntrySignature {
                update: one.update,
                key_id: one.key_id.clone(),
                signature: one.signature.as_bytes().to_vec().into(),
            })
        })
        .collect()
}

/// Devices refuse signatures by an expired certificate, so a publish says so.
fn expired(keys: &[KeyRecord], now: Millis) -> Vec<Warning> {
    let expired = keys.iter().filter_map(|key| {
        let error = Certificate::from_pem(&key.certificate_pem).ok()?.check_code_signing(now.0).err()?;
        Some(Warning {
            code: "certificate_not_valid".into(),
            message: format!("devices that trust the key `{}` will refuse this update: {error}", key.key_id),
        })
    });
    expired.collect()
}
