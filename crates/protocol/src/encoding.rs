//! Which stored variant of an asset is sent, from `accept-encoding` (RFC 9110 §12.5.3; protocol.md §6).

use std::cmp::Reverse;
use std::fmt;

use http::HeaderMap;
use http::header::ACCEPT_ENCODING;

use crate::weighted_list;

/// How a stored variant of an asset is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Encoding {
    /// As it is.
    Identity,
    /// `gzip`
    Gzip,
    /// `br`
    Brotli,
    /// `zstd`
    Zstd,
}

impl Encoding {
    /// All, the plain one first.
    pub const ALL: [Self; 4] = [Self::Identity, Self::Gzip, Self::Brotli, Self::Zstd];

    /// The name in `accept-encoding` and `content-encoding`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Gzip => "gzip",
            Self::Brotli => "br",
            Self::Zstd => "zstd",
        }
    }

    /// The reverse of [`Encoding::as_str`], in any case; `x-gzip` is gzip (RFC 9110 §8.4.1.3).
    pub fn parse(name: &str) -> Option<Self> {
        Self::read(name.as_bytes())
    }

    fn read(name: &[u8]) -> Option<Self> {
        if name.eq_ignore_ascii_case(b"x-gzip") {
            return Some(Self::Gzip);
        }
        Self::ALL.into_iter().find(|encoding| encoding.as_str().as_bytes().eq_ignore_ascii_case(name))
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A stored variant of an asset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variant {
    /// How it is encoded.
    pub encoding: Encoding,
    /// Its length in bytes.
    pub size: u64,
}

/// The variant to send: of those with the highest weight the smallest.
///
/// [`Encoding::Identity`] is always on offer, listed or not. A variant that is not smaller than the plain bytes is never
/// sent where the client takes those. When the client excludes everything (`identity;q=0` and no other match) it gets the
/// plain bytes all the same: it may well use them, while an error loses it the update (protocol.md §6). Without
/// `accept-encoding` nothing is encoded, though RFC 9110 would allow it.
pub fn choose(headers: &HeaderMap, variants: &[Variant]) -> Encoding {
    let mut weights = Weights::default();
    for line in headers.get_all(ACCEPT_ENCODING) {
        weights.hear(line.as_bytes());
    }
    let plain_size = variants.iter().find(|variant| variant.encoding == Encoding::Identity).map(|plain| plain.size);
    let plain_weight = weights.said(Encoding::Identity).unwrap_or(NOT_MENTIONED);
    let size_to_beat = if plain_weight == EXCLUDED { u64::MAX } else { plain_size.unwrap_or(u64::MAX) };
    variants
        .iter()
        .filter(|variant| variant.encoding != Encoding::Identity && variant.size < size_to_beat)
        .filter_map(|variant| Some((weights.said(variant.encoding)?, variant)))
        .filter(|(weight, _)| *weight > EXCLUDED && *weight >= plain_weight)
        .max_by_key(|(weight, variant)| (*weight, Reverse((variant.size, variant.encoding))))
        .map_or(Encoding::Identity, |(_, variant)| variant.encoding)
}

const EXCLUDED: u16 = 0;
/// Plain bytes that the header does not mention are acceptable, and lose to whatever it does mention.
const NOT_MENTIONED: u16 = 1;

#[derive(Default)]
struct Weights {
    named: [Option<u16>; Encoding::ALL.len()],
    others: Option<u16>,
}

impl Weights {
    fn hear(&mut self, line: &[u8]) {
        for member in weighted_list::members(line) {
            if member.name == b"*" {
                self.others = Some(member.weight);
            } else if let Some(encoding) = Encoding::read(member.name) {
                self.named[encoding as usize] = Some(member.weight);
            }
        }
    }

    fn said(&self, encoding: Encoding) -> Option<u16> {
        self.named[encoding as usize].or(self.others)
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue};
    use proptest::prelude::*;

    use super::{ACCEPT_ENCODING, Encoding, Variant, choose};

    fn accepting(lines: &[&[u8]]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(ACCEPT_ENCODING, HeaderValue::from_bytes(line).unwrap());
        }
        headers
    }

    fn variants(identity: u64, gzip: u64, brotli: u64, zstd: u64) -> [Variant; 4] {
        [
            Variant { encoding: Encoding::Identity, size: identity },
            Variant { encoding: Encoding::Gzip, size: gzip },
            Variant { encoding: Encoding::Brotli, size: brotli },
            Variant { encoding: Encoding::Zstd, size: zstd },
        ]
    }

    #[test]
    fn chooses_by_weight_then_size() {
        use Encoding::{Brotli, Gzip, Identity, Zstd};
        let usual = variants(100, 40, 30, 35);
        for (accept, expected) in [
            ("zstd, br, gzip", Brotli),
            ("br, gzip", Brotli),
            ("gzip, deflate, br", Brotli),
            ("gzip, deflate", Gzip),
            ("x-gzip", Gzip),
            ("X-GZip", Gzip),
            ("GZIP", Gzip),
            ("deflate", Identity),
            ("zstd;q=1.0, br;q=0.9", Zstd),
            ("br;q=0, gzip", Gzip),
            ("gzip;q=0.001", Gzip),
            ("*", Brotli),
            ("*;q=0.5, br;q=0", Zstd),
            ("*;q=0", Identity),
            ("identity", Identity),
            ("identity;q=0.5, gzip", Gzip),
            ("identity, gzip;q=0.5", Identity),
            ("identity, gzip", Gzip),
            ("identity;q=0", Identity),
            ("identity;q=0, gzip", Gzip),
            ("identity;q=0, *;q=0", Identity),
            ("br;q=0.5, deflate", Brotli),
            ("", Identity),
        ] {
            assert_eq!(choose(&accepting(&[accept.as_bytes()]), &usual), expected, "{accept:?}");
        }
        assert_eq!(choose(&HeaderMap::new(), &usual), Identity);
        assert_eq!(choose(&accepting(&[b"gzip", b"br"]), &usual), Brotli);
    }

    #[test]
    fn sends_no_variant_that_does_not_save_anything() {
        let all = accepting(&[b"zstd, br, gzip"]);
        assert_eq!(choose(&all, &variants(10, 30, 12, 10)), Encoding::Identity);
        assert_eq!(choose(&all, &variants(10, 9, 12, 10)), Encoding::Gzip);
        assert_eq!(choose(&accepting(&[b"identity;q=0, gzip"]), &variants(10, 30, 12, 10)), Encoding::Gzip);
        assert_eq!(choose(&all, &[]), Encoding::Identity);
        assert_eq!(choose(&all, &[Variant { encoding: Encoding::Brotli, size: 5 }]), Encoding::Brotli);
    }

    proptest! {
        #[test]
        fn any_header_gets_a_variant_that_exists(
            line in prop::collection::vec(prop_oneof![0x20_u8..0x7f, 0x80_u8..=0xff], 0..60),
            sizes in any::<[u64; 4]>(),
            held in 0_usize..=4,
        ) {
            let held = &variants(sizes[0], sizes[1], sizes[2], sizes[3])[..held];
            let chosen = choose(&accepting(&[&line]), held);
            prop_assert!(chosen == Encoding::Identity || held.iter().any(|variant| variant.encoding == chosen));
        }
    }
}
