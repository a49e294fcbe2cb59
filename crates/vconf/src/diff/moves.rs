//! Finds what was removed in one place and added in another.

use super::change::{Change, Op, Pair, Place};
use super::lookup::HashIndex;
use super::pairing::{Context, is_sizeable};
use crate::model::value::Tagged;

/// Turns a removal and an addition of equal, sizeable content into one move. Linear in the changes.
pub(super) fn find(ctx: &Context<'_>, pairs: &[Pair], changes: &mut Vec<Change>) {
    let in_text = |place: Place| {
        let pair = pairs.get(place.parent as usize);
        pair.is_some_and(|pair| ctx.new.tree.tag(pair.new) == Some(Tagged::LINES))
    };
    let removed: Vec<(usize, u128)> = (0..changes.len())
        .filter_map(|at| {
            let old = changes[at].old.filter(|_| changes[at].op == Op::Remove)?;
            let known = is_sizeable(ctx.old, old) && !in_text(changes[at].old_at);
            known.then(|| (at, ctx.old.hash(old)))
        })
        .collect();
    if removed.is_empty() {
        return;
    }
    let mut index = HashIndex::new(removed.iter().map(|&(_, hash)| hash));
    let mut gone = vec![false; changes.len()];
    let mut any = false;
    for at in 0..changes.len() {
        let Some(new) = changes[at].new.filter(|_| changes[at].op == Op::Add) else { continue };
        if !is_sizeable(ctx.new, new) || in_text(changes[at].new_at) {
            continue;
        }
        if let Some(found) = index.take(ctx.new.hash(new)) {
            let (from, _) = removed[found as usize];
            let (old, old_at) = (changes[from].old, changes[from].old_at);
            changes[at] = Change { op: Op::Move, old, old_at, copies: None, ..changes[at] };
            gone[from] = true;
            any = true;
        }
    }
    if any {
        let mut gone = gone.into_iter();
        changes.retain(|_| !gone.next().unwrap_or(false));
    }
}
