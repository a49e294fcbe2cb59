//! Pairs what was edited: subtrees that share something, the most alike first.
//!
//! The work is bounded: for each item on the new side at most [`FEATURES`] features are looked up, each gives at
//! most [`BUCKET`] candidates, and of these the best [`LOOKS`] are looked at closely, at most [`BUDGET`] nodes each.

use std::cmp::Reverse;
use std::collections::HashMap;

use super::hash::{combine, hash_text};
use super::lookup::HashIndex;
use super::pairing::{Hashed, is_container};
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
        let new_features = Features::new(new, news);
        let mut index = FeatureIndex::new(old, olds, &Filter::new(&new_features));
        for (n, &(_, at)) in news.iter().enumerate() {
            for o in index.candidates(new_features.of(n), at) {
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

/// The features of many items, with their weights.
struct Features {
    all: Vec<(u64, u32)>,
    /// Where each item's features end.
    ends: Vec<u32>,
}

impl Features {
    fn new(side: Hashed<'_>, items: &[(NodeId, u32)]) -> Self {
        let mut collector = Collector::default();
        let mut all = Vec::new();
        let ends = items.iter().map(|&(item, _)| {
            all.extend_from_slice(collector.collect(side, item));
            all.len() as u32
        });
        let ends = ends.collect();
        Self { all, ends }
    }

    fn of(&self, item: usize) -> &[(u64, u32)] {
        let start = item.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        &self.all[start..self.ends[item] as usize]
    }
}

/// Tells for most features that are not among some that they are not.
struct Filter {
    bits: Vec<u64>,
}

impl Filter {
    fn new(features: &Features) -> Self {
        let mut filter = Self { bits: vec![0; (features.all.len() / 8).next_power_of_two()] };
        for &(feature, _) in &features.all {
            let (word, bit) = filter.place(feature);
            filter.bits[word] |= bit;
        }
        filter
    }

    fn may_have(&self, feature: u64) -> bool {
        let (word, bit) = self.place(feature);
        self.bits[word] & bit != 0
    }

    fn place(&self, feature: u64) -> (usize, u64) {
        ((feature >> 6) as usize & (self.bits.len() - 1), 1 << (feature & 63))
    }
}

/// The old items by those of their features that new items may have.
struct FeatureIndex {
    /// Features with the position of an item, sorted; of one feature, by position.
    entries: Vec<(u64, u32)>,
    /// Where the entries of a feature are, by open addressing; features are hashes already.
    slots: Vec<Bucket>,
    indices: Vec<u32>,
    /// Of the item at hand, the score of each old item; 0 for all between two items.
    scores: Vec<u64>,
}

/// The entries of one feature; none in a free slot.
#[derive(Clone, Copy, Default)]
struct Bucket {
    feature: u64,
    start: u32,
    len: u32,
}

impl FeatureIndex {
    fn new(old: Hashed<'_>, olds: &[(NodeId, u32)], wanted: &Filter) -> Self {
        let mut entries = Vec::new();
        let mut collector = Collector::default();
        for (at, &(item, _)) in olds.iter().enumerate() {
            let features = collector.collect(old, item);
            let wanted = features.iter().filter(|(feature, _)| wanted.may_have(*feature));
            entries.extend(wanted.map(|&(feature, _)| (feature, at as u32)));
        }
        entries.sort_unstable();
        entries.dedup();
        let slots = vec![Bucket::default(); (entries.len() * 2).next_power_of_two()];
        let indices = olds.iter().map(|&(_, index)| index).collect();
        let mut index = Self { entries, slots, indices, scores: vec![0; olds.len()] };
        let mut start = 0;
        while start < index.entries.len() {
            let feature = index.entries[start].0;
            let len = index.entries[start..].iter().take_while(|(entry, _)| *entry == feature).count();
            let slot = index.slot(feature);
            index.slots[slot] = Bucket { feature, start: start as u32, len: len as u32 };
            start += len;
        }
        index
    }

    /// Where a feature is, or the free slot where it would be.
    fn slot(&self, feature: u64) -> usize {
        let mask = self.slots.len() - 1;
        let mut slot = feature as usize & mask;
        while self.slots[slot].len > 0 && self.slots[slot].feature != feature {
            slot = (slot + 1) & mask;
        }
        slot
    }

    /// The old items that share the most and rarest features with a new one, the best first.
    fn candidates(&mut self, features: &[(u64, u32)], index: u32) -> Vec<u32> {
        let known = |&&(feature, _): &&(u64, u32)| self.slots[self.slot(feature)].len > 0;
        let mut features: Vec<_> = features.iter().filter(known).copied().collect();
        features.sort_unstable();
        features.dedup_by_key(|(feature, _)| *feature);
        let mut found = Vec::new();
        for &(feature, weight) in &features {
            let Bucket { start, len, .. } = self.slots[self.slot(feature)];
            let bucket = &self.entries[start as usize..(start + len) as usize];
            let score = (u64::from(weight) << 20) / u64::from(len);
            for &(_, at) in nearest(&self.indices, bucket, index) {
                let known = &mut self.scores[at as usize];
                if *known == 0 {
                    found.push(at);
                }
                // A share of a very common feature rounds to nothing, and makes an item a candidate all the same.
                *known = known.saturating_add(score.max(1));
            }
        }
        let mut ranked: Vec<_> = found
            .into_iter()
            .map(|at| {
                let score = std::mem::take(&mut self.scores[at as usize]);
                (Reverse(score), self.indices[at as usize].abs_diff(index), at)
            })
            .collect();
        if ranked.len() > LOOKS {
            ranked.select_nth_unstable(LOOKS);
            ranked.truncate(LOOKS);
        }
        ranked.sort_unstable();
        ranked.into_iter().map(|(_, _, at)| at).collect()
    }
}

/// Of one feature's entries no more than [`BUCKET`], those nearest to an index.
fn nearest<'a>(indices: &[u32], bucket: &'a [(u64, u32)], index: u32) -> &'a [(u64, u32)] {
    if bucket.len() <= BUCKET {
        return bucket;
    }
    let middle = bucket.partition_point(|&(_, at)| indices[at as usize] < index);
    let start = middle.saturating_sub(BUCKET / 2).min(bucket.len() - BUCKET);
    &bucket[start..start + BUCKET]
}

/// Lists what items have, one item after the other.
#[derive(Default)]
struct Collector {
    features: Vec<(u64, u32)>,
    /// The nodes of one level, each with the way to it.
    level: Vec<(NodeId, u128)>,
    below: Vec<(NodeId, u128)>,
}

impl Collector {
    /// Lists what an item has: each part with the way to it, two levels deep and deeper while there is little.
    fn collect(&mut self, side: Hashed<'_>, item: NodeId) -> &[(u64, u32)] {
        let Self { features, level, below } = self;
        features.clear();
        level.clear();
        level.push((item, 0));
        let mut depth = 0;
        string_features(side, item, 0, features);
        while !level.is_empty() && (depth < 2 || features.len() < ENOUGH_FEATURES) {
            below.clear();
            'level: for &(parent, way) in level.iter() {
                for child in side.tree.children(parent) {
                    if features.len() >= FEATURES {
                        break 'level;
                    }
                    let way = combine(way, side.tree.key(child).map_or(0, hash_text));
                    let feature = combine(way, side.hash(child)) as u64;
                    features.push((feature, side.tree.subtree_len(child).min(1 << 20) as u32));
                    string_features(side, child, way, features);
                    if is_container(side, child) {
                        below.push((child, way));
                    }
                }
            }
            std::mem::swap(level, below);
            depth += 1;
        }
        features
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
