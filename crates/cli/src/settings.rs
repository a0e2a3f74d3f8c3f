//! Arguments and environment, resolved into what each command takes. Flags win over the environment; the argument
//! parser itself reads the latter, so this is the only room between it and the commands.

use protocol::Platform;

use crate::args::{
    Global, OperatorArgs, PlatformArg, PublishArgs, RollBackArgs, RollBackToArg, ServerArgs, TargetArgs,
};
use crate::commands::publish::{PublishOptions, Source, Target};
use crate::commands::roll_back::RollBackOptions;
use crate::printer::Mode;
use crate::programs::Programs;
use crate::remote::Connection;

/// How to print.
pub(crate) fn mode(global: Global, json: bool) -> Mode {
    Mode { quiet: global.quiet, json, plain: global.non_interactive }
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
