//! The server: an app in memory, operated as a store and the publishing room do it, answering through the real
//! `delivery`.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use blob::BlobStore;
use bytes::Bytes;
use delivery::body::Body;
use delivery::door::Open;
use delivery::record::{CheckRecord, CheckSink};
use delivery::{Asked, Delivery};
use http::{HeaderMap, HeaderValue, StatusCode};
use model::control::{Content, ContentFingerprint, Control, Edit, PastEntry, Plan, PlannedEntry, Why};
use model::{AppId, AppSlug, BranchId, ChannelId, Entry, EntryKind, KeyId, Millis, UpdateGroupId, UpdateId};
use protocol::manifest::{Asset, LaunchAsset, Manifest};
use protocol::{Directive, Timestamp, names};
use sha2::{Digest as _, Sha256};
use signing::{Certificate, KeySize, SigningKey};
use store::{AppState, AssetRecord, PublicKey, ReadSnapshots, StoreError, StoredEntry};
use tokio::runtime::Runtime;
use uuid::Uuid;

use crate::dice::Dice;
use crate::fault::{self, Fault};
use crate::judge::Violation;

const APP: AppId = AppId(Uuid::from_u128(1));
pub const KEY: &str = "main";
/// When every sequence begins: 2026-01-31T09:00:00Z. Operations happen at whole seconds and a few milliseconds more,
/// binaries are built at half seconds: a build's clock is nobody's to keep unique.
pub const START: i64 = 1_769_850_000_000;

/// The one key of the suite: making it is the dearest thing in it.
pub struct SigningCase {
    pub key: SigningKey,
    pub certificate: Certificate,
}

impl SigningCase {
    pub fn new() -> Self {
        let key = SigningKey::generate(KeySize::Bits2048).expect("a key");
        let certificate = Certificate::self_signed(&key, "model", START - 86_400_000, START * 2, [1; 16]);
        Self { key, certificate: certificate.expect("a certificate") }
    }
}

/// What the server said, as far as two answers can differ.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AnswerKey {
    pub status: StatusCode,
    pub etag: Option<HeaderValue>,
    pub filter: Option<HeaderValue>,
    pub reason: &'static str,
}

/// One answer.
pub struct Answered {
    pub key: AnswerKey,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// What operations did that may explain what a device runs.
#[derive(Default)]
pub struct Ledger {
    /// Every entry that was ever issued, also deleted ones.
    pub issued: HashMap<Uuid, PastEntry>,
    /// Entries that an operation stopped serving to somebody: disabled, deleted, or served to a share only.
    pub taken_away: HashSet<UpdateId>,
    /// Channels that an operation pointed elsewhere.
    pub retargeted: HashSet<ChannelId>,
}

impl Ledger {
    fn note(&mut self, edit: &Edit) {
        match edit {
            Edit::DisableUpdate { update, disabled: true }
            | Edit::SetRollout { update, rollout: Some(_) }
            | Edit::SetRule { update, rule: Some(_) }
            | Edit::DeleteUpdate { update } => {
                self.taken_away.insert(*update);
            }
            Edit::PointChannel { channel, .. } => {
                self.retargeted.insert(*channel);
            }
            _ => {}
        }
    }
}

pub struct Server<'s> {
    pub control: Control,
    pub now: Millis,
    pub fault: Option<Fault>,
    signing: Option<&'s SigningCase>,
    delivery: Delivery,
    snapshots: Arc<Snapshots>,
    reasons: Arc<LastReason>,
    runtime: &'s Runtime,
    manifests: HashMap<UpdateId, Manifest>,
    stored: HashMap<UpdateId, StoredEntry>,
    /// Every name that a branch has now, also of deleted ones.
    branch_names: RefCell<HashMap<String, String>>,
    files: HashMap<String, Bytes>,
    pub ledger: Ledger,
    /// What the last operation was asked to issue.
    pub asked: HashSet<UpdateId>,
    pub checks: std::cell::Cell<u64>,
}

impl<'s> Server<'s> {
    pub fn new(signing: Option<&'s SigningCase>, fault: Option<Fault>, runtime: &'s Runtime) -> Self {
        let snapshots = Arc::new(Snapshots::default());
        let reasons = Arc::new(LastReason(Mutex::new("")));
        let delivery = Delivery::new(
            snapshots.clone(),
            Arc::new(BlobStore::in_memory()),
            Box::new(Open),
            vec![reasons.clone() as Arc<dyn CheckSink>],
        );
        let control = Control {
            app: APP,
            slug: AppSlug::parse("default").expect("legal"),
            version: 0,
            channels: Vec::new(),
            branches: Vec::new(),
            entries: Vec::new(),
            deleted: Vec::new(),
            embedded: Vec::new(),
        };
        Self {
            control,
            now: Millis(START),
            fault,
            signing,
            delivery,
            snapshots,
            reasons,
            runtime,
            manifests: HashMap::new(),
            stored: HashMap::new(),
            branch_names: RefCell::default(),
            files: HashMap::new(),
            ledger: Ledger::default(),
            asked: HashSet::new(),
            checks: std::cell::Cell::new(0),
        }
    }

    /// Applies a plan as a store does, renders what it issues as the publishing room does, and lets `delivery` load it.
    pub fn apply(&mut self, mut plan: Plan, dice: &mut Dice) -> Result<(), Violation> {
        fault::spoil_plan(self.fault, &mut plan);
        self.control.version += 1;
        for edit in &plan.edits {
            self.ledger.note(edit);
            let applied = self.control.apply(edit);
            applied.map_err(|_| Violation(format!("the plan edits what is not there: {edit:?}")))?;
        }
        self.asked.clear();
        for group in plan.issues {
            let id = UpdateGroupId(dice.uuid());
            for planned in group.entries {
                let update = UpdateId(dice.uuid());
                if group.why == Why::Asked {
                    self.asked.insert(update);
                }
                self.issue(group.branch, id, planned, update);
            }
        }
        self.load()
    }

    fn issue(&mut self, branch: BranchId, group: UpdateGroupId, planned: PlannedEntry, id: UpdateId) {
        let created_at = match self.fault {
            Some(Fault::NoTick) => self.now,
            _ => self.control.next_instant(planned.lane.platform, self.now),
        };
        let (kind, origin) = match planned.content {
            Content::New { .. } => (EntryKind::Update, None),
            Content::Copy(origin) => (EntryKind::Update, Some(origin)),
            Content::Embedded(origin) => (EntryKind::RollBackToEmbedded, origin),
        };
        let content = match planned.content {
            Content::New { content } => content,
            Content::Copy(origin) => self.control.entry(origin).expect("a copy of something").content,
            Content::Embedded(_) => ContentFingerprint([0xee; 32]),
        };
        let timestamp = Timestamp::from_millis(created_at.0).expect("an instant of our time");
        let body = if kind == EntryKind::Update {
            let manifest = self.manifest(&planned, branch, id, timestamp);
            let body = manifest.render();
            self.manifests.insert(id, manifest);
            body
        } else {
            Directive::roll_back_to_embedded(timestamp, None).render()
        };
        let signature = self.signing.map(|signing| {
            let signature = signing.key.sign(&body).expect("a signature");
            (KeyId::parse(KEY).expect("legal"), Bytes::copy_from_slice(signature.as_bytes()))
        });
        let stored = StoredEntry {
            id,
            kind,
            platform: planned.lane.platform,
            runtime_version: planned.lane.runtime_version.clone(),
            branch,
            body,
            signatures: signature.into_iter().collect(),
        };
        self.stored.insert(id, stored);
        let entry = Entry {
            id,
            group,
            created_at,
            kind,
            disabled: false,
            held: planned.held,
            rollout: planned.rollout,
            rule: planned.rule,
        };
        let version = self.control.version;
        let past = PastEntry { branch, lane: planned.lane, entry, origin, content, version };
        self.ledger.issued.insert(id.0, past.clone());
        self.control.insert(past);
    }

    fn manifest(&mut self, planned: &PlannedEntry, branch: BranchId, id: UpdateId, created_at: Timestamp) -> Manifest {
        let mut manifest = match planned.content {
            Content::Copy(origin) => self.manifests[&origin].reissue(id.0, created_at),
            Content::New { content } => self.exported(content, planned, id, created_at),
            Content::Embedded(_) => unreachable!("a directive has no manifest"),
        };
        let named = match self.fault {
            Some(Fault::BranchNameInFilter) => self.branch_name(&branch.to_string()),
            _ => branch.to_string(),
        };
        manifest.metadata.insert("branchId".into(), named);
        manifest
    }

    /// What a publisher brings: a bundle of its own and a picture that all have.
    fn exported(
        &mut self,
        content: ContentFingerprint,
        planned: &PlannedEntry,
        id: UpdateId,
        created_at: Timestamp,
    ) -> Manifest {
        let bundle = self.file(&content.0);
        let picture = self.file(b"a picture");
        Manifest {
            id: id.0,
            created_at,
            runtime_version: planned.lane.runtime_version.to_string(),
            launch_asset: LaunchAsset {
                hash: bundle.0.clone(),
                key: bundle.0,
                content_type: "application/javascript".into(),
                url: bundle.1,
            },
            assets: vec![Asset {
                hash: picture.0,
                key: "0123456789abcdef0123456789abcdef".into(),
                content_type: "image/png".into(),
                file_extension: ".png".into(),
                url: picture.1,
            }],
            metadata: std::collections::BTreeMap::new(),
            extra: serde_json::Map::new(),
        }
    }

    /// The hash and the address of a file.
    fn file(&mut self, bytes: &[u8]) -> (String, String) {
        let digest: [u8; 32] = Sha256::digest(bytes).into();
        let hash = protocol::asset_hash::asset_hash(&digest);
        let url = format!("https://updates.example/assets/{hash}");
        self.files.entry(url.clone()).or_insert_with(|| Bytes::copy_from_slice(bytes));
        (hash, url)
    }

    /// The bytes behind an address.
    pub fn download(&self, url: &str) -> &Bytes {
        &self.files[url]
    }

    fn load(&self) -> Result<(), Violation> {
        self.remember_names();
        let mut seen = self.control.clone();
        fault::spoil_control(self.fault, &mut seen);
        let Ok(snapshot) = seen.snapshot() else {
            return Err(Violation(String::from("what the plan leads to has too many entries to be served")));
        };
        let lanes = snapshot.branches.values().flat_map(|branch| branch.android.values().chain(branch.ios.values()));
        let entries = lanes.flat_map(|lane| &lane.entries).map(|entry| self.stored[&entry.id].clone()).collect();
        let key = self.signing.map(|signing| PublicKey {
            key_id: KeyId::parse(KEY).expect("legal"),
            certificate_pem: signing.certificate.to_pem(),
            chain_pem: None,
        });
        self.snapshots.put(AppState { snapshot, entries, keys: key.into_iter().collect() });
        self.runtime.block_on(self.delivery.reload(APP)).expect("a state that can be served");
        assert_eq!(self.delivery.version(APP), Some(self.control.version));
        Ok(())
    }

    fn remember_names(&self) {
        let mut names = self.branch_names.borrow_mut();
        for branch in &self.control.branches {
            names.insert(branch.id.to_string(), branch.name.to_string());
        }
    }

    fn branch_name(&self, id: &str) -> String {
        self.remember_names();
        self.branch_names.borrow().get(id).cloned().unwrap_or_default()
    }

    /// One check. `branch` is the one that the device's channel gives it.
    pub fn check(&self, headers: &HeaderMap, branch: Option<BranchId>) -> Answered {
        self.checks.set(self.checks.get() + 1);
        let ip = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let response = self.delivery.check(&Asked { app: None, headers, query: None, ip, now: self.now });
        let (head, body) = response.into_parts();
        let (status, mut headers) = (head.status, head.headers);
        fault::spoil_headers(self.fault, status, &mut headers, branch, |id| self.branch_name(id));
        let body = match body {
            Body::Full(bytes) => bytes,
            Body::Stream { .. } => unreachable!("a check's answer is in memory"),
        };
        let key = AnswerKey {
            status,
            etag: headers.get(http::header::ETAG).cloned(),
            filter: headers.get(names::MANIFEST_FILTERS).cloned(),
            reason: self.reasons.last(),
        };
        Answered { key, headers, body }
    }
}

/// The read side of a store: whatever was put there last.
#[derive(Default)]
struct Snapshots(Mutex<Option<AppState>>);

impl Snapshots {
    fn put(&self, state: AppState) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(state);
    }
}

#[async_trait]
impl ReadSnapshots for Snapshots {
    async fn versions(&self) -> Result<Vec<(AppId, u64)>, StoreError> {
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(state.iter().map(|state| (APP, state.snapshot.version)).collect())
    }

    async fn load(&self, _: AppId) -> Result<Option<AppState>, StoreError> {
        Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).take())
    }

    async fn assets(&self, _: AppId, _: u64) -> Result<Vec<AssetRecord>, StoreError> {
        Ok(Vec::new())
    }
}

/// Why the last check was answered as it was.
struct LastReason(Mutex<&'static str>);

impl LastReason {
    fn last(&self) -> &'static str {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CheckSink for LastReason {
    fn take(&self, record: CheckRecord) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = record.reason;
    }
}
