//! Comma-separated names with weights, as `accept` and `accept-encoding` have them (RFC 9110 §12.4.2).

/// A weight of 1. Weights have three decimals at most, so thousandths are exact.
pub(crate) const FULL_WEIGHT: u16 = 1000;

/// One member, its parameters other than `q` left out.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Weighted<'v> {
    pub(crate) name: &'v [u8],
    /// In thousandths.
    pub(crate) weight: u16,
}

/// The members of one header line. Empty members are skipped, as RFC 9110 §5.6.1.2 asks.
pub(crate) fn members(line: &[u8]) -> impl Iterator<Item = Weighted<'_>> {
    Split { rest: Some(line), separator: b',' }.filter_map(|member| {
        let mut segments = Split { rest: Some(member), separator: b';' };
        let name = segments.next()?.trim_ascii();
        if name.is_empty() {
            return None;
        }
        // A weight that cannot be read is left aside rather than the member: a device must not get another shape, or
        // none, because of a typo in a proxy.
        let weight = segments.find_map(read_weight).unwrap_or(FULL_WEIGHT);
        Some(Weighted { name, weight })
    })
}

/// The thousandths of a parameter `q=0.5`. A missing zero (`q=.5`) is read too: old Java clients send it.
fn read_weight(parameter: &[u8]) -> Option<u16> {
    let (name, value) = parameter.split_at_checked(parameter.iter().position(|byte| *byte == b'=')?)?;
    if !name.trim_ascii().eq_ignore_ascii_case(b"q") {
        return None;
    }
    let value = value[1..].trim_ascii();
    let (whole, decimals) = match value.iter().position(|byte| *byte == b'.') {
        Some(point) => (&value[..point], &value[point + 1..]),
        None => (value, &[][..]),
    };
    let whole = match whole {
        b"1" => FULL_WEIGHT,
        b"0" => 0,
        b"" if !decimals.is_empty() => 0,
        _ => return None,
    };
    if decimals.len() > 3 || !decimals.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let thousandths =
        [100, 10, 1].iter().zip(decimals).map(|(place, digit)| place * u16::from(digit - b'0')).sum::<u16>();
    (whole + thousandths <= FULL_WEIGHT).then_some(whole + thousandths)
}

/// Splits at a separator that stands outside double quotes.
struct Split<'v> {
    rest: Option<&'v [u8]>,
    separator: u8,
}

impl<'v> Iterator for Split<'v> {
    type Item = &'v [u8];

    fn next(&mut self) -> Option<&'v [u8]> {
        let rest = self.rest.take()?;
        let (mut quoted, mut escaped) = (false, false);
        for (at, byte) in rest.iter().enumerate() {
            match byte {
                _ if escaped => escaped = false,
                b'\\' if quoted => escaped = true,
                b'"' => quoted = !quoted,
                _ if !quoted && *byte == self.separator => {
                    self.rest = Some(&rest[at + 1..]);
                    return Some(&rest[..at]);
                }
                _ => {}
            }
        }
        Some(rest)
    }
}

#[cfg(test)]
mod tests {
    use super::{Weighted, members};

    #[test]
    fn reads_names_and_weights() {
        type Names = &'static [(&'static str, u16)];
        let cases: [(&[u8], Names); 12] = [
            (b"a", &[("a", 1000)]),
            (b"a,b", &[("a", 1000), ("b", 1000)]),
            (b" a ; q = 0.5 ,\tb;q=1.000", &[("a", 500), ("b", 1000)]),
            (b"a;Q=0.125;x=y", &[("a", 125)]),
            (b"a;level=1;q=0", &[("a", 0)]),
            (b"a;q=.2", &[("a", 200)]),
            (b"a;x=\"1,2;q=0\",b", &[("a", 1000), ("b", 1000)]),
            (b"a;x=\"\\\",\",b", &[("a", 1000), ("b", 1000)]),
            (b",, ,a,", &[("a", 1000)]),
            (
                b";q=1,a;q=1.5,b;q=abc,c;q=0.1234,d;q=,e;q=.",
                &[("a", 1000), ("b", 1000), ("c", 1000), ("d", 1000), ("e", 1000)],
            ),
            (b"a;q=nonsense;q=0.3", &[("a", 300)]),
            (b"", &[]),
        ];
        for (line, expected) in cases {
            let found: Vec<_> = members(line).collect();
            let expected: Vec<_> =
                expected.iter().map(|(name, weight)| Weighted { name: name.as_bytes(), weight: *weight }).collect();
            assert_eq!(found, expected, "{}", String::from_utf8_lossy(line));
        }
    }
}
