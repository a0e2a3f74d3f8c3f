//! From parsed arguments to the command that they name.

use crate::Intent;
use crate::args::{
    AppsCommand, BranchesCommand, ChannelRolloutCommand, ChannelsCommand, Command, EmbeddedCommand, Global,
    KeysCommand, OperatorArgs, RolloutCommand, UpdatesCommand,
};
use crate::commands::operation::{Consent, Operation, operate};
use crate::commands::{
    apps, audit, branches, channels, device, doctor, embedded, explain, init, keys, login, publish, roll_back, rollout,
    updates,
};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::printer::Printer;
use crate::remote::Connection;
use crate::surroundings::Surroundings;

pub(crate) async fn dispatch(
    global: Global,
    command: Command,
    around: &Surroundings,
    intent: &Intent,
    printer: &Printer,
) -> Result<Exit, Failure> {
    let desk = Desk { around, intent, printer };
    match command {
        Command::Init(args) => init::init(args.resolve(global, around)?, printer).await?.print(printer),
        Command::Doctor(args) => {
            let diagnosis = doctor::doctor(&args.resolve(global, around)?, printer).await?;
            diagnosis.print(printer);
            return Ok(diagnosis.exit());
        }
        Command::Publish(args) => {
            let mut options = args.resolve(global, around).await?;
            options.connection = desk.watched(options.connection);
            publish::publish(options, printer).await?.print(printer);
        }
        Command::RollBack(args) => {
            let mut options = args.resolve(around)?;
            options.connection = desk.watched(options.connection);
            if let Some(report) = roll_back::roll_back(options, printer).await? {
                report.print(printer);
            }
        }
        Command::Rollout(command) => desk.rollout(command).await?,
        Command::Updates(command) => desk.updates(command).await?,
        Command::Channels(command) => desk.channels(command).await?,
        Command::Branches(command) => desk.branches(command).await?,
        Command::Explain(args) => {
            let (connection, check, headers) = args.resolve(around)?;
            explain::explain(connection, &check, headers, printer).await?;
        }
        Command::Embedded(command) => desk.embedded(command).await?,
        Command::Apps(command) => desk.apps(command).await?,
        Command::Audit(args) => audit::audit(args.operator.resolve(around)?, args.limit, args.before, printer).await?,
        Command::Keys(command) => desk.keys(command).await?,
        Command::Device(args) => {
            let played = device::play(args.resolve(around).await?, printer).await?;
            played.print(printer);
            return Ok(played.exit());
        }
        Command::Login(args) => {
            let (server, given) = args.resolve(around)?;
            login::login(server, given, around, printer).await?;
        }
        Command::Logout(args) => login::logout(args.place.server, args.all, around.login_file()?, printer)?,
        Command::Whoami(args) => login::whoami(args.resolve(around)?, around, printer).await?,
    }
    Ok(Exit::Ok)
}

/// Where commands are done.
#[derive(Clone, Copy)]
struct Desk<'a> {
    around: &'a Surroundings,
    intent: &'a Intent,
    printer: &'a Printer,
}

impl Desk<'_> {
    /// A connection that tells whoever interrupts the command whether something was sent.
    fn watched(self, connection: Connection) -> Connection {
        Connection { intent: self.intent.clone(), ..connection }
    }

    async fn operate(self, operator: OperatorArgs, operation: Operation, consent: Consent) -> Result<(), Failure> {
        operate(self.watched(operator.resolve(self.around)?), operation, consent, self.printer).await
    }

    async fn rollout(self, command: RolloutCommand) -> Result<(), Failure> {
        let (connection, operation, consent) = match command {
            RolloutCommand::Start(args) => {
                let (id, platform) = (&args.update.id, args.update.platform.only());
                let operation = rollout::start(id, args.percent.basis_points(), platform);
                (args.update.operator.resolve(self.around)?, operation, Consent::Given)
            }
            RolloutCommand::Set(args) => {
                let (connection, which) = args.rollout.resolve(self.around)?;
                let id = rollout::find(&connection, &which, self.printer).await?;
                (connection, rollout::set(&id, args.percent.basis_points(), which.platform), Consent::Given)
            }
            RolloutCommand::Finish(args) => {
                let (connection, which) = args.resolve(self.around)?;
                let id = rollout::find(&connection, &which, self.printer).await?;
                (connection, rollout::finish(&id, which.platform), Consent::Given)
            }
            RolloutCommand::Revert(args) => {
                let (connection, which) = args.rollout.resolve(self.around)?;
                let id = rollout::find(&connection, &which, self.printer).await?;
                (connection, rollout::revert(&id, which.platform), args.consent.resolve())
            }
        };
        operate(self.watched(connection), operation, consent, self.printer).await
    }

    async fn updates(self, command: UpdatesCommand) -> Result<(), Failure> {
        match command {
            UpdatesCommand::List(args) => {
                let (connection, asked) = args.resolve(self.around)?;
                updates::list(connection, &asked, self.printer).await
            }
            UpdatesCommand::Show(args) => {
                updates::show(args.operator.resolve(self.around)?, &args.id, self.printer).await
            }
            UpdatesCommand::Edit(args) => {
                self.operate(args.operator, updates::edit(&args.id, args.message), Consent::Given).await
            }
            UpdatesCommand::Disable(args) => {
                let operation = updates::disable(&args.update.id, args.update.platform.only());
                self.operate(args.update.operator, operation, args.consent.resolve()).await
            }
            UpdatesCommand::Enable(args) => {
                let operation = updates::enable(&args.id, args.platform.only());
                self.operate(args.operator, operation, Consent::Given).await
            }
            UpdatesCommand::Delete(args) => {
                let operation = updates::delete(&args.update.id, args.update.platform.only());
                self.operate(args.update.operator, operation, args.consent.resolve()).await
            }
            UpdatesCommand::Target(args) => {
                let (operator, operation) = args.resolve().await?;
                self.operate(operator, operation, Consent::Given).await
            }
            UpdatesCommand::Republish(args) => {
                let (connection, again) = args.resolve(self.around).await?;
                operate(self.watched(connection), updates::republish(again), Consent::Given, self.printer).await
            }
            UpdatesCommand::Promote(args) => {
                let target = args.target.resolve(false);
                let (connection, again) = args.reissue.resolve(self.around).await?;
                operate(self.watched(connection), updates::promote(again, target), Consent::Given, self.printer).await
            }
        }
    }

    async fn channels(self, command: ChannelsCommand) -> Result<(), Failure> {
        let (operator, operation, consent) = match command {
            ChannelsCommand::List(operator) => {
                return channels::list(operator.resolve(self.around)?, self.printer).await;
            }
            ChannelsCommand::Show(args) => {
                return channels::show(args.operator.resolve(self.around)?, &args.name, self.printer).await;
            }
            ChannelsCommand::Create(args) => (args.operator, channels::create(args.name, args.branch), Consent::Given),
            ChannelsCommand::Point(args) => {
                (args.operator, channels::point(&args.name, args.branch), args.consent.resolve())
            }
            ChannelsCommand::Pause(args) => {
                (args.channel.operator, channels::pause(&args.channel.name), args.consent.resolve())
            }
            ChannelsCommand::Resume(args) => (args.operator, channels::resume(&args.name), Consent::Given),
            ChannelsCommand::Delete(args) => {
                (args.channel.operator, channels::delete(&args.channel.name), args.consent.resolve())
            }
            ChannelsCommand::Rollout(command) => return self.channel_rollout(command).await,
        };
        self.operate(operator, operation, consent).await
    }

    async fn channel_rollout(self, command: ChannelRolloutCommand) -> Result<(), Failure> {
        let name = command.channel().to_owned();
        let (connection, operation, consent) = match command {
            ChannelRolloutCommand::Start(args) => {
                let operation = channels::start_rollout(&name, args.branch, args.percent.basis_points());
                (args.operator.resolve(self.around)?, operation, Consent::Given)
            }
            ChannelRolloutCommand::Set(args) => {
                let connection = args.operator.resolve(self.around)?;
                let branches = channels::rolling(connection.clone(), &name, self.printer).await?;
                let operation = channels::set_rollout(&name, args.percent.basis_points(), &branches);
                (connection, operation, Consent::Given)
            }
            ChannelRolloutCommand::Finish(args) => {
                let connection = args.operator.resolve(self.around)?;
                let branches = channels::rolling(connection.clone(), &name, self.printer).await?;
                (connection, channels::finish_rollout(&name, &branches), Consent::Given)
            }
            ChannelRolloutCommand::Revert(args) => {
                let connection = args.channel.operator.resolve(self.around)?;
                let branches = channels::rolling(connection.clone(), &name, self.printer).await?;
                (connection, channels::revert_rollout(&name, &branches), args.consent.resolve())
            }
        };
        operate(self.watched(connection), operation, consent, self.printer).await
    }

    async fn branches(self, command: BranchesCommand) -> Result<(), Failure> {
        let (operator, operation, consent) = match command {
            BranchesCommand::List(operator) => {
                return branches::list(operator.resolve(self.around)?, self.printer).await;
            }
            BranchesCommand::Show(args) => {
                return branches::show(args.operator.resolve(self.around)?, &args.name, self.printer).await;
            }
            BranchesCommand::Create(args) => (args.operator, branches::create(args.name), Consent::Given),
            BranchesCommand::Rename(args) => (args.operator, branches::rename(&args.name, args.to), Consent::Given),
            BranchesCommand::Delete(args) => {
                (args.branch.operator, branches::delete(&args.branch.name), args.consent.resolve())
            }
            BranchesCommand::Pin(args) => {
                let on_rollout = args.on_rollout.resolve();
                let operation = branches::pin(&args.name, args.group, args.platform.only(), on_rollout);
                (args.operator, operation, args.consent.resolve())
            }
            BranchesCommand::Unpin(args) => (args.operator, branches::unpin(&args.name), Consent::Given),
        };
        self.operate(operator, operation, consent).await
    }

    async fn embedded(self, command: EmbeddedCommand) -> Result<(), Failure> {
        match command {
            EmbeddedCommand::List(operator) => embedded::list(operator.resolve(self.around)?, self.printer).await,
            EmbeddedCommand::Register(args) => {
                let (connection, registration) = args.resolve(self.around)?;
                embedded::register(self.watched(connection), registration, self.printer).await
            }
        }
    }

    async fn apps(self, command: AppsCommand) -> Result<(), Failure> {
        match command {
            AppsCommand::List(admin) => apps::list(admin.resolve(self.around)?, self.printer).await,
            AppsCommand::Show(operator) => apps::show(operator.resolve(self.around)?, self.printer).await,
            AppsCommand::Create(args) => {
                let connection = self.watched(args.admin.resolve(self.around)?);
                apps::create(connection, args.slug, args.channel, self.printer).await
            }
        }
    }

    async fn keys(self, command: KeysCommand) -> Result<(), Failure> {
        match command {
            KeysCommand::Generate(args) => {
                let request = api::GenerateKey {
                    key_id: args.key_id,
                    common_name: args.common_name,
                    validity_years: args.validity_years,
                    bits: args.bits,
                };
                keys::generate(args.operator.resolve(self.around)?, request, args.certificate_out, self.printer).await
            }
            KeysCommand::Import(args) => {
                let connection = args.operator.resolve(self.around)?;
                keys::import(connection, args.key_id, &args.private_key, &args.certificate, self.printer).await
            }
            KeysCommand::List(operator) => keys::list(operator.resolve(self.around)?, self.printer).await,
            KeysCommand::Certificate(args) => {
                keys::certificate(args.operator.resolve(self.around)?, &args.key_id, args.out.as_deref(), self.printer)
                    .await
            }
        }
    }
}
