//! One sequence: operations, and between them the lives of the phones.

use std::cell::RefCell;
use std::fmt::Write as _;

use model::control::{Control, OnRollout, PastEntry, Plan, Why};
use model::{BranchId, EntryKind, LaneId, Millis, UpdateId};
use tokio::runtime::Runtime;
use uuid::Uuid;

use crate::dice::Dice;
use crate::fault::Fault;
use crate::fleet::{fleet, live};
use crate::judge::{self, Violation};
use crate::operation::Operation;
use crate::operator::{Operator, beginning};
use crate::oracle::{self, Choice, Shown};
use crate::phone::{Phone, Read};
use crate::server::{Server, SigningCase};

/// As many operations take effect in every sequence, those that make the first branches and channels not counted.
pub const OPERATIONS: usize = 30;
/// As often may one be refused, or change nothing, before the sequence ends.
const ATTEMPTS: usize = 400;

/// What a sequence came to.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    pub operations: usize,
    pub refused: usize,
    pub settled: usize,
    pub looked_ahead: usize,
    pub checks: u64,
}

/// Where a sequence broke a property.
#[derive(Debug)]
pub struct Broken {
    pub seed: u64,
    pub log: String,
    pub violation: Violation,
}

pub fn run(seed: u64, signing: Option<&SigningCase>, fault: Option<Fault>, runtime: &Runtime) -> Result<Tally, Broken> {
    let mut dice = Dice::new(seed);
    let phones = fleet(&mut dice, signing);
    let mut sequence = Sequence {
        server: Server::new(signing, fault, runtime),
        phones,
        read: RefCell::default(),
        signing,
        dice,
        published: 0,
        log: String::new(),
        tally: Tally::default(),
    };
    match sequence.play() {
        Ok(()) => Ok(Tally { checks: sequence.server.checks.get(), ..sequence.tally }),
        Err(violation) => Err(Broken { seed, log: sequence.log, violation }),
    }
}

struct Sequence<'s> {
    server: Server<'s>,
    phones: Vec<Phone>,
    read: Read,
    signing: Option<&'s SigningCase>,
    dice: Dice,
    published: u64,
    log: String,
    tally: Tally,
}

impl Sequence<'_> {
    fn play(&mut self) -> Result<(), Violation> {
        for operation in beginning(&mut self.dice) {
            let plan = operation.plan(&self.server.control).expect("the beginning is sound");
            self.server.apply(plan, &mut self.dice)?;
        }
        let mut attempts = 0;
        while self.tally.operations < OPERATIONS && attempts < ATTEMPTS {
            attempts += 1;
            let operation = Operator {
                control: &self.server.control,
                phones: &self.phones,
                dice: &mut self.dice,
                published: &mut self.published,
            }
            .next();
            self.step(&operation)?;
        }
        if self.tally.operations < OPERATIONS {
            return Err(Violation(format!("{attempts} attempts, and no more was possible")));
        }
        Ok(())
    }

    fn step(&mut self, operation: &Operation) -> Result<(), Violation> {
        let plan = match operation.plan(&self.server.control) {
            Ok(plan) if !plan.is_empty() => plan,
            Ok(_) => return Ok(()),
            Err(_) => {
                self.tally.refused += 1;
                return Ok(());
            }
        };
        self.tick();
        let _ = writeln!(self.log, "{:>3} {:?} {operation:?}", self.tally.operations, self.server.now);
        self.tally.operations += 1;
        let before = self.server.control.clone();
        let ran: Vec<Option<Uuid>> = self.phones.iter().map(Phone::running).collect();
        let bad = taken_back(operation, &plan, &before);
        let meant = operation.meant(&before, &plan);
        self.server.apply(plan, &mut self.dice)?;
        if let Some(meant) = meant {
            self.means_what_it_says(operation, &before, &meant)?;
        }
        self.all_end_well()?;
        self.is_taken_back(operation, &bad, &before, &ran)?;
        live(&mut self.phones, &self.server, &self.read, self.signing, &mut self.dice)
    }

    /// Time goes on by seconds, stands still, or goes back.
    fn tick(&mut self) {
        let step = match self.dice.below(10) {
            0..3 => 0,
            3 => -1000 * i64::try_from(self.dice.below(4)).expect("small"),
            _ => 1000 * i64::try_from(1 + self.dice.below(4)).expect("small"),
        };
        self.server.now = Millis(self.server.now.0 + step);
    }

    fn all_end_well(&mut self) -> Result<(), Violation> {
        for number in 0..self.phones.len() {
            let phone = &self.phones[number];
            self.tally.settled += 1;
            let known = phone.settled.as_ref().filter(|settled| judge::is_as_before(&self.server, phone, settled));
            let settled = if let Some(settled) = known {
                settled.clone()
            } else {
                self.tally.looked_ahead += 1;
                judge::settle(&self.server, phone, &self.read)?
            };
            judge::ended_well(&self.server, phone, &settled)?;
            self.phones[number].settled = Some(settled);
        }
        Ok(())
    }

    /// An operation changes what is meant for a device only as far as it says, whatever it had to issue again. So does
    /// raising a rollout: whoever was inside stays inside.
    fn means_what_it_says(&self, operation: &Operation, before: &Control, meant: &Control) -> Result<(), Violation> {
        let takes_back =
            matches!(operation, Operation::RevertRollout(_)) || operation.on_rollout() == OnRollout::Revert;
        for phone in &self.phones {
            let choice = oracle::choice(&self.server.control, &phone.asker);
            if let Choice::Entry(past) = choice
                && self.server.asked.contains(&past.entry.id)
                && !operation.waits(before)
                && !matches!(operation, Operation::Unpin(_) | Operation::Target(..))
            {
                continue;
            }
            let now = choice.shown();
            let should = oracle::choice(meant, &phone.asker).shown();
            // What nothing is beneath goes back to the embedded update.
            let is_so = should == now || (takes_back && should.is_none() && now == Some(Shown::Embedded));
            if !is_so {
                let what = format!("{operation:?} gives it {now:?} instead of {should:?}");
                return Err(Violation::of(phone, &what));
            }
            if let (Operation::SetRollout(..), Choice::Entry(past)) = (operation, oracle::choice(before, &phone.asker))
                && past.entry.rollout.is_some()
                && Choice::Entry(past).shown() != now
            {
                return Err(Violation::of(phone, "raising the rollout removed it"));
            }
        }
        Ok(())
    }

    /// A revert or a roll back reaches every device that had taken the bad update and can receive it.
    fn is_taken_back(
        &self,
        operation: &Operation,
        bad: &[(Uuid, BranchId)],
        before: &Control,
        ran: &[Option<Uuid>],
    ) -> Result<(), Violation> {
        for (phone, ran) in self.phones.iter().zip(ran) {
            let Some(bad) = ran.and_then(|ran| bad.iter().find(|(id, _)| *id == ran)) else { continue };
            // Whom a narrower rule left out since stays on it: the operator was told (`devices_stay`).
            if before.entry(UpdateId(bad.0)).is_some_and(|past| !oracle::is_meant_for(past, &phone.asker)) {
                continue;
            }
            let settled = phone.settled.as_ref().expect("just looked at");
            if settled.running != Some(bad.0) || oracle::branch(&self.server.control, &phone.asker) != Some(bad.1) {
                continue;
            }
            let can_receive = match oracle::choice(&self.server.control, &phone.asker) {
                Choice::Entry(past) if past.entry.kind == EntryKind::RollBackToEmbedded => {
                    let embedded = phone.build.embedded;
                    phone.takes_directives() && embedded.is_some_and(|(id, _)| !phone.failed.contains(&id))
                }
                Choice::Entry(past) => !phone.failed.contains(&past.entry.id.0),
                _ => true,
            };
            if can_receive {
                return Err(Violation::of(phone, &format!("{operation:?} leaves it on {}", bad.0)));
            }
        }
        Ok(())
    }
}

/// The updates that an operation takes back, each with its branch.
fn taken_back(operation: &Operation, plan: &Plan, before: &Control) -> Vec<(Uuid, BranchId)> {
    match operation {
        Operation::RevertRollout(selection) => {
            let entries = selection.entries(before).unwrap_or_default().into_iter();
            let open = entries.filter(|past| past.entry.rollout.is_some() && !past.entry.disabled && !past.entry.held);
            open.map(|past| (past.entry.id.0, past.branch)).collect()
        }
        Operation::Publish { branch, lanes, .. } if operation.on_rollout() == OnRollout::Revert => {
            lanes.iter().filter_map(|lane| rolling(before, *branch, lane)).map(|id| (id, *branch)).collect()
        }
        Operation::RollBack { branch, .. } => {
            let asked = plan.issues.iter().filter(|group| group.why == Why::Asked).flat_map(|group| &group.entries);
            let served = |lane| before.lane(*branch, lane).find(|past| !past.entry.held);
            asked.filter_map(|entry| served(&entry.lane)).map(|past| (past.entry.id.0, *branch)).collect()
        }
        _ => Vec::new(),
    }
}

fn rolling(control: &Control, branch: BranchId, lane: &LaneId) -> Option<Uuid> {
    let open = |past: &&PastEntry| past.entry.rollout.is_some() && !past.entry.disabled && !past.entry.held;
    control.lane(branch, lane).find(open).map(|past| past.entry.id.0)
}
