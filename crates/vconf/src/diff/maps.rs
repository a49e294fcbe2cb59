//! Pairs the entries of two maps: by key, then what was renamed.

use std::collections::HashMap;

use super::lookup::HashIndex;
use super::pairing::{Context, Pairing, is_container, is_sizeable};
use super::similar;
use crate::model::tree::NodeId;

/// How many hundredths of two entries must be alike for one to be the other, renamed and edited.
const RENAMED_PERCENT: u32 = 60;

/// Pairs the entries of two maps. Linear, but for what similarity is bounded by.
pub(super) fn pair(ctx: &Context<'_>, old: NodeId, new: NodeId, pairing: &mut Pairing) {
    pairing.begin(ctx, old, new);
    let (olds, news) = (pairing.old.len(), pairing.new.len());
    let same_key = |pairing: &Pairing, o: usize, n: usize| {
        ctx.old.tree.key(pairing.old[o]) == ctx.new.tree.key(pairing.new[n])
    };
    let mut head = 0;
    while head < olds.min(news) && same_key(pairing, head, head) {
        pairing.join(head, head);
        head += 1;
    }
    let mut tail = 0;
    while tail < olds.min(news) - head && same_key(pairing, olds - 1 - tail, news - 1 - tail) {
        pairing.join(olds - 1 - tail, news - 1 - tail);
        tail += 1;
    }
    if head + tail < olds.min(news) {
        let by_key: HashMap<_, _> =
            (head..olds - tail).map(|at| (ctx.old.tree.key(pairing.old[at]), at)).collect();
        for at in head..news - tail {
            if let Some(&partner) = by_key.get(&ctx.new.tree.key(pairing.new[at])) {
                pairing.join(partner, at);
            }
        }
    }
    rename(ctx, pairing);
}

fn rename(ctx: &Context<'_>, pairing: &mut Pairing) {
    let (mut olds, mut news) = (pairing.left_old(), pairing.left_new());
    olds.retain(|&o| is_sizeable(ctx.old, pairing.old[o]));
    news.retain(|&n| is_sizeable(ctx.new, pairing.new[n]));
    if olds.is_empty() || news.is_empty() {
        return;
    }
    let mut index = HashIndex::new(olds.iter().map(|&o| ctx.old.hash(pairing.old[o])));
    news.retain(|&n| match index.take(ctx.new.hash(pairing.new[n])) {
        Some(at) => {
            pairing.join(olds[at as usize], n);
            pairing.mark_moved(n);
            false
        }
        None => true,
    });
    olds = index.rest().map(|at| olds[at as usize]).collect();
    olds.retain(|&o| is_container(ctx.old, pairing.old[o]));
    news.retain(|&n| is_container(ctx.new, pairing.new[n]));
    let old_items: Vec<_> = olds.iter().map(|&o| (pairing.old[o], o as u32)).collect();
    let new_items: Vec<_> = news.iter().map(|&n| (pairing.new[n], n as u32)).collect();
    let pairs = similar::pair(ctx.old, &old_items, ctx.new, &new_items, |o, n, likeness| {
        ctx.same_kind(old_items[o].0, new_items[n].0)
            && likeness.at_least(RENAMED_PERCENT)
            && likeness.shares(2)
    });
    for (o, n) in pairs {
        pairing.join(olds[o], news[n]);
        pairing.mark_moved(news[n]);
    }
}
