//! What a backend may do wrong.

macro_rules! faults {
    ($($method:ident: [$($fault:ident $hint:literal,)+];)+) => {
        /// One thing that a backend does wrong.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Fault {
            /// Passes everything on.
            Nothing,
            $($($fault,)+)+
        }

        /// Every fault with its method and the contracts that are asked first, by the beginning of their names.
        pub(crate) const FAULTS: &[(Fault, &str, &str)] =
            &[$($((Fault::$fault, stringify!($method), $hint),)+)+];
    };
}

faults! {
    bootstrap: [
        BootstrapForgetsTheKey "apps::a_fresh",
        BootstrapForgetsTheToken "apps::a_fresh",
        BootstrapForgetsTheLine "apps::a_fresh",
        BootstrapIsTwoSteps "apps::bootstrap",
        BootstrapCreatesTwice "apps::an_existing",
    ];
    app: [
        AppIsNotFound "apps::a_fresh",
        AppIsTheFirst "apps::a_fresh",
    ];
    apps: [
        AppsAreUnordered "apps::apps_are",
        AppsAreMissing "apps::a_fresh",
    ];
    missing_blobs: [
        MissingBlobsIgnoresTheApp "blobs::missing",
        MissingBlobsIgnoresTheOrder "blobs::missing",
        MissingBlobsRepeats "blobs::missing",
    ];
    record_blob: [
        RecordBlobForgets "blobs::missing",
        RecordBlobTakesAnySize "blobs::one_hash",
        RecordBlobTakesAnyApp "blobs::recording_needs",
    ];
    encodings: [
        EncodingsAreForgotten "blobs::encodings",
        EncodingsLoseTheUseless "blobs::encodings",
    ];
    record_encodings: [
        RecordEncodingsForgets "blobs::encodings",
        RecordEncodingsAdds "blobs::encodings_are_replaced",
        RecordEncodingsTakesAnyBlob "blobs::encodings_need",
    ];
    update: [
        UpdateIsNotFound "history",
        UpdateIgnoresTheApp "history::other",
        UpdateLosesTheAssets "history",
        UpdateLosesTheSize "history",
        UpdateLosesTheRule "history",
    ];
    groups: [
        GroupsIgnoreTheOrder "history::groups",
        GroupsIgnoreTheApp "history::other",
        GroupsLoseTheMessage "history::groups",
        GroupsLoseTheActor "history::groups",
    ];
    add_key: [
        AddKeyIgnoresTheVersion "keys::a_moved",
        AddKeyForgetsTheSignatures "keys::a_key_comes",
        AddKeyForgetsTheLine "keys::a_key_comes",
        AddKeyRaisesNoVersion "keys::a_key_comes",
        AddKeyKeepsTheSealedPart "keys::a_key_comes",
    ];
    keys: [
        KeysAreUnordered "keys::keys",
        KeysAreMissing "keys::a_key_comes",
    ];
    sealed_key: [
        SealedKeyIsLost "keys::a_key_comes",
        SealedKeyIsOfAnyApp "keys::a_key_id",
    ];
    apply: [
        ApplyForgetsCreateBranch "edits::edits_lead",
        ApplyForgetsRenameBranch "edits::edits_lead",
        ApplyForgetsDeleteBranch "edits::edits_lead",
        ApplyForgetsPinBranch "edits::edits_lead",
        ApplyForgetsCreateChannel "edits::edits_lead",
        ApplyForgetsPointChannel "edits::edits_lead",
        ApplyForgetsPauseChannel "edits::edits_lead",
        ApplyForgetsDeleteChannel "edits::edits_lead",
        ApplyForgetsDisableUpdate "edits::edits_lead",
        ApplyForgetsReleaseUpdate "edits::edits_lead",
        ApplyForgetsSetRollout "edits::edits_lead",
        ApplyForgetsSetRule "edits::edits_lead",
        ApplyForgetsSetMessage "entries::a_message",
        ApplyForgetsDeleteUpdate "edits::edits_lead",
        ApplyForgetsRegisterEmbedded "edits::edits_lead",
        ApplyEditsBackwards "edits::edits_apply",
        ApplyEditsNothing "edits::edits_lead",
        ApplyIssuesNothing "commit::the_whole",
        ApplyKeepsWhatWasRefused "edits::edits_name",
        ApplyIgnoresTheVersion "checks::a_moved",
        ApplyTakesAnyApp "edits::nothing",
        ApplyTakesAnyOrder "checks::instants",
        ApplyTakesAnyInstant "checks::entries_are_later",
        ApplyIgnoresPins "checks::a_publish",
        ApplySkipsUnknownTargets "edits::edits_name",
        ApplyTakesAnyBranch "checks::groups_go",
        ApplyIgnoresRollouts "checks::an_open",
        ApplyIgnoresMissingBlobs "checks::blobs",
        ApplyIgnoresMissingSignatures "checks::every_key",
        ApplyIgnoresStraySignatures "checks::stray",
        ApplyFillsLanesTooFar "entries::an_edit_fills",
        ApplyChecksBlobsFirst "checks::checks_come",
        ApplyReplacesTakenNames "edits::a_taken",
        ApplyReplacesEmbedded "edits::a_known",
        ApplyCompletesNoRegistration "edits::a_registration",
        ApplyMindsHeldRollouts "checks::a_held",
        ApplyForgetsWhatWasDeleted "entries::what_is_left",
        ApplyForgetsInstantsOfTheDeleted "entries::a_deleted_update_is_still",
        ApplyTakesIdsOfTheDeleted "entries::a_deleted_update_is_still",
        ApplyServesTheDisabled "control::entries_are_told_as",
        ApplyLosesTheRule "control::entries_are_told_as",
        ApplyLosesTheRollout "control::entries_are_told_as",
        ApplyLosesTheOrigin "control::entries_are_told_as",
        ApplyLosesTheContent "control::entries_are_told_as",
        ApplyLosesTheAssets "history::an_entry",
        ApplyLosesTheGitCommit "history::groups",
        ApplyReplacesTheType "assets::an_asset",
        ApplyLosesStoredSignatures "checks::stored",
        ApplyReplacesStoredSignatures "checks::stored",
        ApplyTellsTheWrongVersion "edits::nothing",
        ApplyRaisesNoVersion "edits::nothing",
        ApplyRaisesItTwice "edits::nothing",
        ApplyForgetsTheLine "audit::an_operation",
        ApplyForgetsTheActor "audit::an_operation",
        ApplyForgetsTheDetail "audit::an_operation",
        ApplyMistakesTheAction "audit::every",
        ApplyIgnoresTheKey "once::a_repeated_operation",
        ApplyForgetsTheRecord "once::a_repeated_operation",
        ApplyForgetsTheOutcome "once::a_repeated_operation",
        ApplyKeepsTheRecordOfTheRefused "once::a_refused",
    ];
    save_prepared: [
        SaveForgets "save::a_session_comes",
        SaveLosesTheEdits "save::a_session_comes",
        SaveLosesTheVersion "save::a_session_comes",
        SaveLosesTheDetail "save::a_session_comes",
        SaveServesTheDisabled "save::a_session_comes",
        SaveLosesTheRule "save::a_session_comes",
        SaveMergesTheGroups "save::a_session_comes",
        SaveTakesNothing "save::nothing",
        SaveTakesAnyOrder "checks::instants",
        SaveTakesAnyBranch "save::the_branch",
        SaveReplaces "save::a_session_id",
        SaveForgetsTheOthers "save::a_session_comes",
        SaveRaisesTheVersion "save::a_session_is",
    ];
    prepared: [
        PreparedIsNotFound "save::a_session_comes",
        PreparedNeverExpires "save::a_session_lives",
        PreparedIgnoresTheApp "save::a_session_of",
    ];
    commit: [
        CommitTakesTheExpired "commit::an_expired",
        CommitTakesAnyApp "commit::a_session",
        CommitHappensAgain "commit::the_second",
        CommitForgetsTheOutcome "commit::the_second",
        CommitForgetsTheSession "commit::the_second",
        CommitLeavesTheSession "save::a_committed",
        CommitEndsTheRefused "checks::a_moved",
        CommitIgnoresTheVersion "checks::a_moved",
        CommitForgetsTheSignatures "commit::the_whole",
        CommitForgetsTheLine "commit::the_whole",
        CommitForgetsTheActor "commit::the_whole",
        CommitRaisesNoVersion "commit::the_whole",
        CommitIgnoresTheKey "once::a_repeated_commit",
        CommitForgetsTheRecord "once::a_repeated_commit",
    ];
    audit: [
        AuditIsOldestFirst "audit",
        AuditIgnoresTheLimit "audit",
        AuditIgnoresTheCursor "audit::older",
        AuditTellsTheCursorAgain "audit::older",
        AuditLosesTheDetail "audit",
    ];
    control: [
        ControlIsOfAnyApp "control::an_unknown",
        ControlTellsAnotherNow "control::now",
        ControlIsBehind "edits::nothing",
        ControlLosesPins "edits::edits_lead",
        ControlLosesPauses "edits::edits_lead",
        ControlLosesTheRule "control::entries_are_told_as",
        ControlLosesHeldEntries "control::entries_are_told_as",
        ControlLosesEntriesOfDeletedBranches "edits::a_deleted",
        ControlLosesTheDeleted "entries::what_is_left",
        ControlLosesEmbedded "control::splits",
        ControlIsUnordered "control::entries_are_told_newest",
        ControlOrdersByLetters "control::names",
    ];
    missing_signatures: [
        NoSignatureIsMissing "control::missing",
        MissingSignaturesAreUnordered "control::missing",
        MissingSignaturesAreOfOneKey "control::missing",
    ];
    versions: [
        VersionsStandStill "snapshots::versions",
        VersionsAreUnordered "snapshots::versions",
    ];
    load: [
        LoadIsOfAnyApp "snapshots::an_unknown",
        LoadServesHeldEntries "snapshots::a_held",
        LoadServesWhatNobodyReaches "snapshots::bytes",
        LoadForgetsWhatIsKnown "snapshots::a_lane",
        LoadForgetsTheDeleted "snapshots::a_deleted_entry",
        LoadForgetsEmbedded "snapshots::embedded",
        LoadLosesTheRule "snapshots::a_ruled",
        LoadLosesTheRollout "snapshots::a_rolling",
        LoadLosesTheSignatures "keys::a_key_comes",
        LoadLosesTheKeys "keys::a_key_comes",
        LoadIgnoresPauses "snapshots::only",
    ];
    assets: [
        AssetsIgnoreTheVersion "assets::assets_come",
        AssetsIgnoreTheApp "assets::assets_are_told",
        AssetsLoseTheEncodings "assets::assets_are_those",
    ];
    replay: [
        ReplayForgets "once",
        ReplayNeverForgets "once::an_outcome",
        ReplayIgnoresTheBody "once::another",
    ];
    add_token: [
        AddTokenForgets "tokens",
        AddTokenReplaces "tokens::a_hash",
    ];
    token: [
        TokenIsNotFound "tokens",
        TokenLosesItsTime "tokens",
    ];
    changes: [
        ChangesComeFromNowhere "watch",
        ChangesAreRefused "watch",
    ];
}
