//! `updraft rollout`.

use api::ChangeRollout;
use protocol::Platform;

use super::operation::{Operation, named};
use crate::share::Share;
use crate::shell;

/// Serves what a branch serves first to a share of the devices only.
pub fn start(id: &str, basis_points: u16, platform: Option<Platform>) -> Operation {
    let done = format!("Started a rollout: {} of the devices get {id}", Share(basis_points));
    change(id, &ChangeRollout::Start { basis_points, platform: named(platform) }, done).next(format!(
        "raise it with `updraft rollout set {id} --percent …`; `updraft rollout finish {id}` or `… revert {id}` ends it",
        id = shell::word(id)
    ))
}

/// Raises the share.
pub fn set(id: &str, basis_points: u16, platform: Option<Platform>) -> Operation {
    let done = format!("Raised the rollout: {} of the devices get {id}", Share(basis_points));
    change(id, &ChangeRollout::Set { basis_points, platform: named(platform) }, done)
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

fn change(id: &str, change: &ChangeRollout, done: String) -> Operation {
    Operation::post(&["updates", id, "rollout"], change, done)
}
