//! The one table of public error codes: code, status, title, and the hint that says what to do next.

use std::fmt;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $status:literal, $title:literal, $hint:literal;)*) => {
        /// A public error code. Codes are stable: programs match on them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code {
            $($(#[$doc])* #[doc = $title] $name,)*
        }

        impl Code {
            /// Every code, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The stable text.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code),* }
            }

            /// The HTTP status that goes with it.
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status),* }
            }

            /// What went wrong, the same for every occurrence.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title),* }
            }

            /// What to do next.
            pub const fn hint(self) -> &'static str {
                match self { $(Self::$name => $hint),* }
            }
        }
    };
}

codes! {
    BadRequest = "bad_request", 400, "The request could not be read", "compare the body with the API reference";
    InvalidCursor = "invalid_cursor", 400, "The cursor is not of this list", "give the `next_cursor` of the page before, unchanged; without a cursor the list begins anew";
    InvalidName = "invalid_name", 400, "A name is not legal", "correct the field that the message names";
    RolloutOver100 = "rollout_over_100", 400, "A rollout goes up to 100 %", "give basis points, hundredths of a percent: 0 to 10,000";
    InvalidExport = "invalid_export", 400, "The export could not be read", "run `npx expo export` again and publish its output unchanged";
    AssetKeyConflict = "asset_key_conflict", 400, "Two assets have one key but different bytes", "give each file a name of its own; `expo export` names it by the MD5 of its bytes";
    HashNeeded = "hash_needed", 422, "A file has no hash", "give its SHA-256 as `hash`, or say `\"verify\": true`, so that the server fetches every file and hashes it: phones run no bytes that nobody vouches for";
    PrivateAddress = "private_address", 422, "A file lies at an address that is not public", "give an address that phones reach; for hosts in a network of your own the operator sets `admin_publish.allow_private_addresses = true`";
    TooManyAssets = "too_many_assets", 400, "The update has too many assets", "leave assets out of the bundle, or raise `limits.max_assets`";
    RefusedByClient = "refused_by_client", 400, "The stock client would refuse this update", "correct what the message names; nothing was stored";
    Unauthorized = "unauthorized", 401, "The request carries no valid admin token", "set UPDRAFT_TOKEN to the admin token that the first start printed (`updraft token` on the server makes another); it is sent as `authorization: Bearer …`";
    NotFound = "not_found", 404, "There is nothing at this address", "check the path";
    UnknownApp = "unknown_app", 404, "There is no such app", "`updraft apps list` lists them, `updraft apps create` makes one";
    UnknownChannel = "unknown_channel", 404, "The app has no such channel", "check the spelling; `updraft channels create` or `updraft publish --create-channel` creates one";
    UnknownBranch = "unknown_branch", 404, "The app has no such branch", "check the spelling";
    UnknownUpdate = "unknown_update", 404, "The app has no such update or group", "list them with `updraft updates list`";
    UnknownPublish = "unknown_publish", 404, "There is no such prepared publish", "prepare it again; a prepared publish is kept for an hour";
    UnknownKey = "unknown_key", 404, "The app has no signing key with this id", "list them with `updraft keys list`";
    MethodNotAllowed = "method_not_allowed", 405, "This address does not take that method", "check the method";
    OtherBranch = "other_branch", 409, "The update is of another branch", "issue it here with `updraft updates promote`";
    AppExists = "app_exists", 409, "There is an app with this name already", "choose another name";
    ChannelExists = "channel_exists", 409, "The app has a channel with this name already", "point it elsewhere with `updraft channels point`";
    UpdateExists = "update_exists", 409, "There is an update with this id already", "leave `id` out, or choose a new one: a phone never looks at two updates with one id";
    BranchExists = "branch_exists", 409, "The app has a branch with this name already", "choose another name";
    BranchInUse = "branch_in_use", 409, "A channel points at the branch", "point the channel at another branch first: `updraft channels point`";
    NoChannelRollout = "no_channel_rollout", 409, "The channel points at one branch", "start a channel rollout first: `updraft channels rollout start`";
    SameBranch = "same_branch", 409, "The channel points at this branch already", "name the branch that devices should move to";
    NoRollout = "no_rollout", 409, "The update has no open rollout", "to take an update back that is served to everyone, use `updraft roll-back`; a rollout begins with `updraft rollout start` or `publish --rollout`";
    RolloutCannotLower = "rollout_cannot_lower", 409, "A rollout can only be raised", "to take it back from the devices that have it, revert it: `updraft rollout revert` with `--channel` or an id";
    NotTheHead = "not_the_head", 409, "A rollout starts on what the branch serves first", "republish the update with `--rollout`";
    NotServed = "not_served", 409, "What is targeted is served to nobody", "republish it with a rule, or enable it first";
    UpdateNeeded = "update_needed", 409, "The update is still needed", "publish something later or disable it first, then delete it";
    NotPinned = "not_pinned", 409, "The branch is not pinned", "nothing is held on it";
    EmbeddedConflict = "embedded_conflict", 409, "An embedded update with this id has other facts", "an embedded update's id is of one build; register the right file";
    HeadMoved = "head_moved", 409, "Something else was published meanwhile", "publish again";
    KeyExists = "key_exists", 409, "The app already has a signing key with this id", "choose another id; a key is never replaced, since binaries trust it";
    RolloutActive = "rollout_active", 409, "A rollout is open on this branch", "finish or revert it first, or say `--on-rollout finish` or `--on-rollout revert`";
    MissingBlobs = "missing_blobs", 409, "The update refers to files that were not uploaded", "upload them and prepare again";
    NothingToRollBackTo = "nothing_to_roll_back_to", 409, "There is nothing before the current update", "go back to the embedded update with `--to embedded`";
    NothingChanged = "nothing_changed", 409, "The branch's head already has this content", "publish with `--force` to issue it again under a new id";
    SplitChannel = "split_channel", 409, "The channel points at two branches", "name the branch with `--branch`, or finish or revert the channel's rollout first";
    TooManyConditionalEntries = "too_many_conditional_entries", 409, "The branch has too many conditional entries", "finish or disable some of them";
    PreconditionFailed = "precondition_failed", 412, "It was changed meanwhile", "read it again, and repeat the change with its new `etag` if it is still wanted";
    BodyTooLarge = "body_too_large", 413, "The body is larger than allowed", "raise `limits.max_upload_bytes`, or make the file smaller";
    InvalidRule = "invalid_rule", 422, "The rule could not be read", "write it as {\"eq\": {\"fact\": \"locale\", \"value\": \"de-DE\"}} or {\"device_in\": [\"<device id>\"]}; docs/targeting.md shows every node and fact";
    NotAnApp = "not_an_app", 422, "The file is no app with an embedded update", "give an .apk, .aab or .ipa that was built with expo-updates, or its `app.manifest` and bundle";
    HashMismatch = "hash_mismatch", 422, "The bytes do not have the hash that was said", "send the file again, or correct its hash";
    FileNotFetched = "file_not_fetched", 422, "A file could not be fetched where it is said to lie", "make it reachable there for everybody, without a redirect, and publish again";
    BodyCut = "body_cut", 400, "The body ended early", "send the file again";
    IdempotencyConflict = "idempotency_conflict", 422, "This idempotency key was used with another request", "use a new key for a new request";
    InvalidKey = "invalid_key", 422, "The private key could not be used", "give an unencrypted RSA key of at least 2048 bits in PEM (PKCS#1 or PKCS#8)";
    InvalidCertificate = "invalid_certificate", 422, "The certificate could not be used", "give an X.509 certificate for code signing, in PEM; `updraft keys generate` makes one";
    KeyDoesNotFit = "key_does_not_fit", 422, "The private key does not belong to the certificate", "give the two files that were generated together";
    InvalidSignature = "invalid_signature", 422, "A signature does not verify", "sign the exact manifest bytes that prepare returned";
    Busy = "busy", 429, "The server is busy", "try again after the time in `retry-after`";
    Internal = "internal", 500, "The server failed", "look into the server's log";
    Unavailable = "unavailable", 503, "The server's storage does not answer", "try again after the time in `retry-after`";
    NoSpace = "no_space", 507, "The server's disk is full", "free space on the server's data directory and publish again";
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::Code;

    #[test]
    fn codes_are_unique_snake_case_and_have_error_statuses() {
        let mut seen = HashSet::new();
        for code in Code::ALL {
            assert!(seen.insert(code.as_str()), "{code} stands twice in the table");
            assert!(code.as_str().bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_'), "{code}");
            assert!((400..600).contains(&code.status()), "{code}");
            assert!(!code.hint().ends_with('.') && !code.title().ends_with('.'), "{code}");
        }
    }
}
