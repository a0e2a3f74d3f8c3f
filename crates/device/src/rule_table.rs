//! The table of rules. One line each: name, what breaking it does on Android and on iOS, and the client's source files.

use crate::rule::Consequence::{
    CrashesApp, Decides, DropsAsset, FailsDownload, IgnoresIt, LosesUpdate, Misreads, NeverLaunches, RefusesAnswer,
    ServesStale, StoresUnverified,
};
use crate::rule::Description;

macro_rules! rules {
    ($( $(#[$doc:meta])+ $variant:ident = $name:literal, $android:expr, $ios:expr, $source:literal; )+) => {
        /// A rule of the stock client. Its documentation says what the rule demands.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Rule { $( $(#[$doc])+ $variant, )+ }

        impl Rule {
            /// All rules, in the order in which an answer meets them.
            pub const ALL: &'static [Self] = &[ $( Self::$variant, )+ ];

            pub(crate) const fn describe(self) -> Description {
                match self {
                    $( Self::$variant => Description { name: $name, android: $android, ios: $ios, source: $source }, )+
                }
            }
        }
    };
}

rules! {
    // -- the answer as a whole --

    /// The status is 2xx. A 304 that the HTTP cache did not ask for is none (protocol.md §1).
    StatusIsSuccess = "status-is-success",
        Some(RefusesAnswer), Some(RefusesAnswer), "FileDownloader.kt, FileDownloader.swift";
    /// No cache may answer the next check without asking the server: `max-age=0`, `no-cache` or `no-store`.
    AnswerIsAskedForAgain = "answer-is-asked-for-again",
        Some(ServesStale), Some(ServesStale), "OkHttp, NSURLSession";
    /// A header that the client reads comes once: of several lines `OkHttp` reads the last, NSURLSession joins them.
    HeaderComesOnce = "header-comes-once",
        Some(Misreads), Some(Misreads), "OkHttp, NSURLSession";
    /// `expo-protocol-version` is a whole number.
    ProtocolVersionIsNumber = "protocol-version-is-number",
        Some(RefusesAnswer), None, "ResponseHeaderData.kt";
    /// A manifest comes with an `expo-protocol-version` (iOS: one that is a number).
    ProtocolVersionIsPresent = "protocol-version-is-present",
        Some(RefusesAnswer), Some(RefusesAnswer), "UpdateFactory.kt, Update.swift";
    /// A manifest's `expo-protocol-version` is 0 or 1.
    ProtocolVersionIsKnown = "protocol-version-is-known",
        Some(RefusesAnswer), Some(RefusesAnswer), "UpdateFactory.kt, Update.swift";
    /// A 204 comes with an `expo-protocol-version` above 0.
    NoContentHasProtocolVersion = "no-content-has-protocol-version",
        Some(RefusesAnswer), Some(RefusesAnswer), "FileDownloader.kt, FileDownloader.swift";
    /// `expo-manifest-filters` is ASCII.
    FiltersAreAscii = "filters-are-ascii",
        Some(RefusesAnswer), Some(IgnoresIt), "Parser.java, EXStructuredHeadersParser.m";
    /// `expo-manifest-filters` is a structured dictionary; keys are lower case.
    FiltersAreDictionary = "filters-are-dictionary",
        Some(IgnoresIt), Some(IgnoresIt), "ResponseHeaderData.kt, ResponseHeaderData.swift";
    /// Every value of `expo-manifest-filters` is a string: tokens are dropped, numbers never equal the manifest's.
    FilterValuesAreStrings = "filter-values-are-strings",
        Some(Misreads), None, "ResponseHeaderData.kt, SelectionPolicies.kt";
    /// `expo-server-defined-headers` is ASCII.
    ServerHeadersAreAscii = "server-headers-are-ascii",
        Some(RefusesAnswer), Some(IgnoresIt), "Parser.java, EXStructuredHeadersParser.m";
    /// `expo-server-defined-headers` is a structured dictionary; keys are lower case.
    ServerHeadersAreDictionary = "server-headers-are-dictionary",
        Some(IgnoresIt), Some(IgnoresIt), "ResponseHeaderData.kt, ResponseHeaderData.swift";
    /// Every value of `expo-server-defined-headers` is a string: tokens are dropped.
    ServerHeaderValuesAreStrings = "server-header-values-are-strings",
        Some(Misreads), None, "ResponseHeaderData.kt";

    // -- multipart --

    /// The content type follows the grammar, so a boundary with characters outside the token set is quoted. `OkHttp`
    /// takes an answer whose content type it cannot parse for a bare manifest.
    ContentTypeParses = "content-type-parses",
        Some(RefusesAnswer), None, "MediaType (OkHttp)";
    /// A multipart content type has a `boundary` (iOS: in lower case).
    BoundaryIsPresent = "boundary-is-present",
        Some(RefusesAnswer), Some(RefusesAnswer), "MultipartReader (OkHttp), FileDownloader.swift";
    /// A delimiter line ends in CRLF; so no body has a line that begins with the delimiter.
    DelimiterEndsInCrlf = "delimiter-ends-in-crlf",
        Some(RefusesAnswer), Some(RefusesAnswer), "MultipartReader (OkHttp), UpdatesMultipartStreamReader.swift";
    /// The last part ends in CRLF and the close delimiter.
    CloseDelimiterIsPresent = "close-delimiter-is-present",
        Some(RefusesAnswer), Some(RefusesAnswer), "MultipartReader (OkHttp), UpdatesMultipartStreamReader.swift";
    /// The close delimiter ends in CRLF.
    CloseDelimiterEndsInCrlf = "close-delimiter-ends-in-crlf",
        None, Some(RefusesAnswer), "UpdatesMultipartStreamReader.swift";
    /// A body that is not empty has at least one part.
    MultipartHasPart = "multipart-has-part",
        Some(RefusesAnswer), Some(RefusesAnswer), "MultipartReader (OkHttp), UpdatesMultipartStreamReader.swift";
    /// A part's header lines end in CRLF.
    PartHeadersEndInCrlf = "part-headers-end-in-crlf",
        None, Some(IgnoresIt), "UpdatesMultipartStreamReader.swift";
    /// A part's `content-disposition` has parameters: without any, Android's reader throws.
    DispositionHasParameters = "disposition-has-parameters",
        Some(RefusesAnswer), None, "UpdatesUtils.kt";
    /// The parameters of a `content-disposition` follow the grammar.
    DispositionParses = "disposition-parses",
        Some(RefusesAnswer), None, "UpdatesUtils.kt";
    /// Every part has a `content-disposition` with a lower-case `name`.
    PartIsNamed = "part-is-named",
        Some(IgnoresIt), Some(IgnoresIt), "FileDownloader.kt, FileDownloader.swift";
    /// The name is `manifest`, `extensions`, `directive` or `certificate_chain`.
    PartNameIsKnown = "part-name-is-known",
        Some(IgnoresIt), Some(IgnoresIt), "FileDownloader.kt, FileDownloader.swift";
    /// A part's signature header is spelled `expo-signature`, in lower case.
    PartSignatureIsLowerCase = "part-signature-is-lower-case",
        None, Some(IgnoresIt), "FileDownloader.swift";
    /// A client of protocol 0 finds a manifest in every multipart answer.
    ManifestPartIsPresent = "manifest-part-is-present",
        Some(RefusesAnswer), Some(RefusesAnswer), "FileDownloader.kt, FileDownloader.swift";
    /// No manifest lies beside a `rollBackToEmbedded`: iOS would download it as well.
    RollBackComesAlone = "roll-back-comes-alone",
        None, Some(Misreads), "AppLoaderTask.swift, AppLoader.swift";

    // -- code signing --

    /// A client with a certificate gets a signature, unless it allows unsigned answers.
    SignatureIsPresent = "signature-is-present",
        Some(RefusesAnswer), Some(RefusesAnswer), "CodeSigningConfiguration.kt, CodeSigningConfiguration.swift";
    /// `expo-signature` is a structured dictionary.
    SignatureIsDictionary = "signature-is-dictionary",
        Some(RefusesAnswer), Some(RefusesAnswer), "SignatureHeaderInfo.kt, SignatureHeaderInfo.swift";
    /// `expo-signature` has a member `sig`, a string.
    SignatureHasSig = "signature-has-sig",
        Some(RefusesAnswer), Some(RefusesAnswer), "SignatureHeaderInfo.kt, SignatureHeaderInfo.swift";
    /// Every member of `expo-signature` is a string or token.
    SignatureMembersAreStrings = "signature-members-are-strings",
        None, Some(RefusesAnswer), "SignatureHeaderInfo.swift";
    /// The `keyid` (without one: `root`) is the app's, unless the app takes chains.
    KeyIdMatches = "key-id-matches",
        Some(RefusesAnswer), Some(RefusesAnswer), "CodeSigningConfiguration.kt, CodeSigningConfiguration.swift";
    /// The `alg`, if there is one, is `rsa-v1_5-sha256`.
    AlgorithmIsKnown = "algorithm-is-known",
        Some(RefusesAnswer), Some(RefusesAnswer), "CodeSigningAlgorithm.kt, CodeSigningAlgorithm.swift";
    /// Every certificate is within its validity.
    CertificateIsValidNow = "certificate-is-valid-now",
        Some(RefusesAnswer), Some(RefusesAnswer), "CertificateChain.kt, CertificateChain.swift";
    /// The certificate that signs is for digital signatures and code signing.
    CertificateIsForCodeSigning = "certificate-is-for-code-signing",
        Some(RefusesAnswer), Some(RefusesAnswer), "CertificateChain.kt, CertificateChain.swift";
    /// The `certificate_chain` part leads to the app's root, by certificates that may issue.
    ChainLeadsToRoot = "chain-leads-to-root",
        Some(RefusesAnswer), Some(RefusesAnswer), "CertificateChain.kt, CertificateChain.swift";
    /// `sig` is padded standard base64 on one line.
    SignatureIsBase64 = "signature-is-base64",
        None, Some(RefusesAnswer), "CodeSigningConfiguration.swift";
    /// The signature was made over the exact bytes of the body.
    SignatureVerifies = "signature-verifies",
        Some(RefusesAnswer), Some(RefusesAnswer), "CodeSigningConfiguration.kt, CodeSigningConfiguration.swift";
    /// A project-bound certificate signs only what names the same project and scope key.
    ProjectMatches = "project-matches",
        Some(RefusesAnswer), Some(RefusesAnswer), "FileDownloader.kt, FileDownloader.swift";

    // -- the manifest --

    /// A bare manifest has no byte order mark: Android drops it before it verifies.
    BareManifestHasNoMark = "bare-manifest-has-no-mark",
        Some(RefusesAnswer), None, "ResponseBody (OkHttp)";
    /// A bare manifest's content type names no charset but UTF-8.
    BareManifestIsUtf8 = "bare-manifest-is-utf8",
        Some(Misreads), None, "ResponseBody (OkHttp)";
    /// The manifest is a JSON object.
    ManifestIsJson = "manifest-is-json",
        Some(RefusesAnswer), Some(RefusesAnswer), "FileDownloader.kt, FileDownloader.swift";
    /// `id` is there.
    IdIsPresent = "id-is-present",
        Some(RefusesAnswer), Some(CrashesApp), "ExpoUpdatesManifest.kt, ExpoUpdatesManifest.swift";
    /// `id` is a UUID (Android takes shortened groups too).
    IdIsUuid = "id-is-uuid",
        Some(RefusesAnswer), Some(CrashesApp), "ExpoUpdatesUpdate.kt, ExpoUpdatesUpdate.swift";
    /// `createdAt` is there.
    CreatedAtIsPresent = "created-at-is-present",
        Some(RefusesAnswer), Some(CrashesApp), "ExpoUpdatesManifest.kt, ExpoUpdatesManifest.swift";
    /// `createdAt` is exactly `2026-01-31T09:00:00.000Z`: Android misreads other digits and takes *now* for the rest.
    CreatedAtIsInPattern = "created-at-is-in-pattern",
        Some(Misreads), Some(CrashesApp), "UpdatesUtils.kt, ExpoUpdatesUpdate.swift, RCTConvert.mm";
    /// `runtimeVersion` is there.
    RuntimeVersionIsPresent = "runtime-version-is-present",
        Some(RefusesAnswer), Some(CrashesApp), "ExpoUpdatesManifest.kt, ExpoUpdatesManifest.swift";
    /// `runtimeVersion` is the app's: any other is downloaded and never launched.
    RuntimeVersionIsTheApps = "runtime-version-is-the-apps",
        Some(NeverLaunches), Some(NeverLaunches),
        "LauncherSelectionPolicyFilterAware.kt, LauncherSelectionPolicyFilterAware.swift";
    /// `launchAsset` is there.
    LaunchAssetIsPresent = "launch-asset-is-present",
        Some(RefusesAnswer), Some(CrashesApp), "ExpoUpdatesManifest.kt, ExpoUpdatesManifest.swift";
    /// A field has the type that the client expects. Android turns scalars into strings; objects and arrays must match.
    FieldHasItsType = "field-has-its-type",
        Some(RefusesAnswer), Some(CrashesApp), "JSONObjectUtils.kt, Manifest.swift";
    /// An optional field is left out, never null: iOS crashes, Android reads the text `null` or refuses.
    OptionalFieldIsNotNull = "optional-field-is-not-null",
        Some(RefusesAnswer), Some(CrashesApp), "JSONObjectUtils.kt, Manifest.swift";
    /// `metadata` is there: without it the stored update is read again as an embedded one.
    MetadataIsPresent = "metadata-is-present",
        Some(Misreads), Some(Misreads), "Manifest.kt, ManifestFactory.swift";
    /// The values of `metadata` are strings: filters, which are strings, never equal anything else.
    MetadataValuesAreStrings = "metadata-values-are-strings",
        Some(Misreads), Some(Misreads), "SelectionPolicies.kt, SelectionPolicies.swift";
    /// No two keys of `metadata` differ only in case.
    MetadataKeysAreDistinct = "metadata-keys-are-distinct",
        None, Some(CrashesApp), "SelectionPolicies.swift";
    /// There is no `releaseId`: with one, Android takes the manifest for a classic one as soon as filters apply.
    ManifestHasNoReleaseId = "manifest-has-no-release-id",
        Some(RefusesAnswer), None, "Manifest.kt";
    /// `extra.expoGo` does not mark a development bundle, whose assets are never downloaded.
    ManifestIsNoDevelopmentBundle = "manifest-is-no-development-bundle",
        Some(NeverLaunches), Some(NeverLaunches), "Manifest.kt, Loader.kt, Manifest.swift, AppLoader.swift";
    /// The manifest passes the filters that it was sent with.
    ManifestPassesItsFilters = "manifest-passes-its-filters",
        Some(RefusesAnswer), Some(RefusesAnswer), "SelectionPolicies.kt, SelectionPolicies.swift";

    // -- its assets --

    /// The launch asset has a `key`: Android stores the update without a bundle otherwise.
    LaunchAssetHasKey = "launch-asset-has-key",
        Some(DropsAsset), None, "ExpoUpdatesUpdate.kt";
    /// Every other asset has a `key`.
    AssetHasKey = "asset-has-key",
        Some(DropsAsset), Some(CrashesApp), "ExpoUpdatesUpdate.kt, ExpoUpdatesUpdate.swift";
    /// Every asset has a `url`.
    AssetHasUrl = "asset-has-url",
        Some(DropsAsset), Some(CrashesApp), "ExpoUpdatesUpdate.kt, ExpoUpdatesUpdate.swift";
    /// Every asset but the launch asset has a `fileExtension`.
    AssetHasFileExtension = "asset-has-file-extension",
        Some(DropsAsset), Some(CrashesApp), "ExpoUpdatesUpdate.kt, ExpoUpdatesUpdate.swift";
    /// A `url` is an absolute http or https URL of legal characters.
    AssetUrlIsAbsolute = "asset-url-is-absolute",
        Some(FailsDownload), Some(CrashesApp), "HttpUrl (OkHttp), ExpoUpdatesUpdate.swift";
    /// Every asset has a `hash`: nothing is verified otherwise.
    AssetHasHash = "asset-has-hash",
        Some(StoresUnverified), Some(StoresUnverified), "UpdatesUtils.kt, FileDownloader.swift";
    /// A `hash` is the unpadded base64url of 32 bytes: nothing else ever equals the download's.
    AssetHashIsBase64Url = "asset-hash-is-base64url",
        Some(FailsDownload), Some(FailsDownload), "UpdatesUtils.kt, UpdatesUtils.swift";
    /// Keys are unique over the launch asset and all others.
    AssetKeysAreUnique = "asset-keys-are-unique",
        Some(DropsAsset), Some(LosesUpdate), "Loader.kt, UpdatesDatabase.swift";
    /// `key` and extension make a plain file name: no separators, not `.` or `..`.
    AssetFileNameIsSafe = "asset-file-name-is-safe",
        Some(RefusesAnswer), Some(RefusesAnswer), "UpdatesUtils.kt, UpdatesUtils.swift";
    /// The part `extensions` is a JSON object.
    ExtensionsAreJson = "extensions-are-json",
        Some(RefusesAnswer), Some(RefusesAnswer), "FileDownloader.kt, FileDownloader.swift";
    /// `assetRequestHeaders` is an object of objects of scalars.
    AssetRequestHeadersAreObjects = "asset-request-headers-are-objects",
        Some(DropsAsset), Some(CrashesApp), "ExpoUpdatesUpdate.kt, ExpoUpdatesUpdate.swift";
    /// A header in `assetRequestHeaders` has a name and value that can be sent: printable ASCII.
    AssetRequestHeaderIsSendable = "asset-request-header-is-sendable",
        Some(FailsDownload), None, "Headers (OkHttp)";

    // -- directives --

    /// The directive is a JSON object.
    DirectiveIsJson = "directive-is-json",
        Some(RefusesAnswer), Some(RefusesAnswer), "RemoteUpdate.kt, UpdateResponse.swift";
    /// `type` is there.
    DirectiveTypeIsPresent = "directive-type-is-present",
        Some(RefusesAnswer), Some(CrashesApp), "RemoteUpdate.kt, UpdateResponse.swift";
    /// `type` is `noUpdateAvailable` or `rollBackToEmbedded`: Android throws an `Error` that nothing catches.
    DirectiveTypeIsKnown = "directive-type-is-known",
        Some(CrashesApp), Some(RefusesAnswer), "RemoteUpdate.kt, UpdateResponse.swift";
    /// `rollBackToEmbedded` has `parameters.commitTime`.
    CommitTimeIsPresent = "commit-time-is-present",
        Some(RefusesAnswer), Some(CrashesApp), "RemoteUpdate.kt, UpdateResponse.swift";
    /// `commitTime` is in the pattern of `createdAt`.
    CommitTimeIsInPattern = "commit-time-is-in-pattern",
        Some(RefusesAnswer), Some(RefusesAnswer), "UpdatesUtils.kt, UpdateResponse.swift, RCTConvert.mm";
    /// `extra.signingInfo`, if there is one, has `projectId` and `scopeKey`.
    SigningInfoIsComplete = "signing-info-is-complete",
        Some(RefusesAnswer), Some(CrashesApp), "RemoteUpdate.kt, UpdateResponse.swift";

    // -- the download --

    /// An asset's status is 2xx; there is no second try.
    AssetStatusIsSuccess = "asset-status-is-success",
        Some(FailsDownload), Some(FailsDownload), "FileDownloader.kt, FileDownloader.swift";
    /// An asset's bytes have the manifest's hash.
    AssetHashMatches = "asset-hash-matches",
        Some(FailsDownload), Some(FailsDownload), "UpdatesUtils.kt, FileDownloader.swift";
    /// No two stored updates of an app have the same time: the database has `UNIQUE(scope_key, commit_time)`.
    CommitTimesAreUnique = "commit-times-are-unique",
        Some(FailsDownload), Some(FailsDownload), "UpdateEntity.kt, UpdatesDatabaseInitialization.swift";

    // -- what the client decides: the loader --

    /// A directive wins over a manifest in the same answer.
    DirectiveWins = "directive-wins",
        Some(Decides), Some(Decides), "LoaderTask.kt, FetchUpdateProcedure.kt, AppLoaderTask.swift, FetchUpdateProcedure.swift";
    /// A client of protocol 0 passes over directives.
    ProtocolZeroIgnoresDirectives = "protocol-zero-ignores-directives",
        Some(Decides), Some(Decides), "FileDownloader.kt, FileDownloader.swift";
    /// With nothing running (an emergency launch), every manifest is loaded.
    NothingRunningLoads = "nothing-running-loads",
        Some(Decides), Some(Decides), "LoaderSelectionPolicyFilterAware.kt, LoaderSelectionPolicyFilterAware.swift";
    /// A running update that fails the answer's filters is replaced, whatever the times.
    FilteredOutIsReplaced = "filtered-out-is-replaced",
        Some(Decides), Some(Decides), "LoaderSelectionPolicyFilterAware.kt, LoaderSelectionPolicyFilterAware.swift";
    /// A running update of another `updates.url` or other request headers is replaced, whatever the times.
    OtherConfigurationIsReplaced = "other-configuration-is-replaced",
        Some(Decides), Some(Decides), "LoaderSelectionPolicyFilterAware.kt, LoaderSelectionPolicyFilterAware.swift";
    /// An offered update of another URL or other request headers is not loaded: the embedded one under an override.
    OtherConfigurationIsNotLoaded = "other-configuration-is-not-loaded",
        Some(Decides), Some(Decides), "LoaderSelectionPolicyFilterAware.kt, LoaderSelectionPolicyFilterAware.swift";
    /// Else only a strictly later `createdAt` is loaded.
    OnlyLaterIsLoaded = "only-later-is-loaded",
        Some(Decides), Some(Decides), "LoaderSelectionPolicyFilterAware.kt, LoaderSelectionPolicyFilterAware.swift";
    /// An update that is stored and ready is not downloaded again.
    StoredIsNotLoadedAgain = "stored-is-not-loaded-again",
        Some(Decides), Some(Decides), "Loader.kt, AppLoader.swift";
    /// An asset whose file or key is on disk is not requested.
    StoredAssetIsNotRequested = "stored-asset-is-not-requested",
        Some(Decides), Some(Decides), "Loader.kt, FileDownloader.kt, AppLoader.swift, RemoteAppLoader.swift";
    /// An asset whose key is in the binary is not requested (iOS copies nothing from the binary, so it asks).
    EmbeddedAssetIsNotRequested = "embedded-asset-is-not-requested",
        Some(Decides), None, "Loader.kt, EmbeddedLoader.kt";
    /// `checkForUpdateAsync` reports no update when the offered one has failed before.
    FailedBeforeIsNotOffered = "failed-before-is-not-offered",
        Some(Decides), Some(Decides), "CheckForUpdateProcedure.kt, CheckForUpdateProcedure.swift";
    /// A roll back needs an embedded update.
    RollBackNeedsEmbedded = "roll-back-needs-embedded",
        Some(Decides), Some(Decides), "RemoteLoader.kt, RemoteAppLoader.swift";
    /// A roll back is taken when its `commitTime` is strictly later than what runs.
    OnlyLaterRollBackIsTaken = "only-later-roll-back-is-taken",
        Some(Decides), Some(Decides), "LoaderSelectionPolicyFilterAware.kt, LoaderSelectionPolicyFilterAware.swift";
    /// After a roll back the embedded update carries the directive's `commitTime`.
    EmbeddedTakesCommitTime = "embedded-takes-commit-time",
        Some(Decides), Some(Decides), "RemoteLoader.kt, RemoteAppLoader.swift";

    // -- what it keeps --

    /// Filters and server-defined headers are kept with every finished load, a 204 or directive included.
    EveryAnswerIsKept = "every-answer-is-kept",
        Some(Decides), Some(Decides), "Loader.kt, RemoteAppLoader.swift";
    /// An answer without filters or server-defined headers leaves the stored ones.
    AbsentHeadersAreKept = "absent-headers-are-kept",
        Some(Decides), Some(Decides), "ManifestMetadata.kt, UpdatesDatabase.swift";
    /// A new dictionary replaces the whole stored one.
    HeadersReplaceTheWhole = "headers-replace-the-whole",
        Some(Decides), Some(Decides), "ManifestMetadata.kt, UpdatesDatabase.swift";
    /// Another `updates.url` or other request headers wipe the stored updates and, on Android, filters, server-defined
    /// headers and extra parameters. (iOS means to, but names a column that is not there.)
    ChangedConfigurationWipes = "changed-configuration-wipes",
        Some(Decides), Some(Decides), "BuildData.kt, UpdatesBuildData.swift";
    /// The reaper deletes what is older than the running update, all but one.
    ReaperKeepsOneOlder = "reaper-keeps-one-older",
        Some(Decides), Some(Decides), "ReaperSelectionPolicyFilterAware.kt, ReaperSelectionPolicyFilterAware.swift";

    // -- what it starts --

    /// An embedded update later than everything stored (a new binary) is started.
    NewerEmbeddedIsLaunched = "newer-embedded-is-launched",
        Some(Decides), Some(Decides), "LoaderTask.kt, AppLoaderTask.swift";
    /// An update that lacks files is not started.
    IncompleteIsNotLaunched = "incomplete-is-not-launched",
        Some(Decides), Some(Decides), "UpdateDao.kt, UpdatesDatabase.swift";
    /// Only what passes the stored filters is started; the embedded update always passes.
    LauncherAppliesFilters = "launcher-applies-filters",
        Some(Decides), Some(Decides), "LauncherSelectionPolicyFilterAware.kt, LauncherSelectionPolicyFilterAware.swift";
    /// Only what has the binary's runtime version is started.
    LauncherNeedsRuntimeVersion = "launcher-needs-runtime-version",
        Some(Decides), Some(Decides), "LauncherSelectionPolicyFilterAware.kt, LauncherSelectionPolicyFilterAware.swift";
    /// Only what was stored under the present URL and request headers is started.
    LauncherNeedsConfiguration = "launcher-needs-configuration",
        Some(Decides), Some(Decides), "LauncherSelectionPolicyFilterAware.kt, LauncherSelectionPolicyFilterAware.swift";
    /// Of those the latest is started.
    LauncherTakesLatest = "launcher-takes-latest",
        Some(Decides), Some(Decides), "LauncherSelectionPolicyFilterAware.kt, LauncherSelectionPolicyFilterAware.swift";
    /// Of embedded updates only this binary's own is started (Android marks a loaded one as any other).
    LauncherNeedsOwnEmbedded = "launcher-needs-own-embedded",
        None, Some(Decides), "AppLauncherWithDatabase.swift";
    /// An update that failed before its first content is not started again.
    FailedIsNotLaunchedAgain = "failed-is-not-launched-again",
        Some(Decides), Some(Decides), "UpdateDao.kt, UpdatesDatabase.swift";
    /// An update that once launched well does not count as failed.
    LaunchedWellIsNotFailed = "launched-well-is-not-failed",
        Some(Decides), Some(Decides), "ErrorRecoveryHandler.kt, ErrorRecovery.swift";

    // -- what it sends --

    /// Server-defined headers are sent with every later check.
    ServerHeadersAreReplayed = "server-headers-are-replayed",
        Some(Decides), Some(Decides), "FileDownloader.kt, FileDownloader.swift";
    /// At most five failed ids are sent, the latest first.
    FiveLatestFailuresAreSent = "five-latest-failures-are-sent",
        Some(Decides), Some(Decides), "UpdateDao.kt, UpdatesDatabase.swift";
    /// The binary's request headers override all others.
    RequestHeadersOverride = "request-headers-override",
        Some(Decides), Some(Decides), "FileDownloader.kt, FileDownloader.swift";
    /// A fatal error is sent with one check only.
    FatalErrorIsSentOnce = "fatal-error-is-sent-once",
        Some(Decides), Some(Decides), "NoDatabaseLauncher.kt, ErrorRecovery.swift";
}
