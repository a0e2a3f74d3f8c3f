//! Answers made ready when a snapshot is loaded: a check picks one and hands it out.

use std::collections::HashMap;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};
use model::{AppSnapshot, BranchId, EntryKind, KeyId, Rule, UpdateId};
use protocol::answer::{AnswerKind, outer_headers};
use protocol::multipart::{Message, Multipart};
use protocol::structured::{StructuredError, bare_signature_header, branch_filter, signature_header};
use protocol::{AnswerShape, ProtocolVersion, etag, names};
use store::{AppState, PublicKey, StoredEntry};

/// One app: what deciding reads, and the answers that it can choose.
pub struct PreparedApp {
    /// What deciding reads.
    pub snapshot: AppSnapshot,
    /// Whether a rule asks for what a check does not say by itself. Where none does, nobody reads it.
    pub asks_for_facts: bool,
    entries: HashMap<UpdateId, PreparedEntry>,
    /// The headers of a 204.
    nothing: HeaderMap,
    /// The same with a branch's filter.
    nothing_of: HashMap<BranchId, HeaderMap>,
    keys: Vec<KeyId>,
}

/// The stored state cannot be made into answers: a name in it does not fit a header.
#[derive(Debug, thiserror::Error)]
#[error("an entry cannot be made into an answer")]
pub struct NotPreparable(#[from] StructuredError);

/// One entry in every form in which it can be asked for.
struct PreparedEntry {
    unsigned: PreparedShapes,
    signed: Vec<(KeyId, PreparedShapes)>,
}

/// One entry under one signature, or none.
struct PreparedShapes {
    multipart: PreparedAnswer,
    /// The same without the branch's filter, for a device that would have nothing that passes it. None for an update:
    /// whoever takes it has something.
    unfiltered: Option<PreparedAnswer>,
    /// None for a directive: only multipart carries it.
    bare: Option<Bare>,
}

struct Bare {
    expo_json: PreparedAnswer,
    json: PreparedAnswer,
}

/// A finished answer.
pub struct PreparedAnswer {
    /// All headers but `content-length` and `date`, by protocol version: they differ in the version alone.
    headers: [HeaderMap; 2],
    /// Shared with everybody who gets it.
    pub body: Bytes,
    /// The strong tag, which also stands among the headers.
    pub etag: HeaderValue,
}

impl PreparedAnswer {
    /// The headers for a client of this version.
    pub const fn headers(&self, version: ProtocolVersion) -> &HeaderMap {
        &self.headers[version as usize]
    }
}

impl PreparedApp {
    /// Makes every answer of the state ready.
    pub fn new(state: AppState) -> Result<Self, NotPreparable> {
        let AppState { snapshot, entries, keys } = state;
        let filters = snapshot
            .branches
            .keys()
            .map(|branch| Ok((*branch, branch_filter(&branch.to_string())?)))
            .collect::<Result<HashMap<_, _>, StructuredError>>()?;
        let entries = entries
            .iter()
            .map(|entry| Ok((entry.id, PreparedEntry::new(entry, &keys, filters.get(&entry.branch))?)))
            .collect::<Result<_, StructuredError>>()?;
        let nothing_of = filters.iter().map(|(branch, filter)| (*branch, nothing(Some(filter)))).collect();
        let keys = keys.into_iter().map(|key| key.key_id).collect();
        let asks_for_facts = rules(&snapshot).any(Rule::asks_for_facts);
        Ok(Self { snapshot, asks_for_facts, entries, nothing: nothing(None), nothing_of, keys })
    }

    /// The answer that serves `entry` in `shape`, signed by `key` where one is asked for, with its branch's filter when
    /// `filtered`. None when there is no such signature; the caller has made sure that the shape can carry the entry.
    pub fn answer(
        &self,
        entry: UpdateId,
        shape: AnswerShape,
        key: Option<&str>,
        filtered: bool,
    ) -> Option<&PreparedAnswer> {
        let entry = self.entries.get(&entry)?;
        let shapes = match key {
            None => &entry.unsigned,
            Some(asked) => entry.signed.iter().find(|(key, _)| key.as_str() == asked).map(|(_, shapes)| shapes)?,
        };
        match shape {
            AnswerShape::Multipart if filtered => Some(&shapes.multipart),
            AnswerShape::Multipart => Some(shapes.unfiltered.as_ref().unwrap_or(&shapes.multipart)),
            AnswerShape::ExpoJson => shapes.bare.as_ref().map(|bare| &bare.expo_json),
            AnswerShape::Json => shapes.bare.as_ref().map(|bare| &bare.json),
        }
    }

    /// The headers of a 204, with a branch's filter where one is sent.
    pub fn nothing(&self, filter: Option<BranchId>) -> &HeaderMap {
        filter.and_then(|branch| self.nothing_of.get(&branch)).unwrap_or(&self.nothing)
    }

    /// The app's key ids, oldest first.
    pub fn keys(&self) -> &[KeyId] {
        &self.keys
    }
}

fn rules(snapshot: &AppSnapshot) -> impl Iterator<Item = &Rule> {
    let lanes = snapshot.branches.values().flat_map(|branch| branch.android.values().chain(branch.ios.values()));
    lanes.flat_map(|lane| &lane.entries).filter_map(|entry| entry.rule.as_deref())
}

impl PreparedEntry {
    fn new(entry: &StoredEntry, keys: &[PublicKey], filter: Option<&HeaderValue>) -> Result<Self, StructuredError> {
        let mut signed = Vec::with_capacity(keys.len());
        for key in keys {
            let signature = entry.signatures.iter().find(|(signer, _)| *signer == key.key_id);
            let Some((_, signature)) = signature else { continue };
            let signature = Signature {
                structured: signature_header(signature, key.key_id.as_str())?,
                bare: bare_signature_header(signature),
            };
            let chain = key.chain_pem.as_deref();
            signed.push((
                key.key_id.clone(),
                PreparedShapes::new(entry, Some(&signature), Some(&signature), chain, filter),
                signature,
            ));
        }
        // The product brief's client asks for no signature by `expo-expect-signature`, and verifies the bare one of the
        // oldest key all the same (protocol.md §8). A stock client without a certificate looks at neither.
        let oldest = signed.first().map(|(_, _, signature)| signature);
        let unsigned = PreparedShapes::new(entry, None, oldest, None, filter);
        Ok(Self { unsigned, signed: signed.into_iter().map(|(key, shapes, _)| (key, shapes)).collect() })
    }
}

struct Signature {
    structured: HeaderValue,
    bare: HeaderValue,
}

impl PreparedShapes {
    fn new(
        entry: &StoredEntry,
        in_multipart: Option<&Signature>,
        in_headers: Option<&Signature>,
        chain_pem: Option<&str>,
        filter: Option<&HeaderValue>,
    ) -> Self {
        let rendered = Multipart {
            message: match entry.kind {
                EntryKind::Update => Message::Manifest,
                EntryKind::RollBackToEmbedded => Message::Directive,
            },
            body: &entry.body,
            signature: in_multipart.map(|signature| &signature.structured),
            extensions: None,
            certificate_chain: chain_pem.map(str::as_bytes),
        }
        .render();
        let bare =
            |shape: AnswerShape| prepare(HeaderValue::from_static(shape.media_type()), &entry.body, filter, in_headers);
        let is_directive = entry.kind == EntryKind::RollBackToEmbedded;
        Self {
            unfiltered: is_directive.then(|| prepare(rendered.content_type.clone(), &rendered.body, None, None)),
            multipart: prepare(rendered.content_type, &rendered.body, filter, None),
            bare: (entry.kind == EntryKind::Update)
                .then(|| Bare { expo_json: bare(AnswerShape::ExpoJson), json: bare(AnswerShape::Json) }),
        }
    }
}

/// The protocol's version makes no difference here: a 204 is always version 1.
fn nothing(filter: Option<&HeaderValue>) -> HeaderMap {
    let mut headers: HeaderMap = outer_headers(ProtocolVersion::V1, AnswerKind::Nothing).into_iter().collect();
    if let Some(filter) = filter {
        headers.insert(names::response::MANIFEST_FILTERS, filter.clone());
    }
    headers
}

fn prepare(
    content_type: HeaderValue,
    body: &Bytes,
    filter: Option<&HeaderValue>,
    signature: Option<&Signature>,
) -> PreparedAnswer {
    let mut headers = HeaderMap::with_capacity(12);
    if let Some(signature) = signature {
        headers.insert(names::response::SIGNATURE, signature.structured.clone());
        headers.insert(names::response::MANIFEST_SIGNATURE, signature.bare.clone());
    }
    if let Some(filter) = filter {
        headers.insert(names::response::MANIFEST_FILTERS, filter.clone());
    }
    headers.insert(header::CONTENT_TYPE, content_type);
    let told: Vec<&[u8]> = std::iter::once(body.as_ref()).chain(headers.values().map(HeaderValue::as_bytes)).collect();
    let etag = etag::strong(&told);
    headers.insert(header::ETAG, etag.clone());
    let versioned = |version| {
        let mut headers = headers.clone();
        headers.extend(outer_headers(version, AnswerKind::Message));
        headers
    };
    PreparedAnswer {
        headers: [versioned(ProtocolVersion::V0), versioned(ProtocolVersion::V1)],
        body: body.clone(),
        etag,
    }
}
