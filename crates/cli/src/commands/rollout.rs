//! `updraft rollout`.

use api::{ChangeRollout, Code, ListUpdates, Problem, Updates};
use protocol::Platform;

use super::operation::{Operation, named};
use crate::failure::Failure;
use crate::printer::Printer;
use crate::remote::{Connection, Place, Remote, RemoteError, pairs};
use crate::rolling;
use crate::share::Share;
use crate::shell;

/// Everyone, in basis points.
const EVERYONE: u16 = 10_000;
const HALF: u16 = 5_000;

/// Which open rollout is meant: by the id of its group or update, or as the one of a channel or branch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WhichRollout {
    /// A group's id, or one update's.
    pub id: Option<String>,
    /// The channel on whose branch it is open.
    pub channel: Option<String>,
    /// The branch that it is open on.
    pub branch: Option<String>,
    /// Only this platform of it.
    pub platform: Option<Platform>,
}

/// Its id. Where only the channel or branch is known, the server is asked which rollout is open there.
pub async fn find(connection: &Connection, which: &WhichRollout, printer: &Printer) -> Result<String, Failure> {
    if let Some(id) = &which.id {
        return Ok(id.clone());
    }
    let asked = ListUpdates {
        channel: which.channel.clone(),
        branch: which.branch.clone(),
        platform: named(which.platform),
        ..rolling::asked()
    };
    let remote = Remote::new(connection.clone(), printer)?;
    let page: Updates = remote.get(Place::App, &["updates"], &pairs(&asked)).await?;
    let place = match (&which.channel, &which.branch) {
        (Some(channel), _) => format!("channel {channel}"),
        (None, branch) => format!("branch {}", branch.as_deref().unwrap_or_default()),
    };
    match &rolling::groups(&page.updates)[..] {
        [only] => Ok(only.group.clone()),
        [] => {
            let problem = Problem::new(Code::NoRollout, format!("no rollout is open for {place}"));
            Err(RemoteError::Problem(Box::new(problem)).into())
        }
        several => Err(Failure::Usage {
            message: format!("several rollouts are open for {place}"),
            hint: format!(
                "name one by its group's id: {}",
                several.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
            ),
        }),
    }
}

/// Serves what a branch serves first to a share of the devices only.
pub fn start(id: &str, basis_points: u16, platform: Option<Platform>) -> Operation {
    let done = format!("Started a rollout: {} of the devices get {id}", Share(basis_points));
    change(id, &ChangeRollout::Start { basis_points, platform: named(platform) }, done).next(on(id, basis_points))
}

/// Raises the share.
pub fn set(id: &str, basis_points: u16, platform: Option<Platform>) -> Operation {
    let done = format!("Raised the rollout: {} of the devices get {id}", Share(basis_points));
    change(id, &ChangeRollout::Set { basis_points, platform: named(platform) }, done).next(on(id, basis_points))
}

/// Serves it to everyone.
pub fn finish(id: &str, platform: Option<Platform>) -> Operation {
    change(
        id,
        &ChangeRollout::Finish { platform: named(platform) },
        format!("Finished the rollout: everyone gets {id}"),
    )
}

/// Takes it back from those who have it.
pub fn revert(id: &str, platform: Option<Platform>) -> Operation {
    let done = format!("Reverted the rollout: nobody is offered {id} any more");
    change(id, &ChangeRollout::Revert { platform: named(platform) }, done)
        .asking(format!("Revert the rollout of {id}? What was beneath it is issued again, to everyone"))
}

/// What one can do about a rollout that goes on.
pub(crate) fn on(id: &str, basis_points: u16) -> String {
    let (ways, id) = (rolling::ways_on(id), shell::word(id));
    match basis_points {
        EVERYONE => format!("the rollout is still open, and the next publish is refused until it ends: {ways}"),
        HALF.. => format!("`updraft rollout set {id} --percent 100` goes on; {ways}"),
        _ => format!("`updraft rollout set {id} --percent 50` goes on; {ways}"),
    }
}

fn change(id: &str, change: &ChangeRollout, done: String) -> Operation {
    Operation::post(&["updates", id, "rollout"], change, done)
}
