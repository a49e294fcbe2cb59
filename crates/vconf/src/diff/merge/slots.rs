//! The places of a merged list or map: what stands there on each side, and in which order they come.

use indexmap::IndexMap;

use super::super::lookup::{HashIndex, NONE};
use super::super::pairing::{Hashed, Pairing, SKIP};
use super::super::sequence::in_order;
use crate::model::tree::NodeId;
use crate::model::value::Kind;

/// One place: the nodes of base, ours and theirs there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Slot {
    pub(super) nodes: [Option<NodeId>; 3],
    /// Whether it is a conflict whatever the values are, but for equal ones.
    pub(super) clash: bool,
    /// Whether a side has it under another key than base.
    pub(super) renamed: bool,
}

impl Slot {
    pub(super) fn new(nodes: [Option<NodeId>; 3]) -> Self {
        Self { nodes, clash: false, renamed: false }
    }

    fn is_common(&self) -> bool {
        self.nodes.iter().all(Option::is_some)
    }
}

/// The children of one side, and from which of base's each came.
pub(super) struct Line {
    pub(super) items: Vec<NodeId>,
    pub(super) from: Vec<u32>,
}

impl Line {
    pub(super) fn of(pairing: Pairing) -> Self {
        let from = pairing.to_old.into_iter().map(|old| if old == SKIP { NONE } else { old }).collect();
        Self { items: pairing.new, from }
    }

    /// The children of a node that base does not have.
    pub(super) fn new_items(side: Hashed<'_>, node: NodeId) -> Self {
        let items: Vec<_> = side.tree.children(node).collect();
        Self { from: vec![NONE; items.len()], items }
    }
}

/// By what the places are found.
#[derive(Default)]
pub(super) struct Rules {
    pub(super) is_map: bool,
    /// What tells the items of base, ours and theirs apart, where something does.
    pub(super) keys: Option<[Vec<Option<u128>>; 3]>,
    /// Whether different items that both sides put at one place all stay.
    pub(super) unites: bool,
}

/// The places and the order that each side has them in.
pub(super) struct Slots {
    slots: Vec<Slot>,
    ours: Vec<usize>,
    theirs: Vec<usize>,
    frame_is_ours: bool,
    /// Whether both sides moved items, each in its own way, or put the same in at different places.
    pub(super) orders_differ: bool,
    /// The texts of the places, where all sides have them in rising order.
    names: Option<Vec<String>>,
}

/// Finds the places of three lists or maps. Linear, but for the subsequences of items that both put at one place.
pub(super) fn align(
    sides: [Hashed<'_>; 3],
    base: Vec<NodeId>,
    mut ours: Line,
    mut theirs: Line,
    rules: &Rules,
) -> Slots {
    let twins = match &rules.keys {
        Some(keys) => unite(&mut ours, &mut theirs, keys),
        None => vec![NONE; theirs.items.len()],
    };
    let bases = base.len();
    let mut slots: Vec<_> = base.into_iter().map(|node| Slot::new([Some(node), None, None])).collect();
    let mut place = |side: usize, node: NodeId, at: usize| {
        let at = at.min(slots.len());
        if at == slots.len() {
            slots.push(Slot::new([None; 3]));
        }
        slots[at].nodes[side] = Some(node);
        at
    };
    let our_order: Vec<usize> =
        ours.items.iter().zip(&ours.from).map(|(&node, &from)| place(1, node, from as usize)).collect();
    let their_order = theirs.items.iter().zip(&theirs.from).zip(&twins).map(|((&node, &from), &twin)| {
        let at = if twin == NONE { from as usize } else { our_order[twin as usize] };
        place(2, node, at)
    });
    let mut their_order: Vec<usize> = their_order.collect();
    if rules.is_map {
        split_renamed(sides, &mut slots, &mut their_order);
    }
    if !rules.unites {
        meet(sides, &mut slots, &our_order, &mut their_order);
    }
    let moved = |order: &[usize]| !order.iter().filter(|&&at| at < bases).is_sorted();
    let common = |order: &[usize]| -> Vec<usize> {
        order.iter().copied().filter(|&at| slots[at].is_common()).collect()
    };
    let (ours_moved, theirs_moved) = (moved(&our_order), moved(&their_order));
    let both_moved = !rules.is_map && ours_moved && theirs_moved;
    let put_apart =
        !rules.is_map && put_in_by_both(&slots, &our_order) != put_in_by_both(&slots, &their_order);
    let orders_differ = put_apart || both_moved && common(&our_order) != common(&their_order);
    let frame_is_ours = rules.is_map || ours_moved || !theirs_moved;
    let names = if rules.unites { names(sides, &slots, bases, &our_order, &their_order) } else { None };
    Slots { slots, ours: our_order, theirs: their_order, frame_is_ours, orders_differ, names }
}

impl Slots {
    /// Has the items stand in the order of theirs.
    pub(super) fn take_order_of_theirs(&mut self) {
        self.frame_is_ours = false;
    }

    /// The places in the order of the merged list: that of one side, with what the other has put in behind what it
    /// follows there; at one place what ours put in comes first, or all in rising order where the lists have one.
    pub(super) fn in_order(self) -> Vec<Slot> {
        let (frame, other) =
            if self.frame_is_ours { (&self.ours, &self.theirs) } else { (&self.theirs, &self.ours) };
        let mut in_frame = vec![false; self.slots.len()];
        let mut in_other = vec![false; self.slots.len()];
        frame.iter().for_each(|&at| in_frame[at] = true);
        other.iter().for_each(|&at| in_other[at] = true);
        // What is put in, by what it follows.
        let mut following: IndexMap<usize, Vec<usize>> = IndexMap::new();
        let mut last = START;
        for &at in other {
            if in_frame[at] {
                last = at;
            } else {
                following.entry(last).or_default().push(at);
            }
        }
        let mut order = Vec::with_capacity(self.slots.len());
        let mut waiting = following.swap_remove(&START).unwrap_or_default().into_iter().peekable();
        for &at in frame {
            let is_put_in = self.slots[at].nodes[0].is_none() && !in_other[at];
            if is_put_in && self.frame_is_ours {
                while let Some(next) = waiting.next_if(|&next| self.comes_before(next, at)) {
                    order.push(next);
                }
            } else {
                order.extend(waiting.by_ref());
            }
            order.push(at);
            if let Some(items) = following.swap_remove(&at) {
                waiting = items.into_iter().peekable();
            }
        }
        order.extend(waiting);
        let mut slots: Vec<_> = self.slots.into_iter().map(Some).collect();
        order.into_iter().filter_map(|at| slots[at].take()).collect()
    }

    fn comes_before(&self, a: usize, b: usize) -> bool {
        self.names.as_ref().is_some_and(|names| names[a] < names[b])
    }
}

const START: usize = usize::MAX;

/// Joins what both sides have and base does not, by key; for each item of theirs the one of ours, or [`NONE`].
///
/// What one side has under another key than base, and the other has put there anew, is taken for new on both.
fn unite(ours: &mut Line, theirs: &mut Line, [base, o_keys, t_keys]: &[Vec<Option<u128>>; 3]) -> Vec<u32> {
    let is_new = |from: u32, key: Option<u128>| key.is_some() && (from == NONE || base[from as usize] != key);
    // The items that both changed alike are one already.
    let mut ours_of = vec![NONE; base.len()];
    for (o, &from) in ours.from.iter().enumerate().filter(|(_, from)| **from != NONE) {
        ours_of[from as usize] = o as u32;
    }
    let mut is_joined = vec![false; ours.items.len()];
    let mut joins = vec![false; theirs.items.len()];
    for (t, &from) in theirs.from.iter().enumerate().filter(|(_, from)| **from != NONE) {
        let o = ours_of[from as usize];
        if o != NONE && o_keys[o as usize] == t_keys[t] {
            (is_joined[o as usize], joins[t]) = (true, true);
        }
    }
    let free: Vec<usize> =
        (0..ours.items.len()).filter(|&o| !is_joined[o] && is_new(ours.from[o], o_keys[o])).collect();
    let mut twins = vec![NONE; theirs.items.len()];
    let mut index = HashIndex::new(free.iter().map(|&o| o_keys[o].unwrap_or_default()));
    for t in 0..theirs.items.len() {
        let Some(key) = t_keys[t].filter(|_| !joins[t] && is_new(theirs.from[t], t_keys[t])) else {
            continue;
        };
        if let Some(at) = index.take(key) {
            let o = free[at as usize];
            (ours.from[o], theirs.from[t], twins[t]) = (NONE, NONE, o as u32);
        }
    }
    twins
}

/// Notes which entries have another key; one that each side calls otherwise is a conflict of its own on each.
fn split_renamed(sides: [Hashed<'_>; 3], slots: &mut Vec<Slot>, theirs: &mut [usize]) {
    let key = |side: usize, node: Option<NodeId>| node.and_then(|node| sides[side].tree.key(node));
    for place in theirs {
        let at = *place;
        let [base, ours, their_node] = slots[at].nodes;
        let (b, o, t) = (key(0, base), key(1, ours), key(2, their_node));
        if base.is_some() && ours.is_some() && o != b && t != b && o != t {
            slots[at] = Slot { nodes: [base, ours, None], clash: true, renamed: true };
            *place = slots.len();
            slots.push(Slot { nodes: [base, None, their_node], clash: true, renamed: true });
        }
    }
    for slot in slots.iter_mut() {
        let [base, ours, theirs] = slot.nodes;
        let differs = |side: usize, node: Option<NodeId>| node.is_some() && key(side, node) != key(0, base);
        slot.renamed |= base.is_some() && (differs(1, ours) || differs(2, theirs));
    }
}

/// Finds what both sides put at one place of a list in which order counts: equal items are one, others a conflict.
///
/// So is what one side put in the middle of what the other took out.
fn meet(sides: [Hashed<'_>; 3], slots: &mut [Slot], ours: &[usize], theirs: &mut [usize]) {
    let mut gaps: IndexMap<usize, [Vec<usize>; 2]> = IndexMap::new();
    for (side, order) in [ours, &*theirs].into_iter().enumerate() {
        let mut anchor = START;
        for (position, &at) in order.iter().enumerate() {
            if slots[at].is_common() {
                anchor = at;
            } else if slots[at].nodes[0].is_none() {
                gaps.entry(anchor).or_default()[side].push(position);
            }
        }
    }
    for [our_gap, their_gap] in gaps.into_values() {
        let hash = |side: usize, at: usize| {
            slots[at].nodes[side].map(|node| sides[side].hash(node)).unwrap_or_default()
        };
        let our_hashes: Vec<_> = our_gap.iter().map(|&position| hash(1, ours[position])).collect();
        let their_hashes: Vec<_> = their_gap.iter().map(|&position| hash(2, theirs[position])).collect();
        let (mut o, mut t) = (0, 0);
        let ends = [(our_gap.len(), their_gap.len())];
        for (next_o, next_t) in in_order(&our_hashes, &their_hashes).into_iter().chain(ends) {
            let (our_run, their_run) = (&our_gap[o..next_o], &their_gap[t..next_t]);
            if !our_run.is_empty() && !their_run.is_empty() {
                for &position in our_run {
                    slots[ours[position]].clash = true;
                }
                for &position in their_run {
                    slots[theirs[position]].clash = true;
                }
                for (&o, &t) in our_run.iter().zip(their_run) {
                    join(slots, ours[o], &mut theirs[t]);
                }
            }
            if next_o < our_gap.len() {
                join(slots, ours[our_gap[next_o]], &mut theirs[their_gap[next_t]]);
            }
            (o, t) = (next_o + 1, next_t + 1);
        }
    }
    for (order, side) in [(ours, 1), (&*theirs, 2)] {
        let other = 3 - side;
        // Of what both base and this side have: was what stands before it taken out by the other side?
        let mut before_is_out = false;
        let mut put_in: Vec<usize> = Vec::new();
        for &at in order {
            let slot = &slots[at];
            if slot.nodes[0].is_none() {
                if slot.nodes[other].is_none() {
                    put_in.push(at);
                }
                continue;
            }
            let is_out = slot.nodes[other].is_none();
            for at in put_in.drain(..) {
                slots[at].clash |= before_is_out && is_out;
            }
            before_is_out = is_out;
        }
    }
}

/// What both sides put in, each with what it follows of what all three have.
fn put_in_by_both(slots: &[Slot], order: &[usize]) -> Vec<(usize, usize)> {
    let mut anchor = START;
    let mut put_in = Vec::new();
    for &at in order {
        match slots[at].nodes {
            [Some(_), Some(_), Some(_)] => anchor = at,
            [None, Some(_), Some(_)] => put_in.push((anchor, at)),
            _ => {}
        }
    }
    put_in
}

/// Moves what theirs has at a place to the place of ours.
fn join(slots: &mut [Slot], ours: usize, theirs: &mut usize) {
    slots[ours].nodes[2] = slots[*theirs].nodes[2].take();
    *theirs = ours;
}

/// The texts of the places, where base has some and all sides have them in rising order.
fn names(
    sides: [Hashed<'_>; 3],
    slots: &[Slot],
    bases: usize,
    ours: &[usize],
    theirs: &[usize],
) -> Option<Vec<String>> {
    let name = |slot: &Slot, only: Option<usize>| {
        let mut named = (0..3).filter(|side| only.is_none_or(|only| only == *side));
        named.find_map(|side| {
            let (tree, node) = (sides[side].tree, slot.nodes[side]?);
            let is_text = tree.kind(node) == Kind::String;
            tree.key(node).or_else(|| is_text.then(|| tree.text(node))).map(str::to_lowercase)
        })
    };
    let mut orders =
        [(0, (0..bases).collect::<Vec<_>>()), (1, ours.to_vec()), (2, theirs.to_vec())].into_iter();
    let is_sorted = |(side, order): (usize, Vec<usize>)| {
        let names: Option<Vec<_>> = order.iter().map(|&at| name(&slots[at], Some(side))).collect();
        names.is_some_and(|names| names.is_sorted())
    };
    if bases < 3 || !orders.all(is_sorted) {
        return None;
    }
    Some(slots.iter().map(|slot| name(slot, None).unwrap_or_default()).collect())
}
