//! Commit: signatures, then visible everywhere at once.

use std::collections::{BTreeMap, HashSet};

use bytes::Bytes;
use model::control::Control;
use model::control::plan::Why;
use model::{AppId, AppSlug, EntryKind, KeyId, Millis, Target, UpdateId};
use signing::{Certificate, Signature, SigningKey};
use store::{CommitError, Controlled, Effect, EntrySignature, KeyRecord, Operation, Seal, SessionId};

use crate::operate::{after, describe, reachable};
use crate::prepare::{HEAD_IN_FUTURE, Warning};
use crate::{Caller, Outcome, PublishError, Publishing, judge};

/// A commit as it is asked for.
#[derive(Clone, Debug)]
pub struct CommitRequest {
    /// What was prepared.
    pub session: SessionId,
    /// For the keys that the server does not hold.
    pub signatures: Vec<DetachedSignature>,
    /// Who commits.
    pub caller: Caller,
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

/// Signing again after a key was added in between.
const TRIES: usize = 3;

impl Publishing {
    /// Signs and makes visible what was prepared. Asked again, it answers the same and changes nothing.
    pub async fn commit(&self, app: &AppSlug, request: CommitRequest) -> Result<Outcome, PublishError> {
        let app = self.app(app).await?.id;
        if let Some(outcome) = self.answered(app, &request.caller).await? {
            return Ok(outcome);
        }
        let _alone = self.one_at_a_time.enter(app).await;
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

    async fn try_commit(&self, app: AppId, request: &CommitRequest) -> Result<Outcome, PublishError> {
        let prepared = self.store.prepared(app, request.session, self.now()).await?;
        let (signatures, outcome) = match prepared {
            Some(operation) => {
                let signatures = self.sign(app, &operation, &request.signatures).await?;
                (signatures, self.foretell(app, &operation).await?)
            }
            // Committed before, or unknown: the store knows which.
            None => (
                Vec::new(),
                Outcome {
                    action: String::new(),
                    changed: true,
                    groups: vec![],
                    warnings: vec![],
                    consequences: vec![],
                    etag: None,
                },
            ),
        };
        let seal = Seal {
            signatures,
            outcome: serde_json::to_value(&outcome).map_err(|error| PublishError::Internal(error.to_string()))?,
            idempotency: request.caller.idempotency.clone(),
            actor: request.caller.actor.clone(),
            now: self.now(),
        };
        match self.store.commit(app, request.session, seal).await {
            Ok(Effect::Replayed(outcome)) => self.replayed(app, outcome).await,
            Ok(Effect::Fresh(_)) => {
                self.announce.changed(app).await?;
                Ok(outcome)
            }
            // The branch was deleted since it was prepared.
            Err(CommitError::UnknownTarget) => Err(PublishError::HeadMoved),
            Err(error) => Err(error.into()),
        }
    }

    /// What the operation will have done. A publish was warned of late heads when it was prepared.
    async fn foretell(&self, app: AppId, operation: &Operation) -> Result<Outcome, PublishError> {
        let Controlled { control, now } = self.control(app).await?;
        let Ok(after) = after(&control, operation) else { return Err(PublishError::HeadMoved) };
        // What is told as published to a channel has to be what the channel points at.
        let elsewhere = |group: &store::NewGroup| {
            let named = group.channel.as_ref();
            named.is_some_and(|name| {
                control.channel(name).is_none_or(|channel| channel.target != Target::Branch(group.branch))
            })
        };
        if operation.groups.iter().any(elsewhere) {
            return Err(PublishError::HeadMoved);
        }
        let brings = |group: &store::NewGroup| {
            let mut entries = operation.entries.iter().filter(|entry| entry.group == group.id);
            entries.any(|entry| entry.kind == EntryKind::Update && entry.origin.is_none())
        };
        // A publish issues copies only beneath what it brings.
        let why: Vec<Why> =
            operation.groups.iter().map(|group| if brings(group) { Why::Asked } else { Why::Reverted }).collect();
        let mut warnings = self.warnings(app, operation, &after, now).await?;
        warnings.retain(|warning| warning.code != HEAD_IN_FUTURE);
        Ok(Outcome {
            action: operation.action.as_str().into(),
            changed: true,
            groups: describe(&after, operation, &why)?,
            warnings,
            consequences: Vec::new(),
            etag: None,
        })
    }

    /// One signature by every key of the app over every entry.
    pub(crate) async fn sign(
        &self,
        app: AppId,
        operation: &Operation,
        given: &[DetachedSignature],
    ) -> Result<Vec<EntrySignature>, PublishError> {
        let keys = self.store.keys(app).await?;
        let mut signatures = verified(given, operation, &keys)?;
        for key in keys.iter().filter(|key| key.held_by_server) {
            let bodies = operation.entries.iter().map(|entry| (entry.id, entry.body.clone())).collect();
            signatures.extend(self.sign_bodies(app, &key.key_id, bodies).await?);
        }
        let (operation, now) = (operation.clone(), self.now());
        off_the_threads(move || {
            keys.iter().try_for_each(|key| judge::signed(&operation, key, &signatures, now)).map(|()| signatures)
        })
        .await?
    }

    /// One signature over each body by a key that the server holds.
    async fn sign_bodies(
        &self,
        app: AppId,
        key_id: &KeyId,
        bodies: Vec<(UpdateId, Bytes)>,
    ) -> Result<Vec<EntrySignature>, PublishError> {
        if bodies.is_empty() {
            return Ok(Vec::new());
        }
        let private = self.open_key(app, key_id).await?;
        let made = off_the_threads(move || {
            bodies.into_iter().map(|(id, body)| Ok((id, private.sign(&body)?))).collect::<Result<Vec<_>, _>>()
        });
        let made = made.await?.map_err(|error: signing::KeyError| PublishError::Signing(error.into()))?;
        let signature = |(update, signature): (UpdateId, Signature)| EntrySignature {
            update,
            key_id: key_id.clone(),
            signature: signature.as_bytes().to_vec().into(),
        };
        Ok(made.into_iter().map(signature).collect())
    }

    /// Entries that an operation makes reachable again may be older than a key: the key signs them now, so that no
    /// device that asks for it meets an unsigned entry. What a key elsewhere has not signed stays so.
    pub(crate) async fn sign_uncovered(
        &self,
        app: AppId,
        before: &Control,
        after: &Control,
    ) -> Result<Vec<EntrySignature>, PublishError> {
        let covered: HashSet<UpdateId> = reachable(before)?.into_iter().collect();
        let uncovered: Vec<UpdateId> =
            reachable(after)?.into_iter().filter(|id| !covered.contains(id) && before.entry(*id).is_some()).collect();
        if uncovered.is_empty() {
            return Ok(Vec::new());
        }
        let mut bodies: BTreeMap<KeyId, Vec<(UpdateId, Bytes)>> = BTreeMap::new();
        for (update, key_id) in self.store.missing_signatures(app, &uncovered).await? {
            if let Some(stored) = self.store.update(app, update).await? {
                bodies.entry(key_id).or_default().push((update, stored.body));
            }
        }
        let mut signatures = Vec::new();
        for (key_id, bodies) in bodies {
            if self.holds(app, &key_id).await? {
                signatures.extend(self.sign_bodies(app, &key_id, bodies).await?);
            }
        }
        Ok(signatures)
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
}

/// Work that takes milliseconds, away from the threads that answer checks.
async fn off_the_threads<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, PublishError> {
    tokio::task::spawn_blocking(work).await.map_err(|panicked| PublishError::Internal(panicked.to_string()))
}

/// The given signatures, each checked against its key's certificate and the bytes that will be served.
fn verified(
    given: &[DetachedSignature],
    operation: &Operation,
    keys: &[KeyRecord],
) -> Result<Vec<EntrySignature>, PublishError> {
    given
        .iter()
        .map(|one| {
            let key = keys.iter().find(|key| key.key_id == one.key_id);
            let key = key.ok_or_else(|| PublishError::UnknownKey(one.key_id.clone()))?;
            let invalid =
                || PublishError::InvalidSignature { key_id: one.key_id.clone(), update: one.update.to_string() };
            let entry = operation.entries.iter().find(|entry| entry.id == one.update).ok_or_else(invalid)?;
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
pub(crate) fn expired(keys: &[KeyRecord], now: Millis) -> Vec<Warning> {
    let expired = keys.iter().filter_map(|key| {
        let error = Certificate::from_pem(&key.certificate_pem).ok()?.check_code_signing(now.0).err()?;
        Some(Warning {
            code: "certificate_not_valid".into(),
            message: format!("devices that trust the key `{}` will refuse this update: {error}", key.key_id),
        })
    });
    expired.collect()
}
