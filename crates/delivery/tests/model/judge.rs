//! What must hold of every phone after every operation.

use device::{Answer, FieldValue, KeepReason, Launched, Outcome, Refusal};
use http::StatusCode;
use http::header::IF_NONE_MATCH;
use model::EntryKind;
use model::control::PastEntry;
use uuid::Uuid;

use crate::oracle::{self, Choice};
use crate::phone::{Client, Exchange, Move, Phone, Read, Settled};
use crate::server::{AnswerKey, Server};

/// A property that does not hold.
#[derive(Debug)]
pub struct Violation(pub String);

impl Violation {
    pub fn of(phone: &Phone, what: &str) -> Self {
        let Phone { number, build, asker, failed, .. } = phone;
        let (running, filters) = (phone.running(), phone.client.device.stored_filters());
        Self(format!(
            "{what}\n  phone {number}: {build:?}\n  id {:?}, runs {running:?}, stored filters {filters:?}, ready {:?}, \
             failed {failed:?}",
            asker.id,
            phone.client.device.ready_updates()
        ))
    }

    pub fn refused(phone: &Phone, refusal: &Refusal) -> Self {
        Self::of(phone, &format!("the device refuses the answer: {refusal}"))
    }
}

fn require(holds: bool, phone: &Phone, what: impl FnOnce() -> String) -> Result<(), Violation> {
    if holds { Ok(()) } else { Err(Violation::of(phone, &what())) }
}

/// No device runs an update of another runtime version, and none goes back, or to its embedded update, except by an
/// operation or because something failed on it.
pub fn launched(server: &Server<'_>, phone: &Phone, client: &Client, moved: Move) -> Result<(), Violation> {
    let Move { from, to, excuses } = moved;
    if to.id() == from {
        return Ok(());
    }
    let excused = excuses.failed || excuses.installed;
    let from_update = from.and_then(|id| server.ledger.issued.get(&id));
    match to {
        Launched::Emergency => {
            require(excused || from.is_none(), phone, || format!("from {from:?} into an emergency launch"))
        }
        Launched::Embedded { .. } => {
            let is_explained = from_update
                .is_none_or(|from| is_newest_there(server, phone, client, from) || is_tried_again(phone, from));
            require(excused || excuses.rolled_back || is_explained, phone, || {
                format!("from {from:?} to the embedded update, and nothing sent it there")
            })
        }
        Launched::Update { id } => {
            let Some(now) = server.ledger.issued.get(&id) else {
                return Err(Violation::of(phone, &format!("it runs {id}, which nobody issued")));
            };
            require(now.lane == phone.asker.lane, phone, || format!("it runs {id} of {:?}", now.lane))?;
            let Some(before) = from_update.filter(|_| !excused) else { return Ok(()) };
            if before.branch == now.branch {
                let is_later = now.entry.created_at > before.entry.created_at;
                require(is_later, phone, || format!("back from {from:?} to {id} on one branch"))
            } else {
                let channel = server.control.channel(&phone.asker.channel).map(|channel| channel.id);
                let is_explained = channel.is_some_and(|channel| server.ledger.retargeted.contains(&channel));
                require(is_explained, phone, || {
                    format!("from {from:?} to {id} of another branch, and nobody pointed it there")
                })
            }
        }
    }
}

/// Whether the phone was sent to another branch, and has nothing of it that is newer than its own binary: a binary does
/// not run what was published before it was built (protocol.md §4.5).
fn is_newest_there(server: &Server<'_>, phone: &Phone, client: &Client, from: &PastEntry) -> bool {
    let filter = client.device.stored_filters().and_then(|filters| filters.get("branchid"));
    let passes = |update: &&PastEntry| filter == Some(&FieldValue::Text(update.branch.to_string()));
    let ready = client.device.ready_updates();
    let may_start = |id: &&Uuid| !phone.failed.contains(*id);
    let of_branch: Vec<_> =
        ready.iter().filter(may_start).filter_map(|id| server.ledger.issued.get(id)).filter(passes).collect();
    let built = phone.build.embedded.map_or(0, |(_, built)| built);
    !passes(&from) && !of_branch.is_empty() && of_branch.iter().all(|update| update.entry.created_at.0 < built)
}

/// Whether the phone's own binary is newer than what it ran, and only ran no more because it failed at its first launch.
/// The client forgets that when it deletes the row: it deletes what is older than what runs, and after a roll back the
/// embedded update's row may be. At its next start it then takes the binary for what it is.
fn is_tried_again(phone: &Phone, from: &PastEntry) -> bool {
    phone.build.embedded.is_some_and(|(id, built)| phone.failed.contains(&id) && built > from.entry.created_at.0)
}

/// Looks ahead on a copy of the phone: two checks with their downloads, a launch after each, and a third check.
pub fn settle(server: &Server<'_>, phone: &Phone, read: &Read) -> Result<Settled, Violation> {
    let mut client = phone.client.clone();
    let mut exchanges = Vec::with_capacity(3);
    for _ in 0..2 {
        let (exchange, answer) = phone.ask(&mut client, server, read);
        let outcome = take(&mut client, server, phone, &exchange, answer)?;
        exchanges.push(exchange);
        let is_filtered = outcome == Outcome::Kept(KeepReason::FailsFilters);
        require(!is_filtered, phone, || String::from("what it is offered fails the filter that comes with it"))?;
        let moved = client.launch_well();
        launched(server, phone, &client, moved)?;
        let key = &exchanges.last().expect("just pushed").key;
        require(is_of_its_branch(server, phone, key, moved), phone, || {
            format!("told {key:?}, it goes to {:?} of another branch", moved.to)
        })?;
    }
    let (exchange, answer) = phone.ask(&mut client, server, read);
    answer.map_err(|refusal| Violation::refused(phone, &refusal))?;
    exchanges.push(exchange);
    Ok(Settled { exchanges, running: client.device.running() })
}

/// Whoever was told what to run starts nothing else of another branch, whatever it had downloaded from there before.
fn is_of_its_branch(server: &Server<'_>, phone: &Phone, told: &AnswerKey, moved: Move) -> bool {
    let is_told = ["served_update", "already_current", "running_newer"].contains(&told.reason);
    let update = moved.to.id().filter(|to| Some(*to) != moved.from).and_then(|to| server.ledger.issued.get(&to));
    let branch = oracle::branch(&server.control, &phone.asker);
    !is_told || update.is_none_or(|update| Some(update.branch) == branch)
}

fn take(
    client: &mut Client,
    server: &Server<'_>,
    phone: &Phone,
    exchange: &Exchange,
    answer: Result<Answer, Refusal>,
) -> Result<Outcome, Violation> {
    answer.and_then(|answer| client.load(answer, server, false)).map_err(|refusal| {
        let offered = &exchange.key;
        Violation::of(phone, &format!("the device refuses what {offered:?} brings: {refusal}"))
    })
}

/// Whether the phone, to which nothing happened meanwhile, would still be answered the same, so that it ends up where it
/// did before.
pub fn is_as_before(server: &Server<'_>, phone: &Phone, settled: &Settled) -> bool {
    let branch = oracle::branch(&server.control, &phone.asker);
    let mut known: Vec<&Exchange> = Vec::with_capacity(3);
    settled.exchanges.iter().all(|exchange| {
        // Asked the same again, the server says the same again: it decides by nothing else.
        if known.iter().any(|other| other.request == exchange.request) {
            return true;
        }
        known.push(exchange);
        server.check(&exchange.request, branch).key == exchange.key
    })
}

/// Within two launches and two checks a device runs what is meant for it, or the server names the reason why it cannot,
/// and something that happened explains it.
pub fn ended_well(server: &Server<'_>, phone: &Phone, settled: &Settled) -> Result<(), Violation> {
    let choice = oracle::choice(&server.control, &phone.asker);
    let last = settled.exchanges.last().expect("three of them");
    let reason = last.key.reason;
    let complain = || format!("it ends on {:?} with `{reason}`, while {choice:?} is meant for it", settled.running);
    let is_explained = match choice {
        Choice::Paused => reason == "channel_paused",
        Choice::Nothing => reason == "no_update_for_runtime",
        Choice::NotTargeted => reason == "not_targeted",
        Choice::Entry(meant) => explains(server, phone, settled, reason, meant),
    };
    require(is_explained, phone, complain)?;
    if last.key.status == StatusCode::NO_CONTENT {
        return Ok(());
    }
    // It goes on being offered what it does not take: at least nothing is sent again.
    let mut again = last.request.clone();
    again.insert(IF_NONE_MATCH, last.key.etag.clone().expect("on every message"));
    let status = server.check(&again, oracle::branch(&server.control, &phone.asker)).key.status;
    require(status == StatusCode::NOT_MODIFIED, phone, || format!("{} and then {status}", complain()))
}

fn explains(server: &Server<'_>, phone: &Phone, settled: &Settled, reason: &str, meant: &PastEntry) -> bool {
    let embedded = phone.build.embedded;
    let runs_embedded = settled.running.is_some() && settled.running == embedded.map(|(id, _)| id);
    let is_newer = embedded.is_some_and(|(_, built)| built >= meant.entry.created_at.0);
    let is_registered = embedded.is_some_and(|(id, _)| server.control.embedded.iter().any(|known| known.id.0 == id));
    let is_directive = meant.entry.kind == EntryKind::RollBackToEmbedded;
    match reason {
        "already_current" if is_directive => runs_embedded,
        "already_current" => settled.running == Some(meant.entry.id.0),
        "failed_before" => phone.failed.contains(&meant.entry.id.0),
        "running_newer" => was_taken_away(server, settled.running, meant),
        "embedded_newer" => runs_embedded && is_registered && is_newer,
        "directive_not_deliverable" => is_directive && phone.build.is_old,
        // Only the client knows when its binary was built. It keeps saying no.
        "served_update" => runs_embedded && !is_registered && is_newer && !is_directive,
        // The stock client without an embedded update ignores the directive; one whose embedded update failed at its very
        // first launch takes it and cannot follow.
        "served_roll_back" => is_directive && embedded.is_none_or(|(id, _)| phone.failed.contains(&id)),
        _ => false,
    }
}

/// The device runs something later of the same branch, which an operation stopped serving to it.
fn was_taken_away(server: &Server<'_>, running: Option<Uuid>, meant: &PastEntry) -> bool {
    let running = running.and_then(|id| server.ledger.issued.get(&id));
    running.is_some_and(|running| {
        running.branch == meant.branch
            && running.entry.created_at > meant.entry.created_at
            && server.ledger.taken_away.contains(&running.entry.id)
    })
}
