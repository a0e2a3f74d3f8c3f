//! What every backend must do, as a suite that its tests run. A backend is done when [`all`] passes.
//!
//! One function is one rule; it starts with a database of its own and says in its name what must hold. The list of
//! contracts is complete by itself: a function that nobody lists does not compile without a warning.

#![expect(clippy::panic, clippy::unwrap_used, reason = "a contract is a test: it fails by panicking")]

mod apps;
mod assets;
mod audit;
mod blobs;
mod checks;
mod commit;
mod control;
mod durability;
mod edits;
mod entries;
mod history;
mod keys;
mod once;
mod save;
mod snapshots;
mod tokens;
mod watch;
mod world;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;

use crate::Store;

/// Where a backend's databases come from.
#[async_trait]
pub trait Databases: Send + Sync {
    /// A new, empty database. It goes away with the value.
    async fn create(&self) -> Box<dyn Database>;

    /// Whether its stores tell what others change in them ([`Watch`](crate::Watch)).
    fn tells_changes(&self) -> bool;
}

/// One database.
#[async_trait]
pub trait Database: Send + Sync {
    /// Opens it with connections of its own, as another process or a later start would.
    async fn open(&self) -> Arc<dyn Store>;
}

type Checking<'d> = Pin<Box<dyn Future<Output = ()> + Send + 'd>>;

/// One rule.
#[derive(Clone, Copy)]
pub struct Contract {
    /// Its name, e.g. `blobs::missing_is_answered_per_app`.
    pub name: &'static str,
    run: for<'d> fn(&'d dyn Databases) -> Checking<'d>,
}

impl Contract {
    /// Panics when the backend breaks it.
    pub async fn check(&self, databases: &dyn Databases) {
        (self.run)(databases).await;
    }
}

impl fmt::Debug for Contract {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// Checks every contract, one after the other.
pub async fn all(databases: &dyn Databases) {
    for contract in contracts() {
        contract.check(databases).await;
    }
}

macro_rules! list {
    ($($room:ident: $($contract:ident),+;)+) => {
        /// Every contract, for a backend that checks them one by one.
        pub fn contracts() -> Vec<Contract> {
            vec![$($(Contract {
                name: concat!(stringify!($room), "::", stringify!($contract)),
                run: |databases| Box::pin($room::$contract(databases)),
            }),+),+]
        }
    };
}

list! {
    apps:
        a_fresh_app_has_all_it_needs,
        an_existing_app_is_left_alone,
        bootstrap_is_all_or_nothing,
        apps_are_told_by_slug,
        an_app_tells_its_version;
    assets:
        assets_are_those_that_entries_refer_to,
        an_asset_keeps_its_first_type,
        the_least_of_several_types_is_taken,
        assets_come_after_a_version,
        assets_are_told_per_app;
    audit:
        an_operation_writes_its_line,
        every_action_has_its_line,
        lines_are_told_newest_first,
        older_lines_are_told_page_by_page;
    blobs:
        missing_is_answered_in_the_order_asked,
        missing_is_answered_per_app,
        another_size_counts_as_missing,
        twenty_thousand_blobs_are_one_question,
        recording_again_changes_nothing,
        one_hash_has_one_size,
        recording_needs_the_app,
        encodings_tell_untried_from_useless,
        encodings_are_replaced,
        encodings_need_their_blob;
    checks:
        checks_come_in_their_order,
        a_moved_version_is_refused,
        instants_must_rise,
        entries_are_later_than_all_of_their_platform,
        a_publish_is_held_just_when_its_branch_is_pinned,
        groups_go_to_branches_of_the_app,
        ids_are_used_once,
        an_open_rollout_closes_its_lane_only,
        a_held_rollout_closes_nothing,
        blobs_must_be_the_apps_own,
        every_key_signs_every_entry,
        stray_signatures_are_refused,
        stored_entries_are_signed_too;
    commit:
        the_whole_group_appears_at_once,
        other_apps_do_not_see_it,
        unknown_sessions_are_refused,
        an_expired_session_is_refused,
        a_session_is_of_one_app,
        the_second_commit_gets_the_first_outcome,
        twenty_thousand_assets_are_one_update,
        an_unheard_caller_leaves_all_or_nothing,
        two_publishers_lose_nothing,
        one_of_two_at_a_version_wins,
        a_session_is_committed_once;
    control:
        an_unknown_app_has_no_control,
        now_is_told,
        entries_are_told_as_they_were_issued,
        entries_are_told_newest_first,
        names_are_told_by_their_bytes,
        splits_and_embedded_updates_are_told,
        control_is_one_instant,
        missing_signatures_are_told_in_order;
    durability:
        everything_survives_a_restart,
        a_session_survives_a_restart;
    edits:
        edits_lead_where_the_model_says,
        edits_name_what_the_app_has,
        a_taken_name_is_refused,
        edits_apply_in_their_order,
        a_deleted_branch_keeps_its_entries,
        a_known_embedded_update_stays_as_it_is,
        a_registration_is_completed,
        edits_come_before_entries,
        nothing_to_do_raises_the_version;
    entries:
        a_disabled_rollout_is_over,
        one_rollout_is_open_in_a_lane,
        a_rollout_is_changed_in_place,
        a_message_is_changed_or_taken_away,
        a_deleted_update_is_gone,
        what_is_left_of_a_deleted_update_is_told,
        a_deleted_update_is_still_counted_with,
        an_edit_fills_no_lane_too_far,
        only_the_end_of_an_operation_counts;
    history:
        an_entry_is_told_with_its_bytes,
        groups_are_told_by_id,
        other_apps_are_not_told;
    keys:
        a_key_comes_with_its_signatures,
        a_key_elsewhere_has_no_sealed_part,
        a_moved_version_refuses_the_key,
        a_key_id_is_taken_per_app,
        a_signature_needs_its_update,
        a_key_needs_its_app,
        keys_are_told_oldest_first;
    once:
        a_repeated_operation_gets_its_outcome,
        a_repeated_commit_gets_its_outcome,
        a_request_that_came_twice_at_once_takes_effect_once,
        another_body_is_a_conflict,
        the_scope_is_token_method_path_and_key,
        an_outcome_is_kept_for_a_day,
        a_refused_operation_keeps_no_outcome;
    save:
        a_session_comes_back_as_it_went,
        a_session_is_not_served,
        a_session_lives_for_an_hour,
        a_session_of_another_app_is_not_told,
        a_committed_session_is_gone,
        nothing_to_issue_is_refused,
        the_branch_must_be_the_apps_own,
        a_session_id_is_used_once,
        saving_forgets_no_living_session;
    snapshots:
        an_unknown_app_has_no_state,
        versions_are_told_by_id,
        a_lane_ends_where_everyone_is_served,
        a_rolling_entry_keeps_what_is_beneath,
        a_ruled_entry_keeps_what_is_beneath,
        a_disabled_entry_is_known_but_not_served,
        only_branches_of_channels_are_served,
        a_deleted_branch_is_not_served_but_known,
        embedded_updates_are_known,
        a_held_entry_is_known_but_not_served,
        a_deleted_entry_is_known_but_not_served,
        a_directive_is_served_but_not_known,
        lanes_and_branches_are_kept_apart,
        bytes_are_those_of_reachable_entries,
        version_and_content_agree;
    tokens:
        a_token_is_found_by_its_hash,
        a_hash_is_taken_once;
    watch:
        a_change_is_told_or_nothing_is;
}
