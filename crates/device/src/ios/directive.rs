//! iOS' reading of a directive: `parseDirectiveResponsePartInfo`, `UpdateDirective.fromJSONData`.

use serde_json::{Map, Value};

use super::SignedPart;
use super::json::Fields;
use super::manifest::parse_object;
use crate::answer::{App, Instruction};
use crate::code_signing;
use crate::date;
use crate::refusal::{Law, Refusal, quote};
use crate::rule::Rule;

/// Reads and verifies a directive.
pub(super) fn read(part: SignedPart<'_>, chain: Option<&str>, app: &App<'_>) -> Result<Instruction, Refusal> {
    let law = app.law;
    let verified = code_signing::verify(app, part.signature, part.body, chain)?;
    let json = parse_object(part.body, Rule::DirectiveIsJson, "the directive", law)?;
    let fields = Fields { object: &json, path: "directive", law };
    let (project, scope_key) = read_signing_info(&fields)?.unzip();
    let instruction = match fields.required_text("type", Rule::DirectiveTypeIsPresent)? {
        "noUpdateAvailable" => Instruction::NoUpdateAvailable,
        "rollBackToEmbedded" => Instruction::RollBackToEmbedded { commit_time_ms: read_commit_time(&fields, app)? },
        kind => {
            law.refuse(Rule::DirectiveTypeIsKnown, format!("the directive's type is {}", quote(kind)))?;
            Instruction::NoUpdateAvailable
        }
    };
    verified.require_project((project, scope_key), law)?;
    Ok(instruction)
}

fn read_signing_info<'a>(directive: &Fields<'a>) -> Result<Option<(&'a str, &'a str)>, Refusal> {
    let law = directive.law;
    let Some(extra) = directive.optional_object("extra")? else { return Ok(None) };
    let Some(info) = nested(extra, "directive.extra", law).optional_object("signingInfo")? else { return Ok(None) };
    let info = nested(info, "directive.extra.signingInfo", law);
    Ok(Some((
        info.required_text("projectId", Rule::SigningInfoIsComplete)?,
        info.required_text("scopeKey", Rule::SigningInfoIsComplete)?,
    )))
}

fn read_commit_time(directive: &Fields<'_>, app: &App<'_>) -> Result<i64, Refusal> {
    let law = directive.law;
    let Some(parameters) = directive.required_object("parameters", Rule::CommitTimeIsPresent)? else {
        return Ok(app.now_ms);
    };
    let text =
        nested(parameters, "directive.parameters", law).required_text("commitTime", Rule::CommitTimeIsPresent)?;
    let commit_time_ms = date::parse(text);
    law.require(Rule::CommitTimeIsInPattern, commit_time_ms.is_some(), || {
        format!("commitTime is {}, not of the form 2026-01-31T09:00:00.000Z", quote(text))
    })?;
    Ok(commit_time_ms.unwrap_or(app.now_ms))
}

fn nested<'a>(object: &'a Map<String, Value>, path: &'a str, law: Law) -> Fields<'a> {
    Fields { object, path, law }
}
