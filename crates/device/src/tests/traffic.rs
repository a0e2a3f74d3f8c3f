//! What is sent to a device, and what it makes of it.

use http::{HeaderMap, HeaderName, HeaderValue};
use protocol::Platform;
use uuid::Uuid;

use super::bases::{FILES, NOW_MS};
use super::draft::{Client, Message, binary};
use crate::{Device, Loading, Outcome, Refusal, RuleSet, Taken};

/// The answer to an asset request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FileAnswer {
    pub(super) url: String,
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
}

impl FileAnswer {
    /// The files of the base manifests, as they should come.
    pub(super) fn all_good() -> Vec<Self> {
        FILES.map(|file| Self { url: file.url(), status: 200, body: file.content.to_vec() }).to_vec()
    }
}

pub(super) const CLIENT_ID: Uuid = Uuid::from_u128(0x0c1e_47d0_0000_4000_8000_0000_0000_0001);

/// A launched device.
pub(super) fn device(client: Client, platform: Platform, rules: RuleSet) -> Device {
    let mut device = Device::new(platform, binary(client), CLIENT_ID);
    device.rules = rules;
    device.launch();
    device
}

/// Headers as a transport gives them; a text outside ASCII as its bytes.
pub(super) fn header_map(headers: &[(String, String)]) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let value = HeaderValue::from_bytes(value.as_bytes()).expect("a sendable value");
        map.append(name.parse::<HeaderName>().expect("a header name"), value);
    }
    map
}

/// Reads the answer and, where files are given, loads it with them.
pub(super) fn play(
    device: &mut Device,
    message: &Message,
    files: Option<&[FileAnswer]>,
) -> Result<Option<Outcome>, Refusal> {
    device.check_request();
    let answer = device.read_answer(message.status, &header_map(&message.headers), &message.body, NOW_MS)?;
    let Some(files) = files else { return Ok(None) };
    let requests = match device.load(answer)? {
        Loading::Done(outcome) => return Ok(Some(outcome)),
        Loading::Assets(requests) => requests,
    };
    for request in requests {
        let file = files.iter().find(|file| file.url == request.url).expect("an answer for every request");
        let taken = device.take_asset(&request.file_name, file.status, &HeaderMap::new(), &file.body)?;
        assert_eq!(taken, Taken::Stored);
    }
    Ok(Some(device.finish_load()))
}

/// The base answers are good: both platforms take them to the end.
#[test]
fn every_base_is_accepted_on_both_platforms() {
    for base in super::bases::Base::ALL {
        for platform in Platform::ALL {
            let mut device = device(base.client(), platform, RuleSet::ALL);
            let played = play(&mut device, &base.message(), Some(&FileAnswer::all_good()));
            let outcome = played.unwrap_or_else(|refusal| panic!("{base:?}: {refusal}")).expect("a load");
            let fits = match base {
                super::bases::Base::NoContent | super::bases::Base::NoUpdate | super::bases::Base::BoundNoUpdate => {
                    outcome == Outcome::Nothing
                }
                super::bases::Base::RollBack => outcome == Outcome::RolledBack,
                _ => matches!(outcome, Outcome::Downloaded { .. }),
            };
            assert!(fits, "{base:?} on {platform}: {outcome:?}");
        }
    }
}
