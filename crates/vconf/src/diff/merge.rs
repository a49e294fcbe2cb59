//! Merges two edited contents by what each changed since the one that they come from.

mod kinds;
mod lines;
mod slots;

use super::hash::Hashes;
use super::pairing::{Context, Hashed};
use super::rules::{Options, Order};
use super::text;
use crate::model::path::{Path, Step};
use crate::model::tree::{NodeId, TooDeep, Tree};
use crate::model::value::{Kind, Map, Tagged, Value};
use kinds::ListKind;
use slots::{Line, Rules, Slot, Slots};

/// Merges what `ours` and `theirs` each changed since `base`.
///
/// Every change is in the merged value or among the conflicts, and the value holds ours wherever there is one.
/// Linear in the size of the three, with the bounds of [`compare`](super::compare()); fails only where one of them
/// nests deeper than [`Value::MAX_DEPTH`]. How it decides is told in `docs/COMPARE.md`.
pub fn merge(base: &Tree, ours: &Tree, theirs: &Tree, options: &Options) -> Result<Merge, TooDeep> {
    merge_by(base, ours, theirs, options, &mut |_| None)
}

/// Merges as [`merge`] does, and asks for each conflict which side is to be in the merged value.
///
/// Conflicts that are settled so are told all the same, with the choice.
pub fn merge_by(
    base: &Tree,
    ours: &Tree,
    theirs: &Tree,
    options: &Options,
    choose: &mut dyn FnMut(&Conflict) -> Option<Choice>,
) -> Result<Merge, TooDeep> {
    for tree in [base, ours, theirs] {
        check_depth(tree)?;
    }
    // Equal means equal in order too, but where a rule says that the order is none: a new order is a change.
    let strict = Options { order: Order::Strict, rules: options.rules.clone() };
    let hashes = [base, ours, theirs].map(|tree| Hashes::new(tree, &strict));
    let [base, ours, theirs] = hashes.each_ref().map(|hashes| Hashed { tree: hashes.tree, hashes });
    let mut merger = Merger {
        base,
        ours,
        theirs,
        to_ours: Context::new(&hashes[0], &hashes[1]),
        to_theirs: Context::new(&hashes[0], &hashes[2]),
        is_strict: options.order == Order::Strict,
        choose,
        path: Vec::new(),
        conflicts: Vec::new(),
    };
    let roots = [base.tree.root(), ours.tree.root(), theirs.tree.root()].map(Some);
    let value = merger.slot(&Slot::new(roots)).unwrap_or_default();
    Ok(Merge { value, conflicts: merger.conflicts })
}

/// What came of a merge.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Merge {
    /// The merged content; it holds ours where there is a conflict that nobody settled.
    pub value: Value,
    /// What both sides changed, each in its own way, in the order of the merged content.
    pub conflicts: Vec<Conflict>,
}

impl Merge {
    /// Whether there is no conflict that nobody settled.
    pub fn is_clean(&self) -> bool {
        self.conflicts.iter().all(|conflict| conflict.choice.is_some())
    }
}

/// A place that both sides changed, each in its own way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Conflict {
    /// Where it is in the merged content; for what is not there, where it would be.
    pub path: Path,
    /// What the conflict is about.
    pub about: About,
    /// What both come from; none where nothing was there.
    pub base: Option<Value>,
    /// What ours has; none where it has nothing there.
    pub ours: Option<Value>,
    /// What theirs has; none where it has nothing there.
    pub theirs: Option<Value>,
    /// Whose the merged content holds, where that was chosen; ours where it was not.
    pub choice: Option<Choice>,
}

/// What a [`Conflict`] is about.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum About {
    /// The value at the place.
    Value,
    /// The order of a list alone: its items are merged, and stand in the order of one side.
    Order,
}

/// One of the two sides.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Choice {
    /// What is merged into.
    Ours,
    /// What is merged in.
    Theirs,
}

struct Merger<'a, 'c> {
    base: Hashed<'a>,
    ours: Hashed<'a>,
    theirs: Hashed<'a>,
    to_ours: Context<'a>,
    to_theirs: Context<'a>,
    is_strict: bool,
    choose: &'c mut dyn FnMut(&Conflict) -> Option<Choice>,
    path: Vec<Step>,
    conflicts: Vec<Conflict>,
}

/// Recursion over the depth is bounded: no side is deeper than a value may be.
impl Merger<'_, '_> {
    /// Merges one place; none where nothing is there any more.
    fn slot(&mut self, slot: &Slot) -> Option<Value> {
        let [base, ours, theirs] = slot.nodes;
        if let (Some(o), Some(t)) = (ours, theirs)
            && self.ours.hash(o) == self.theirs.hash(t)
        {
            return Some(value(self.ours, o));
        }
        if slot.clash {
            return self.conflict(slot);
        }
        let kept = |side: Hashed<'_>, now: Option<NodeId>| match (base, now) {
            (Some(base), Some(now)) => self.base.hash(base) == side.hash(now),
            (None, None) => true,
            _ => false,
        };
        let (ours_kept, theirs_kept) = (kept(self.ours, ours), kept(self.theirs, theirs));
        match (ours, theirs) {
            (Some(o), _) if theirs_kept => Some(value(self.ours, o)),
            (_, Some(t)) if ours_kept => Some(value(self.theirs, t)),
            // Who gave a key another name changed it.
            (None, Some(_)) if theirs_kept && !slot.renamed => None,
            (Some(_), None) if ours_kept && !slot.renamed => None,
            (None, None) => None,
            (Some(o), Some(t)) => self.both(slot, o, t),
            _ => self.conflict(slot),
        }
    }

    /// Merges what both sides changed, each in its own way.
    fn both(&mut self, slot: &Slot, ours: NodeId, theirs: NodeId) -> Option<Value> {
        let (kind, tag) = (self.ours.tree.kind(ours), self.ours.tree.tag(ours));
        if (kind, tag) != (self.theirs.tree.kind(theirs), self.theirs.tree.tag(theirs)) {
            return self.conflict(slot);
        }
        let base = slot.nodes[0]
            .filter(|&base| (self.base.tree.kind(base), self.base.tree.tag(base)) == (kind, tag));
        let value = match (kind, base) {
            (Kind::Map, base) => self.map(base, ours, theirs),
            (Kind::List, Some(base)) if tag == Some(Tagged::LINES) => self.text(base, ours, theirs),
            (Kind::List, Some(base)) => match self.list_kind(base, ours, theirs) {
                ListKind::Arguments => self.arguments(base, ours, theirs),
                kind => self.list(base, ours, theirs, &kind),
            },
            (Kind::String, Some(base)) => Value::String(self.string(base, ours, theirs)),
            _ => return self.conflict(slot),
        };
        Some(match tag {
            Some(tag) => Value::Tagged(Box::new(Tagged { tag: tag.to_owned(), value })),
            None => value,
        })
    }

    fn map(&mut self, base: Option<NodeId>, ours: NodeId, theirs: NodeId) -> Value {
        let slots = self.map_slots(base, ours, theirs).in_order();
        let mut map = Map::with_capacity(slots.len());
        for slot in slots {
            let key = self.key(&slot);
            self.path.push(Step::Key(key));
            let value = self.slot(&slot);
            if let (Some(Step::Key(key)), Some(value)) = (self.path.pop(), value) {
                map.insert(key, value);
            }
        }
        Value::Map(map)
    }

    /// The key of a place: the new one, where one side gave it another name.
    fn key(&self, slot: &Slot) -> String {
        let of = |side: Hashed<'_>, node: Option<NodeId>| {
            node.and_then(|node| side.tree.key(node)).map(str::to_owned)
        };
        let [base, ours, theirs] = slot.nodes;
        let (base, ours, theirs) = (of(self.base, base), of(self.ours, ours), of(self.theirs, theirs));
        let new = if ours.is_some() && ours != base { ours } else { theirs.or(ours) };
        new.or(base).unwrap_or_default()
    }

    fn list(&mut self, base: NodeId, ours: NodeId, theirs: NodeId, kind: &ListKind<'_>) -> Value {
        let mut slots = self.list_slots(base, ours, theirs, kind);
        if slots.orders_differ && !kind.has_no_order() {
            let nodes = [base, ours, theirs].map(Some);
            if self.tell(nodes, About::Order) == Some(Choice::Theirs) {
                slots.take_order_of_theirs();
            }
        }
        let mut items = Vec::new();
        for slot in slots.in_order() {
            self.path.push(Step::Index(items.len()));
            items.extend(self.slot(&slot));
            self.path.pop();
        }
        Value::List(items)
    }

    fn slots(&self, base: Vec<NodeId>, ours: Line, theirs: Line, rules: &Rules) -> Slots {
        slots::align([self.base, self.ours, self.theirs], base, ours, theirs, rules)
    }

    /// Merges two strings by lines, where they have some and the edits do not touch; ours otherwise.
    fn string(&mut self, base: NodeId, ours: NodeId, theirs: NodeId) -> String {
        let (b, o) = (self.base.tree.text(base), self.ours.tree.text(ours));
        let t = self.theirs.tree.text(theirs);
        if b.contains('\n')
            && let Some(merged) = text::merge(b, o, t).text()
        {
            return merged;
        }
        match self.tell([base, ours, theirs].map(Some), About::Value) {
            Some(Choice::Theirs) => t.to_owned(),
            _ => o.to_owned(),
        }
    }

    fn conflict(&mut self, slot: &Slot) -> Option<Value> {
        let [_, ours, theirs] = slot.nodes;
        match self.tell(slot.nodes, About::Value) {
            Some(Choice::Theirs) => theirs.map(|node| value(self.theirs, node)),
            _ => ours.map(|node| value(self.ours, node)),
        }
    }

    /// Tells a conflict at the place where the merge is.
    fn tell(&mut self, [base, ours, theirs]: [Option<NodeId>; 3], about: About) -> Option<Choice> {
        let base = base.map(|node| value(self.base, node));
        let ours = ours.map(|node| value(self.ours, node));
        let theirs = theirs.map(|node| value(self.theirs, node));
        self.tell_values(base, ours, theirs, about)
    }

    fn tell_values(
        &mut self,
        base: Option<Value>,
        ours: Option<Value>,
        theirs: Option<Value>,
        about: About,
    ) -> Option<Choice> {
        let path = Path(self.path.clone());
        let mut conflict = Conflict { path, about, base, ours, theirs, choice: None };
        conflict.choice = (self.choose)(&conflict);
        let choice = conflict.choice;
        self.conflicts.push(conflict);
        choice
    }
}

fn value(side: Hashed<'_>, node: NodeId) -> Value {
    side.tree.value(node).expect("no side is too deep")
}

/// Fails where a tree is deeper than a value may be. Linear.
fn check_depth(tree: &Tree) -> Result<(), TooDeep> {
    let mut ends = Vec::new();
    for at in 0..tree.len() {
        while ends.last().is_some_and(|&end| end <= at) {
            ends.pop();
        }
        if ends.len() > Value::MAX_DEPTH {
            return Err(TooDeep);
        }
        let id = tree.at(at).expect("below the length");
        if matches!(tree.kind(id), Kind::List | Kind::Map) {
            ends.push(at + tree.subtree_len(id));
        }
    }
    Ok(())
}
