//! The strict client's verdict on what was rendered, before anything is stored. A malformed manifest crashes iOS apps,
//! so both platforms' parsers read every one, whichever it is for (architecture.md §5).

use device::{Binary, CodeSigning, Instruction, Reader};
use http::{HeaderMap, HeaderValue, header};
use model::{BranchId, EntryKind, LaneId, Millis};
use protocol::answer::{AnswerKind, outer_headers};
use protocol::multipart::{Message, Multipart};
use protocol::structured::{branch_filter, signature_header};
use protocol::{Platform, ProtocolVersion, names};
use signing::Certificate;
use store::{EntrySignature, KeyRecord, Operation};

use crate::PublishError;

/// Whether the strict client takes this manifest as an update.
pub(crate) fn manifest(lane: &LaneId, branch: BranchId, body: &[u8], now: Millis) -> Result<(), PublishError> {
    judge(&Rendered { lane, branch, kind: EntryKind::Update, body }, None, now)
}

/// Whether the strict client takes this directive as a roll back.
pub(crate) fn directive(lane: &LaneId, branch: BranchId, body: &[u8], now: Millis) -> Result<(), PublishError> {
    judge(&Rendered { lane, branch, kind: EntryKind::RollBackToEmbedded, body }, None, now)
}

/// Whether the strict client of an app that embeds this certificate takes every entry under its signature: the bytes
/// that will be served, as they will be served. A certificate that is bound to a project refuses what does not name it.
pub(crate) fn signed(
    operation: &Operation,
    key: &KeyRecord,
    signatures: &[EntrySignature],
    now: Millis,
) -> Result<(), PublishError> {
    if key.chain_pem.is_some() {
        // Apps embed the chain's root, which is not here; the chain was checked when it was imported.
        return Ok(());
    }
    let certificate = Certificate::from_pem(&key.certificate_pem).map_err(PublishError::InvalidCertificate)?;
    // Whether it is valid today is a warning of its own; a publish must not wait for a new binary.
    let now = Millis(now.0.clamp(certificate.not_before_ms() + 1000, certificate.not_after_ms() - 1000));
    let code_signing =
        CodeSigning { certificate, key_id: key.key_id.to_string(), include_chain: false, allow_unsigned: false };
    for made in signatures.iter().filter(|made| made.key_id == key.key_id) {
        let Some(entry) = operation.entries.iter().find(|entry| entry.id == made.update) else { continue };
        let Some(group) = operation.groups.iter().find(|group| group.id == entry.group) else { continue };
        let header = signature_header(&made.signature, key.key_id.as_str())
            .map_err(|error| PublishError::Internal(error.to_string()))?;
        let rendered = Rendered { lane: &entry.lane, branch: group.branch, kind: entry.kind, body: &entry.body };
        judge(&rendered, Some((&header, &code_signing)), now)?;
    }
    Ok(())
}

struct Rendered<'r> {
    lane: &'r LaneId,
    branch: BranchId,
    kind: EntryKind,
    body: &'r [u8],
}

fn judge(
    rendered: &Rendered<'_>,
    signed: Option<(&HeaderValue, &CodeSigning)>,
    now: Millis,
) -> Result<(), PublishError> {
    let lane = rendered.lane;
    let refused = |reason: String| PublishError::RefusedByClient { platform: lane.platform, reason };
    let message = match rendered.kind {
        EntryKind::Update => Message::Manifest,
        EntryKind::RollBackToEmbedded => Message::Directive,
    };
    let signature = signed.map(|(header, _)| header);
    let answer =
        Multipart { message, body: rendered.body, signature, extensions: None, certificate_chain: None }.render();
    let filter = branch_filter(&rendered.branch.to_string()).map_err(|error| refused(error.to_string()))?;
    let mut headers: HeaderMap = outer_headers(ProtocolVersion::V1, AnswerKind::Message).into_iter().collect();
    headers.insert(header::CONTENT_TYPE, answer.content_type);
    headers.insert(names::MANIFEST_FILTERS, filter);
    let mut binary = Binary::new("https://updates.example.com/update", lane.runtime_version.as_str(), None);
    binary.code_signing = signed.map(|(_, code_signing)| code_signing.clone());
    for platform in Platform::ALL {
        let read = Reader::new(platform, &binary).read(200, &headers, &answer.body, now.0);
        let read = read.map_err(|refusal| refused(refusal.to_string()))?;
        let understood = match rendered.kind {
            EntryKind::Update => matches!(read.instruction, Instruction::Update(_)),
            EntryKind::RollBackToEmbedded => matches!(read.instruction, Instruction::RollBackToEmbedded { .. }),
        };
        if !understood {
            return Err(refused(format!("the {platform} client takes it for something else")));
        }
    }
    Ok(())
}
