//! What every backend must do, as a suite that its tests run. A backend is done when [`all`] passes.
//!
//! One function is one rule; it starts with a database of its own and says in its name what must hold. The list of
//! contracts is complete by itself: a function that nobody lists does not compile without a warning.

#![expect(clippy::panic, clippy::unwrap_used, reason = "a contract is a test: it fails by panicking")]

mod apps;
mod blobs;
mod commit;
mod durability;
mod history;
mod keys;
mod once;
mod prepare;
mod save;
mod snapshots;
mod tokens;
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
        listings_are_in_order,
        a_new_channel_brings_its_branch,
        a_new_channel_takes_the_branch_of_its_name,
        an_existing_channel_is_left_alone,
        a_channel_needs_its_app;
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
    commit:
        the_whole_group_appears_at_once,
        other_apps_do_not_see_it,
        a_later_entry_of_the_platform_moves_the_head,
        an_equal_instant_moves_the_head,
        the_other_platform_does_not_move_the_head,
        every_entry_must_be_later,
        an_expected_head_must_still_be_there,
        an_expected_empty_lane_must_still_be_empty,
        an_unexpected_head_does_not_matter,
        an_open_rollout_closes_its_lane_only,
        blobs_must_be_the_apps_own,
        every_key_signs_every_entry,
        stray_signatures_are_refused,
        unknown_sessions_are_refused,
        an_expired_session_is_refused,
        a_session_is_of_one_app,
        the_second_commit_gets_the_first_outcome,
        an_id_is_used_once,
        twenty_thousand_assets_are_one_update,
        an_unheard_caller_leaves_all_or_nothing,
        two_writers_lose_nothing;
    durability:
        everything_survives_a_restart,
        a_session_survives_a_restart;
    history:
        a_lane_is_told_newest_first,
        heads_are_told_per_lane,
        an_entry_is_told_with_its_bytes,
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
        a_repeated_commit_gets_its_outcome,
        a_repeated_save_gets_its_outcome,
        a_repeated_key_gets_its_outcome,
        another_body_is_a_conflict,
        the_scope_is_token_method_path_and_key,
        an_outcome_is_kept_for_a_day,
        a_refused_intent_keeps_no_outcome;
    prepare:
        a_channel_names_its_branch,
        unknown_places_are_refused,
        the_next_instant_is_later_than_all_of_the_platform,
        a_head_is_told_whatever_its_state,
        an_open_rollout_is_told,
        looking_stores_nothing;
    save:
        a_session_comes_back_as_it_went,
        a_session_is_not_served,
        a_session_lives_for_an_hour,
        a_session_of_another_app_is_not_told,
        a_committed_session_is_gone,
        nothing_to_issue_is_refused,
        instants_must_rise,
        the_branch_must_be_the_apps_own,
        a_session_id_is_used_once,
        saving_forgets_no_living_session;
    snapshots:
        an_unknown_app_has_no_state,
        versions_are_told_by_id,
        a_lane_ends_where_everyone_is_served,
        a_rolling_entry_keeps_what_is_beneath,
        a_held_entry_is_known_but_not_served,
        a_directive_is_served_but_not_known,
        lanes_and_branches_are_kept_apart,
        bytes_are_those_of_reachable_entries,
        version_and_content_agree,
        assets_are_those_that_entries_refer_to,
        an_asset_keeps_its_first_type,
        assets_come_after_a_version,
        assets_are_told_per_app;
    tokens:
        a_token_is_found_by_its_hash,
        a_hash_is_taken_once;
}
