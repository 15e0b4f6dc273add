//! What every store must do: one suite for all of them, and a naive model to compare with.
//!
//! A store's tests say how a store is made, by a [`Harness`], and run everything with
//! [`contract_tests!`](crate::contract_tests). Whatever the documentation of [`RuleStore`] promises has a test here.

mod differences;
mod expectations;
mod lasting;
mod model;
mod packs;
mod random;
mod rules;
mod samples;
mod subject;
mod writes;

pub use differences::*;
pub use expectations::*;
pub use lasting::*;
pub use model::Model;
pub use packs::*;
pub use random::*;
pub use rules::*;
pub use samples::{any_id, pack, rule, rule_of, singles};
pub use writes::*;

use crate::RuleStore;
use std::sync::Arc;

/// How the suite gets at stores.
pub trait Harness {
    /// How many histories a store must survive; fewer where each takes long.
    const HISTORIES: u32 = 256;

    /// Where a store keeps what it holds; gone when it is dropped.
    type Place;

    /// A place that holds nothing.
    fn place(&self) -> Self::Place;

    /// A store object over a place, which may hold something; no other store object over it is alive.
    fn open(&self, place: &Self::Place) -> Arc<dyn RuleStore>;

    /// Runs a future to its end.
    fn block_on<T>(&self, future: impl Future<Output = T>) -> T;

    /// Changes what is stored behind the store's back, and the model with it, as the dice say.
    ///
    /// Stores that nobody else can reach leave it as it is.
    fn interfere(&self, place: &Self::Place, model: &mut Model, dice: u64) {
        let _ = (place, model, dice);
    }

    /// Takes out of the model what only the store object that has just been closed remembered.
    fn forget(&self, place: &Self::Place, model: &mut Model) {
        let _ = (place, model);
    }
}

/// Makes one test of each part of the contract, on the stores of a harness.
#[macro_export]
macro_rules! contract_tests {
    ($harness:expr) => {
        $crate::contract_tests!($harness;
            a_new_store_is_empty
            a_rule_that_is_put_is_loaded
            a_put_takes_the_place_of_the_rule_with_its_id
            layers_hold_rules_of_one_id_side_by_side
            only_overrides_of_packs_and_local_rules_are_written
            a_rule_that_is_removed_is_gone
            removing_what_is_not_there_is_no_error
            ids_that_differ_in_case_are_one
            edits_are_made_in_their_order
            a_write_is_whole_or_nothing
            ids_are_disabled_and_enabled_whether_or_not_they_exist
            ids_are_pinned_and_unpinned_whether_or_not_they_exist
            a_write_of_nothing_changes_nothing
            every_expectation_is_judged_on_what_is_there
            expectations_see_the_edits_before_them
            an_expectation_looks_at_its_own_layer
            what_is_only_expected_is_not_changed
            what_was_decided_on_a_state_that_never_was_is_refused
            a_rule_that_differs_in_its_time_alone_is_another
            revisions_only_grow
            differences_lead_from_any_state_to_any_later_one
            differences_name_every_id_that_was_touched
            what_was_never_given_out_has_no_difference
            what_is_written_lasts
            a_store_that_can_be_written_says_so
            a_lease_that_is_held_is_renewed
            every_field_of_a_rule_lasts
            hostile_contents_last
            ids_at_their_limits_last
            many_rules_are_written_at_once
            what_is_installed_is_loaded
            an_update_takes_the_place_of_the_whole_pack
            an_older_version_is_installed_as_any_other
            a_pack_that_is_uninstalled_is_gone
            uninstalling_what_is_not_there_changes_nothing
            overrides_disabled_ids_and_pins_outlive_a_pack
            overrides_name_the_version_that_is_installed
            singles_come_change_and_go
            the_files_of_singles_are_told_by_their_bytes
            the_files_of_a_pack_are_those_that_were_installed
            the_files_of_singles_are_those_that_were_put
            several_packs_are_changed_at_once
            a_write_with_packs_is_whole_or_nothing
            what_belongs_elsewhere_is_not_installed
            expectations_see_changes_of_packs_before_them
            packs_are_changed_only_as_they_were_seen
            packs_last
            differences_over_a_change_of_packs_are_complete_or_none
            any_history_agrees_with_the_model
        );
    };
    ($harness:expr; $($name:ident)*) => {
        $(
            #[test]
            fn $name() {
                $crate::contract::$name(&$harness);
            }
        )*
    };
}
