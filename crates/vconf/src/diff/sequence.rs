//! Pairs the items of two lists in which order counts.

use std::ops::Range;

use super::identity::Identity;
use super::lists::pair_edited;
use super::lookup::{HashIndex, HashIsKey, NONE};
use super::pairing::{Context, Hashed, Pairing, is_container, staying};
use super::rules::ListMode;
use crate::model::sequence;
use crate::model::tree::NodeId;

/// Pairs the items of two lists: what stayed in order, what moved, then what was edited in between.
///
/// With `lines` nothing moves and nothing is looked for by likeness: the lists are lines of a text.
pub(super) fn pair(
    ctx: &Context<'_>,
    old: NodeId,
    new: NodeId,
    lines: bool,
    pairing: &mut Pairing,
) -> Option<Identity> {
    pairing.begin(ctx, old, new);
    let (olds, news) = (pairing.old.len(), pairing.new.len());
    let mut head = 0;
    while head < olds.min(news) && ctx.same(pairing.old[head], pairing.new[head]) {
        pairing.join(head, head);
        head += 1;
    }
    let mut tail = 0;
    while tail < olds.min(news) - head && ctx.same(pairing.old[olds - 1 - tail], pairing.new[news - 1 - tail])
    {
        pairing.join(olds - 1 - tail, news - 1 - tail);
        tail += 1;
    }
    let hashes = |side: Hashed<'_>, items: &[NodeId]| items.iter().map(|&item| side.hash(item)).collect();
    let old_hashes: Vec<_> = hashes(ctx.old, &pairing.old[head..olds - tail]);
    let new_hashes: Vec<_> = hashes(ctx.new, &pairing.new[head..news - tail]);
    for (o, n) in in_order(&old_hashes, &new_hashes) {
        pairing.join(head + o, head + n);
    }
    let mut identity = None;
    if !lines {
        let (olds, news) = (pairing.left_old(), pairing.left_new());
        let mut index = HashIndex::new(olds.iter().map(|&o| old_hashes[o - head]));
        for n in news {
            if let Some(at) = index.take(new_hashes[n - head]) {
                pairing.join(olds[at as usize], n);
            }
        }
        identity = pair_edited(ctx, pairing, ListMode::Sequence);
        let partners: Vec<_> = pairing.partners().collect();
        let stays = staying(partners.iter().copied());
        for ((_, n), stays) in partners.into_iter().zip(stays) {
            if !stays {
                pairing.mark_moved(n as usize);
            }
        }
    }
    pair_gaps(ctx, pairing);
    identity
}

/// The indices of the items of a common subsequence, given by their hashes, both rising.
pub(super) fn in_order(old: &[u128], new: &[u128]) -> Vec<(usize, usize)> {
    sequence::in_order::<_, HashIsKey>(old, new)
}

/// Between two items that stayed, pairs the scalars that are left in their order, and one thing with one of another kind.
fn pair_gaps(ctx: &Context<'_>, pairing: &mut Pairing) {
    let mut anchors: Vec<(usize, usize)> = pairing
        .partners()
        .map(|(o, n)| (o as usize, n as usize))
        .filter(|&(_, n)| !pairing.is_moved(n))
        .collect();
    anchors.push((pairing.old.len(), pairing.new.len()));
    let (mut old_start, mut new_start) = (0, 0);
    for (o, n) in anchors {
        pair_gap(ctx, pairing, old_start..o, new_start..n);
        (old_start, new_start) = (o + 1, n + 1);
    }
}

fn pair_gap(ctx: &Context<'_>, pairing: &mut Pairing, olds: Range<usize>, news: Range<usize>) {
    let olds: Vec<_> = olds.filter(|&o| pairing.to_new[o] == NONE).collect();
    let news: Vec<_> = news.filter(|&n| pairing.to_old[n] == NONE).collect();
    if let ([o], [n]) = (&olds[..], &news[..]) {
        let (old, new) = (pairing.old[*o], pairing.new[*n]);
        if !is_container(ctx.old, old) || !ctx.same_kind(old, new) {
            pairing.join(*o, *n);
        }
        return;
    }
    let old_scalars = olds.into_iter().filter(|&o| !is_container(ctx.old, pairing.old[o]));
    let new_scalars = news.into_iter().filter(|&n| !is_container(ctx.new, pairing.new[n]));
    let pairs: Vec<_> = old_scalars.zip(new_scalars).collect();
    for (o, n) in pairs {
        pairing.join(o, n);
    }
}
