//! What there is, for people.

use std::collections::{HashMap, HashSet};

use bytes::Bytes;
use model::control::{Control, PastEntry, Refusal};
use model::{
    AppId, AppSlug, BlobHash, BranchId, BranchName, ChannelName, EntryKind, Millis, Platform, RuntimeVersion,
    UpdateGroupId, UpdateId,
};
use protocol::Manifest;
use protocol::asset_hash::parse_asset_hash;
use store::{GroupRecord, StoredUpdate, UpdateAsset};

use crate::operate::embedded_newer;
use crate::prepare::Warning;
use crate::{PublishError, Publishing};

/// What becomes of an entry in a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// A device of some channel can be offered it.
    Served,
    /// The same, and its rollout is open.
    Rolling,
    /// Something later stands before it, or no channel points at its branch.
    Covered,
    /// It waits behind a pin.
    Held,
    /// It is served to nobody.
    Disabled,
}

impl State {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Served => "served",
            Self::Rolling => "rolling",
            Self::Covered => "covered",
            Self::Held => "held",
            Self::Disabled => "disabled",
        }
    }
}

/// Which entries are asked for.
#[derive(Clone, Debug, Default)]
pub struct PageAsked {
    /// Only of this branch.
    pub branch: Option<BranchName>,
    /// Only of the branches that this channel points at.
    pub channel: Option<ChannelName>,
    /// Only of this platform.
    pub platform: Option<Platform>,
    /// Only for this runtime version.
    pub runtime_version: Option<RuntimeVersion>,
    /// Only in this state.
    pub state: Option<State>,
    /// Only what comes after this one.
    pub after: Option<(Millis, UpdateId)>,
    /// At most so many.
    pub limit: usize,
}

/// A page of entries, newest first.
#[derive(Clone, Debug)]
pub struct Page {
    /// The entries.
    pub updates: Vec<Listed>,
    /// Where the next page begins; none when this is the last.
    pub next: Option<(Millis, UpdateId)>,
}

/// One entry of a list.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Its facts.
    pub past: PastEntry,
    /// What becomes of it.
    pub state: State,
    /// Its branch's name; of a deleted branch, its id.
    pub branch: String,
    /// What it was issued with.
    pub group: GroupRecord,
    /// Worth a look.
    pub warnings: Vec<Warning>,
}

/// One entry with all that is stored about it.
#[derive(Clone, Debug)]
pub struct Shown {
    /// As in a list.
    pub listed: Listed,
    /// The exact manifest or directive.
    pub body: Bytes,
    /// Its files, the bundle first.
    pub files: Vec<ShownFile>,
}

/// One file of an update.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownFile {
    /// SHA-256 of its bytes.
    pub hash: BlobHash,
    /// What the bundle's code looks it up by.
    pub key: String,
    /// The type it is served with, or said to be.
    pub content_type: String,
    /// Bytes; unknown of what lies on another host.
    pub size: Option<u64>,
    /// Whether it is the bundle.
    pub launch: bool,
    /// Where phones fetch it.
    pub url: String,
}

impl Publishing {
    /// The app as operations see it.
    pub async fn app_control(&self, app: &AppSlug) -> Result<Control, PublishError> {
        let app = self.app(app).await?.id;
        Ok(self.control(app).await?.control)
    }

    /// A page of what was issued.
    pub async fn updates(&self, app: &AppSlug, asked: &PageAsked) -> Result<Page, PublishError> {
        let control = self.app_control(app).await?;
        let refused = |refusal| PublishError::refused(refusal, &control);
        let pointed = asked.channel.as_ref().map(|name| {
            let channel = control.channel(name).ok_or_else(|| refused(Refusal::UnknownChannel(name.clone())))?;
            Ok::<_, PublishError>(channel.target.branches().collect::<HashSet<BranchId>>())
        });
        let pointed = pointed.transpose()?;
        let branch = asked.branch.as_ref().map(|name| {
            let branch = control.branch_named(name).ok_or_else(|| refused(Refusal::UnknownBranch(name.clone())))?;
            Ok::<_, PublishError>(branch.id)
        });
        let branch = branch.transpose()?;
        let served = served(&control)?;
        let wanted = |past: &&PastEntry| {
            branch.is_none_or(|branch| past.branch == branch)
                && pointed.as_ref().is_none_or(|branches| branches.contains(&past.branch))
                && asked.platform.is_none_or(|platform| past.lane.platform == platform)
                && asked.runtime_version.as_ref().is_none_or(|version| past.lane.runtime_version == *version)
                && asked.state.is_none_or(|state| state_of(past, &served) == state)
                && asked.after.is_none_or(|after| (past.entry.created_at, past.entry.id) < after)
        };
        let mut page: Vec<&PastEntry> = control.entries.iter().filter(wanted).take(asked.limit + 1).collect();
        let more = page.len() > asked.limit;
        page.truncate(asked.limit);
        let next = page.last().filter(|_| more).map(|past| (past.entry.created_at, past.entry.id));
        Ok(Page { updates: self.listed(&control, &served, &page).await?, next })
    }

    /// The entries of a group, or one entry, with their bytes.
    pub async fn show(&self, app: &AppSlug, id: uuid::Uuid) -> Result<Vec<Shown>, PublishError> {
        let control = self.app_control(app).await?;
        let selection = model::control::Selection { id, platform: None };
        let mut entries = selection.entries(&control).map_err(|refusal| PublishError::refused(refusal, &control))?;
        entries.sort_by(|one, other| one.lane.cmp(&other.lane));
        let listed = self.listed(&control, &served(&control)?, &entries).await?;
        let mut shown = Vec::with_capacity(listed.len());
        for listed in listed {
            let stored = self.store.update(control.app, listed.past.entry.id).await?;
            // Deleted since: then it is not shown.
            if let Some(stored) = stored {
                shown.push(Shown { files: files(&stored)?, body: stored.body, listed });
            }
        }
        Ok(shown)
    }

    pub(crate) async fn listed(
        &self,
        control: &Control,
        served: &HashSet<UpdateId>,
        entries: &[&PastEntry],
    ) -> Result<Vec<Listed>, PublishError> {
        let groups = self.groups(control.app, entries).await?;
        let listed = entries.iter().filter_map(|past| {
            Some(Listed {
                state: state_of(past, served),
                branch: control
                    .branch(past.branch)
                    .map_or_else(|| past.branch.to_string(), |branch| branch.name.to_string()),
                group: groups.get(&past.entry.group)?.clone(),
                warnings: embedded_newer(control, past)
                    .filter(|_| served.contains(&past.entry.id))
                    .into_iter()
                    .collect(),
                past: (*past).clone(),
            })
        });
        Ok(listed.collect())
    }

    async fn groups(
        &self,
        app: AppId,
        entries: &[&PastEntry],
    ) -> Result<HashMap<UpdateGroupId, GroupRecord>, PublishError> {
        let mut ids: Vec<UpdateGroupId> = entries.iter().map(|past| past.entry.group).collect();
        ids.sort_unstable();
        ids.dedup();
        let records = self.store.groups(app, &ids).await?;
        Ok(records.into_iter().map(|record| (record.group.id, record)).collect())
    }
}

/// What the manifest names, with what is known of what lies here.
fn files(stored: &StoredUpdate) -> Result<Vec<ShownFile>, PublishError> {
    if stored.past.entry.kind != EntryKind::Update {
        return Ok(Vec::new());
    }
    let unreadable = |error: String| PublishError::Internal(format!("a stored manifest: {error}"));
    let manifest = Manifest::parse(&stored.body).map_err(|error| unreadable(error.to_string()))?;
    let here: HashMap<(&str, bool), &UpdateAsset> =
        stored.assets.iter().map(|asset| ((asset.key.as_str(), asset.launch), asset)).collect();
    let bundle = &manifest.launch_asset;
    let bundle = (true, &bundle.key, &bundle.hash, &bundle.content_type, &bundle.url);
    let others = manifest.assets.iter().map(|one| (false, &one.key, &one.hash, &one.content_type, &one.url));
    std::iter::once(bundle)
        .chain(others)
        .map(|(launch, key, hash, content_type, url)| {
            let here = here.get(&(key.as_str(), launch));
            Ok(ShownFile {
                hash: parse_asset_hash(hash).map(BlobHash).ok_or_else(|| unreadable(format!("the hash {hash:?}")))?,
                key: key.clone(),
                content_type: here.map_or(content_type, |here| &here.content_type).clone(),
                size: here.map(|here| here.size),
                launch,
                url: url.clone(),
            })
        })
        .collect()
}

pub(crate) fn served(control: &Control) -> Result<HashSet<UpdateId>, PublishError> {
    Ok(crate::operate::reachable(control)?.into_iter().collect())
}

fn state_of(past: &PastEntry, served: &HashSet<UpdateId>) -> State {
    if past.entry.disabled {
        State::Disabled
    } else if past.entry.held {
        State::Held
    } else if !served.contains(&past.entry.id) {
        State::Covered
    } else if past.entry.rollout.is_some() {
        State::Rolling
    } else {
        State::Served
    }
}
