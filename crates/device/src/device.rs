//! A device with an app on it: what runs, what it sends, what it starts. `load.rs` is what it downloads.

use http::HeaderMap;
use protocol::Platform;
use uuid::Uuid;

use crate::answer::{Answer, Instruction, Reader};
use crate::binary::{Binary, Embedded};
use crate::database::{Configuration, Database, Status, UpdateRow};
use crate::fields::Fields;
use crate::http_cache::HttpCache;
use crate::load::Load;
use crate::manifest::AcceptedManifest;
use crate::refusal::{Law, Refusal};
use crate::request::{Check, Identity, check_headers};
use crate::rule::{Rule, RuleSet};
use crate::selection::{Candidate, Launcher, Verdict, should_load, should_roll_back, to_delete};
use crate::structured::is_serializable;

/// One installation of an app, with the stock client inside, and everything that the client remembers.
///
/// A session runs like this: [`launch`](Self::launch), then for every check [`check_request`](Self::check_request),
/// [`read_answer`](Self::read_answer), [`load`](Self::load) and, where assets are named,
/// [`take_asset`](Self::take_asset) for each and [`finish_load`](Self::finish_load). What was downloaded runs from the
/// next launch on. The caller does the HTTP and keeps the clock.
#[derive(Debug, Clone)]
pub struct Device {
    pub(crate) platform: Platform,
    pub(crate) binary: Binary,
    pub(crate) client_id: Uuid,
    pub(crate) rules: RuleSet,
    header_override: Option<Vec<(String, String)>>,
    pub(crate) database: Database,
    pub(crate) running: Running,
    fatal_error: Option<String>,
    cache: HttpCache,
    pub(crate) load: Option<Load>,
}

/// What the process runs.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Running {
    /// Not launched yet.
    Nothing,
    /// An update, as its row was when it was started.
    Update(Box<UpdateRow>),
    /// The bundle of the binary, because the database gave nothing that may start.
    Emergency,
}

/// What a launch started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Launched {
    /// A downloaded update.
    Update {
        /// Its id.
        id: Uuid,
    },
    /// The update inside the binary.
    Embedded {
        /// Its id.
        id: Uuid,
    },
    /// The bundle inside the binary, without the database: nothing stored may start.
    Emergency,
}

impl Launched {
    /// The id of what runs; none in an emergency.
    pub const fn id(self) -> Option<Uuid> {
        match self {
            Self::Update { id } | Self::Embedded { id } => Some(id),
            Self::Emergency => None,
        }
    }
}

/// What `Updates.checkForUpdateAsync` reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckResult {
    /// An update can be fetched.
    UpdateAvailable {
        /// Its id.
        id: Uuid,
    },
    /// A roll back to the embedded update can be fetched.
    RollBackToEmbedded {
        /// `parameters.commitTime`, in milliseconds since 1970.
        commit_time_ms: i64,
    },
    /// `noUpdateAvailableOnServer`.
    NothingOnServer,
    /// `updateRejectedBySelectionPolicy`.
    UpdateRejected,
    /// `updatePreviouslyFailed`.
    FailedBefore,
    /// `rollbackRejectedBySelectionPolicy`.
    RollBackRejected,
    /// `rollbackNoEmbedded`.
    NoEmbedded,
}

impl Device {
    /// A fresh installation. `client_id` is what `eas-client-id` sends.
    pub fn new(platform: Platform, binary: Binary, client_id: Uuid) -> Self {
        Self {
            platform,
            binary,
            client_id,
            rules: RuleSet::ALL,
            header_override: None,
            database: Database::default(),
            running: Running::Nothing,
            fatal_error: None,
            cache: HttpCache::default(),
            load: None,
        }
    }

    /// The platform.
    pub const fn platform(&self) -> Platform {
        self.platform
    }

    /// The installed binary.
    pub const fn binary(&self) -> &Binary {
        &self.binary
    }

    /// What `accept-encoding` the platform sends. Who does the HTTP sends it and decompresses.
    pub const fn accept_encoding(&self) -> &'static str {
        match self.platform {
            Platform::Android => "zstd, br, gzip",
            Platform::Ios => "gzip, deflate, br",
        }
    }

    /// The update that runs: none before the first launch and in an emergency.
    pub fn running(&self) -> Option<Uuid> {
        self.running_row().map(|row| row.id)
    }

    /// The stored `expo-manifest-filters`.
    pub const fn stored_filters(&self) -> Option<&Fields> {
        self.database.filters.as_ref()
    }

    /// The ids of all updates that are stored completely, in the order of their times.
    pub fn ready_updates(&self) -> Vec<Uuid> {
        let mut ready: Vec<&UpdateRow> = self.database.updates().filter(|row| row.status != Status::Pending).collect();
        ready.sort_by_key(|row| row.commit_time_ms);
        ready.into_iter().map(|row| row.id).collect()
    }

    /// Puts another binary in place, as a store update does. What is stored stays; the next launch decides.
    pub fn install(&mut self, binary: Binary) {
        self.binary = binary;
        self.running = Running::Nothing;
        self.load = None;
    }

    /// `Updates.setUpdateRequestHeadersOverride`: these request headers, a channel for one, instead of the binary's; none
    /// takes the override back. False when the client refuses: it takes only names that the binary declares, never
    /// `host`. Requests change at once; what is stored is wiped at the next launch.
    pub fn override_request_headers(&mut self, headers: Option<Vec<(String, String)>>) -> bool {
        let declared = &self.binary.request_headers;
        let is_allowed = |name: &str| {
            let name = name.trim();
            !name.eq_ignore_ascii_case("host") && declared.iter().any(|(own, _)| own.trim().eq_ignore_ascii_case(name))
        };
        if headers.iter().flatten().any(|(name, _)| !is_allowed(name)) {
            return false;
        }
        self.header_override = headers;
        true
    }

    /// `Updates.setExtraParamAsync`; none removes the parameter. False when the client refuses it: keys are lower case,
    /// values printable ASCII.
    pub fn set_extra_param(&mut self, key: &str, value: Option<&str>) -> bool {
        if value.is_some_and(|value| !is_serializable(key, value)) {
            return false;
        }
        let params = &mut self.database.extra_params;
        params.retain(|(known, _)| known != key);
        params.extend(value.map(|value| (String::from(key), String::from(value))));
        true
    }

    /// A cold start: loads the embedded update if it is newer than all that is stored, and starts what the launcher
    /// chooses. A client that finds nothing waits for its check before it gives up: [`reload`](Self::reload) after the
    /// load.
    pub fn launch(&mut self) -> Launched {
        self.load = None;
        let present = self.configuration();
        self.database.adopt(&present, self.law());
        let best = self.choose(&present);
        self.load_newer_embedded(best.as_ref(), &present);
        if let Some(row) = self.choose(&present) {
            return self.run(row);
        }
        self.running = Running::Emergency;
        self.log_fatal_error("no launchable update was found");
        Launched::Emergency
    }

    /// `Updates.reloadAsync`, or the client's own restart after an error: starts what the launcher chooses among what
    /// is stored. None when nothing may start: then what runs goes on, or the app crashes.
    pub fn reload(&mut self) -> Option<Launched> {
        self.choose(&self.configuration()).map(|row| self.run(row))
    }

    /// Content appeared: the launch counts as good.
    pub fn succeed_launch(&mut self) {
        if let Running::Update(row) = &mut self.running {
            row.successful_launches += 1;
            if let Some(stored) = self.database.update_mut(row.id) {
                stored.successful_launches += 1;
            }
        }
    }

    /// A fatal error. Before the first content of an update that never launched well it marks the update as failed; on
    /// iOS its text is sent with the next check. The client then restarts itself ([`reload`](Self::reload)) or crashes.
    pub fn fail_launch(&mut self, fatal_error: &str) {
        if self.platform == Platform::Ios {
            self.log_fatal_error(fatal_error);
        }
        let law = self.law();
        let Running::Update(row) = &mut self.running else { return };
        if row.successful_launches == 0 || !law.has(Rule::LaunchedWellIsNotFailed) {
            row.failed_launches += 1;
            if let Some(stored) = self.database.update_mut(row.id) {
                stored.failed_launches += 1;
            }
        }
    }

    /// The reaper, which the client runs after it has loaded: deletes what is older than the running update, all but
    /// one, and files that nothing uses.
    pub fn reap(&mut self) {
        let Running::Update(running) = &self.running else { return };
        let deleted = to_delete(&self.database, running, self.law());
        self.database.delete_updates(&deleted);
        self.database.delete_unused_files();
    }

    /// The headers of the next check, one value a name, names in lower case. Consumes the stored fatal error, which is
    /// lost if the request fails. A value may hold what a strict HTTP library refuses: on iOS a fatal error has several
    /// lines.
    pub fn check_request(&mut self) -> Vec<(String, String)> {
        let law = self.law();
        let failures = self.database.recent_failures(law);
        let replayed = self.database.server_defined_headers.as_ref();
        let check = Check {
            server_defined: replayed.filter(|_| law.has(Rule::ServerHeadersAreReplayed)),
            extra_params: &self.database.extra_params,
            running: self.running(),
            embedded: self.embedded_id(),
            recent_failures: &failures,
            fatal_error: self.fatal_error.as_deref(),
            code_signing: self.binary.code_signing.as_ref(),
        };
        let mut headers = check_headers(&self.identity(), &check);
        if law.has(Rule::RequestHeadersOverride) {
            headers.set_all(self.request_headers());
        }
        if law.has(Rule::FatalErrorIsSentOnce) {
            self.fatal_error = None;
        }
        if let Some(etag) = self.cache.ask(headers.as_slice()) {
            headers.set("if-none-match", etag);
        }
        headers.into_vec()
    }

    /// Reads the answer to the last [`check_request`](Self::check_request) as the platform does. A 304 to a conditional
    /// request stands for the stored answer. Changes nothing but the HTTP cache; [`load`](Self::load) does. `now_ms` is
    /// the device's clock in milliseconds since 1970.
    pub fn read_answer(
        &mut self,
        status: u16,
        headers: &HeaderMap,
        body: &[u8],
        now_ms: i64,
    ) -> Result<Answer, Refusal> {
        let stored = if status == 304 { self.cache.revalidated(headers) } else { None };
        let reader = Reader::new(self.platform, &self.binary).with_rules(self.rules);
        if let Some(stored) = stored {
            return reader.read(200, &stored.headers, &stored.body, now_ms);
        }
        if (200..300).contains(&status) {
            self.cache.remember(headers, body);
        }
        reader.read(status, headers, body, now_ms)
    }

    /// Whether the loader would take this manifest, sent with those filters.
    pub fn judge(&self, manifest: &AcceptedManifest, filters: Option<&Fields>) -> Verdict {
        let present = self.configuration();
        let candidate = Candidate {
            metadata: manifest.metadata(),
            commit_time_ms: manifest.created_at_ms,
            configuration: &present,
        };
        should_load(candidate, self.running_row(), filters, &present, self.law())
    }

    /// What `Updates.checkForUpdateAsync` makes of an answer. Nothing is stored, filters neither.
    pub fn check_for_update(&self, answer: &Answer) -> CheckResult {
        match &answer.instruction {
            Instruction::Nothing | Instruction::NoUpdateAvailable => CheckResult::NothingOnServer,
            Instruction::RollBackToEmbedded { .. } if self.binary.embedded.is_none() => CheckResult::NoEmbedded,
            Instruction::RollBackToEmbedded { commit_time_ms } => {
                if self.takes_roll_back(*commit_time_ms, answer.filters.as_ref()) {
                    CheckResult::RollBackToEmbedded { commit_time_ms: *commit_time_ms }
                } else {
                    CheckResult::RollBackRejected
                }
            }
            Instruction::Update(manifest) => match self.judge(manifest, answer.filters.as_ref()) {
                Verdict::Keep(_) => CheckResult::UpdateRejected,
                Verdict::Load(_) if self.has_failed_before(manifest.id) => CheckResult::FailedBefore,
                Verdict::Load(_) => CheckResult::UpdateAvailable { id: manifest.id },
            },
        }
    }

    /// Android counts any failure; iOS forgives one when the update ever launched well.
    fn has_failed_before(&self, id: Uuid) -> bool {
        let Some(row) = self.database.update(id) else { return false };
        let is_forgiven = self.platform == Platform::Ios && row.successful_launches > 0;
        self.running_row().is_some()
            && self.law().has(Rule::FailedBeforeIsNotOffered)
            && row.failed_launches > 0
            && !is_forgiven
    }

    pub(crate) fn takes_roll_back(&self, commit_time_ms: i64, filters: Option<&Fields>) -> bool {
        should_roll_back(commit_time_ms, self.running_row(), filters, self.law())
    }

    fn run(&mut self, row: UpdateRow) -> Launched {
        let id = row.id;
        self.running = Running::Update(Box::new(row));
        if self.embedded_id() == Some(id) { Launched::Embedded { id } } else { Launched::Update { id } }
    }

    fn choose(&self, present: &Configuration) -> Option<UpdateRow> {
        let launcher = Launcher {
            runtime_version: &self.binary.runtime_version,
            configuration: present,
            embedded: self.embedded_id(),
            law: self.law(),
        };
        launcher.choose(&self.database)
    }

    fn load_newer_embedded(&mut self, best: Option<&UpdateRow>, present: &Configuration) {
        let Some(embedded) = self.binary.embedded.clone() else { return };
        if best.is_some() && !self.law().has(Rule::NewerEmbeddedIsLaunched) {
            return;
        }
        let own = Configuration::new(&self.binary.url, &self.binary.request_headers);
        let candidate = Candidate { metadata: None, commit_time_ms: embedded.commit_time_ms, configuration: &own };
        let verdict = should_load(candidate, best, self.database.filters.as_ref(), present, self.law());
        if matches!(verdict, Verdict::Load(_)) {
            // The client logs a failure, a taken time for one, and goes on.
            let _ = self.store_embedded(&embedded, embedded.commit_time_ms);
        }
    }

    /// The embedded loader: a row unless there is one. Android stores it under the binary's own configuration and marks
    /// it ready, with its assets known by key; iOS under the one in force, marked embedded.
    pub(crate) fn store_embedded(&mut self, embedded: &Embedded, commit_time_ms: i64) -> Result<(), Refusal> {
        if self.database.update(embedded.id).is_some() {
            return Ok(());
        }
        let (configuration, status) = match self.platform {
            Platform::Android => (Configuration::new(&self.binary.url, &self.binary.request_headers), Status::Ready),
            Platform::Ios => (self.configuration(), Status::Embedded),
        };
        let row = UpdateRow {
            id: embedded.id,
            commit_time_ms,
            runtime_version: self.binary.runtime_version.clone(),
            configuration,
            metadata: None,
            status,
            successful_launches: 0,
            failed_launches: 0,
            files: Vec::new(),
        };
        self.database.insert(row, self.law())?;
        if self.platform == Platform::Android {
            self.database.embedded_keys.extend(embedded.asset_keys.iter().cloned());
        }
        Ok(())
    }

    fn log_fatal_error(&mut self, text: &str) {
        self.fatal_error.get_or_insert_default().push_str(text);
    }

    pub(crate) fn running_row(&self) -> Option<&UpdateRow> {
        match &self.running {
            Running::Update(row) => Some(row),
            Running::Nothing | Running::Emergency => None,
        }
    }

    pub(crate) fn embedded_id(&self) -> Option<Uuid> {
        self.binary.embedded.as_ref().map(|embedded| embedded.id)
    }

    pub(crate) fn request_headers(&self) -> &[(String, String)] {
        self.header_override.as_deref().unwrap_or(&self.binary.request_headers)
    }

    pub(crate) fn configuration(&self) -> Configuration {
        Configuration::new(&self.binary.url, self.request_headers())
    }

    pub(crate) fn identity(&self) -> Identity<'_> {
        Identity {
            platform: self.platform,
            client_id: self.client_id,
            protocol: self.binary.protocol,
            runtime_version: &self.binary.runtime_version,
        }
    }

    pub(crate) const fn law(&self) -> Law {
        Law { platform: self.platform, rules: self.rules }
    }
}
