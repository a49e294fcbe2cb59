//! What two sequences have in common, in order.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash};

use imara_diff::{Algorithm, Diff, Token};

/// The indices of the items of a common subsequence, both rising.
///
/// It is the longest one where what differs has no more than [`FEWEST_EDITS`] items on either side; of more, a long
/// one is found in near linear time. `S` makes the hashes of items.
pub(crate) fn in_order<T: Hash + Eq, S: BuildHasher + Default>(old: &[T], new: &[T]) -> Vec<(usize, usize)> {
    let head = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let (old_rest, new_rest) = (&old[head..], &new[head..]);
    let tail = old_rest.iter().rev().zip(new_rest.iter().rev()).take_while(|(a, b)| a == b).count();
    let old_rest = &old_rest[..old_rest.len() - tail];
    let new_rest = &new_rest[..new_rest.len() - tail];
    let mut pairs: Vec<_> = (0..head).map(|at| (at, at)).collect();
    if !old_rest.is_empty() && !new_rest.is_empty() {
        let mut numbers: HashMap<&T, u32, S> = HashMap::default();
        let mut tokens = Vec::with_capacity(old_rest.len() + new_rest.len());
        for item in old_rest.iter().chain(new_rest) {
            let next = numbers.len() as u32;
            tokens.push(Token(*numbers.entry(item).or_insert(next)));
        }
        let (before, after) = tokens.split_at(old_rest.len());
        let small = before.len().max(after.len()) <= FEWEST_EDITS;
        let algorithm = if small { Algorithm::MyersMinimal } else { Algorithm::Histogram };
        let mut diff = Diff::default();
        diff.compute_with(algorithm, before, after, numbers.len() as u32);
        let kept_old = (0..before.len()).filter(|&at| !diff.is_removed(at as u32));
        let kept_new = (0..after.len()).filter(|&at| !diff.is_added(at as u32));
        pairs.extend(kept_old.zip(kept_new).map(|(o, n)| (head + o, head + n)));
    }
    pairs.extend((0..tail).rev().map(|back| (old.len() - 1 - back, new.len() - 1 - back)));
    pairs
}

/// Up to how many items the fewest edits are searched for, whatever it costs.
const FEWEST_EDITS: usize = 256;
