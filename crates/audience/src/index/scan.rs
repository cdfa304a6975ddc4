//! One pass over the columns: chunk by chunk, every operation of the plan while the chunk's mask
//! is at hand.

use std::sync::atomic::{AtomicUsize, Ordering};

use model::{EndpointSet, Ordinal};

use super::plan::Plan;
use super::{CHUNK, Mask, WORDS};

/// Chunks from which on two threads share the work.
const SHARED_CHUNKS_MIN: usize = 8;
/// Threads that share it.
const THREADS: usize = 2;

/// The endpoints among `live` that `plan` wants.
pub(super) fn scan(live: &[u64], plan: &Plan<'_>) -> EndpointSet {
    let chunks = live.len().div_ceil(WORDS);
    let next = AtomicUsize::new(0);
    if chunks < SHARED_CHUNKS_MIN {
        return work(live, plan, &next);
    }
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..THREADS)
            .map(|_| scope.spawn(|| work(live, plan, &next)))
            .collect();
        let mut found = work(live, plan, &next);
        for other in others {
            found |= other.join().expect("a scan does not panic");
        }
        found
    })
}

/// Takes chunks until none is left.
fn work(live: &[u64], plan: &Plan<'_>, next: &AtomicUsize) -> EndpointSet {
    let mut found = EndpointSet::new();
    loop {
        let chunk = next.fetch_add(1, Ordering::Relaxed);
        let Some(words) = live.get(chunk * WORDS..) else {
            return found;
        };
        if words.is_empty() {
            return found;
        }
        let mut mask = [0; WORDS];
        let present = words.len().min(WORDS);
        mask[..present].copy_from_slice(&words[..present]);
        apply(plan, chunk, &mut mask);
        if is_blank(&mask) {
            continue;
        }
        let mut bytes = [0; CHUNK / 8];
        for (eight, word) in bytes.as_chunks_mut::<8>().0.iter_mut().zip(&mask) {
            *eight = word.to_le_bytes();
        }
        let start = first(chunk);
        found |= EndpointSet::from_lsb0_bytes(start, &bytes);
    }
}

/// Clears the bits of endpoints in `chunk` that `plan` does not want.
fn apply(plan: &Plan<'_>, chunk: usize, mask: &mut Mask) {
    match plan {
        Plan::Everyone => {}
        Plan::Nobody => mask.fill(0),
        Plan::All(parts) => {
            for part in parts {
                if is_blank(mask) {
                    return;
                }
                apply(part, chunk, mask);
            }
        }
        Plan::Any(parts) => {
            let mut wanted = [0; WORDS];
            for part in parts {
                // Those already wanted need no other reason.
                let mut rest = *mask;
                each(&mut rest, &wanted, |rest, wanted| rest & !wanted);
                if is_blank(&rest) {
                    break;
                }
                apply(part, chunk, &mut rest);
                each(&mut wanted, &rest, |wanted, rest| wanted | rest);
            }
            *mask = wanted;
        }
        Plan::Not(part) => {
            let mut unwanted = *mask;
            apply(part, chunk, &mut unwanted);
            each(mask, &unwanted, |mask, unwanted| mask & !unwanted);
        }
        Plan::Test(test) => test.filter(chunk, mask),
        Plan::Set(set) => {
            let mut listed = [0_u64; WORDS];
            let start = first(chunk);
            for ordinal in set.range(start..=start + (CHUNK - 1) as Ordinal) {
                let lane = (ordinal - start) as usize;
                listed[lane / 64] |= 1 << (lane % 64);
            }
            each(mask, &listed, |mask, listed| mask & listed);
        }
    }
}

/// The first ordinal of a chunk.
fn first(chunk: usize) -> Ordinal {
    Ordinal::try_from(chunk * CHUNK).expect("a chunk in use starts at an ordinal")
}

fn is_blank(mask: &Mask) -> bool {
    mask.iter().all(|word| *word == 0)
}

fn each(mask: &mut Mask, other: &Mask, operation: impl Fn(u64, u64) -> u64) {
    for (word, other) in mask.iter_mut().zip(other) {
        *word = operation(*word, *other);
    }
}
