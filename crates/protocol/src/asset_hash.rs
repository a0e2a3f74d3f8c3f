//! An asset's hash as the manifest spells it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The SHA-256 of an asset as a manifest names it: base64url without padding, 43 characters (protocol.md §3).
pub fn asset_hash(sha256: &[u8; 32]) -> String {
    URL_SAFE_NO_PAD.encode(sha256)
}

/// The SHA-256 back from [`asset_hash`]'s form; none for any other text, non-canonical last characters included.
pub fn parse_asset_hash(text: &str) -> Option<[u8; 32]> {
    URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::{asset_hash, parse_asset_hash};

    #[test]
    fn spells_the_hash_of_nothing_as_openssl_and_base64_do() {
        let sha256_of_nothing = [
            0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27, 0xae,
            0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
        ];
        let text = asset_hash(&sha256_of_nothing);
        assert_eq!(text, "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU");
        assert_eq!(parse_asset_hash(&text), Some(sha256_of_nothing));
    }

    #[test]
    fn refuses_what_is_not_43_url_safe_characters() {
        for text in [
            "",
            "47DEQpj8HBSa",
            "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU=",
            "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU",
            "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFV",
            "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFUA",
        ] {
            assert_eq!(parse_asset_hash(text), None, "{text}");
        }
    }
}
