//! `Expo.plist`: the client's settings in an iOS app, as XML or binary.

use std::io::Cursor;

use plist::stream::{Event, Reader};
use protocol::names;

/// What matters of an `Expo.plist`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Settings {
    /// `EXUpdatesRuntimeVersion`
    pub(super) runtime_version: Option<String>,
    /// `expo-channel-name` of `EXUpdatesRequestHeaders`
    pub(super) channel: Option<String>,
}

/// What is wrong with an `Expo.plist`.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// Not a property list.
    #[error(transparent)]
    Plist(#[from] plist::Error),
    /// The client takes nothing but a dictionary.
    #[error("it is not a dictionary")]
    NotADictionary,
    /// A binary one can name one object many times, and so unfold to far more than its size.
    #[error("it unfolds to more than {MOST_EVENTS} values")]
    TooMuch,
}

/// Values and ends of collections. A real one has some dozens.
const MOST_EVENTS: usize = 10_000;

const RUNTIME_VERSION: &str = "EXUpdatesRuntimeVersion";
const REQUEST_HEADERS: &str = "EXUpdatesRequestHeaders";

impl Settings {
    pub(super) fn parse(plist: &[u8]) -> Result<Self, SettingsError> {
        let mut settings = Self::default();
        // The keys on the way to a value; none for the members of arrays, and for a key that is still to come.
        let mut path: Vec<Option<String>> = Vec::new();
        let mut is_dictionary: Vec<bool> = Vec::new();
        for (count, event) in Reader::new(Cursor::new(plist)).enumerate() {
            if count == MOST_EVENTS {
                return Err(SettingsError::TooMuch);
            }
            let event = event?;
            if count == 0 && !matches!(event, Event::StartDictionary(_)) {
                return Err(SettingsError::NotADictionary);
            }
            let expects_key = is_dictionary.last() == Some(&true) && path.last() == Some(&None);
            match event {
                Event::String(key) if expects_key => {
                    if let Some(last) = path.last_mut() {
                        *last = Some(key.into_owned());
                    }
                    continue;
                }
                Event::StartDictionary(_) => {
                    path.push(None);
                    is_dictionary.push(true);
                    continue;
                }
                Event::StartArray(_) => {
                    path.push(None);
                    is_dictionary.push(false);
                    continue;
                }
                Event::EndCollection => {
                    path.pop();
                    is_dictionary.pop();
                }
                Event::String(text) => settings.take(&path, text.into_owned()),
                _ => {}
            }
            // A value is over: the next one of a dictionary has another key.
            if let Some(last) = path.last_mut() {
                *last = None;
            }
        }
        Ok(settings)
    }

    fn take(&mut self, path: &[Option<String>], text: String) {
        let path: Vec<&str> = path.iter().map(|key| key.as_deref().unwrap_or_default()).collect();
        match path[..] {
            [RUNTIME_VERSION] => self.runtime_version = Some(text),
            // The case of a header's name means nothing.
            [REQUEST_HEADERS, name] if name.eq_ignore_ascii_case(names::CHANNEL) => self.channel = Some(text),
            _ => {}
        }
    }
}
