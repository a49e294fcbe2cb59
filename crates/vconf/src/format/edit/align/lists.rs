//! Which items of a list stand for which of those that shall be.

use std::collections::HashMap;
use std::hash::RandomState;

use super::{ALL_PAIRS, NESTED, Step};
use crate::format::edit::sides::Sides;
use crate::model::sequence::in_order;
use crate::model::tree::NodeId;
use crate::model::value::{Kind, Value};

impl<'a> Sides<'a> {
    /// Aligns the items of a list, in the order of the target.
    ///
    /// Equal ones in order stay, equal ones elsewhere are moved; of the others, maps with the same name, id or the
    /// like belong together, and those that are most alike between two that stay. Near-linear: only between two items
    /// that stay all are compared with all, up to [`ALL_PAIRS`].
    pub(in crate::format::edit) fn list_steps(
        &self,
        children: &[NodeId],
        target: &'a [Value],
    ) -> Vec<Step<'a>> {
        let mut pairs = Pairs::new(children.len(), target.len());
        self.pair_equal_in_order(children, target, &mut pairs);
        self.pair_equal_elsewhere(children, target, &mut pairs);
        let identity = self.pair_by_identity(children, target, &mut pairs);
        for (olds, news) in pairs.gaps() {
            self.pair_alike(children, target, (&olds, &news), identity, &mut pairs);
        }
        let stays = pairs.staying();
        let mut steps = Vec::with_capacity(children.len().max(target.len()));
        let mut next = 0;
        // Up to the next item that stays, what goes comes first.
        let mut gone_before = |steps: &mut Vec<Step<'a>>, end: usize| {
            steps.extend(children[next..end].iter().map(|&child| Step::Remove { child }));
            next = end + 1;
        };
        let mut gap = Vec::new();
        for ((value, old), stays) in target.iter().zip(&pairs.old).zip(stays) {
            match *old {
                Some(old) if stays => {
                    steps.append(&mut gap);
                    gone_before(&mut steps, old);
                    steps.push(Step::Stay { child: children[old], renamed: None, value });
                }
                old => gap.push(Step::Insert { key: None, value, moved: old.map(|old| children[old]) }),
            }
        }
        steps.append(&mut gap);
        gone_before(&mut steps, children.len());
        steps
    }

    fn pair_equal_in_order(&self, children: &[NodeId], target: &[Value], pairs: &mut Pairs) {
        let before: Vec<_> = children.iter().map(|&child| self.node(child)).collect();
        let after: Vec<_> = target.iter().map(|value| self.value(value)).collect();
        in_order::<_, RandomState>(&before, &after).into_iter().for_each(|(old, new)| pairs.join(old, new));
    }

    fn pair_equal_elsewhere(&self, children: &[NodeId], target: &[Value], pairs: &mut Pairs) {
        let mut free: HashMap<u64, Vec<usize>> = HashMap::new();
        for old in pairs.free_olds().rev() {
            free.entry(self.node(children[old])).or_default().push(old);
        }
        let news: Vec<_> = pairs.free_news().collect();
        for new in news {
            if let Some(old) = free.get_mut(&self.value(&target[new])).and_then(Vec::pop) {
                pairs.join(old, new);
            }
        }
    }

    /// Pairs maps by a field that all have and by which all differ; returns that field.
    fn pair_by_identity(
        &self,
        children: &[NodeId],
        target: &[Value],
        pairs: &mut Pairs,
    ) -> Option<&'static str> {
        let olds: Vec<_> =
            pairs.free_olds().filter(|&old| self.tree.kind(children[old]) == Kind::Map).collect();
        let news: Vec<_> = pairs.free_news().filter(|&new| target[new].kind() == Kind::Map).collect();
        if olds.is_empty() || news.is_empty() {
            return None;
        }
        for field in IDENTITY {
            let by_old = unique(olds.iter().map(|&old| (self.old_field(children[old], field), old)));
            let by_new = unique(news.iter().map(|&new| (self.new_field(&target[new], field), new)));
            let (Some(by_old), Some(by_new)) = (by_old, by_new) else { continue };
            for (value, old) in by_old {
                if let Some(&new) = by_new.get(&value) {
                    pairs.join(old, new);
                }
            }
            return Some(field);
        }
        None
    }

    fn old_field(&self, child: NodeId, field: &str) -> Option<u64> {
        let found = self.tree.child(child, field)?;
        matches!(self.tree.kind(found), Kind::String | Kind::Number).then(|| self.node(found))
    }

    fn new_field(&self, value: &Value, field: &str) -> Option<u64> {
        let found = value.get(field)?;
        matches!(found.kind(), Kind::String | Kind::Number).then(|| self.value(found))
    }

    /// Between two items that stay, pairs what is left in order so that the pairs are the most alike.
    fn pair_alike(
        &self,
        children: &[NodeId],
        target: &[Value],
        (olds, news): (&[usize], &[usize]),
        identity: Option<&str>,
        pairs: &mut Pairs,
    ) {
        let likeness = |old: usize, new: usize| {
            let (child, value) = (children[old], &target[new]);
            let named_otherwise =
                identity.is_some_and(|field| self.old_field(child, field) != self.new_field(value, field));
            let floor = match () {
                () if named_otherwise => NAMED_OTHERWISE,
                () if olds.len() == 1 && news.len() == 1 => 1,
                () => EDITED,
            };
            self.likeness(child, value, floor, NESTED)
        };
        if olds.len() * news.len() > ALL_PAIRS {
            for (&old, &new) in olds.iter().zip(news) {
                if likeness(old, new) > 0 {
                    pairs.join(old, new);
                }
            }
            return;
        }
        // The best sum of likenesses from each pair on (Needleman, Wunsch 1970).
        let width = news.len() + 1;
        let mut best = vec![0; (olds.len() + 1) * width];
        let mut looked = vec![0; (olds.len() + 1) * width];
        for o in (0..olds.len()).rev() {
            for n in (0..news.len()).rev() {
                let at = o * width + n;
                looked[at] = likeness(olds[o], news[n]);
                let paired = if looked[at] > 0 { best[at + width + 1] + looked[at] } else { 0 };
                best[at] = paired.max(best[at + width]).max(best[at + 1]);
            }
        }
        let (mut o, mut n) = (0, 0);
        while o < olds.len() && n < news.len() {
            let at = o * width + n;
            if looked[at] > 0 && best[at] == best[at + width + 1] + looked[at] {
                pairs.join(olds[o], news[n]);
                (o, n) = (o + 1, n + 1);
            } else if best[at] == best[at + width] {
                o += 1;
            } else {
                n += 1;
            }
        }
    }
}

/// From what likeness on an item is another one, edited.
const EDITED: u32 = 250;
/// The same where their names say that they are two things.
const NAMED_OTHERWISE: u32 = 600;

/// Fields that tell the items of a list apart, the likeliest first.
const IDENTITY: [&str; 20] = [
    "name", "id", "key", "uuid", "uid", "_id", "alias", "slug", "hostname", "host", "username", "email",
    "domain", "repo", "path", "url", "title", "label", "address", "port",
];

/// The values with where they are, if all are there and differ.
fn unique(values: impl Iterator<Item = (Option<u64>, usize)>) -> Option<HashMap<u64, usize>> {
    let mut found = HashMap::new();
    for (value, at) in values {
        if found.insert(value?, at).is_some() {
            return None;
        }
    }
    Some(found)
}

/// Which old item each new one is, as far as is known.
struct Pairs {
    old: Vec<Option<usize>>,
    taken: Vec<bool>,
}

impl Pairs {
    fn new(olds: usize, news: usize) -> Self {
        Self { old: vec![None; news], taken: vec![false; olds] }
    }

    fn join(&mut self, old: usize, new: usize) {
        self.old[new] = Some(old);
        self.taken[old] = true;
    }

    fn free_olds(&self) -> impl DoubleEndedIterator<Item = usize> {
        (0..self.taken.len()).filter(|&old| !self.taken[old])
    }

    fn free_news(&self) -> impl Iterator<Item = usize> {
        (0..self.old.len()).filter(|&new| self.old[new].is_none())
    }

    /// What is free on both sides between each two items that stay.
    fn gaps(&self) -> Vec<(Vec<usize>, Vec<usize>)> {
        let stays = self.staying();
        let anchors = (0..self.old.len()).filter(|&new| stays[new]).map(|new| (self.old[new], new));
        let (mut old_start, mut new_start) = (0, 0);
        let mut gaps = Vec::new();
        for (old, new) in anchors.chain([(Some(self.taken.len()), self.old.len())]) {
            let old = old.unwrap_or(old_start);
            let olds: Vec<_> = (old_start..old).filter(|&at| !self.taken[at]).collect();
            let news: Vec<_> = (new_start..new).filter(|&at| self.old[at].is_none()).collect();
            if !olds.is_empty() && !news.is_empty() {
                gaps.push((olds, news));
            }
            (old_start, new_start) = (old + 1, new + 1);
        }
        gaps
    }

    /// Marks the new items that need not move: as many as can be whose old ones are in order. `n log n`.
    fn staying(&self) -> Vec<bool> {
        let paired: Vec<(usize, usize)> =
            self.old.iter().enumerate().filter_map(|(new, old)| Some(((*old)?, new))).collect();
        // For each length the pair with the earliest old item that ends a rising run of it.
        let mut ends: Vec<usize> = Vec::new();
        let mut before = vec![None; paired.len()];
        for (at, &(old, _)) in paired.iter().enumerate() {
            let length = ends.partition_point(|&end| paired[end].0 < old);
            before[at] = length.checked_sub(1).map(|shorter| ends[shorter]);
            if length == ends.len() {
                ends.push(at);
            } else {
                ends[length] = at;
            }
        }
        let mut stays = vec![false; self.old.len()];
        let mut at = ends.last().copied();
        while let Some(pair) = at {
            stays[paired[pair].1] = true;
            at = before[pair];
        }
        stays
    }
}
