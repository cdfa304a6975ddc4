//! How sure a difference of two shares is.

/// The quantile of the standard normal distribution for 95 % confidence, two-sided.
const Z: f64 = 1.959_963_984_540_054;
/// The confidence of [`difference`].
pub const CONFIDENCE: f64 = 0.95;

/// Two shares compared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Difference {
    /// The first share less the second.
    pub difference: f64,
    /// The lower end of the interval that holds the true difference with [`CONFIDENCE`].
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

/// Compares `reached` of `people` with `other_reached` of `other_people`: Newcombe's hybrid score
/// interval for the difference of independent proportions, without continuity correction (Statistics
/// in Medicine 17, 1998, method 10). `None` if one of the groups is empty.
#[must_use]
pub fn difference(
    (reached, people): (u64, u64),
    (other_reached, other_people): (u64, u64),
) -> Option<Difference> {
    let first = Share::of(reached, people)?;
    let second = Share::of(other_reached, other_people)?;
    let difference = first.share - second.share;
    let below = (first.share - first.low).hypot(second.high - second.share);
    let above = (first.high - first.share).hypot(second.share - second.low);
    Some(Difference {
        difference,
        low: (difference - below).max(-1.0),
        high: (difference + above).min(1.0),
    })
}

/// A share with Wilson's score interval.
struct Share {
    share: f64,
    low: f64,
    high: f64,
}

impl Share {
    fn of(reached: u64, people: u64) -> Option<Self> {
        if people == 0 || reached > people {
            return None;
        }
        let n = people as f64;
        let share = reached as f64 / n;
        let z2 = Z * Z;
        let centre = 2.0 * n * share + z2;
        let spread = Z * (z2 + 4.0 * n * share * (1.0 - share)).sqrt();
        let width = 2.0 * (n + z2);
        Some(Self {
            share,
            low: ((centre - spread) / width).clamp(0.0, share),
            high: ((centre + spread) / width).clamp(share, 1.0),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(first: (u64, u64), second: (u64, u64), low: f64, high: f64) {
        let found = difference(first, second).expect("neither group is empty");
        let near = |a: f64, b: f64| (a - b).abs() < 0.000_051;
        assert!(near(found.low, low) && near(found.high, high), "{found:?}");
    }

    /// The examples of the article's table II.
    #[test]
    fn published_intervals() {
        check((56, 70), (48, 80), 0.0524, 0.3339);
        check((9, 10), (3, 10), 0.1705, 0.8090);
        check((6, 7), (2, 7), 0.0582, 0.8062);
        check((5, 56), (0, 29), -0.0381, 0.1926);
        check((0, 10), (0, 20), -0.1611, 0.2775);
        check((0, 10), (0, 10), -0.2775, 0.2775);
        check((10, 10), (0, 20), 0.6791, 1.0);
        check((10, 10), (0, 10), 0.6075, 1.0);
    }

    #[test]
    fn nobody_cannot_be_compared() {
        assert_eq!(difference((0, 0), (1, 2)), None);
        assert_eq!(difference((1, 2), (0, 0)), None);
        assert_eq!(difference((3, 2), (1, 2)), None);
    }

    fn group() -> impl Strategy<Value = (u64, u64)> {
        (1_u64..5_000_000).prop_flat_map(|people| (0..=people, Just(people)))
    }

    proptest! {
        #[test]
        fn the_interval_holds_the_difference_and_turns_with_the_groups(a in group(), b in group()) {
            let found = difference(a, b).expect("neither is empty");
            prop_assert!(-1.0 <= found.low && found.high <= 1.0);
            prop_assert!(found.low <= found.difference && found.difference <= found.high);
            let turned = difference(b, a).expect("neither is empty");
            prop_assert!((turned.low + found.high).abs() < 1e-12);
            prop_assert!((turned.high + found.low).abs() < 1e-12);
        }
    }
}
