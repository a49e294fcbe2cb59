//! Merges texts and lists of arguments: sequences in which edits that touch are a conflict.

use std::ops::Range;

use super::super::pairing::Hashed;
use super::super::sequence::in_order;
use super::super::text::merge::{Side, of_lines, regions};
use super::{About, Choice, Merger, value};
use crate::model::path::Step;
use crate::model::tree::NodeId;
use crate::model::value::Value;

impl Merger<'_, '_> {
    /// Merges the lines of texts; a conflict has the lines of each side as one string.
    pub(super) fn text(&mut self, base: NodeId, ours: NodeId, theirs: NodeId) -> Value {
        let (base, ours, theirs) =
            (lines(self.base, base), lines(self.ours, ours), lines(self.theirs, theirs));
        let mut merged: Vec<&str> = Vec::new();
        for region in of_lines(&base, &ours, &theirs) {
            let (our_lines, their_lines) = (&ours[region.ours], &theirs[region.theirs]);
            merged.extend(match region.taken {
                Some(Side::Ours) => our_lines,
                Some(Side::Theirs) => their_lines,
                None => {
                    let joined = |lines: &[&str]| (!lines.is_empty()).then(|| Value::from(lines.concat()));
                    let (b, o, t) = (joined(&base[region.base]), joined(our_lines), joined(their_lines));
                    self.path.push(Step::Index(merged.len()));
                    let choice = self.tell_values(b, o, t, About::Value);
                    self.path.pop();
                    if choice == Some(Choice::Theirs) { their_lines } else { our_lines }
                }
            });
        }
        Value::list(merged)
    }

    /// Merges lists of arguments, whose neighbours belong together: the whole list is one conflict, or none is.
    pub(super) fn arguments(&mut self, base: NodeId, ours: NodeId, theirs: NodeId) -> Value {
        let (o, t) = (items(self.ours, ours), items(self.theirs, theirs));
        let hashes = [items(self.base, base), o.clone(), t.clone()];
        let sides = [self.base, self.ours, self.theirs];
        let [b_hashes, o_hashes, t_hashes] = [0, 1, 2]
            .map(|side| hashes[side].iter().map(|&item| sides[side].hash(item)).collect::<Vec<u128>>());
        let (our_edits, their_edits) = (edits(&b_hashes, &o_hashes), edits(&b_hashes, &t_hashes));
        let regions = regions((&b_hashes, &o_hashes, &t_hashes), &our_edits, &their_edits);
        if regions.iter().any(|region| region.taken.is_none()) {
            return match self.tell([base, ours, theirs].map(Some), About::Value) {
                Some(Choice::Theirs) => value_of(self.theirs, &t),
                _ => value_of(self.ours, &o),
            };
        }
        let mut merged = Vec::new();
        for region in regions {
            merged.extend(match region.taken {
                Some(Side::Theirs) => t[region.theirs].iter().map(|&item| value(self.theirs, item)).collect(),
                _ => o[region.ours].iter().map(|&item| value(self.ours, item)).collect::<Vec<_>>(),
            });
        }
        Value::List(merged)
    }
}

fn lines<'a>(side: Hashed<'a>, text: NodeId) -> Vec<&'a str> {
    side.tree.children(text).map(|line| side.tree.text(line)).collect()
}

fn items(side: Hashed<'_>, list: NodeId) -> Vec<NodeId> {
    side.tree.children(list).collect()
}

fn value_of(side: Hashed<'_>, items: &[NodeId]) -> Value {
    Value::List(items.iter().map(|&item| value(side, item)).collect())
}

fn edits(old: &[u128], new: &[u128]) -> Vec<(Range<usize>, Range<usize>)> {
    let (mut old_at, mut new_at) = (0, 0);
    let mut edits = Vec::new();
    for (o, n) in in_order(old, new).into_iter().chain([(old.len(), new.len())]) {
        if (old_at, new_at) != (o, n) {
            edits.push((old_at..o, new_at..n));
        }
        (old_at, new_at) = (o + 1, n + 1);
    }
    edits
}
