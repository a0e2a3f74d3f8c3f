//! `updraft publish`: an export goes to the server, and all of its platforms go live at once.
//!
//! Ask which blobs the server lacks → upload them → prepare → commit. Only the commit changes what devices get, so a
//! publish that is cut before it leaves nothing served, and can simply be run again.

mod identity;
mod obstacles;
mod report;
mod source;
mod transfer;

use std::collections::BTreeMap;
use std::path::PathBuf;

use api::Code;
use protocol::Platform;

pub use report::{PublishReport, Uploaded};

use crate::failure::Failure;
use crate::git;
use crate::machine::IdempotencyKey;
use crate::printer::Printer;
use crate::programs::Programs;
use crate::release::Release;
use crate::remote::{Connection, Remote};
use obstacles::Obstacles;
use source::Publishable;

/// How often a publish is prepared anew when others publish to the same branch at the same time.
const ROUNDS: usize = 4;

/// What to publish, and where.
#[derive(Clone, Debug)]
pub struct PublishOptions {
    /// The server and app.
    pub connection: Connection,
    /// The channel or branch that gets it.
    pub target: Target,
    /// Where the export comes from.
    pub source: Source,
    /// The Expo project; also asked for what the source leaves open, and for the state of its repository.
    pub project: PathBuf,
    /// Only this platform; by default all that there are.
    pub platform: Option<Platform>,
    /// The runtime version of every platform; by default what the app config says.
    pub runtime_version: Option<String>,
    /// What changed; by default the subject of the last commit.
    pub message: Option<String>,
    /// Publishes also what is served already.
    pub force: bool,
    /// Publishes also where the newest update comes from another project.
    pub other_project: bool,
    /// To whom.
    pub release: Release,
    /// The project's tools.
    pub programs: Programs,
}

/// Which branch is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The channel that points at it.
    pub channel: Option<String>,
    /// Its own name. At least one of the two is given.
    pub branch: Option<String>,
    /// Creates the channel and an equally named branch when there is none.
    pub create_channel: bool,
}

/// Where an export comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The project is exported into a scratch directory.
    Project,
    /// A finished export.
    Export(PathBuf),
}

/// Publishes. What comes back is live; on an error nothing is, unless the error says that nobody knows.
pub async fn publish(options: PublishOptions, printer: &Printer) -> Result<PublishReport, Failure> {
    let remote = Remote::new(options.connection.clone(), printer)?;
    // Before an export that takes a minute: is there such a server, app and channel, and are we let in?
    let obstacles = Obstacles::ahead(&remote, &options, printer).await?;
    // Before the export too, which may itself leave files behind.
    let source = git::source(&options.project, &options.programs).await;

    let publishable = source::find(&options, &obstacles, &remote, printer).await?;
    let result = publish_export(&remote, &options, &publishable, source, printer).await;
    if result.as_ref().is_err_and(|failure| failure.exit() != crate::exit::Exit::NothingNew) {
        publishable.keep(printer);
    }
    result
}

async fn publish_export(
    remote: &Remote,
    options: &PublishOptions,
    publishable: &Publishable,
    source: Option<git::Source>,
    printer: &Printer,
) -> Result<PublishReport, Failure> {
    let hashed = publishable.export.hash().await?;
    let uploaded = transfer::upload_missing(remote, hashed.files(), printer).await?;

    let (git, subject) = source.map(|source| (source.git, source.subject)).unzip();
    let message = options.message.clone().or(subject.flatten());
    let Target { channel, branch, create_channel } = options.target.clone();
    let Release { rollout, rule, on_rollout } = options.release.clone();
    let request = api::PreparePublish {
        channel,
        branch,
        create_channel,
        message: message.clone(),
        git,
        force: options.force,
        rollout,
        rule,
        on_rollout,
        platforms: hashed.describe(&publishable.runtime_versions, publishable.config.as_ref()),
    };
    let published = issue(remote, &request, printer).await?;
    Ok(PublishReport { published, channel: options.target.channel.clone(), message, rollout, uploaded })
}

/// Prepares and commits, again when the head has moved in between.
async fn issue(remote: &Remote, request: &api::PreparePublish, printer: &Printer) -> Result<api::Published, Failure> {
    let mut round = 1;
    loop {
        let mut prepared = remote.prepare(request).await?;
        if !prepared.external_keys.is_empty() {
            return Err(Failure::ExternalKeys(prepared.external_keys));
        }
        // A key for each commit, not for the run: another prepared publish is another request.
        let key = IdempotencyKey::new().ok_or(Failure::NoRandomness)?;
        match remote.commit(&prepared.id, &api::CommitPublish::default(), key).await {
            Ok(mut published) => {
                prepared.warnings.retain(|warning| !published.warnings.contains(warning));
                published.warnings.append(&mut prepared.warnings);
                return Ok(published);
            }
            Err(error) if error.is(Code::HeadMoved) && round < ROUNDS => {
                printer.note("something else was published meanwhile; preparing again");
                round += 1;
            }
            Err(error) => {
                return Err(Failure::of_intent(
                    error,
                    "run the command again: if it had worked, it ends with \"nothing changed\"",
                ));
            }
        }
    }
}

/// The runtime version of each platform.
type RuntimeVersions = BTreeMap<Platform, String>;
