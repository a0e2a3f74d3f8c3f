//! The tests that need more than one module: bad answers, stories, and the proof that every rule is tested.

mod bases;
mod cases;
mod cases_assets;
mod cases_directive;
mod cases_manifest;
mod cases_signing;
mod cases_wire;
mod deletion;
mod draft;
mod properties;
mod requests;
mod stories;
mod stories_binary;
mod stories_launch;
mod story;
mod traffic;
mod vectors;
