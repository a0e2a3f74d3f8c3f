//! The strict client's verdict on what was rendered, before anything is stored. A malformed manifest crashes iOS apps,
//! so both platforms' parsers read every one, whichever it is for (architecture.md §5).

use device::{Binary, Instruction, Reader};
use http::{HeaderMap, header};
use model::{BranchId, Millis};
use protocol::answer::{AnswerKind, outer_headers};
use protocol::multipart::{Message, Multipart};
use protocol::structured::branch_filter;
use protocol::{Platform, ProtocolVersion, names};
use store::LaneId;

use crate::PublishError;

/// Whether the strict client takes this manifest as an update.
pub(crate) fn manifest(lane: &LaneId, branch: BranchId, body: &[u8], now: Millis) -> Result<(), PublishError> {
    judge(lane, branch, Message::Manifest, body, now)
}

/// Whether the strict client takes this directive as a roll back.
pub(crate) fn directive(lane: &LaneId, branch: BranchId, body: &[u8], now: Millis) -> Result<(), PublishError> {
    judge(lane, branch, Message::Directive, body, now)
}

fn judge(lane: &LaneId, branch: BranchId, message: Message, body: &[u8], now: Millis) -> Result<(), PublishError> {
    let refused = |reason: String| PublishError::RefusedByClient { platform: lane.platform, reason };
    let answer = Multipart { message, body, signature: None, extensions: None, certificate_chain: None }.render();
    let filter = branch_filter(&branch.to_string()).map_err(|error| refused(error.to_string()))?;
    let mut headers: HeaderMap = outer_headers(ProtocolVersion::V1, AnswerKind::Message).into_iter().collect();
    headers.insert(header::CONTENT_TYPE, answer.content_type);
    headers.insert(names::MANIFEST_FILTERS, filter);
    // An app of this runtime version that asks for no signature; signatures are verified by themselves.
    let binary = Binary::new("https://updates.example.com/update", lane.runtime_version.as_str(), None);
    for platform in Platform::ALL {
        let read = Reader::new(platform, &binary).read(200, &headers, &answer.body, now.0);
        let read = read.map_err(|refusal| refused(refusal.to_string()))?;
        let understood = match message {
            Message::Manifest => matches!(read.instruction, Instruction::Update(_)),
            Message::Directive => matches!(read.instruction, Instruction::RollBackToEmbedded { .. }),
        };
        if !understood {
            return Err(refused(format!("the {platform} client takes it for something else")));
        }
    }
    Ok(())
}
