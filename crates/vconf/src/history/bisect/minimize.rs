//! Delta debugging: from many changes to those that matter.

use super::Verdict;

/// A set of changes from which none can be left out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Minimized {
    /// The changes, by their numbers, rising.
    pub chosen: Vec<usize>,
    /// Whether each was shown to be needed. Not so where trials ended without a verdict, or there were too many of them.
    pub is_minimal: bool,
}

/// Finds a smallest set of changes that is bad, where all together are, and none is good.
///
/// A subset that is bad takes the place of the whole; from the outcome no single change can be left out. This is `ddmin`
/// (Zeller and Hildebrandt, "Simplifying and isolating failure-inducing input", 2002): a few trials where one change is
/// to blame, at most the square of the changes else, and at most 2,000.
///
/// # Errors
/// That of a trial, which ends it.
pub fn minimize<E>(
    count: usize,
    mut trial: impl FnMut(&[usize]) -> Result<Verdict, E>,
) -> Result<Minimized, E> {
    let mut chosen: Vec<usize> = (0..count).collect();
    let mut pieces = 2;
    let mut trials = 0;
    while chosen.len() > 1 {
        let parts = split(&chosen, pieces.min(chosen.len()));
        let without = |part: &[usize]| -> Vec<usize> {
            chosen.iter().filter(|number| !part.contains(number)).copied().collect()
        };
        // Of two parts each is what is left without the other.
        let complements =
            if parts.len() > 2 { parts.iter().map(|part| without(part)).collect() } else { Vec::new() };
        let mut is_unresolved = false;
        let mut smaller = None;
        for (at, set) in parts.iter().cloned().chain(complements).enumerate() {
            if trials >= MOST_TRIALS {
                return Ok(Minimized { chosen, is_minimal: false });
            }
            trials += 1;
            match trial(&set)? {
                Verdict::Bad => {
                    smaller = Some((set, at < parts.len()));
                    break;
                }
                Verdict::Unresolved => is_unresolved = true,
                Verdict::Good => {}
            }
        }
        match smaller {
            Some((set, is_part)) => {
                pieces = if is_part { 2 } else { (parts.len() - 1).max(2) };
                chosen = set;
            }
            None if parts.len() == chosen.len() => {
                return Ok(Minimized { chosen, is_minimal: !is_unresolved });
            }
            None => pieces = parts.len() * 2,
        }
    }
    Ok(Minimized { chosen, is_minimal: true })
}

/// How many sets are tried.
const MOST_TRIALS: usize = 2000;

/// Parts of about the same size, in order.
fn split(set: &[usize], pieces: usize) -> Vec<Vec<usize>> {
    let bound = |piece: usize| set.len() * piece / pieces;
    (0..pieces).map(|piece| set[bound(piece)..bound(piece + 1)].to_vec()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Finds a set that is bad where it holds all of these.
    fn find(count: usize, needed: &[usize]) -> (Vec<usize>, usize) {
        let mut trials = 0;
        let found = minimize(count, |set| -> Result<_, ()> {
            trials += 1;
            Ok(if needed.iter().all(|number| set.contains(number)) { Verdict::Bad } else { Verdict::Good })
        });
        let found = found.unwrap();
        assert!(found.is_minimal);
        (found.chosen, trials)
    }

    #[test]
    fn what_is_needed_is_found_and_nothing_else() {
        for needed in [&[5][..], &[0, 63], &[1, 2], &[3, 30, 60]] {
            assert_eq!(find(64, needed).0, needed);
        }
        assert_eq!(find(1, &[0]), (vec![0], 0));
        assert_eq!(find(0, &[]), (vec![], 0));
    }

    #[test]
    fn one_change_of_many_costs_few_trials() {
        let (found, trials) = find(1024, &[777]);
        assert_eq!(found, [777]);
        assert!(trials <= 20, "{trials}");
    }

    #[test]
    fn sets_that_can_not_be_told_leave_a_doubt() {
        // 2 and 3 can only be made together, and only 3 is bad.
        let found = minimize(8, |set| -> Result<_, ()> {
            Ok(match (set.contains(&2), set.contains(&3)) {
                (true, true) => Verdict::Bad,
                (false, false) => Verdict::Good,
                _ => Verdict::Unresolved,
            })
        });
        assert_eq!(found, Ok(Minimized { chosen: vec![2, 3], is_minimal: false }));
    }

    #[test]
    fn an_end_is_come_to_however_the_trials_go() {
        let mut trials = 0;
        let found = minimize(1000, |set| -> Result<_, ()> {
            trials += 1;
            Ok(if set.len() == 999 { Verdict::Bad } else { Verdict::Unresolved })
        });
        assert!(!found.unwrap().is_minimal);
        assert!(trials <= MOST_TRIALS);
        assert_eq!(minimize(4, |_| Err::<Verdict, _>("no")), Err("no"));
    }
}
