//! The one form of an instant that both platforms read as it was meant.
//!
//! Android's `SimpleDateFormat("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'")` takes any number of digits for milliseconds and rolls a
//! 13th month over into the next year; its other pattern quotes the `X`, so an offset never matches. iOS' formatter
//! gives nothing for what it cannot read, and the nothing is unwrapped. So only the exact pattern passes.

/// Milliseconds since 1970 for exactly `2026-01-31T09:00:00.000Z` with a date and time that exist.
pub(crate) fn parse(text: &str) -> Option<i64> {
    const PATTERN: &[u8] = b"0000-00-00T00:00:00.000Z";
    let bytes = text.as_bytes();
    let fits = bytes.len() == PATTERN.len()
        && bytes
            .iter()
            .zip(PATTERN)
            .all(|(byte, form)| if *form == b'0' { byte.is_ascii_digit() } else { byte == form });
    if !fits {
        return None;
    }
    let number =
        |from: usize, to: usize| bytes[from..to].iter().fold(0_i64, |sum, digit| sum * 10 + i64::from(digit - b'0'));
    let (year, month, day) = (number(0, 4), number(5, 7), number(8, 10));
    let (hour, minute, second) = (number(11, 13), number(14, 16), number(17, 19));
    let exists = (1..=12).contains(&month)
        && (1..=days_of_month(year, month)).contains(&day)
        && hour < 24
        && minute < 60
        && second < 60;
    exists.then(|| {
        let seconds = ((days_since_1970(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
        seconds * 1000 + number(20, 23)
    })
}

fn days_of_month(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let leap_days_before =
        |year: i64| (year - 1).div_euclid(4) - (year - 1).div_euclid(100) + (year - 1).div_euclid(400);
    let whole_years = (year - 1970) * 365 + leap_days_before(year) - leap_days_before(1970);
    let whole_months: i64 = (1..month).map(|earlier| days_of_month(year, earlier)).sum();
    whole_years + whole_months + day - 1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::parse;

    #[test]
    fn knows_instants_that_date_printed() {
        // `date -u -d <text> +%s`
        for (text, seconds) in [
            ("1970-01-01T00:00:00.000Z", 0),
            ("2026-01-31T09:00:00.000Z", 1_769_850_000),
            ("2000-02-29T23:59:59.000Z", 951_868_799),
            ("2100-03-01T00:00:00.000Z", 4_107_542_400),
            ("1969-12-31T23:59:59.000Z", -1),
            ("0001-01-01T00:00:00.000Z", -62_135_596_800),
        ] {
            assert_eq!(parse(text), Some(seconds * 1000), "{text}");
        }
        assert_eq!(parse("2026-01-31T09:00:00.123Z"), Some(1_769_850_000_123));
    }

    #[test]
    fn refuses_every_other_form() {
        for text in [
            "",
            "2026-01-31T09:00:00Z",
            "2026-01-31T09:00:00.0Z",
            "2026-01-31T09:00:00.000000Z",
            "2026-01-31T09:00:00.000+00:00",
            "2026-01-31T09:00:00.000z",
            "2026-01-31 09:00:00.000Z",
            "2026-13-01T09:00:00.000Z",
            "2026-02-29T09:00:00.000Z",
            "2026-01-31T24:00:00.000Z",
            "2026-01-31T09:60:00.000Z",
            "2026-01-31T09:00:60.000Z",
            "2026-00-10T09:00:00.000Z",
            "2026-01-31T09:00:00.000X",
            " 2026-01-31T09:00:00.000Z",
            "+026-01-31T09:00:00.000Z",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn agrees_with_the_printer_of_the_protocol_room(millis in -62_135_596_800_000_i64..253_402_300_800_000) {
            let printed = protocol::Timestamp::from_millis(millis).unwrap().to_string();
            prop_assert_eq!(parse(&printed), Some(millis));
        }

        #[test]
        fn never_panics(text in any::<String>()) {
            let _ = parse(&text);
        }
    }
}
