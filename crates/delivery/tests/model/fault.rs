//! Mistakes that somebody could make, put in at the seams between the pieces: each must be found.

use http::header::HeaderValue;
use http::{HeaderMap, StatusCode};
use model::control::{Control, Plan, Why};
use model::{BasisPoints, BranchId, Rollout, Target};
use protocol::names;

/// A mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// An entry gets the time of the clock, whatever was issued before it.
    NoTick,
    /// The filter and what it is compared with name the branch by its display name.
    BranchNameInFilter,
    /// A disabled entry is served like any other.
    DisabledIsServed,
    /// A device is inside when its bucket *is* the mark.
    BucketIncludesMark,
    /// A revert issues only the newest entry that was beneath, and that to everyone.
    RevertForgets,
    /// Every 204 names the filter of the branch that the device's channel gives it.
    FilterOnEvery204,
    /// What becomes reachable keeps its old time. Beyond the six that issue 3 names.
    NothingIsRenewed,
}

impl Fault {
    pub const ALL: [Self; 7] = [
        Self::NoTick,
        Self::BranchNameInFilter,
        Self::DisabledIsServed,
        Self::BucketIncludesMark,
        Self::RevertForgets,
        Self::FilterOnEvery204,
        Self::NothingIsRenewed,
    ];
}

/// The plan as the faulty operation makes it.
pub fn spoil_plan(fault: Option<Fault>, plan: &mut Plan) {
    if fault == Some(Fault::RevertForgets) {
        let newest = plan.issues.iter().rposition(|group| group.why == Why::Reverted);
        let groups = std::mem::take(&mut plan.issues).into_iter().enumerate();
        let kept = groups.filter(|(place, group)| group.why != Why::Reverted || Some(*place) == newest);
        plan.issues = kept.map(|(_, group)| group).collect();
        for group in plan.issues.iter_mut().filter(|group| group.why == Why::Reverted) {
            for entry in &mut group.entries {
                (entry.rule, entry.rollout) = (None, None);
            }
        }
    }
    if fault == Some(Fault::NothingIsRenewed) {
        plan.issues.retain(|group| group.why != Why::Renewed);
    }
}

/// The app as the faulty server sees it.
pub fn spoil_control(fault: Option<Fault>, control: &mut Control) {
    match fault {
        Some(Fault::DisabledIsServed) => {
            for past in &mut control.entries {
                past.entry.disabled = false;
            }
        }
        Some(Fault::BucketIncludesMark) => {
            for past in &mut control.entries {
                past.entry.rollout =
                    past.entry.rollout.map(|rollout| Rollout { share: one_more(rollout.share), ..rollout });
            }
            for channel in &mut control.channels {
                if let Target::Split { share, .. } = &mut channel.target {
                    *share = one_more(*share);
                }
            }
        }
        _ => {}
    }
}

/// `bucket <= share` is `bucket < share + 1`.
fn one_more(share: BasisPoints) -> BasisPoints {
    BasisPoints::try_from(share.get() + 1).unwrap_or(BasisPoints::ALL)
}

/// The answer as the faulty server gives it to a device of that branch.
pub fn spoil_headers(
    fault: Option<Fault>,
    status: StatusCode,
    headers: &mut HeaderMap,
    branch: Option<BranchId>,
    name_of: impl Fn(&str) -> String,
) {
    let name = names::response::MANIFEST_FILTERS;
    match fault {
        Some(Fault::FilterOnEvery204) if status == StatusCode::NO_CONTENT => {
            if let Some(branch) = branch {
                headers.insert(name, filter(&branch.to_string()));
            }
        }
        Some(Fault::BranchNameInFilter) => {
            if let Some(sent) = headers.get(&name).and_then(|value| value.to_str().ok()) {
                let id = sent.trim_start_matches("branchid=\"").trim_end_matches('"');
                let by_name = filter(&name_of(id));
                headers.insert(name, by_name);
            }
        }
        _ => {}
    }
}

fn filter(branch: &str) -> HeaderValue {
    protocol::structured::branch_filter(branch).expect("a name of this suite fits")
}
