//! The mutations: one broken thing each, the rule that it breaks, and where.

use serde_json::Value;

use super::bases::Base;
use super::draft::{Content, Message, Wire};
use super::traffic::FileAnswer;
use super::{cases_assets, cases_directive, cases_manifest, cases_signing, cases_wire};
use crate::Rule;

/// One bad answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Case {
    pub(super) name: &'static str,
    pub(super) base: Base,
    /// What is changed, in words.
    pub(super) what: &'static str,
    pub(super) rule: Rule,
    pub(super) on: On,
    pub(super) change: Change,
}

/// Which platform refuses by the case's rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum On {
    Both,
    /// iOS accepts.
    AndroidOnly,
    /// Android accepts.
    IosOnly,
    /// iOS refuses too, by this rule.
    AndroidBut(Rule),
    /// Android refuses too, by this rule.
    IosBut(Rule),
}

/// Where the change is made. What lies above is signed or rendered afterwards, so it stays valid.
#[derive(Debug, Clone, Copy)]
pub(super) enum Change {
    /// In what is signed.
    Content(fn(&mut Content)),
    /// In the signed parts and their headers.
    Wire(fn(&mut Wire)),
    /// In the bytes.
    Message(fn(&mut Message)),
    /// In the answers to the asset requests.
    Files(fn(&mut Vec<FileAnswer>)),
}

/// All of them.
pub(super) fn all() -> Vec<Case> {
    [cases_wire::CASES, cases_directive::CASES, cases_signing::CASES, cases_manifest::CASES, cases_assets::CASES]
        .concat()
}

impl Case {
    pub(super) fn message(&self) -> Message {
        let mut content = self.base.content();
        if let Change::Content(change) = self.change {
            change(&mut content);
        }
        let mut wire = self.base.wire(&content);
        if let Change::Wire(change) = self.change {
            change(&mut wire);
        }
        let mut message = wire.render();
        if let Change::Message(change) = self.change {
            change(&mut message);
        }
        message
    }

    /// The answers to the asset requests, where they are what is broken.
    pub(super) fn files(&self) -> Option<Vec<FileAnswer>> {
        let Change::Files(change) = self.change else { return None };
        let mut files = FileAnswer::all_good();
        change(&mut files);
        Some(files)
    }
}

/// The manifest, to be changed.
pub(super) fn manifest(content: &mut Content) -> &mut Value {
    content.manifest.as_mut().expect("a base with a manifest")
}

/// The directive, to be changed.
pub(super) fn directive(content: &mut Content) -> &mut Value {
    content.directive.as_mut().expect("a base with a directive")
}

/// Removes the field that the pointer names.
pub(super) fn remove(json: &mut Value, pointer: &str) {
    let (parent, field) = pointer.rsplit_once('/').expect("a pointer");
    let parent = json.pointer_mut(parent).and_then(Value::as_object_mut).expect("an object");
    assert!(parent.remove(field).is_some(), "{pointer} is not there");
}

/// Sets the field that the pointer names.
pub(super) fn set(json: &mut Value, pointer: &str, value: Value) {
    let (parent, field) = pointer.rsplit_once('/').expect("a pointer");
    let parent = json.pointer_mut(parent).and_then(Value::as_object_mut).expect("an object");
    parent.insert(String::from(field), value);
}
