//! One line: JSON, written by hand, because a general serializer takes as long for it as the check itself took.

use std::borrow::Borrow;
use std::io::Write;

use delivery::record::{CheckRecord, Named};
use model::Millis;
use uuid::Uuid;

/// Lines that wait to be written. `served` and `reason` say what was answered and why, `duration_us` how long it took.
#[derive(Default)]
pub(super) struct Lines {
    text: Vec<u8>,
    second: Second,
}

/// The text of the second that the last line fell into: nearly always also that of the next.
#[derive(Default)]
struct Second {
    seconds: Option<i64>,
    /// `2026-01-31T09:00:00.`
    text: String,
}

impl Lines {
    pub(super) fn text(&self) -> &[u8] {
        &self.text
    }

    pub(super) fn clear(&mut self) {
        self.text.clear();
    }

    pub(super) fn add(&mut self, record: &CheckRecord) {
        self.text.extend_from_slice(b"{\"at\":\"");
        self.instant(record.at);
        self.text.extend_from_slice(b"\",\"app\":");
        self.name(Some(&record.app));
        // Writing to memory does not fail.
        let _ = write!(self.text, ",\"ip\":\"{}\"", record.ip);
        self.text.extend_from_slice(b",\"platform\":");
        self.plain(record.platform.map(model::Platform::as_str));
        self.text.extend_from_slice(b",\"runtime_version\":");
        self.name(record.runtime_version.as_ref());
        self.text.extend_from_slice(b",\"channel\":");
        self.name(record.channel.as_ref());
        self.text.extend_from_slice(b",\"device\":");
        self.id(record.device);
        self.text.extend_from_slice(b",\"current\":");
        self.id(record.current.map(|update| update.0));
        self.text.extend_from_slice(b",\"served\":");
        self.id(record.served.map(|update| update.0));
        self.text.extend_from_slice(b",\"reason\":");
        self.plain(Some(record.reason));
        let _ = writeln!(self.text, ",\"status\":{},\"duration_us\":{}}}", record.status, record.duration.as_micros());
    }

    /// Stands where records are missing.
    pub(super) fn add_dropped(&mut self, count: u64) {
        let _ = writeln!(self.text, "{{\"dropped_checks\":{count}}}");
    }

    fn instant(&mut self, at: Millis) {
        let (seconds, millis) = (at.0.div_euclid(1000), at.0.rem_euclid(1000));
        if self.second.seconds != Some(seconds) {
            let mut text = publishing::instant(Millis(seconds * 1000)).unwrap_or_default();
            text.truncate(text.len().saturating_sub(4));
            self.second = Second { seconds: Some(seconds), text };
        }
        self.text.extend_from_slice(self.second.text.as_bytes());
        let digit = |value: i64| b'0' + u8::try_from(value % 10).unwrap_or_default();
        self.text.extend_from_slice(&[digit(millis / 100), digit(millis / 10), digit(millis), b'Z']);
    }

    /// A name that somebody chose.
    fn name<T: Borrow<str>>(&mut self, name: Option<&Named<T>>) {
        let Some(name) = name.map(Named::as_str) else { return self.plain(None) };
        if name.bytes().all(|byte| (b' '..=b'~').contains(&byte) && byte != b'"' && byte != b'\\') {
            self.plain(Some(name));
        } else {
            let _ = serde_json::to_writer(&mut self.text, name);
        }
    }

    /// Text in which nothing needs to be escaped.
    fn plain(&mut self, text: Option<&str>) {
        match text {
            None => self.text.extend_from_slice(b"null"),
            Some(text) => {
                self.text.push(b'"');
                self.text.extend_from_slice(text.as_bytes());
                self.text.push(b'"');
            }
        }
    }

    fn id(&mut self, id: Option<Uuid>) {
        let mut text = [0; uuid::fmt::Hyphenated::LENGTH];
        self.plain(id.map(|id| &*id.as_hyphenated().encode_lower(&mut text)));
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv6Addr};
    use std::time::Duration;

    use delivery::record::{CheckRecord, Named};
    use model::{AppSlug, ChannelName, Millis, Platform, UpdateId};
    use serde_json::{Value, json};
    use uuid::Uuid;

    use super::Lines;

    fn record(at: i64) -> CheckRecord {
        CheckRecord {
            at: Millis(at),
            app: Named::Known(AppSlug::parse("default").unwrap()),
            ip: IpAddr::V6(Ipv6Addr::LOCALHOST),
            platform: Some(Platform::Ios),
            runtime_version: Some(Named::Sent("1.0 \"\u{e4}\\\n\u{7f}".into())),
            channel: Some(Named::Known(ChannelName::parse("production").unwrap())),
            device: Some(Uuid::from_u128(0xABCD)),
            current: None,
            served: Some(UpdateId(Uuid::from_u128(7))),
            reason: "served_update",
            status: 200,
            duration: Duration::from_nanos(12_999),
        }
    }

    #[test]
    fn a_line_is_json_whatever_a_device_sends() {
        let mut lines = Lines::default();
        lines.add(&record(1_769_850_000_007));
        let expected = json!({
            "at": "2026-01-31T09:00:00.007Z",
            "app": "default",
            "ip": "::1",
            "platform": "ios",
            "runtime_version": "1.0 \"\u{e4}\\\n\u{7f}",
            "channel": "production",
            "device": "00000000-0000-0000-0000-00000000abcd",
            "current": null,
            "served": "00000000-0000-0000-0000-000000000007",
            "reason": "served_update",
            "status": 200,
            "duration_us": 12,
        });
        let line: Value = serde_json::from_slice(lines.text()).unwrap();
        assert_eq!(line, expected);
        assert_eq!(lines.text().split(|byte| *byte == b'\n').count(), 2, "one line, ended");
    }

    #[test]
    fn every_instant_is_its_own_also_backwards_and_before_1970() {
        for at in [1_769_850_000_999, 1_769_850_001_000, 1_769_850_000_990, -1, 0] {
            let mut lines = Lines::default();
            lines.add(&record(1_769_850_000_999));
            lines.clear();
            lines.add(&record(at));
            let line: Value = serde_json::from_slice(lines.text()).unwrap();
            assert_eq!(line["at"], publishing::instant(Millis(at)).unwrap(), "{at}");
        }
    }
}
