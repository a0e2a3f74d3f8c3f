//! The phones of a sequence, and what their owners do with them.

use std::collections::HashMap;

use device::Outcome;
use model::{ChannelName, Platform, RuntimeVersion};
use uuid::Uuid;

use crate::dice::Dice;
use crate::judge::{self, Violation};
use crate::phone::{Build, Phone, Read};
use crate::server::{START, Server, SigningCase};

pub const PHONES: usize = 52;
pub const CHANNELS: [&str; 2] = ["production", "beta"];
pub const RUNTIME_VERSIONS: [&str; 3] = ["1.0.0", "2.0.0", "3.0.0"];

pub fn channel(name: &str) -> ChannelName {
    ChannelName::parse(name).expect("legal")
}

pub fn runtime(version: &str) -> RuntimeVersion {
    RuntimeVersion::parse(version).expect("legal")
}

/// Phones of every kind, the same kinds in every sequence; ids and clocks differ.
pub fn fleet(dice: &mut Dice, signing: Option<&SigningCase>) -> Vec<Phone> {
    // Who has the same binary has the same update in it.
    let mut embedded: HashMap<[usize; 4], (Uuid, i64)> = HashMap::new();
    (0..PHONES)
        .map(|number| {
            let platform = number % 2;
            let version = usize::from(number / 2 % 4 == 3);
            let on_channel = usize::from(number / 2 % 3 == 2);
            let kind = [0, 0, 1, 0, 2, 0, 0, 3, 0, 0, 1, 0, 2][number % 13];
            let built = match kind {
                // Built while the sequence is under way, by a clock that is ahead or not.
                1 | 3 => Some(START + 500 + 1000 * i64::try_from(dice.below(60)).expect("fits")),
                0 => Some(START - 3_600_000 + 500),
                _ => None,
            };
            let which = [platform, version, on_channel, kind];
            let facts = built.map(|built| *embedded.entry(which).or_insert_with(|| (dice.uuid(), built)));
            let build = Build {
                platform: Platform::ALL[platform],
                runtime_version: runtime(RUNTIME_VERSIONS[version]),
                channel: channel(CHANNELS[on_channel]),
                embedded: facts,
                is_old: number % 7 == 5,
                is_signed: signing.is_some(),
            };
            let id = Some(dice.uuid()).filter(|_| number % 11 != 6);
            Phone::new(number, build, id, signing)
        })
        .collect()
}

/// What the owner of a phone does between two operations.
#[derive(Clone, Copy, Debug)]
enum Deed {
    Check,
    Fetch,
    FetchCut,
    Launch,
    Session,
    Crash,
    Reap,
    StoreUpdate,
    FreshInstall,
}

const DEEDS: [(Deed, usize); 9] = [
    (Deed::Check, 8),
    (Deed::Fetch, 25),
    (Deed::FetchCut, 4),
    (Deed::Launch, 20),
    (Deed::Session, 25),
    (Deed::Crash, 4),
    (Deed::Reap, 6),
    (Deed::StoreUpdate, 2),
    (Deed::FreshInstall, 2),
];

/// Lets some of the phones do something.
pub fn live(
    phones: &mut [Phone],
    server: &Server<'_>,
    read: &Read,
    signing: Option<&SigningCase>,
    dice: &mut Dice,
) -> Result<(), Violation> {
    for phone in phones {
        if !dice.percent(30) {
            continue;
        }
        let deed = DEEDS[dice.weighted(&DEEDS.map(|(_, weight)| weight))].0;
        do_it(deed, phone, server, read, signing, dice)?;
        phone.settled = None;
    }
    Ok(())
}

fn do_it(
    deed: Deed,
    phone: &mut Phone,
    server: &Server<'_>,
    read: &Read,
    signing: Option<&SigningCase>,
    dice: &mut Dice,
) -> Result<(), Violation> {
    match deed {
        Deed::Check => {
            let mut client = phone.client.clone();
            let (_, answer) = phone.ask(&mut client, server, read);
            let answer = answer.map_err(|refusal| Violation::refused(phone, &refusal))?;
            // `checkForUpdateAsync` keeps nothing but what asking itself changed.
            client.device.check_for_update(&answer);
            phone.client = client;
        }
        Deed::Fetch => fetch(phone, server, read, false)?,
        Deed::FetchCut => fetch(phone, server, read, true)?,
        Deed::Launch => launch(phone, server)?,
        Deed::Session => {
            launch(phone, server)?;
            fetch(phone, server, read, false)?;
        }
        Deed::Crash => crash(phone, server)?,
        Deed::Reap => {
            launch(phone, server)?;
            phone.client.device.reap();
        }
        Deed::StoreUpdate => {
            // Always on to the next: with two builds of one runtime version a phone may start the older one's embedded
            // update, which is no matter of a server's.
            let current = phone.build.runtime_version.as_str();
            let Some(next) = RUNTIME_VERSIONS.iter().skip_while(|version| **version != current).nth(1) else {
                return Ok(());
            };
            // From a store: a binary of its own, built just now.
            let built = server.now.0.max(phone.build.embedded.map_or(0, |(_, built)| built)) / 1000 * 1000 + 1500;
            let embedded = phone.build.embedded.map(|_| (dice.uuid(), built));
            let build = Build { runtime_version: runtime(next), embedded, ..phone.build.clone() };
            phone.install(build, signing);
            phone.launched_well.clear();
            if dice.percent(20) { crash(phone, server)? } else { launch(phone, server)? }
        }
        Deed::FreshInstall => {
            let id = phone.asker.id.map(|_| dice.uuid());
            *phone = Phone::new(phone.number, phone.build.clone(), id, signing);
        }
    }
    Ok(())
}

fn launch(phone: &mut Phone, server: &Server<'_>) -> Result<(), Violation> {
    let moved = phone.client.launch_well();
    if let Some(id) = moved.to.id() {
        phone.launched_well.insert(id);
    }
    judge::launched(server, phone, &phone.client, moved)
}

fn fetch(phone: &mut Phone, server: &Server<'_>, read: &Read, is_cut: bool) -> Result<(), Violation> {
    let mut client = phone.client.clone();
    let (_, answer) = phone.ask(&mut client, server, read);
    let outcome = answer.and_then(|answer| client.load(answer, server, is_cut));
    let outcome = outcome.map_err(|refusal| Violation::refused(phone, &refusal))?;
    debug_assert!(is_cut || !matches!(outcome, Outcome::Incomplete { .. }));
    phone.client = client;
    Ok(())
}

/// A fatal error before the first content, if what starts never ran well; then the client starts itself again.
fn crash(phone: &mut Phone, server: &Server<'_>) -> Result<(), Violation> {
    let from = phone.running();
    let to = phone.client.device.launch();
    let moved = phone.client.moved(from, to);
    judge::launched(server, phone, &phone.client, moved)?;
    let Some(id) = to.id().filter(|id| !phone.launched_well.contains(id)) else { return Ok(()) };
    phone.client.device.fail_launch("a bad update");
    phone.failed.insert(id);
    phone.client.excuses.failed = true;
    let to = phone.client.device.reload();
    let to = if let Some(to) = to { to } else { phone.client.device.launch() };
    phone.client.device.succeed_launch();
    if let Some(id) = to.id() {
        phone.launched_well.insert(id);
    }
    let moved = phone.client.moved(Some(id), to);
    judge::launched(server, phone, &phone.client, moved)
}
