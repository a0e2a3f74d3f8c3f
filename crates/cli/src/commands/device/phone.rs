//! One phone's session: check, load, next launch.

use device::{AssetRequest, Device, Instruction, Loading, Refusal, Taken};
use futures_util::{StreamExt as _, stream};
use protocol::Platform;

use super::PlayOptions;
use super::network::Network;
use super::report::{Installed, Phone, Runs};
use crate::failure::Failure;
use crate::machine;
use crate::printer::{Printer, Verb};
use crate::remote::Answer;

/// Assets at a time. A real client asks for all of them at once.
const AT_A_TIME: usize = 6;

pub(super) async fn play(platform: Platform, options: &PlayOptions, printer: &Printer) -> Result<Phone, Failure> {
    let client_id = machine::random_uuid().ok_or(Failure::NoRandomness)?;
    let mut device = Device::new(platform, options.binary()?, client_id);
    let mut network = Network::new(&options.server, device.accept_encoding())?;
    let url = options.update_url();
    printer.note(&format!("{platform}: checking {url}"));

    device.launch();
    let got = network.get(&url, &device.check_request()).await?;
    if !got.status.is_success() {
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
            for (is_launch_asset, bytes) in download(&mut device, &mut network, requests, printer).await? {
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
        channel: options.channel.clone(),
        runtime_version: options.runtime_version.clone(),
        received_bytes: network.received(),
        runs: Runs::after(&outcome, launched, installed),
    })
}

/// Downloads until nothing is missing; of each file, whether it is the launch asset, and its bytes.
async fn download(
    device: &mut Device,
    network: &mut Network,
    requests: Vec<AssetRequest>,
    printer: &Printer,
) -> Result<Vec<(bool, u64)>, Failure> {
    let progress = printer.progress(Verb::Download, requests.len(), 0);
    let (mut waiting, mut stored) = (requests, Vec::new());
    // A second round only for what came as a patch.
    while !waiting.is_empty() {
        let fetches: Vec<_> = waiting.drain(..).map(|request| fetch(network, request)).collect();
        let mut fetched = stream::iter(fetches).buffer_unordered(AT_A_TIME);
        let mut again = Vec::new();
        while let Some(asset) = fetched.next().await {
            let (request, got) = asset?;
            let size = got.body.len() as u64;
            let taken = device
                .take_asset(&request.file_name, got.status.as_u16(), &got.headers, &got.body)
                .map_err(|refusal| refused(&request.url, refusal))?;
            match taken {
                Taken::Stored => {
                    let file = progress.file(&request.file_name, size);
                    file.counter()(size);
                    file.finish();
                    stored.push((request.is_launch_asset, size));
                }
                Taken::AskAgain(request) => again.push(request),
            }
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
