//! When to try again, and when to give up.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use backon::ExponentialBuilder;
use http::HeaderMap;
use http::header::{DATE, RETRY_AFTER};
use jiff::Timestamp;
use jiff::fmt::rfc2822;

use crate::machine;

/// How a request is repeated that a busy or unreachable server did not answer.
#[derive(Clone, Debug)]
pub struct Patience {
    /// How often a request is repeated. What only a proxy did not wait for is not counted: time bounds it.
    pub repeats: usize,
    /// The first wait; each further one is twice as long, with up to as much again at random.
    pub first_wait: Duration,
    /// The longest wait of our own.
    pub longest_wait: Duration,
    /// The longest wait that a server may ask for; who asks for more is given up on at once.
    pub longest_asked_wait: Duration,
    /// No attempt of one request begins later than this after its first one.
    pub longest_in_all: Duration,
    /// How waiting is done.
    pub pause: Pause,
    /// How time is told.
    pub clock: Clock,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            repeats: 6,
            first_wait: Duration::from_millis(500),
            longest_wait: Duration::from_secs(15),
            longest_asked_wait: Duration::from_secs(90),
            longest_in_all: Duration::from_mins(20),
            pause: Pause::new(|wait| Box::pin(tokio::time::sleep(wait))),
            clock: machine::stopwatch(),
        }
    }
}

impl Patience {
    /// For what somebody waits for who only wants to know how the server is: one more attempt, and within a minute.
    pub fn brief() -> Self {
        Self {
            repeats: 1,
            longest_asked_wait: Duration::from_secs(5),
            longest_in_all: Duration::from_mins(1),
            ..Self::default()
        }
    }

    pub(crate) fn schedule(&self) -> ExponentialBuilder {
        ExponentialBuilder::default()
            .with_min_delay(self.first_wait)
            .with_max_delay(self.longest_wait)
            .without_max_times()
            .with_jitter()
    }

    /// The next wait, from our own (none when the repeats are used up) and the one that the server asked for.
    pub(crate) fn next_wait(&self, own: Option<Duration>, asked: Option<Duration>) -> Option<Duration> {
        let asked = asked.unwrap_or_default();
        own.filter(|_| asked <= self.longest_asked_wait).map(|own| own.max(asked))
    }
}

/// A way of waiting; tests hand in one that does not.
#[derive(Clone)]
pub struct Pause(Arc<Wait>);

type Wait = dyn Fn(Duration) -> Waiting + Send + Sync;
type Waiting = Pin<Box<dyn Future<Output = ()> + Send>>;

impl Pause {
    /// Waits by calling this.
    pub fn new(wait: impl Fn(Duration) -> Waiting + Send + Sync + 'static) -> Self {
        Self(Arc::new(wait))
    }

    pub(crate) fn wait(&self, wait: Duration) -> Waiting {
        (self.0)(wait)
    }
}

impl fmt::Debug for Pause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pause")
    }
}

/// How long it is since some instant; tests hand in one that they wind.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Duration + Send + Sync>);

impl Clock {
    /// Tells time by calling this, which never goes back.
    pub fn new(passed: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        Self(Arc::new(passed))
    }

    pub(crate) fn passed(&self) -> Duration {
        (self.0)()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}

/// What `retry-after` asks for: seconds, or a date, which is compared with the answer's own `date`, so that no clock of
/// ours takes part.
pub(crate) fn asked_wait(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let then = http_date(text)?;
    let now = http_date(headers.get(DATE)?.to_str().ok()?)?;
    Some(Duration::try_from(then.duration_since(now)).unwrap_or_default())
}

fn http_date(text: &str) -> Option<Timestamp> {
    rfc2822::DateTimeParser::new().parse_timestamp(text).ok()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::{HeaderMap, HeaderValue};

    use super::{Patience, asked_wait};

    #[test]
    fn reads_seconds_and_dates() {
        let date = "Sun, 06 Nov 1994 08:49:37 GMT";
        for (retry_after, expected) in [
            ("0", Some(0)),
            ("120", Some(120)),
            (" 7 ", Some(7)),
            ("Sun, 06 Nov 1994 08:50:07 GMT", Some(30)),
            ("Sun, 06 Nov 1994 08:00:00 GMT", Some(0)),
            ("soon", None),
            ("-1", None),
            ("1.5", None),
            ("", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("date", HeaderValue::from_static(date));
            headers.insert("retry-after", HeaderValue::from_static(retry_after));
            assert_eq!(asked_wait(&headers), expected.map(Duration::from_secs), "{retry_after:?}");
        }
        let mut without_date = HeaderMap::new();
        without_date.insert("retry-after", HeaderValue::from_static(date));
        assert_eq!(asked_wait(&without_date), None);
        assert_eq!(asked_wait(&HeaderMap::new()), None);
    }

    #[test]
    fn the_longer_wait_counts_up_to_a_limit() {
        let patience = Patience::default();
        let seconds = Duration::from_secs;
        assert_eq!(patience.next_wait(Some(seconds(2)), None), Some(seconds(2)));
        assert_eq!(patience.next_wait(Some(seconds(2)), Some(seconds(1))), Some(seconds(2)));
        assert_eq!(patience.next_wait(Some(seconds(2)), Some(seconds(30))), Some(seconds(30)));
        assert_eq!(patience.next_wait(Some(seconds(2)), Some(seconds(91))), None);
        assert_eq!(patience.next_wait(None, Some(seconds(1))), None);
    }
}
