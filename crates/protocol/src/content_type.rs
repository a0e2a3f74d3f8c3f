//! Content types of assets: from a list by file extension, never from what a publisher claims.
//!
//! The client never reads them (protocol.md §3). They are for CDNs and for people, and they must not turn the asset host
//! into a place that serves somebody's HTML: what a browser would run or render as a document is not on the list, except
//! for the bundle's own type and SVG, which the delivery's content-security-policy sandboxes.

/// The bundle, whatever its format: Expo's own name for Hermes bytecode too.
pub const LAUNCH_ASSET: &str = "application/javascript";
/// Everything that is not on the list.
pub const UNKNOWN: &str = "application/octet-stream";

/// Extensions, type, and whether the bytes are worth compressing again.
const TYPES: [(&[&str], &str, bool); 41] = [
    (&["js", "hbc", "bundle"], LAUNCH_ASSET, true),
    (&["png"], "image/png", false),
    (&["jpg", "jpeg"], "image/jpeg", false),
    (&["webp"], "image/webp", false),
    (&["gif"], "image/gif", false),
    (&["avif"], "image/avif", false),
    (&["heic"], "image/heic", false),
    (&["heif"], "image/heif", false),
    (&["bmp"], "image/bmp", true),
    (&["ico"], "image/x-icon", true),
    (&["tif", "tiff"], "image/tiff", false),
    (&["psd"], "image/vnd.adobe.photoshop", false),
    (&["svg"], "image/svg+xml", true),
    (&["ttf"], "font/ttf", true),
    (&["otf"], "font/otf", true),
    (&["ttc"], "font/collection", true),
    (&["woff"], "font/woff", false),
    (&["woff2"], "font/woff2", false),
    (&["json"], "application/json", true),
    (&["css"], "text/css", true),
    (&["csv"], "text/csv", true),
    (&["txt", "md"], "text/plain", true),
    (&["wasm"], "application/wasm", true),
    (&["sqlite", "sqlite3", "db"], "application/vnd.sqlite3", true),
    (&["gltf"], "model/gltf+json", true),
    (&["glb"], "model/gltf-binary", true),
    (&["obj"], "model/obj", true),
    (&["lottie"], "application/zip+dotlottie", false),
    (&["zip"], "application/zip", false),
    (&["gz"], "application/gzip", false),
    (&["pdf"], "application/pdf", false),
    (&["mp3"], "audio/mpeg", false),
    (&["m4a"], "audio/mp4", false),
    (&["aac"], "audio/aac", false),
    (&["ogg", "oga", "opus"], "audio/ogg", false),
    (&["flac"], "audio/flac", false),
    (&["wav"], "audio/wav", false),
    (&["mp4", "m4v"], "video/mp4", false),
    (&["mov"], "video/quicktime", false),
    (&["webm"], "video/webm", false),
    (&["avi"], "video/x-msvideo", false),
];

/// The type for a file extension, with or without its dot, in any case.
pub fn for_extension(extension: &str) -> &'static str {
    let extension = extension.strip_prefix('.').unwrap_or(extension);
    TYPES
        .iter()
        .find(|(extensions, ..)| extensions.iter().any(|known| known.eq_ignore_ascii_case(extension)))
        .map_or(UNKNOWN, |(_, content_type, _)| content_type)
}

/// Whether a compressed variant of such a file is worth trying: never for what is compressed already.
///
/// Unknown bytes are tried (3D models, databases and the HTML of DOM components are among them); a variant that does not
/// come out smaller is not kept. A type that this list does not know, from an older server's rows, is not tried.
pub fn is_compressible(content_type: &str) -> bool {
    content_type == UNKNOWN || TYPES.iter().any(|(_, known, compressible)| *known == content_type && *compressible)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{LAUNCH_ASSET, TYPES, UNKNOWN, for_extension, is_compressible};

    #[test]
    fn knows_what_apps_ship_and_serves_no_document() {
        for (extension, expected, compressible) in [
            ("png", "image/png", false),
            (".png", "image/png", false),
            ("PNG", "image/png", false),
            ("jpeg", "image/jpeg", false),
            ("svg", "image/svg+xml", true),
            ("ttf", "font/ttf", true),
            ("otf", "font/otf", true),
            ("woff2", "font/woff2", false),
            ("json", "application/json", true),
            ("lottie", "application/zip+dotlottie", false),
            ("mp3", "audio/mpeg", false),
            ("mp4", "video/mp4", false),
            ("pdf", "application/pdf", false),
            ("hbc", LAUNCH_ASSET, true),
            ("html", UNKNOWN, true),
            ("htm", UNKNOWN, true),
            ("xhtml", UNKNOWN, true),
            ("xml", UNKNOWN, true),
            ("", UNKNOWN, true),
            (".", UNKNOWN, true),
            ("..png", UNKNOWN, true),
            ("nonsense", UNKNOWN, true),
        ] {
            let found = for_extension(extension);
            assert_eq!(found, expected, "{extension:?}");
            assert_eq!(is_compressible(found), compressible, "{extension:?}");
        }
        assert!(!is_compressible("image/somethingnew"));
        assert!(!is_compressible(""));
    }

    #[test]
    fn what_is_compressed_already_is_not_compressed_again() {
        let raw_pictures = ["image/svg+xml", "image/bmp", "image/x-icon"];
        let packed = [
            "font/woff",
            "font/woff2",
            "application/zip",
            "application/zip+dotlottie",
            "application/gzip",
            "application/pdf",
        ];
        for (_, content_type, _) in TYPES {
            let is_media = ["image/", "audio/", "video/"].iter().any(|family| content_type.starts_with(family));
            let expected = raw_pictures.contains(&content_type) || !(is_media || packed.contains(&content_type));
            assert_eq!(is_compressible(content_type), expected, "{content_type}");
        }
    }

    #[test]
    fn the_list_names_nothing_twice_and_in_lower_case() {
        let mut extensions = BTreeSet::new();
        let mut types = BTreeSet::new();
        for (known, content_type, _) in TYPES {
            assert!(types.insert(content_type), "{content_type}");
            for extension in known {
                assert!(extensions.insert(*extension), "{extension}");
                assert_eq!(*extension, extension.to_ascii_lowercase());
            }
        }
        assert!(!types.iter().any(|content_type| content_type.contains("html") || *content_type == "text/xml"));
    }
}
