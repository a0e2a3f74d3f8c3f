//! app.json as a text that people wrote.

mod text;

pub(crate) use text::{JsonText, NotEditable};
