//! Pairs the items of two lists in which order does not count.

use std::collections::HashMap;

use unicode_normalization::UnicodeNormalization;

use super::identity::{self, Identity};
use super::lookup::{ByHash, HashIndex, NONE, Parted};
use super::pairing::{Context, Hashed, Pairing, SKIP, is_container};
use super::rules::ListMode;
use super::similar::{self, Likeness};
use crate::model::number::Number;
use crate::model::tree::NodeId;
use crate::model::value::Kind;

/// How many hundredths of two items must be alike for one to be the other, edited.
const EDITED_PERCENT: u32 = 30;
/// The same where fields that name a thing say that they are two things.
const RENAMED_PERCENT: u32 = 75;
/// The same for two long strings.
const STRING_PERCENT: u32 = 75;

/// Pairs the items of two lists: equal ones, then by what tells them apart, then by what they share.
pub(super) fn pair(
    ctx: &Context<'_>,
    old: NodeId,
    new: NodeId,
    mode: ListMode<'_>,
    pairing: &mut Pairing,
) -> Option<Identity> {
    pairing.begin(ctx, old, new);
    pair_equal(ctx, (old, new), pairing);
    if mode == ListMode::Set {
        skip_copies(ctx, pairing);
    }
    pair_edited(ctx, pairing, mode)
}

/// For the items that are left, how many equal ones the lists have, where both have some.
pub(super) fn copies(ctx: &Context<'_>, pairing: &Pairing) -> ByHash<(u32, u32)> {
    if pairing.is_complete() {
        return ByHash::default();
    }
    let (olds, news) = (pairing.left_old(), pairing.left_new());
    // What is left has an equal item on the other side only where that one has a partner.
    if olds.len() == pairing.old.len() || news.len() == pairing.new.len() {
        return ByHash::default();
    }
    let old_hashes = olds.iter().map(|&o| ctx.old.hash_in_passing(pairing.old[o]));
    let new_hashes = news.iter().map(|&n| ctx.new.hash_in_passing(pairing.new[n]));
    let mut counts: ByHash<(u32, u32)> = old_hashes.chain(new_hashes).map(|hash| (hash, (0, 0))).collect();
    for (o, &item) in pairing.old.iter().enumerate() {
        let alike = pairing.to_new[o] < SKIP && pairing.is_alike(pairing.to_new[o] as usize);
        if !alike {
            counts.entry(ctx.old.hash_in_passing(item)).and_modify(|count| count.0 += 1);
        }
    }
    for (n, &item) in pairing.new.iter().enumerate() {
        let alike = u32::from(pairing.is_alike(n));
        counts
            .entry(ctx.new.hash_in_passing(item))
            .and_modify(|count| *count = (count.0 + alike, count.1 + 1));
    }
    counts.retain(|_, count| count.0 > 0 && count.1 > 0);
    counts
}

fn pair_equal(ctx: &Context<'_>, list: (NodeId, NodeId), pairing: &mut Pairing) {
    for at in 0..pairing.old.len().min(pairing.new.len()) {
        let (old, new) = (pairing.old[at], pairing.new[at]);
        if ctx.same_source(old, new) {
            pairing.join(at, at);
        }
    }
    // Two items alone have no other place to be looked for in.
    let alone = pairing.old.len() == 1 && pairing.new.len() == 1;
    // Equal sources are found at less cost than equal content, and are most of it.
    if !alone && ctx.can_read(ctx.old.source(list.0).len() + ctx.new.source(list.1).len()) {
        pair_hashes(pairing, |item| ctx.old_source_hash(item), |item| ctx.new_source_hash(item));
        pairing.all_alike();
    }
    for at in 0..pairing.old.len().min(pairing.new.len()) {
        let free = pairing.to_new[at] == NONE && pairing.to_old[at] == NONE;
        if free && ctx.old.hash_in_passing(pairing.old[at]) == ctx.new.hash_in_passing(pairing.new[at]) {
            pairing.join(at, at);
        }
    }
    if !alone {
        pair_hashes(pairing, |item| ctx.old.hash_in_passing(item), |item| ctx.new.hash_in_passing(item));
    }
}

/// Pairs what is left by equal hashes, in order.
fn pair_hashes(pairing: &mut Pairing, old: impl Fn(NodeId) -> u128, new: impl Fn(NodeId) -> u128) {
    let count = |partners: &[u32]| partners.iter().filter(|partner| **partner == NONE).count();
    let (olds, news) = (count(&pairing.to_new), count(&pairing.to_old));
    if olds == 0 || news == 0 {
        return;
    }
    let most = olds.max(news);
    let old = Parted::new(most, olds, left(&pairing.old, &pairing.to_new).map(|(item, at)| (old(item), at)));
    let new = Parted::new(most, news, left(&pairing.new, &pairing.to_old).map(|(item, at)| (new(item), at)));
    old.join(new, |o, n| pairing.join(o as usize, n as usize));
}

/// The items without a partner, with their indices.
fn left<'a>(items: &'a [NodeId], partners: &'a [u32]) -> impl Iterator<Item = (NodeId, u32)> + 'a {
    let items = items.iter().zip(partners).zip(0..);
    items.filter(|((_, partner), _)| **partner == NONE).map(|((&item, _), at)| (item, at))
}

/// Passes over the items of a set that it has once more.
fn skip_copies(ctx: &Context<'_>, pairing: &mut Pairing) {
    let known: ByHash<()> =
        pairing.partners().map(|(o, _)| (ctx.old.hash(pairing.old[o as usize]), ())).collect();
    let skip = |items: &[NodeId], side: Hashed<'_>, partners: &mut [u32]| {
        let mut seen = known.clone();
        for (&item, partner) in items.iter().zip(partners) {
            if *partner == NONE && seen.insert(side.hash(item), ()).is_some() {
                *partner = SKIP;
            }
        }
    };
    skip(&pairing.old, ctx.old, &mut pairing.to_new);
    skip(&pairing.new, ctx.new, &mut pairing.to_old);
}

/// Pairs what is left of two lists; in `mode` they are keyed by a rule, or what tells items apart is looked for.
pub(super) fn pair_edited(ctx: &Context<'_>, pairing: &mut Pairing, mode: ListMode<'_>) -> Option<Identity> {
    let (mut olds, mut news) = (pairing.left_old(), pairing.left_new());
    let is_map = |side: Hashed<'_>, id| side.tree.kind(id) == Kind::Map;
    let keyed = matches!(mode, ListMode::Keyed(_));
    let identity = match mode {
        ListMode::Keyed(fields) => Some(Identity::of_fields(fields)),
        _ if olds.iter().any(|&o| is_map(ctx.old, pairing.old[o]))
            || news.iter().any(|&n| is_map(ctx.new, pairing.new[n])) =>
        {
            identity::find([(ctx.old, &pairing.old), (ctx.new, &pairing.new)])
        }
        _ => None,
    };
    if olds.is_empty() || news.is_empty() {
        return identity;
    }
    if let Some(identity) = &identity {
        pair_by(pairing, &mut olds, &mut news, |side, items| {
            let hashed = if side == 0 { ctx.old } else { ctx.new };
            identity.values(hashed, items).collect()
        });
    }
    pair_loosely_equal(ctx, pairing, &mut olds, &mut news);
    if !keyed && !pair_chain(ctx, pairing, &identity, &olds, &news) {
        pair_similar(ctx, pairing, &identity, &olds, &news);
    }
    identity
}

/// Pairs items with equal values of some kind, and drops those from what is left.
fn pair_by(
    pairing: &mut Pairing,
    olds: &mut Vec<usize>,
    news: &mut Vec<usize>,
    values: impl Fn(usize, &[NodeId]) -> Vec<Option<u128>>,
) {
    let old_items: Vec<_> = olds.iter().map(|&o| pairing.old[o]).collect();
    let new_items: Vec<_> = news.iter().map(|&n| pairing.new[n]).collect();
    let old_values = values(0, &old_items);
    let having: Vec<_> = (0..olds.len()).filter(|&at| old_values[at].is_some()).collect();
    let mut index = HashIndex::new(having.iter().map(|&at| old_values[at].unwrap_or_default()));
    for (value, &n) in values(1, &new_items).into_iter().zip(news.iter()) {
        if let Some(at) = value.and_then(|value| index.take(value)) {
            pairing.join(olds[having[at as usize]], n);
        }
    }
    olds.retain(|&o| pairing.to_new[o] == NONE);
    news.retain(|&n| pairing.to_old[n] == NONE);
}

/// Pairs scalars that mean nearly the same: another type, case, white space, or Unicode normalization.
fn pair_loosely_equal(
    ctx: &Context<'_>,
    pairing: &mut Pairing,
    olds: &mut Vec<usize>,
    news: &mut Vec<usize>,
) {
    if olds.iter().all(|&o| is_container(ctx.old, pairing.old[o])) {
        return;
    }
    let mut by_text: HashMap<String, Vec<usize>> = HashMap::new();
    for &o in olds.iter().rev() {
        if let Some(text) = loose_text(ctx.old, pairing.old[o]) {
            by_text.entry(text).or_default().push(o);
        }
    }
    if by_text.is_empty() {
        return;
    }
    for &n in news.iter() {
        let text = loose_text(ctx.new, pairing.new[n]);
        if let Some(o) = text.and_then(|text| by_text.get_mut(&text)?.pop()) {
            pairing.join(o, n);
        }
    }
    olds.retain(|&o| pairing.to_new[o] == NONE);
    news.retain(|&n| pairing.to_old[n] == NONE);
}

fn loose_text(side: Hashed<'_>, id: NodeId) -> Option<String> {
    let number = |text: &str| {
        let number = Number::parse(text)?;
        let decimal = number.decimal()?;
        let sign = if decimal.negative { "-" } else { "" };
        Some(format!("{sign}0.{}e{}", decimal.digits, decimal.point))
    };
    let truth = |value: bool| number(if value { "1" } else { "0" });
    match side.tree.kind(id) {
        Kind::Bool => truth(side.tree.is_true(id)),
        Kind::Number => number(side.tree.text(id)),
        Kind::String => {
            let words: Vec<&str> = side.tree.text(id).split_whitespace().collect();
            let text: String = words.join(" ").to_lowercase().nfc().collect();
            match &*text {
                "true" => truth(true),
                "false" => truth(false),
                _ => number(&text).or(Some(text)),
            }
        }
        _ => None,
    }
}

fn pair_similar(
    ctx: &Context<'_>,
    pairing: &mut Pairing,
    identity: &Option<Identity>,
    olds: &[usize],
    news: &[usize],
) {
    let items = |side: Hashed<'_>, children: &[NodeId], left: &[usize]| -> Vec<(NodeId, u32)> {
        let has_parts = |id| {
            is_container(side, id) || side.tree.kind(id) == Kind::String && side.tree.text(id).len() >= 32
        };
        left.iter().map(|&at| (children[at], at as u32)).filter(|&(id, _)| has_parts(id)).collect()
    };
    let old_items = items(ctx.old, &pairing.old, olds);
    let new_items = items(ctx.new, &pairing.new, news);
    // Items that a strong identity tells apart, all of which have one, must be nearly the same otherwise.
    let named = identity.as_ref().is_some_and(|identity| identity.strong);
    let accept = |o: usize, n: usize, likeness: Likeness| {
        let (o, n) = (old_items[o].0, new_items[n].0);
        ctx.same_kind(o, n)
            && if ctx.old.tree.kind(o) == Kind::String {
                likeness.at_least(STRING_PERCENT)
            } else if named {
                likeness.at_least(RENAMED_PERCENT) && likeness.shares(3)
            } else {
                likeness.at_least(EDITED_PERCENT)
            }
    };
    for (o, n) in similar::pair(ctx.old, &old_items, ctx.new, &new_items, accept) {
        pairing.join(old_items[o].1 as usize, new_items[n].1 as usize);
    }
}

/// Pairs the last two items where each is only a wrapping of one thing: then the edit is within.
fn pair_chain(
    ctx: &Context<'_>,
    pairing: &mut Pairing,
    identity: &Option<Identity>,
    olds: &[usize],
    news: &[usize],
) -> bool {
    let (&[o], &[n], None) = (olds, news, identity) else { return false };
    let (old, new) = (pairing.old[o], pairing.new[n]);
    let only = |side: Hashed<'_>, id| {
        let mut children = side.tree.children(id);
        children.next().filter(|_| is_container(side, id) && children.next().is_none())
    };
    let (Some(a), Some(b)) = (only(ctx.old, old), only(ctx.new, new)) else { return false };
    let alike = ctx.same_kind(old, new) && ctx.same_kind(a, b) && ctx.old.tree.key(a) == ctx.new.tree.key(b);
    if alike {
        pairing.join(o, n);
    }
    alike
}
