//! Walks two trees from the root down, past what is equal.

use super::change::{Change, Diff, Op, Pair, Place, Reordered};
use super::hash::Hashes;
use super::identity::Identity;
use super::lists;
use super::lookup::{ByHash, HashIndex, NONE};
use super::maps;
use super::moves;
use super::pairing::{Context, Hashed, Pairing, SKIP};
use super::rules::{ListMode, Options};
use super::sequence;
use crate::model::tree::{NodeId, Tree};
use crate::model::value::{Kind, Tagged};

/// Compares two trees.
///
/// Time and memory are linear in the size of both, but for the longest rising run of a reordered list (`n log n`)
/// and the pairing of edited items, whose work is bounded for each item (see `docs/COMPARE.md`). No recursion:
/// any depth will do.
pub fn compare<'a>(old: &'a Tree, new: &'a Tree, options: &Options) -> Diff<'a> {
    let (old_hashes, new_hashes) = (Hashes::new(old, options), Hashes::new(new, options));
    let ctx = Context::new(&old_hashes, &new_hashes);
    let mut walk = Walk::default();
    walk.run(&ctx);
    walk.identities.sort_by_key(|(pair, _)| *pair);
    walk.reordered.sort_by_key(|list| walk.pairs[list.pair as usize].new);
    let Walk { mut changes, reordered, pairs, equal, identities, .. } = walk;
    moves::find(&ctx, &pairs, &mut changes);
    let (old_hashes, new_hashes) = (old_hashes.into_nodes(), new_hashes.into_nodes());
    Diff { old, new, old_hashes, new_hashes, changes, reordered, pairs, equal, identities }
}

#[derive(Default)]
struct Walk {
    open: Vec<Step>,
    changes: Vec<Change>,
    reordered: Vec<Reordered>,
    pairs: Vec<Pair>,
    equal: Vec<(NodeId, NodeId)>,
    identities: Vec<(u32, Identity)>,
}

/// What there is to do, the next on top.
enum Step {
    Tell(Change),
    Visit(Pair),
}

impl Walk {
    fn run(&mut self, ctx: &Context<'_>) {
        let (old, new) = (ctx.old.tree.root(), ctx.new.tree.root());
        if !ctx.same_source(old, new) {
            self.open.push(Step::Visit(Pair { old, new, old_at: Place::ROOT, new_at: Place::ROOT }));
        }
        // One for all nodes, one after the other, for the sake of its memory.
        let mut pairing = Pairing::default();
        while let Some(step) = self.open.pop() {
            match step {
                Step::Tell(change) => self.changes.push(change),
                Step::Visit(pair) => self.visit(ctx, pair, &mut pairing),
            }
        }
    }

    /// Compares two nodes whose sources are not the same.
    fn visit(&mut self, ctx: &Context<'_>, pair: Pair, pairing: &mut Pairing) {
        let Pair { old, new, old_at, new_at } = pair;
        let kind = ctx.new.tree.kind(new);
        let goes_on = ctx.same_kind(old, new) && matches!(kind, Kind::List | Kind::Map);
        // Where sources can be read, equal parts are passed by without a hash, and the whole needs none.
        let same = || ctx.old.hash_in_passing(old) == ctx.new.hash_in_passing(new);
        if !(goes_on && ctx.can_read(1)) && same() {
            self.equal.push((old, new));
            self.visit_equal(ctx, pair, pairing);
            return;
        }
        if !goes_on {
            let (old, new) = (Some(old), Some(new));
            self.changes.push(Change { op: Op::Replace, old, new, copies: None, old_at, new_at });
            return;
        }
        let number = self.pairs.len() as u32;
        self.pairs.push(pair);
        if kind == Kind::Map {
            maps::pair(ctx, old, new, pairing);
            self.children(ctx, number, pairing, Op::Rename, &ByHash::default());
            return;
        }
        let mode = ctx.new.hashes.modes.of(ctx.new.tree, new);
        let ordered = mode == ListMode::Sequence;
        let identity = if ordered {
            sequence::pair(ctx, old, new, ctx.new.tree.tag(new) == Some(Tagged::LINES), pairing)
        } else {
            lists::pair(ctx, old, new, mode, pairing)
        };
        // Items that all have an identity of their own have no copies.
        let may_repeat = !ordered && identity.is_none();
        let copies = if may_repeat { lists::copies(ctx, pairing) } else { ByHash::default() };
        self.identities.extend(identity.map(|identity| (number, identity)));
        if !ordered {
            self.note_order(number, pairing);
        }
        self.children(ctx, number, pairing, Op::Move, &copies);
    }

    /// Plans the children of a pair, in the order of the new ones; what was removed stands after what was before it,
    /// or at its old index where the order does not count.
    fn children(
        &mut self,
        ctx: &Context<'_>,
        parent: u32,
        pairing: &Pairing,
        moved: Op,
        copies: &ByHash<(u32, u32)>,
    ) {
        let place = |index: usize| Place { parent, index: index as u32 };
        let copies_of = |side: Hashed<'_>, item| {
            let known = Some(copies).filter(|copies| !copies.is_empty())?;
            known.get(&side.hash_in_passing(item)).copied()
        };
        let start = self.open.len();
        // The removed children by the new index that they stand before.
        let mut removed = Vec::new();
        let mut before = 0;
        let in_order = self.reordered.last().is_none_or(|list| list.pair != parent);
        for (o, &partner) in pairing.to_new.iter().enumerate() {
            match partner {
                NONE => removed.push((if in_order { before } else { o }, o)),
                SKIP => {}
                n if pairing.is_moved(n as usize) => {}
                n => before = n as usize + 1,
            }
        }
        removed.sort_unstable();
        let mut removed = removed.into_iter().peekable();
        for n in 0..=pairing.new.len() {
            let last = n == pairing.new.len();
            while let Some((_, o)) = removed.next_if(|&(before, _)| before <= n || last) {
                let copies = copies_of(ctx.old, pairing.old[o]);
                let old = Some(pairing.old[o]);
                let change =
                    Change { op: Op::Remove, old, new: None, copies, old_at: place(o), new_at: place(0) };
                self.open.push(Step::Tell(change));
            }
            let Some(&new) = pairing.new.get(n) else { break };
            let o = match pairing.to_old[n] {
                SKIP => continue,
                NONE => {
                    let copies = copies_of(ctx.new, new);
                    let (old_at, new_at) = (place(0), place(n));
                    let change = Change { op: Op::Add, old: None, new: Some(new), copies, old_at, new_at };
                    self.open.push(Step::Tell(change));
                    continue;
                }
                o => o as usize,
            };
            let old = pairing.old[o];
            let (old_at, new_at) = (place(o), place(n));
            if pairing.is_moved(n) {
                let (old, new) = (Some(old), Some(new));
                self.open.push(Step::Tell(Change { op: moved, old, new, copies: None, old_at, new_at }));
            }
            if !pairing.is_alike(n) && !ctx.same_source(old, new) {
                self.open.push(Step::Visit(Pair { old, new, old_at, new_at }));
            }
        }
        self.open[start..].reverse();
    }

    /// Notes a list without order whose items stand in another one.
    fn note_order(&mut self, pair: u32, pairing: &Pairing) {
        if !pairing.partners().is_sorted_by(|a, b| a.0 < b.0) {
            self.reordered.push(Reordered { pair, partners: pairing.partners().collect() });
        }
    }

    /// Looks for lists in another order in what is equal. Linear: each node is passed once.
    fn visit_equal(&mut self, ctx: &Context<'_>, pair: Pair, pairing: &mut Pairing) {
        if ctx.old.hashes.same_in_order(pair.old, ctx.new.hashes, pair.new) {
            return;
        }
        let mut open = vec![pair];
        while let Some(pair) = open.pop() {
            if ctx.old.tree.subtree_len(pair.old) == 1 {
                continue;
            }
            let number = self.pairs.len() as u32;
            self.pairs.push(pair);
            if ctx.new.tree.kind(pair.new) == Kind::Map {
                maps::pair(ctx, pair.old, pair.new, pairing);
            } else {
                pairing.begin(ctx, pair.old, pair.new);
                let mut index = HashIndex::new(pairing.old.iter().map(|&item| ctx.old.hash(item)));
                for n in 0..pairing.new.len() {
                    if let Some(o) = index.take(ctx.new.hash(pairing.new[n])) {
                        pairing.join(o as usize, n);
                    }
                }
                self.note_order(number, pairing);
            }
            let place = |index: u32| Place { parent: number, index };
            open.extend(pairing.partners().map(|(o, n)| Pair {
                old: pairing.old[o as usize],
                new: pairing.new[n as usize],
                old_at: place(o),
                new_at: place(n),
            }));
        }
    }
}
