//! Pairs what was edited: subtrees that share something, the most alike first.
//!
//! The work is bounded: for each item on the new side at most [`FEATURES`] features are looked up, each gives at
//! most [`BUCKET`] candidates, and of these the best [`LOOKS`] are looked at closely, at most [`BUDGET`] nodes each.

use std::cmp::Reverse;
use std::collections::HashMap;

use super::hash::{combine, hash_text};
use super::lookup::HashIndex;
use super::pairing::Hashed;
use crate::model::tree::NodeId;
use crate::model::value::Kind;

/// How many features of an item are used.
const FEATURES: usize = 192;
/// Past how many features no deeper level is entered.
const ENOUGH_FEATURES: usize = 32;
/// How many candidates a feature may give; of more, those nearest by index.
const BUCKET: usize = 24;
/// How many candidates of an item are looked at closely.
const LOOKS: usize = 8;
/// How many nodes a close look may visit.
const BUDGET: usize = 512;
/// How many levels a close look goes down.
const LEVELS: u32 = 16;
/// Up to how many pairs all are looked at closely.
const ALL_PAIRS: usize = 64;
/// A node's weight, so that parts of long strings can weigh less than one.
const NODE: u32 = 16;
/// From how many bytes on two strings may be alike without being equal.
const LONG_STRING: usize = 32;

/// How alike two subtrees are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Likeness {
    /// How much they share, in sixteenths of a node.
    pub(super) shared: u32,
    /// How much the larger has.
    pub(super) total: u32,
}

impl Likeness {
    /// Whether at least so many hundredths are shared.
    pub(super) fn at_least(self, percent: u32) -> bool {
        self.shared > 0 && u64::from(self.shared) * 100 >= u64::from(self.total) * u64::from(percent)
    }

    /// Whether at least so many nodes are shared.
    pub(super) fn shares(self, nodes: u32) -> bool {
        self.shared >= nodes * NODE
    }

    fn rank(self) -> u64 {
        (u64::from(self.shared) << 20) / u64::from(self.total.max(1))
    }
}

/// Pairs items of two lists, greedily from the most alike on; `accept` says which pairs may be.
///
/// The items come with their indices in the lists. Returns positions in `olds` and `news`.
pub(super) fn pair(
    old: Hashed<'_>,
    olds: &[(NodeId, u32)],
    new: Hashed<'_>,
    news: &[(NodeId, u32)],
    accept: impl Fn(usize, usize, Likeness) -> bool,
) -> Vec<(usize, usize)> {
    if olds.is_empty() || news.is_empty() {
        return Vec::new();
    }
    let mut looked: Vec<(Reverse<u64>, u32, u32, u32)> = Vec::new();
    let mut look = |o: usize, n: usize| {
        let likeness = likeness(old, olds[o].0, new, news[n].0);
        if likeness.shared > 0 && accept(o, n, likeness) {
            let distance = olds[o].1.abs_diff(news[n].1);
            looked.push((Reverse(likeness.rank()), distance, o as u32, n as u32));
        }
    };
    if olds.len() * news.len() <= ALL_PAIRS {
        for o in 0..olds.len() {
            (0..news.len()).for_each(|n| look(o, n));
        }
    } else {
        let index = FeatureIndex::new(old, olds);
        for (n, &item) in news.iter().enumerate() {
            for o in index.candidates(new, item) {
                look(o as usize, n);
            }
        }
    }
    looked.sort_unstable();
    let (mut old_taken, mut new_taken) = (vec![false; olds.len()], vec![false; news.len()]);
    let mut pairs = Vec::new();
    for (_, _, o, n) in looked {
        let (o, n) = (o as usize, n as usize);
        if !old_taken[o] && !new_taken[n] {
            (old_taken[o], new_taken[n]) = (true, true);
            pairs.push((o, n));
        }
    }
    pairs
}

/// The old items by their features.
struct FeatureIndex {
    /// Features with the position of an item, sorted; of one feature, by position.
    entries: Vec<(u64, u32)>,
    indices: Vec<u32>,
}

impl FeatureIndex {
    fn new(old: Hashed<'_>, olds: &[(NodeId, u32)]) -> Self {
        let mut entries = Vec::new();
        let mut features = Vec::new();
        for (at, &(item, _)) in olds.iter().enumerate() {
            collect_features(old, item, &mut features);
            entries.extend(features.iter().map(|&(feature, _)| (feature, at as u32)));
        }
        entries.sort_unstable();
        entries.dedup();
        Self { entries, indices: olds.iter().map(|&(_, index)| index).collect() }
    }

    /// The old items that share the most and rarest features with a new one, the best first.
    fn candidates(&self, new: Hashed<'_>, (item, index): (NodeId, u32)) -> Vec<u32> {
        let mut features = Vec::new();
        collect_features(new, item, &mut features);
        features.sort_unstable();
        features.dedup_by_key(|(feature, _)| *feature);
        let mut scores: HashMap<u32, u64> = HashMap::new();
        for (feature, weight) in features {
            let start = self.entries.partition_point(|&(entry, _)| entry < feature);
            let bucket = &self.entries[start..];
            let bucket = &bucket[..bucket.partition_point(|&(entry, _)| entry == feature)];
            let score = (u64::from(weight) << 20) / bucket.len().max(1) as u64;
            for &(_, at) in self.nearest(bucket, index) {
                *scores.entry(at).or_default() += score;
            }
        }
        let mut ranked: Vec<_> = scores
            .into_iter()
            .map(|(at, score)| (Reverse(score), self.indices[at as usize].abs_diff(index), at))
            .collect();
        ranked.sort_unstable();
        ranked.into_iter().take(LOOKS).map(|(_, _, at)| at).collect()
    }

    fn nearest<'a>(&self, bucket: &'a [(u64, u32)], index: u32) -> &'a [(u64, u32)] {
        if bucket.len() <= BUCKET {
            return bucket;
        }
        let middle = bucket.partition_point(|&(_, at)| self.indices[at as usize] < index);
        let start = middle.saturating_sub(BUCKET / 2).min(bucket.len() - BUCKET);
        &bucket[start..start + BUCKET]
    }
}

/// Lists what an item has: each part with the way to it, two levels deep and deeper while there is little.
fn collect_features(side: Hashed<'_>, item: NodeId, features: &mut Vec<(u64, u32)>) {
    features.clear();
    let mut level = vec![(item, 0_u128)];
    let mut depth = 0;
    string_features(side, item, 0, features);
    while !level.is_empty() && (depth < 2 || features.len() < ENOUGH_FEATURES) {
        let mut below = Vec::new();
        'level: for &(parent, way) in &level {
            for child in side.tree.children(parent) {
                if features.len() >= FEATURES {
                    break 'level;
                }
                let way = combine(way, side.tree.key(child).map_or(0, hash_text));
                let feature = combine(way, side.hash(child)) as u64;
                features.push((feature, side.tree.subtree_len(child).min(1 << 20) as u32));
                string_features(side, child, way, features);
                below.push((child, way));
            }
        }
        level = below;
        depth += 1;
    }
}

/// A long string has its beginning and its end as features.
fn string_features(side: Hashed<'_>, id: NodeId, way: u128, features: &mut Vec<(u64, u32)>) {
    if side.tree.kind(id) != Kind::String || side.tree.text(id).len() < LONG_STRING {
        return;
    }
    let text = side.tree.text(id);
    let boundary = |at: &usize| text.is_char_boundary(*at);
    let head = (16..text.len()).find(boundary).unwrap_or(text.len());
    let tail = (0..=text.len() - 16).rev().find(boundary).unwrap_or(0);
    features.push((combine(way, hash_text(&text[..head])) as u64, 1));
    features.push((combine(way, !hash_text(&text[tail..])) as u64, 1));
}

/// Tells how much two subtrees share: equal parts at the same keys, equal items whatever their order.
pub(super) fn likeness(old: Hashed<'_>, o: NodeId, new: Hashed<'_>, n: NodeId) -> Likeness {
    let weight = |nodes: usize| (nodes.min(1 << 26) as u32).max(1) * NODE;
    let size = |side: Hashed<'_>, id| side.tree.subtree_len(id).saturating_sub(1);
    let total = weight(size(old, o).max(size(new, n)));
    let (mut shared, mut budget) = (0_u32, BUDGET);
    let mut open = vec![(o, n, LEVELS)];
    while let Some((o, n, levels)) = open.pop() {
        if old.hash(o) == new.hash(n) {
            shared = shared.saturating_add(weight(old.tree.subtree_len(o)));
            continue;
        }
        if budget == 0 || levels == 0 || old.tree.tag(o) != new.tree.tag(n) {
            continue;
        }
        match (old.tree.kind(o), new.tree.kind(n)) {
            (Kind::Map, Kind::Map) => {
                let (mut olds, mut news) = (old.tree.children(o), new.tree.children(n));
                let (mut left_old, mut left_new) = (Vec::new(), Vec::new());
                loop {
                    let (o, n) = (olds.next(), news.next());
                    budget = budget.saturating_sub(1);
                    match (o, n) {
                        _ if budget == 0 => break,
                        (None, None) => break,
                        (Some(o), Some(n)) if old.tree.key(o) == new.tree.key(n) => {
                            open.push((o, n, levels - 1))
                        }
                        (o, n) => {
                            left_old.extend(o);
                            left_new.extend(n);
                        }
                    }
                }
                if !left_old.is_empty() && !left_new.is_empty() {
                    let by_key: HashMap<_, _> = left_old.into_iter().map(|o| (old.tree.key(o), o)).collect();
                    open.extend(
                        left_new
                            .into_iter()
                            .filter_map(|n| Some((*by_key.get(&new.tree.key(n))?, n, levels - 1))),
                    );
                }
            }
            (Kind::List, Kind::List) => {
                let olds: Vec<_> = old.tree.children(o).take(budget).collect();
                let news: Vec<_> = new.tree.children(n).take(budget).collect();
                budget = budget.saturating_sub(olds.len().max(news.len()));
                let mut index = HashIndex::new(olds.iter().map(|&o| old.hash(o)));
                let mut left = Vec::new();
                let mut matched = 0;
                for &n in &news {
                    if index.take(new.hash(n)).is_some() {
                        shared = shared.saturating_add(weight(new.tree.subtree_len(n)));
                        matched += 1;
                    } else {
                        left.push(n);
                    }
                }
                if let ([n], true) = (&left[..], olds.len() == matched + 1)
                    && let Some(o) = index.rest().next()
                {
                    open.push((olds[o as usize], *n, levels - 1));
                }
            }
            (Kind::String, Kind::String) => {
                let (a, b) = (old.tree.text(o), new.tree.text(n));
                shared = shared.saturating_add(string_likeness(a, b));
            }
            _ => {}
        }
    }
    Likeness { shared: shared.min(total), total }
}

/// How much two different long strings share at both ends, in sixteenths; nothing below three quarters.
fn string_likeness(a: &str, b: &str) -> u32 {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len().min(b.len()) < LONG_STRING {
        return 0;
    }
    let head = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let rest = a.len().min(b.len()) - head;
    let tail = a.iter().rev().zip(b.iter().rev()).take(rest).take_while(|(a, b)| a == b).count();
    let part = ((head + tail) as u64 * u64::from(NODE) / a.len().max(b.len()) as u64) as u32;
    if part * 4 >= NODE * 3 { part.min(NODE - 1) } else { 0 }
}
