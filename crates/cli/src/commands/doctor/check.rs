//! The one table of what is checked: a stable id, what it means, and what to do about it. It also feeds `docs/doctor.md`.

macro_rules! checks {
    ($($name:ident = $id:literal, $title:literal, $why:literal, $fix:literal;)*) => {
        /// Something that is checked. Ids are stable: programs match on them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Check {
            $(#[doc = $title] $name,)*
        }

        impl Check {
            /// Every check, in the order in which they are made.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The stable id.
            pub const fn id(self) -> &'static str {
                match self { $(Self::$name => $id),* }
            }

            /// What should hold.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title),* }
            }

            /// What happens on phones where it does not.
            pub const fn why(self) -> &'static str {
                match self { $(Self::$name => $why),* }
            }

            /// What to do about it.
            pub const fn fix(self) -> &'static str {
                match self { $(Self::$name => $fix),* }
            }
        }
    };
}

checks! {
    ClientInstalled = "client_installed", "The project has expo-updates, of SDK 55 or later",
        "Without it nothing asks for updates. Updraft's answers are held against the clients of SDK 55 to 57.",
        "run `npx expo install expo-updates`, and build a new binary";
    NativeDirectories = "native_directories", "The native projects are made from the app config",
        "Where ios/ or android/ exists, binaries are built from the settings in there, not from the app config.",
        "run `npx expo prebuild` after each change of the config";
    ConfigReadable = "config_readable", "Expo's own tools evaluate the app config",
        "What cannot be evaluated cannot be built or published either.",
        "run `npx expo config --json` in the project to see what is wrong; `npm ci` installs what it needs";
    Enabled = "updates_enabled", "Updates are not switched off",
        "With `updates.enabled` false the client never asks.",
        "set `updates.enabled` to true, and build a new binary";
    UpdateUrl = "update_url", "`updates.url` is an address",
        "It is baked into the binary. Without it the client never asks.",
        "run `updraft init`";
    Cleartext = "cleartext", "`updates.url` is encrypted, or on this computer",
        "Release builds refuse plain http, on Android and on iOS; and anyone on the way could read along.",
        "put TLS in front of the server, set its `public_url` to the https address, and run `updraft init --force`";
    PhoneReach = "phone_reach", "Phones can reach `updates.url`",
        "`localhost` on a phone is the phone. Simulators and `adb reverse` are the exceptions.",
        "set the server's `public_url` to an address that phones can open, and run `updraft init --force`";
    HeadersSendable = "headers_sendable", "Every request header is a text that can be sent",
        "A client cannot send anything else, and the check fails on the phone.",
        "correct `updates.requestHeaders`";
    ChannelDeclared = "channel_declared", "The binary names its channel in a request header",
        "Without one it is served as the channel `production`; and only headers that a binary was built with can be overridden at run time.",
        "run `updraft init`, and build a new binary";
    RuntimeVersion = "runtime_version", "The runtime version can be told",
        "Updates go to binaries of the same runtime version only.",
        "set `runtimeVersion` in the app config, such as {\"policy\": \"appVersion\"}";
    CodeSigning = "code_signing", "Binaries verify who made an update",
        "Without a certificate in the binary, whoever answers at the address decides what the app runs.",
        "run `updraft init`, and build a new binary";
    CertificateReadable = "certificate_readable", "The certificate can be read",
        "The build takes it from the project; without it there is no build.",
        "write it with `updraft keys certificate --key-id main --out certs/certificate.pem`, or correct `updates.codeSigningCertificate`";
    CertificateUsable = "certificate_usable", "The certificate is valid now and for long, and made for code signing",
        "Clients refuse every update once it has expired, and the certificate of a released binary cannot be changed.",
        "make another key with `updraft keys generate`, and build binaries that trust its certificate in good time";
    KeyMetadata = "key_metadata", "`codeSigningMetadata` names the key, and the algorithm that clients know",
        "The client asks for the signature of this key; a server without it answers with an error.",
        "run `updraft init`, and build a new binary";
    AdminApi = "admin_api", "The admin API answers",
        "Without it, what only the server knows is not checked.",
        "log in with `updraft login`; --server and --app say which";
    SameApp = "same_app", "`updates.url` is the address of this server and this app",
        "What is published with these settings would never reach these binaries.",
        "correct --server and --app, or run `updraft init --force` and build a new binary";
    CertificateFits = "certificate_fits", "The certificate belongs to a signing key of the server",
        "Clients refuse everything that another key has signed.",
        "give the server the key with `updraft keys import`";
    ServerReachable = "server_reachable", "The server can be reached at `updates.url`",
        "Phones keep what they run.",
        "start the server, or correct `updates.url`; look at DNS, certificates and firewalls on the way";
    ServerAnswers = "server_answers", "What answers at `updates.url` is Updraft",
        "Phones take every 2xx for an answer, also somebody's HTML page, and fail on it.",
        "correct `updates.url`, and see that the proxy passes this path on to the server";
    ApiKey = "api_key", "The binary brings the key that the server asks for",
        "Without it phones are turned away.",
        "run `updraft init --api-key`, and build a new binary";
    ChannelExists = "channel_exists", "The binary's channel exists",
        "Phones of an unknown channel are turned away.",
        "create it with `updraft channels create`, or run `updraft init --channel`; if it is paused: `updraft channels resume`";
    ProtocolHeaders = "protocol_headers", "The protocol's headers reach the phone",
        "Without `expo-protocol-version` both platforms refuse the answer.",
        "let the proxy pass on every response header that begins with expo-";
    ManifestAccepted = "manifest_accepted", "The client takes the answer",
        "Where it does not, phones keep what they run, or worse, as the message says.",
        "look for a proxy that changes bodies or headers; `updraft device` shows the same from anywhere";
    Signature = "signature", "The answer is signed by the key that the binary trusts",
        "Clients refuse it otherwise.",
        "run `updraft init` to see what differs; publish again if the key was added after the update";
    Multipart = "multipart", "The answer comes as multipart/mixed",
        "Only that shape carries directives, such as a roll back to the embedded update.",
        "let the proxy pass on the request's `accept` header unchanged";
    UpdatePublished = "update_published", "Something is published for this binary",
        "Phones run the update inside their binary.",
        "publish with `updraft publish`; `updraft explain` says why phones get nothing";
    AnswerCaching = "answer_caching", "Nobody on the way keeps answers to checks",
        "A cached answer is another phone's answer, and an update or a roll back comes late or never.",
        "let the proxy or CDN pass `updates.url` through uncached, with the server's own cache-control";
    AnswerVary = "answer_vary", "`vary` names what the answer depends on",
        "A cache that does not know may give Android what iOS asked for.",
        "let the proxy pass on the `vary` header";
    Revalidation = "revalidation", "An answer that has not changed is a 304",
        "Without it every check downloads the manifest again.",
        "let the proxy pass on `etag` and `if-none-match` (nginx: `proxy_set_header`), and not answer 304 by itself";
    Redirect = "redirect", "`updates.url` answers without a redirect",
        "Each check takes a second round trip, and request headers, a key included, go to wherever it leads.",
        "put the final address into `updates.url`";
    AssetsVerified = "assets_verified", "Every asset can be fetched and has the hash that the manifest promises",
        "One that does not fails the whole update on the phone.",
        "see that their host can be reached, and look for a proxy or CDN that changes, cuts or misses files";
    AssetScheme = "asset_scheme", "Assets come by https where the check does",
        "Release builds refuse plain http.",
        "set the server's `public_url` to its https address, restart it, and publish again";
    AssetHost = "asset_host", "Request headers with secrets go to the server only",
        "Clients send `updates.requestHeaders` to every asset host, also across redirects.",
        "serve assets from the server's own host, or trust theirs with the key";
    AssetCaching = "asset_caching", "Assets may be kept for ever",
        "An asset never changes under its address; without caching each phone's download reaches the server.",
        "let the proxy or CDN pass on `cache-control: public, max-age=31536000, immutable`";
    AssetEncoding = "asset_encoding", "Bundles come compressed",
        "A bundle is several times as large without.",
        "let the proxy pass on the request's `accept-encoding` and the answer's `content-encoding` and `vary`";
    Clock = "clock", "The clocks of this computer, the server and its updates agree",
        "The order of updates is their creation time, and a binary refuses updates made before it was built.",
        "set the clocks by NTP";
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::Check;

    /// `UPDATE_DOCS=1 cargo test -p cli doctor` writes it again.
    const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/doctor.md");

    #[test]
    fn ids_are_unique_and_texts_fit_their_places() {
        let mut seen = HashSet::new();
        for check in Check::ALL {
            assert!(seen.insert(check.id()), "{} stands twice in the table", check.id());
            assert!(check.id().bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{}", check.id());
            assert!(
                !check.title().ends_with('.') && !check.fix().ends_with('.') && check.why().ends_with('.'),
                "{}",
                check.id()
            );
        }
    }

    #[test]
    fn the_document_says_what_the_table_says() {
        let mut text = String::from(
            "# What `updraft doctor` checks\n\n\
             `updraft doctor` holds an Expo project against its server, as the next binary's phones would. Each finding has one of\n\
             the ids below, is `ok`, a `warning` or an `error`, and says what to do. With an error the exit code is 1. With a login\n\
             or `UPDRAFT_TOKEN` it also asks the admin API. `--json` prints `findings`, each with `check`, `level`, `platform` (where\n\
             only one is concerned), `message` and `fix`.\n\n\
             This page is made from the table in `crates/cli/src/commands/doctor/check.rs`.\n",
        );
        for check in Check::ALL {
            let mut fix = check.fix().chars();
            let fix: String = fix.next().into_iter().flat_map(char::to_uppercase).chain(fix).collect();
            let (id, title, why) = (check.id(), check.title(), check.why());
            text.extend(["\n## `", id, "`\n\n", title, ".\n\n", why, "\n\n", &fix, ".\n"]);
        }
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(DOCUMENT, &text).unwrap();
        }
        assert_eq!(std::fs::read_to_string(DOCUMENT).unwrap(), text, "UPDATE_DOCS=1 writes it again");
    }
}
