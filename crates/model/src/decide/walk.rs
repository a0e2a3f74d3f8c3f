//! Which entry of the lane stands for the device.

use super::{Step, Trace, Verdict};
use crate::bucket::Draw;
use crate::{Device, Entry, Lane};

/// Whether the lane serves anything to anyone. Asked before the walk, so that a lane of disabled and held entries gives
/// the same reason as the lane that the snapshot keeps of it, which is empty.
pub(super) fn serves_anything(lane: &Lane) -> bool {
    lane.entries.iter().any(Entry::is_served)
}

/// Walks from the newest entry to the first that stands. Whatever lies beneath it is not looked at.
pub(super) fn first_standing<'l>(lane: &'l Lane, device: &Device<'_>, trace: &mut Trace) -> Option<&'l Entry> {
    lane.entries.iter().find(|entry| {
        let verdict = judge(entry, device);
        trace.note(Step { entry: entry.id, verdict });
        matches!(verdict, Verdict::Chosen { .. })
    })
}

fn judge(entry: &Entry, device: &Device<'_>) -> Verdict {
    if entry.disabled {
        return Verdict::Disabled;
    }
    if entry.held {
        return Verdict::Held;
    }
    if entry.rule.as_ref().is_some_and(|rule| rule.holds(device) != Some(true)) {
        return Verdict::OutsideRule;
    }
    match entry.rollout.map(|rollout| Draw::of(rollout.salt, rollout.share, device.id)) {
        Some(draw) if !draw.inside() => Verdict::OutsideRollout(draw),
        rollout => Verdict::Chosen { rollout },
    }
}
