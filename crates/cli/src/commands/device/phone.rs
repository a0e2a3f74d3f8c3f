//! One phone's session: check, load, next launch.

use device::{AssetRequest, Binary, Device, Instruction, Loading, Refusal, Taken};
use futures_util::{StreamExt as _, stream};
use http::StatusCode;
use http::header::{ETAG, IF_NONE_MATCH};
use protocol::Platform;

use super::network::{Exchange, Network};
use super::report::{Installed, Phone, Runs};
use crate::failure::Failure;
use crate::machine;
use crate::printer::{Printer, Verb};
use crate::remote::{Answer, ServerUrl};

/// Assets at a time. A real client asks for all of them at once.
const AT_A_TIME: usize = 6;
/// So many assets that fail are enough to see why.
const ENOUGH_FAILURES: usize = 5;

/// A phone that was just unpacked, with the app on it.
pub(crate) struct Session {
    device: Device,
    network: Network,
    /// The headers of its check.
    asked: Vec<(String, String)>,
    /// Of assets, after the first one.
    further_failures: Vec<Failure>,
}

impl Session {
    /// `place` is the server of the binary's `updates.url`.
    pub(crate) fn new(platform: Platform, binary: Binary, place: &ServerUrl) -> Result<Self, Failure> {
        let client_id = machine::random_uuid().ok_or(Failure::NoRandomness)?;
        let device = Device::new(platform, binary, client_id);
        let network = Network::new(place, device.accept_encoding())?;
        Ok(Self { device, network, asked: Vec::new(), further_failures: Vec::new() })
    }

    /// Checks, loads, and starts again.
    pub(crate) async fn run(&mut self, channel: &str, printer: &Printer) -> Result<Phone, Failure> {
        let Self { device, network, asked, further_failures } = self;
        let (platform, url) = (device.platform(), device.binary().url.clone());
        printer.note(&format!("{platform}: checking {url}"));

        device.launch();
        *asked = device.check_request();
        let got = network.get(&url, asked).await?;
        if !got.status.is_success() && got.status != StatusCode::NOT_MODIFIED {
            return Err(got.refusal().into());
        }
        let answer = device
            .read_answer(got.status.as_u16(), &got.headers, &got.body, machine::now_ms())
            .map_err(|refusal| refused(&url, refusal))?;
        let mut installed = match &answer.instruction {
            Instruction::Update(manifest) => Some(Installed::announced(manifest, device.binary())),
            _ => None,
        };
        let outcome = match device.load(answer).map_err(|refusal| refused(&url, refusal))? {
            Loading::Done(outcome) => outcome,
            Loading::Assets(requests) => {
                let downloaded = download(device, network, requests, printer).await;
                let downloaded = downloaded.map_err(|(first, further)| {
                    *further_failures = further;
                    first
                })?;
                for (is_launch_asset, bytes) in downloaded {
                    if let Some(installed) = &mut installed {
                        installed.count(is_launch_asset, bytes);
                    }
                }
                device.finish_load()
            }
        };
        let launched = device.launch();
        device.succeed_launch();
        Ok(Phone {
            platform: platform.as_str(),
            channel: channel.to_owned(),
            runtime_version: device.binary().runtime_version.clone(),
            received_bytes: network.received(),
            runs: Runs::after(&outcome, launched, installed),
        })
    }

    /// All that came over the line so far, in the order in which it came.
    pub(crate) fn exchanges(&self) -> Vec<Exchange> {
        self.network.exchanges()
    }

    /// The headers of its check.
    pub(crate) fn asked(&self) -> &[(String, String)] {
        &self.asked
    }

    /// What else failed where an asset was what failed first.
    pub(crate) fn further_failures(&self) -> &[Failure] {
        &self.further_failures
    }

    /// Sends the first check once more, as an HTTP cache does that has its answer. None where it has no `etag`, or where
    /// nothing comes back.
    pub(crate) async fn ask_again(&self, first: &Exchange) -> Option<Exchange> {
        let etag = first.headers.get(ETAG)?.to_str().ok()?.to_owned();
        let mut headers = self.asked.clone();
        headers.push((IF_NONE_MATCH.as_str().to_owned(), etag));
        self.network.get(&first.url, &headers).await.ok()?;
        self.network.exchanges().pop()
    }
}

/// Downloads until nothing is missing; of each file, whether it is the launch asset, and its bytes. One that fails does
/// not keep a phone from asking for the others; what failed first and what failed after that comes back.
async fn download(
    device: &mut Device,
    network: &Network,
    requests: Vec<AssetRequest>,
    printer: &Printer,
) -> Result<Vec<(bool, u64)>, (Failure, Vec<Failure>)> {
    let progress = printer.progress(Verb::Download, requests.len(), 0);
    let (mut waiting, mut stored, mut failures) = (requests, Vec::new(), Vec::new());
    // A second round only for what came as a patch.
    while !waiting.is_empty() {
        let fetches: Vec<_> = waiting.drain(..).map(|request| fetch(network, request)).collect();
        let mut fetched = stream::iter(fetches).buffer_unordered(AT_A_TIME);
        let mut again = Vec::new();
        while let Some(asset) = fetched.next().await {
            let taken = asset.and_then(|(request, got)| {
                let taken = device.take_asset(&request.file_name, got.status.as_u16(), &got.headers, &got.body);
                taken.map_err(|refusal| refused(&request.url, refusal)).map(|taken| (request, got, taken))
            });
            match taken {
                Ok((request, got, Taken::Stored)) => {
                    let size = got.body.len() as u64;
                    let file = progress.file(&request.file_name, size);
                    file.counter()(size);
                    file.finish();
                    stored.push((request.is_launch_asset, size));
                }
                Ok((_, _, Taken::AskAgain(request))) => again.push(request),
                Err(failure) => failures.push(failure),
            }
            if failures.len() == ENOUGH_FAILURES {
                break;
            }
        }
        if !failures.is_empty() {
            let first = failures.remove(0);
            return Err((first, failures));
        }
        waiting = again;
    }
    Ok(stored)
}

async fn fetch(network: &Network, request: AssetRequest) -> Result<(AssetRequest, Answer), Failure> {
    let got = network.get(&request.url, &request.headers).await?;
    Ok((request, got))
}

fn refused(url: &str, refusal: Refusal) -> Failure {
    Failure::ClientRefused { url: url.into(), refusal: Box::new(refusal) }
}
