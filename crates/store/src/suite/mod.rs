//! The tests that every backend passes.
//!
//! A backend calls [`crate::suite!`] in a test file with a function that opens an empty store; each
//! case becomes a test of its own.

pub mod documents;
pub mod endpoints;
pub mod members;
pub mod secrets;
pub mod users;
pub mod zones;

use std::fmt::Debug;

/// The value, or a failed test.
#[track_caller]
pub(crate) fn ok<T, E: Debug>(outcome: Result<T, E>) -> T {
    match outcome {
        Ok(value) => value,
        Err(error) => panic!("failed: {error:?}"),
    }
}

/// Makes a test of every case of the suite. `$open` is an async function that returns an empty
/// [`crate::Store`] with whatever must live as long: `async fn open() -> (TempDir, Store)`.
#[macro_export]
macro_rules! suite {
    ($open:ident) => {
        $crate::suite!($open, documents:
            puts_gets_and_counts,
            revisions_are_expected,
            a_commit_is_all_or_nothing,
            lists_newest_first_in_pages,
            due_earliest_first,
            deletes_groups,
            concurrent_commits_refuse_only_their_own,
        );
        $crate::suite!($open, secrets:
            keeps_replaces_and_forgets,
            derives_keys_by_label,
        );
        $crate::suite!($open, endpoints:
            creates_and_merges,
            finds_in_any_casing,
            refuses_by_the_rules,
            all_or_nothing_leaves_nothing,
            each_write_stands_for_itself,
            later_writes_of_a_call_see_earlier_ones,
            an_address_has_one_active_endpoint,
            ordinals_last_for_ever,
            reserves_ordinals,
            sets_follow_writes,
            scans_in_order,
            records_activity,
            removes_names,
            counts_what_is_there,
            drops_an_application,
            concurrent_calls_lose_nothing,
            a_long_call_keeps_its_order,
        );
        $crate::suite!($open, users:
            shares_attributes_among_endpoints,
            holds_attributes_until_linked,
            unlinks_and_drops_the_last,
            refuses_the_sixteenth_mail_address,
            evicts_the_stalest_push_endpoint,
            deletes_a_user,
        );
        $crate::suite!($open, members:
            adds_members_and_snapshots,
            many_members_in_portions,
            deletion_erases_snapshots,
            evaluates_imported_segments,
            drops_members,
        );
        $crate::suite!($open, zones:
            tells_the_zone_of_everybody,
            a_zone_follows_writes,
            many_are_told_apart,
        );
    };
    ($open:ident, $group:ident: $($case:ident,)*) => {
        mod $group {
            $(
                #[tokio::test]
                async fn $case() {
                    let (kept, store) = super::$open().await;
                    $crate::suite::$group::$case(&store).await;
                    drop(store);
                    drop(kept);
                }
            )*
        }
    };
}
