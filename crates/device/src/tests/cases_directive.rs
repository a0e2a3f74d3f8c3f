//! Bad directives, rightly signed, and bodies that are no JSON object.

use serde_json::{Value, json};

use super::bases::Base::{Multipart, NoUpdate, RollBack, UnsignedBare};
use super::cases::Change::{Content, Wire};
use super::cases::On::Both;
use super::cases::{Case, directive, set};
use crate::Rule;

pub(super) const CASES: &[Case] = &[
    Case {
        name: "manifest-is-array",
        base: Multipart,
        what: "the manifest is a JSON array",
        rule: Rule::ManifestIsJson,
        on: Both,
        change: Content(|content| content.manifest = Some(json!([]))),
    },
    Case {
        name: "manifest-cut-off",
        base: UnsignedBare,
        what: "the manifest's last brace is missing",
        rule: Rule::ManifestIsJson,
        on: Both,
        change: Wire(|wire| {
            wire.bare().pop();
        }),
    },
    Case {
        name: "directive-is-array",
        base: NoUpdate,
        what: "the directive is a JSON array",
        rule: Rule::DirectiveIsJson,
        on: Both,
        change: Content(|content| content.directive = Some(json!(["noUpdateAvailable"]))),
    },
    Case {
        name: "directive-without-type",
        base: NoUpdate,
        what: "the directive has no type",
        rule: Rule::DirectiveTypeIsPresent,
        on: Both,
        change: Content(|content| content.directive = Some(json!({}))),
    },
    Case {
        name: "directive-of-unknown-type",
        base: NoUpdate,
        what: "the directive's type is one that no client knows",
        rule: Rule::DirectiveTypeIsKnown,
        on: Both,
        change: Content(|content| content.directive = Some(json!({"type": "restart"}))),
    },
    Case {
        name: "directive-extra-null",
        base: NoUpdate,
        what: "the directive's extra is null",
        rule: Rule::OptionalFieldIsNotNull,
        on: Both,
        change: Content(|content| set(directive(content), "/extra", Value::Null)),
    },
    Case {
        name: "roll-back-without-parameters",
        base: RollBack,
        what: "rollBackToEmbedded has no parameters",
        rule: Rule::CommitTimeIsPresent,
        on: Both,
        change: Content(|content| content.directive = Some(json!({"type": "rollBackToEmbedded"}))),
    },
    Case {
        name: "roll-back-without-commit-time",
        base: RollBack,
        what: "rollBackToEmbedded has no commitTime",
        rule: Rule::CommitTimeIsPresent,
        on: Both,
        change: Content(|content| set(directive(content), "/parameters", json!({}))),
    },
    Case {
        name: "roll-back-commit-time-without-fraction",
        base: RollBack,
        what: "commitTime has no fraction digits",
        rule: Rule::CommitTimeIsInPattern,
        on: Both,
        change: Content(|content| {
            set(directive(content), "/parameters/commitTime", json!("2026-01-31T09:00:00Z"));
        }),
    },
    Case {
        name: "directive-signing-info-incomplete",
        base: NoUpdate,
        what: "extra.signingInfo has no scopeKey",
        rule: Rule::SigningInfoIsComplete,
        on: Both,
        change: Content(|content| {
            set(directive(content), "/extra", json!({"signingInfo": {"projectId": "p"}}));
        }),
    },
];
