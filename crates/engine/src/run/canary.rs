//! Who of a frozen set goes first (`docs/spec/campaigns.md §15`). Pure.

use model::{EndpointSet, Ordinal, Run};
use sha2::{Digest, Sha256};

/// Bits of a rank by which ordinals are counted first, so that few are sorted.
const BUCKET_BITS: u32 = 16;

/// The canary of `run` in `members`: `percent` of them, rounded up, spread evenly. Campaign, instant,
/// treatments and ordinals alone decide, so that it is known before the run begins.
pub(crate) fn canary(members: &EndpointSet, percent: u8, run: &Run) -> EndpointSet {
    let (campaign, scheduled, leader) = (&run.campaign, run.scheduled, run.leader());
    choose(
        members,
        percent,
        &format!("{campaign}/{scheduled}/{leader}"),
    )
}

fn choose(members: &EndpointSet, percent: u8, seed: &str) -> EndpointSet {
    let wanted = (members.len() * u64::from(percent)).div_ceil(100);
    let rank = ranks(seed);
    let bucket = |ordinal: Ordinal| (rank(ordinal) >> (u64::BITS - BUCKET_BITS)) as usize;
    let mut counts = vec![0_u64; 1 << BUCKET_BITS];
    for ordinal in members {
        counts[bucket(ordinal)] += 1;
    }
    // Whole buckets go as long as they fit; of the next one, its lowest ranks.
    let mut room = wanted;
    let last = counts
        .iter()
        .position(|count| match room.checked_sub(*count) {
            Some(left) => {
                room = left;
                false
            }
            None => true,
        })
        .unwrap_or(counts.len());
    let mut canary: EndpointSet = members.iter().filter(|o| bucket(*o) < last).collect();
    let mut rest: Vec<(u64, Ordinal)> = members
        .iter()
        .filter(|o| bucket(*o) == last)
        .map(|o| (rank(o), o))
        .collect();
    rest.sort_unstable();
    let room = usize::try_from(room).unwrap_or(usize::MAX);
    canary.extend(rest.into_iter().take(room).map(|(_, ordinal)| ordinal));
    canary
}

/// The place of each ordinal in the order of `seed`: a permutation, so that no two share one.
fn ranks(seed: &str) -> impl Fn(Ordinal) -> u64 {
    let digest = Sha256::new()
        .chain_update(b"canary")
        .chain_update(seed.as_bytes())
        .finalize();
    let mut seed = [0; 8];
    seed.copy_from_slice(&digest[..8]);
    let seed = u64::from_le_bytes(seed);
    // Multiplying by odd numbers and folding high bits down (the finaliser of SplitMix64).
    move |ordinal| {
        let mut x = seed ^ u64::from(ordinal).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_canary_is_the_wanted_share(
            members in proptest::collection::btree_set(0_u32..500_000, 0..400),
            percent in 1_u8..=50,
            seed in "[a-f0-9]{8}",
        ) {
            let members: EndpointSet = members.into_iter().collect();
            let chosen = choose(&members, percent, &seed);
            prop_assert!(chosen.is_subset(&members));
            prop_assert_eq!(chosen.len(), (members.len() * u64::from(percent)).div_ceil(100));
            prop_assert_eq!(choose(&members, percent, &seed), chosen.clone());
            // A larger canary holds the smaller one.
            prop_assert!(chosen.is_subset(&choose(&members, percent + 1, &seed)));
        }
    }

    #[test]
    fn a_canary_is_spread_evenly_and_differs_by_run() {
        let members: EndpointSet = (0..200_000).collect();
        let first = choose(&members, 10, "a");
        for part in 0..10 {
            let range = part * 20_000..(part + 1) * 20_000;
            let here = first.range_cardinality(range);
            assert!((1_800..2_200).contains(&here), "{here} in part {part}");
        }
        let second = choose(&members, 10, "b");
        let both = first.intersection_len(&second);
        assert!((1_700..2_300).contains(&both), "{both}");
    }
}
