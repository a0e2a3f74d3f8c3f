//! Arguments and environment, resolved into what each command takes. Flags win over the environment; the argument
//! parser itself reads the latter, so this is the only room between it and the commands.

use protocol::Platform;

use crate::args::{
    Command, DeviceArgs, Global, OperatorArgs, PlatformArg, PublishArgs, RollBackArgs, RollBackToArg, ServerArgs,
    TargetArgs,
};
use crate::commands::device::{PlayOptions, Trust};
use crate::commands::publish::{PublishOptions, Source, Target};
use crate::commands::roll_back::RollBackOptions;
use crate::failure::Failure;
use crate::printer::Mode;
use crate::programs::Programs;
use crate::remote::Connection;

/// How to print.
pub(crate) fn mode(global: Global, command: &Command) -> Mode {
    Mode { quiet: global.quiet, json: command.wants_json(), plain: global.non_interactive }
}

impl OperatorArgs {
    pub(crate) fn resolve(self) -> Connection {
        let ServerArgs { server, app, json: _ } = self.server;
        Connection::new(server, app, self.token)
    }
}

impl TargetArgs {
    fn resolve(self, create_channel: bool) -> Target {
        Target { channel: self.channel, branch: self.branch, create_channel }
    }
}

impl PublishArgs {
    pub(crate) fn resolve(self, global: Global) -> PublishOptions {
        PublishOptions {
            connection: self.operator.resolve(),
            target: self.target.resolve(self.create_channel),
            source: self.input_dir.map_or(Source::Project, Source::Export),
            project: self.project,
            platform: self.platform.only(),
            runtime_version: self.runtime_version,
            message: self.message,
            force: self.force,
            programs: Programs { unattended: global.non_interactive, ..Programs::default() },
        }
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

impl RollBackArgs {
    pub(crate) fn resolve(self) -> RollBackOptions {
        RollBackOptions {
            connection: self.operator.resolve(),
            target: self.target.resolve(false),
            to: match self.to {
                RollBackToArg::Previous => api::RollBackTo::Previous,
                RollBackToArg::Embedded => api::RollBackTo::Embedded,
            },
            platform: self.platform.only(),
            runtime_version: self.runtime_version,
            message: self.message,
        }
    }
}

impl DeviceArgs {
    /// Reads the certificate, which the commands take as text.
    pub(crate) async fn resolve(self) -> Result<PlayOptions, Failure> {
        let ServerArgs { server, app, json: _ } = self.server;
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
