//! Arguments and environment, resolved into what each command takes. Flags win over the environment; the argument
//! parser itself reads the latter, so this is the only room between it and the commands.

use protocol::Platform;

use crate::args::{
    AdminArgs, Command, DeviceArgs, ExplainArgs, Global, ListUpdatesArgs, OnRolloutArg, OnePlatformArg, OperatorArgs,
    PlaceArgs, PlatformArg, PublishArgs, RegisterArgs, ReissueArgs, ReleaseArgs, RollBackArgs, RollBackToArg,
    ServerArgs, StateArg, TargetArgs, WhichUpdateArgs, YesArgs,
};
use crate::commands::device::{PlayOptions, Trust};
use crate::commands::embedded::{self, Registration};
use crate::commands::operation::Consent;
use crate::commands::publish::{PublishOptions, Source, Target};
use crate::commands::roll_back::{Destination, RollBackOptions};
use crate::commands::updates::Again;
use crate::failure::Failure;
use crate::printer::Mode;
use crate::programs::Programs;
use crate::release::{Release, read_rule};
use crate::remote::Connection;
use crate::share::Percent;

/// How to print.
pub(crate) fn mode(global: Global, command: &Command) -> Mode {
    Mode { quiet: global.quiet, json: command.wants_json(), plain: global.non_interactive }
}

impl OperatorArgs {
    pub(crate) fn resolve(self) -> Connection {
        let ServerArgs { place: PlaceArgs { server, json: _ }, app } = self.server;
        Connection::new(server, app, self.token.token)
    }
}

impl AdminArgs {
    /// A connection that is used beside any app.
    pub(crate) fn resolve(self) -> Connection {
        Connection::new(self.place.server, String::new(), self.token.token)
    }
}

impl YesArgs {
    pub(crate) fn resolve(&self) -> Consent {
        if self.yes { Consent::Given } else { Consent::Ask }
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
    pub(crate) async fn resolve(self, global: Global) -> Result<PublishOptions, Failure> {
        Ok(PublishOptions {
            connection: self.operator.resolve(),
            target: self.target.resolve(self.create_channel),
            source: self.input_dir.map_or(Source::Project, Source::Export),
            project: self.project,
            platform: self.platform.only(),
            runtime_version: self.runtime_version,
            message: self.message,
            force: self.force,
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
    pub(crate) fn resolve(self) -> RollBackOptions {
        RollBackOptions {
            connection: self.operator.resolve(),
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
        }
    }
}

impl DeviceArgs {
    /// Reads the certificate, which the commands take as text.
    pub(crate) async fn resolve(self) -> Result<PlayOptions, Failure> {
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
            server,
            app,
            channel: self.channel,
            platforms: self.platform.only().map_or(Platform::ALL.into(), |platform| vec![platform]),
            runtime_version: self.runtime_version,
            trust,
            api_key: self.api_key,
            headers: self.headers,
        })
    }
}

impl ListUpdatesArgs {
    pub(crate) fn resolve(self) -> (Connection, api::ListUpdates) {
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
        (self.operator.resolve(), asked)
    }
}

impl ReissueArgs {
    pub(crate) async fn resolve(self) -> Result<(Connection, Again), Failure> {
        let WhichUpdateArgs { id, platform, operator } = self.update;
        let release = self.release.resolve().await?;
        Ok((operator.resolve(), Again { id, platform: platform.only(), message: self.message, release }))
    }
}

impl ExplainArgs {
    /// The server, the check, and its further headers.
    pub(crate) fn resolve(self) -> (Connection, api::Explain, Vec<(String, String)>) {
        let check = api::Explain {
            channel: self.channel,
            platform: self.platform.resolve().as_str().into(),
            runtime_version: self.runtime_version,
            device: self.device,
            current: self.current,
            embedded: self.embedded,
        };
        (self.operator.resolve(), check, self.headers)
    }
}

impl RegisterArgs {
    pub(crate) fn resolve(self) -> Result<(Connection, Registration), Failure> {
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
        Ok((self.operator.resolve(), registration))
    }
}
