//! A phone of the fleet: the strict client, what its binary is, and what happened to it.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use device::{Answer, Binary, CodeSigning, Device, Embedded, Launched, Loading, Outcome, Protocol, Refusal};
use http::{HeaderMap, HeaderName, HeaderValue};
use model::{ChannelName, LaneId, Platform, RuntimeVersion};
use uuid::Uuid;

use crate::oracle::{self, Asker};
use crate::server::{AnswerKey, Answered, KEY, Server, SigningCase};

/// What a binary is, as far as two phones can have the same.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Build {
    pub platform: Platform,
    pub runtime_version: RuntimeVersion,
    pub channel: ChannelName,
    /// Its id and the build's clock.
    pub embedded: Option<(Uuid, i64)>,
    /// Protocol 0, and bare JSON: a client of old.
    pub is_old: bool,
    pub is_signed: bool,
}

impl Build {
    pub fn lane(&self) -> LaneId {
        LaneId { platform: self.platform, runtime_version: self.runtime_version.clone() }
    }

    fn binary(&self, signing: Option<&SigningCase>) -> Binary {
        let embedded =
            self.embedded.map(|(id, commit_time_ms)| Embedded { id, commit_time_ms, asset_keys: Vec::new() });
        let mut binary = Binary::new("https://updates.example/update", self.runtime_version.as_str(), embedded);
        binary.request_headers.push(("expo-channel-name".into(), self.channel.to_string()));
        if self.is_old {
            binary.protocol = Protocol::Zero;
            binary.request_headers.push(("accept".into(), "application/expo+json,application/json".into()));
        }
        binary.code_signing = signing.filter(|_| self.is_signed).map(|signing| CodeSigning {
            certificate: signing.certificate.clone(),
            key_id: KEY.into(),
            include_chain: false,
            allow_unsigned: false,
        });
        binary
    }
}

/// What may take a phone back to something older, since it began to run what it runs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Excuses {
    /// Something failed to launch.
    pub failed: bool,
    /// It took a roll back to embedded.
    pub rolled_back: bool,
    /// Another binary was installed.
    pub installed: bool,
}

/// The client with what a settling phone changes: cloned to look ahead.
#[derive(Clone)]
pub struct Client {
    pub device: Device,
    pub excuses: Excuses,
}

/// What one request and its answer were.
#[derive(Clone)]
pub struct Exchange {
    pub request: HeaderMap,
    pub key: AnswerKey,
}

/// Where a phone ends up within two launches and two checks, and what a third check says.
#[derive(Clone)]
pub struct Settled {
    pub exchanges: Vec<Exchange>,
    pub running: Option<Uuid>,
}

pub struct Phone {
    pub number: usize,
    pub build: Build,
    pub client: Client,
    pub asker: Asker,
    /// What failed to launch on this installation.
    pub failed: HashSet<Uuid>,
    pub launched_well: HashSet<Uuid>,
    /// None when something happened to the phone since it was looked ahead.
    pub settled: Option<Settled>,
}

/// A launch that was judged elsewhere needs to know both ends.
#[derive(Clone, Copy, Debug)]
pub struct Move {
    pub from: Option<Uuid>,
    pub to: Launched,
    pub excuses: Excuses,
}

/// What the fleet's clients have read: reading is most of what a phone costs, and depends on the binary and the answer
/// alone. So the client's HTTP cache is left out; that a repeated answer would be a 304 is asked for where it matters.
pub type Read = RefCell<HashMap<(Build, AnswerKey), Result<Answer, Refusal>>>;

impl Phone {
    pub fn new(number: usize, build: Build, id: Option<Uuid>, signing: Option<&SigningCase>) -> Self {
        let asker = Asker { channel: build.channel.clone(), lane: build.lane(), id };
        let device = Device::new(wire(build.platform), build.binary(signing), id.unwrap_or_default());
        let mut phone = Self {
            number,
            build,
            client: Client { device, excuses: Excuses::default() },
            asker,
            failed: HashSet::new(),
            launched_well: HashSet::new(),
            settled: None,
        };
        phone.client.launch_well();
        phone
    }

    /// Another binary over the old one, as a store does it.
    pub fn install(&mut self, build: Build, signing: Option<&SigningCase>) {
        self.client.device.install(build.binary(signing));
        self.client.excuses.installed = true;
        self.asker.lane = build.lane();
        self.build = build;
    }

    pub fn running(&self) -> Option<Uuid> {
        self.client.device.running()
    }

    pub fn takes_directives(&self) -> bool {
        !self.build.is_old
    }

    /// Asks the server; what the client reads.
    pub fn ask(&self, client: &mut Client, server: &Server<'_>, read: &Read) -> (Exchange, Result<Answer, Refusal>) {
        let request = self.request(client);
        let answered = server.check(&request, oracle::branch(&server.control, &self.asker));
        let answer = self.read(&answered, read, server.now.0);
        (Exchange { request, key: answered.key }, answer)
    }

    /// The headers of the client's next check. A phone without an id is one whose header is lost on the way.
    pub fn request(&self, client: &mut Client) -> HeaderMap {
        let mut headers = HeaderMap::with_capacity(24);
        for (name, value) in client.device.check_request() {
            let name = HeaderName::from_bytes(name.as_bytes()).expect("a header name");
            if name != protocol::names::CLIENT_ID || self.asker.id.is_some() {
                let value = HeaderValue::from_bytes(value.replace('\n', " ").as_bytes());
                headers.insert(name, value.expect("a header value"));
            }
        }
        headers
    }

    fn read(&self, answered: &Answered, read: &Read, now_ms: i64) -> Result<Answer, Refusal> {
        let key = (self.build.clone(), answered.key.clone());
        let mut read = read.borrow_mut();
        let known = read.entry(key).or_insert_with(|| {
            let binary = self.client.device.binary();
            let reader = device::Reader::new(wire(self.build.platform), binary);
            reader.read(answered.key.status.as_u16(), &answered.headers, &answered.body, now_ms)
        });
        known.clone()
    }
}

impl Client {
    /// A cold start with content at the end of it.
    pub fn launch_well(&mut self) -> Move {
        let from = self.device.running();
        let to = self.device.launch();
        self.device.succeed_launch();
        self.moved(from, to)
    }

    /// What a move of this client was, after it.
    pub fn moved(&mut self, from: Option<Uuid>, to: Launched) -> Move {
        let excuses = self.excuses;
        if to.id() != from {
            self.excuses = Excuses::default();
        }
        Move { from, to, excuses }
    }

    /// Takes an answer in, with every file that it names or with none.
    pub fn load(&mut self, answer: Answer, server: &Server<'_>, is_cut: bool) -> Result<Outcome, Refusal> {
        let outcome = match self.device.load(answer)? {
            Loading::Done(outcome) => outcome,
            Loading::Assets(files) => {
                for file in files.iter().filter(|_| !is_cut) {
                    let body = server.download(&file.url);
                    self.device.take_asset(&file.file_name, 200, &HeaderMap::new(), body)?;
                }
                self.device.finish_load()
            }
        };
        self.excuses.rolled_back |= outcome == Outcome::RolledBack;
        Ok(outcome)
    }
}

const fn wire(platform: Platform) -> protocol::Platform {
    match platform {
        Platform::Android => protocol::Platform::Android,
        Platform::Ios => protocol::Platform::Ios,
    }
}
