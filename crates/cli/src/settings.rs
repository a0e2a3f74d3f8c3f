//! Arguments, environment and logins, resolved into what each command takes. Options win over the environment, and that
//! over logins. The argument parser reads the environment itself, so this is the only room between it and the commands.

use protocol::Platform;

use crate::args::{
    AdminArgs, CheckAutomaticallyArg, Command, ConsentArgs, DeviceArgs, DoctorArgs, ExplainArgs, Global, InitArgs,
    ListUpdatesArgs, LoginArgs, OnRolloutArg, OnePlatformArg, OperatorArgs, PlaceArgs, PlatformArg, PublishArgs,
    RegisterArgs, ReissueArgs, ReleaseArgs, RollBackArgs, RollBackToArg, ServerArgs, StateArg, TargetArgs,
    TargetUpdateArgs, TokenArgs, WhichRolloutArgs, WhichUpdateArgs, YesArgs,
};
use crate::commands::device::{PlayOptions, Trust};
use crate::commands::doctor::DoctorOptions;
use crate::commands::embedded::{self, Registration};
use crate::commands::init::{CheckAutomatically, InitOptions};
use crate::commands::login::Given;
use crate::commands::operation::{Consent, Operation};
use crate::commands::publish::{PublishOptions, Source, Target};
use crate::commands::roll_back::{Destination, RollBackOptions};
use crate::commands::rollout::WhichRollout;
use crate::commands::updates::{self, Again};
use crate::facts;
use crate::failure::Failure;
use crate::printer::Mode;
use crate::programs::Programs;
use crate::release::{Release, read_rule};
use crate::remote::{Connection, Patience, ServerUrl};
use crate::share::Percent;
use crate::surroundings::Surroundings;

/// How to print.
pub(crate) fn mode(global: Global, command: &Command) -> Mode {
    Mode { quiet: global.quiet, json: command.wants_json(), plain: global.non_interactive }
}

impl OperatorArgs {
    pub(crate) fn resolve(self, around: &Surroundings) -> Result<Connection, Failure> {
        connection(self.server.place, around.app(self.server.app)?, self.token, around)
    }
}

impl AdminArgs {
    /// A connection that is used beside any app.
    pub(crate) fn resolve(self, around: &Surroundings) -> Result<Connection, Failure> {
        connection(self.place, String::new(), self.token, around)
    }
}

fn connection(place: PlaceArgs, app: String, token: TokenArgs, around: &Surroundings) -> Result<Connection, Failure> {
    if let Some(token) = &token.token
        && place.server.is_none()
    {
        around.refuse_for_another_server(token)?;
    }
    let server = around.server(place.server)?;
    let (token, token_from) = around.token(&server, token.token)?;
    Ok(Connection { token_from, ..Connection::new(server, app, token) })
}

impl LoginArgs {
    pub(crate) fn resolve(self, around: &Surroundings) -> Result<(ServerUrl, Given), Failure> {
        let given = match self.token {
            Some(token) => Given::Option(token),
            None if self.token_stdin => Given::Piped,
            None => Given::Typed,
        };
        Ok((around.server(self.place.server)?, given))
    }
}

impl ConsentArgs {
    pub(crate) fn resolve(&self) -> Consent {
        match (self.dry_run, self.yes) {
            (true, _) => Consent::Look,
            (false, true) => Consent::Given,
            (false, false) => Consent::Ask,
        }
    }
}

impl YesArgs {
    pub(crate) fn resolve(&self) -> Consent {
        if self.yes { Consent::Given } else { Consent::Ask }
    }
}

impl InitArgs {
    pub(crate) fn resolve(self, global: Global, around: &Surroundings) -> Result<InitOptions, Failure> {
        let check_automatically = |when| match when {
            CheckAutomaticallyArg::OnLoad => CheckAutomatically::OnLoad,
            CheckAutomaticallyArg::WifiOnly => CheckAutomatically::WifiOnly,
            CheckAutomaticallyArg::OnErrorRecovery => CheckAutomatically::OnErrorRecovery,
            CheckAutomaticallyArg::Never => CheckAutomatically::Never,
        };
        Ok(InitOptions {
            connection: self.operator.resolve(around)?,
            project: self.project,
            channel: self.channel,
            key_id: self.key_id,
            certificate: self.certificate,
            api_key: self.api_key,
            check_automatically: self.check_automatically.map(check_automatically),
            fallback_to_cache_timeout: self.fallback_to_cache_timeout,
            facts: self.facts,
            create_app: self.create_app,
            force: self.force,
            dry_run: self.dry_run,
            consent: self.consent.resolve(),
            programs: Programs { unattended: global.non_interactive, ..Programs::default() },
        })
    }
}

impl DoctorArgs {
    pub(crate) fn resolve(self, global: Global, around: &Surroundings) -> Result<DoctorOptions, Failure> {
        Ok(DoctorOptions {
            connection: Connection { patience: Patience::brief(), ..self.operator.resolve(around)? },
            project: self.project,
            programs: Programs { unattended: global.non_interactive, ..Programs::default() },
        })
    }
}

impl ReleaseArgs {
    pub(crate) async fn resolve(self) -> Result<Release, Failure> {
        let rule = match self.rule {
            Some(path) => Some(read_rule(&path).await?),
            None => None,
        };
        Ok(Release { rollout: self.rollout.map(Percent::basis_points), rule, on_rollout: self.on_rollout.resolve() })
    }
}

impl TargetUpdateArgs {
    pub(crate) async fn resolve(self) -> Result<(OperatorArgs, Operation), Failure> {
        let (id, platform) = (&self.update.id, self.update.platform.only());
        let operation = match self.rule {
            Some(path) => updates::target(id, platform, read_rule(&path).await?),
            None => updates::untarget(id, platform),
        };
        Ok((self.update.operator, operation))
    }
}

impl OnRolloutArg {
    pub(crate) fn resolve(self) -> api::OnRollout {
        match self {
            Self::Refuse => api::OnRollout::Refuse,
            Self::Finish => api::OnRollout::Finish,
            Self::Revert => api::OnRollout::Revert,
        }
    }
}

impl TargetArgs {
    pub(crate) fn resolve(self, create_channel: bool) -> Target {
        Target { channel: self.channel, branch: self.branch, create_channel }
    }
}

impl PublishArgs {
    pub(crate) async fn resolve(self, global: Global, around: &Surroundings) -> Result<PublishOptions, Failure> {
        Ok(PublishOptions {
            connection: self.operator.resolve(around)?,
            target: self.target.resolve(self.create_channel),
            source: self.input_dir.map_or(Source::Project, Source::Export),
            project: self.project,
            platform: self.platform.only(),
            runtime_version: self.runtime_version,
            message: self.message,
            force: self.force,
            other_project: self.other_project,
            release: self.release.resolve().await?,
            programs: Programs { unattended: global.non_interactive, ..Programs::default() },
        })
    }
}

impl PlatformArg {
    pub(crate) fn only(self) -> Option<Platform> {
        match self {
            Self::Ios => Some(Platform::Ios),
            Self::Android => Some(Platform::Android),
            Self::All => None,
        }
    }
}

impl OnePlatformArg {
    pub(crate) fn resolve(self) -> Platform {
        match self {
            Self::Ios => Platform::Ios,
            Self::Android => Platform::Android,
        }
    }
}

impl RollBackArgs {
    pub(crate) fn resolve(self, around: &Surroundings) -> Result<RollBackOptions, Failure> {
        Ok(RollBackOptions {
            connection: self.operator.resolve(around)?,
            target: self.target.resolve(false),
            to: match self.to {
                RollBackToArg::Previous => Destination::Previous,
                RollBackToArg::Embedded => Destination::Embedded,
                RollBackToArg::Group(id) => Destination::Group(id),
            },
            on_rollout: self.on_rollout.resolve(),
            platform: self.platform.only(),
            runtime_version: self.runtime_version,
            message: self.message,
            consent: self.consent.resolve(),
        })
    }
}

impl DeviceArgs {
    /// Reads the certificate, which the commands take as text.
    pub(crate) async fn resolve(self, around: &Surroundings) -> Result<PlayOptions, Failure> {
        let ServerArgs { place: PlaceArgs { server, json: _ }, app } = self.server;
        let trust = match self.certificate {
            None => None,
            Some(path) => match tokio::fs::read_to_string(&path).await {
                Ok(certificate) => {
                    Some(Trust { certificate, key_id: self.key_id, include_chain: self.certificate_chain })
                }
                Err(source) => return Err(Failure::File { path, verb: "read", source }),
            },
        };
        Ok(PlayOptions {
            server: around.server(server)?,
            app: around.app(app)?,
            channel: self.channel,
            platforms: self.platform.only().map_or(Platform::ALL.into(), |platform| vec![platform]),
            runtime_version: self.runtime_version,
            trust,
            api_key: self.api_key,
            headers: facts::with_headers(self.facts, self.headers),
        })
    }
}

impl WhichRolloutArgs {
    pub(crate) fn resolve(self, around: &Surroundings) -> Result<(Connection, WhichRollout), Failure> {
        let which =
            WhichRollout { id: self.id, channel: self.channel, branch: self.branch, platform: self.platform.only() };
        Ok((self.operator.resolve(around)?, which))
    }
}

impl ListUpdatesArgs {
    pub(crate) fn resolve(self, around: &Surroundings) -> Result<(Connection, api::ListUpdates), Failure> {
        let state = |state| match state {
            StateArg::Served => api::UpdateState::Served,
            StateArg::Rolling => api::UpdateState::Rolling,
            StateArg::Covered => api::UpdateState::Covered,
            StateArg::Held => api::UpdateState::Held,
            StateArg::Disabled => api::UpdateState::Disabled,
        };
        let asked = api::ListUpdates {
            branch: self.branch,
            channel: self.channel,
            platform: self.platform.only().map(|platform| platform.as_str().into()),
            runtime_version: self.runtime_version,
            state: self.state.map(state),
            limit: self.limit,
            cursor: self.cursor,
        };
        Ok((self.operator.resolve(around)?, asked))
    }
}

impl ReissueArgs {
    pub(crate) async fn resolve(self, around: &Surroundings) -> Result<(Connection, Again), Failure> {
        let WhichUpdateArgs { id, platform, operator } = self.update;
        let release = self.release.resolve().await?;
        Ok((operator.resolve(around)?, Again { id, platform: platform.only(), message: self.message, release }))
    }
}

/// The server, the check, and its further headers.
type Explaining = (Connection, api::Explain, Vec<(String, String)>);

impl ExplainArgs {
    pub(crate) fn resolve(self, around: &Surroundings) -> Result<Explaining, Failure> {
        let check = api::Explain {
            channel: self.channel,
            platform: self.platform.resolve().as_str().into(),
            runtime_version: self.runtime_version,
            device: self.device,
            current: self.current,
            embedded: self.embedded,
        };
        Ok((self.operator.resolve(around)?, check, facts::with_headers(self.facts, self.headers)))
    }
}

impl RegisterArgs {
    pub(crate) fn resolve(self, around: &Surroundings) -> Result<(Connection, Registration), Failure> {
        let source = match (self.file, self.manifest, self.bundle) {
            (Some(file), None, None) => embedded::Source::Binary(file),
            (None, Some(manifest), Some(bundle)) => embedded::Source::Files { manifest, bundle },
            // The parser lets nothing else through.
            _ => {
                return Err(Failure::Usage {
                    message: "which binary is meant?".into(),
                    hint: "give an .apk, .aab or .ipa, or --manifest and --bundle".into(),
                });
            }
        };
        let registration = Registration {
            source,
            platform: self.platform.map(OnePlatformArg::resolve),
            runtime_version: self.runtime_version,
            channel: self.channel,
        };
        Ok((self.operator.resolve(around)?, registration))
    }
}
