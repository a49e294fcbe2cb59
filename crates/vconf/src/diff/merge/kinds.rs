//! What a list is, as far as merging goes: by rule, or by what its items show.

use super::super::hash::hash_text;
use super::super::identity::{self, Identity};
use super::super::lists::{self, pair_edited};
use super::super::lookup::{HashIndex, NONE, all_differ};
use super::super::maps;
use super::super::pairing::{Context, Hashed, Pairing};
use super::super::rules::ListMode;
use super::super::sequence;
use super::super::similar::likeness;
use super::Merger;
use super::slots::{Line, Rules, Slots};
use crate::model::path::Step;
use crate::model::tree::NodeId;
use crate::model::value::Kind;

/// How many hundredths of what has another key must be as before, for edits of the other side to go into it.
const SAME_PERCENT: u32 = 80;

/// What a list is.
pub(super) enum ListKind<'a> {
    /// Neighbours belong together: the words of a command.
    Arguments,
    /// Items stand at their places.
    Sequence,
    /// Items are told apart by what they are: texts that all differ.
    Distinct,
    /// Items are told apart by a key.
    Keyed(Key),
    /// A rule says that order does not count.
    Ruled(ListMode<'a>),
}

/// What tells the items of a list apart.
pub(super) enum Key {
    Fields(Identity),
    /// What stands before `=`: `NAME=value`, `--flag=value`.
    Assigned,
    /// The text, or the only key of a map.
    Single,
}

impl ListKind<'_> {
    /// Whether a new order is no change.
    pub(super) fn has_no_order(&self) -> bool {
        matches!(self, Self::Ruled(_))
    }
}

impl<'a> Merger<'a, '_> {
    /// Tells what three lists are, of which one is to be made.
    pub(super) fn list_kind(&self, base: NodeId, ours: NodeId, theirs: NodeId) -> ListKind<'a> {
        let modes = &self.ours.hashes.modes;
        match modes.of(self.ours.tree, ours) {
            ListMode::Sequence if self.is_strict || modes.has_rule(ours) => return ListKind::Sequence,
            ListMode::Sequence => {}
            mode => return ListKind::Ruled(mode),
        }
        let sides = [self.base, self.ours, self.theirs];
        let nodes = [base, ours, theirs];
        let lists = [0, 1, 2].map(|at| sides[at].tree.children(nodes[at]).collect::<Vec<_>>());
        let [b, o, t] = [0, 1, 2].map(|at| (sides[at], lists[at].as_slice()));
        let all = |test: &dyn Fn(Hashed<'_>, NodeId) -> bool| {
            [b, o, t].into_iter().all(|(side, items)| items.iter().all(|&item| test(side, item)))
        };
        if all(&|side, item| side.tree.kind(item) == Kind::Map)
            && let Some(identity) = identity::find([b, o, t])
        {
            return ListKind::Keyed(Key::Fields(identity));
        }
        let differ = |key: &Key| {
            [b, o, t].into_iter().all(|(side, items)| {
                let keys: Option<Vec<_>> = key.values(side, items).into_iter().collect();
                keys.is_some_and(all_differ)
            })
        };
        if !all(&is_word) {
            return if differ(&Key::Single) { ListKind::Keyed(Key::Single) } else { ListKind::Sequence };
        }
        let is_flag = |side: Hashed<'_>, item: NodeId| side.tree.text(item).starts_with('-');
        let any_flag = !all(&|side, item| !is_flag(side, item));
        let any_value = !all(&|side, item| !side.tree.text(item).contains('='));
        if any_value && all(&is_assigned) && differ(&Key::Assigned) && (!any_flag || all(&is_flag)) {
            return ListKind::Keyed(Key::Assigned);
        }
        if any_flag || self.is_called_command() {
            return ListKind::Arguments;
        }
        if differ(&Key::Single) { ListKind::Distinct } else { ListKind::Sequence }
    }

    /// Whether the list's key says that it is a command, or several in their order.
    fn is_called_command(&self) -> bool {
        let key = self.path.iter().rev().find_map(|step| match step {
            Step::Key(key) => Some(key.to_lowercase()),
            Step::Index(_) => None,
        });
        let ends = [
            "command",
            "commands",
            "cmd",
            "args",
            "argv",
            "arguments",
            "entrypoint",
            "script",
            "exec",
            "run",
            "shell",
            "test",
        ];
        key.is_some_and(|key| ends.iter().any(|end| key.ends_with(end)))
    }

    /// Finds the places of three lists.
    pub(super) fn list_slots(
        &self,
        base: NodeId,
        ours: NodeId,
        theirs: NodeId,
        kind: &ListKind<'_>,
    ) -> Slots {
        let mut o = pair(&self.to_ours, base, ours, kind);
        let mut t = pair(&self.to_theirs, base, theirs, kind);
        let sides = [self.base, self.ours, self.theirs];
        let lists = [o.old.clone(), o.new.clone(), t.new.clone()];
        let keys = |key: &Key| [0, 1, 2].map(|side| key.values(sides[side], &lists[side]));
        let (keys, unites) = match kind {
            ListKind::Keyed(key) => (Some(keys(key)), true),
            ListKind::Ruled(ListMode::Keyed(fields)) => {
                (Some(keys(&Key::Fields(Identity::of_fields(fields)))), true)
            }
            ListKind::Ruled(_) | ListKind::Distinct => {
                let hashes = |side: usize| lists[side].iter().map(move |&item| Some(sides[side].hash(item)));
                (Some([0, 1, 2].map(|side| hashes(side).collect())), true)
            }
            ListKind::Sequence | ListKind::Arguments => (None, false),
        };
        if let (Some(keys), ListKind::Keyed(_)) = (&keys, kind) {
            self.distrust(keys, &mut o, &mut t);
        }
        let rules = Rules { is_map: false, keys, unites };
        self.slots(lists[0].clone(), Line::of(o), Line::of(t), &rules)
    }

    /// Finds the places of two or three maps.
    pub(super) fn map_slots(&self, base: Option<NodeId>, ours: NodeId, theirs: NodeId) -> Slots {
        let sides = [self.base, self.ours, self.theirs];
        let keys = |lists: [&[NodeId]; 3]| {
            let key = |side: usize, node: NodeId| sides[side].tree.key(node).map(hash_text);
            [0, 1, 2].map(|side| lists[side].iter().map(|&node| key(side, node)).collect::<Vec<_>>())
        };
        let Some(base) = base else {
            let (o, t) = (Line::new_items(self.ours, ours), Line::new_items(self.theirs, theirs));
            let keys = Some(keys([&[], &o.items, &t.items]));
            return self.slots(Vec::new(), o, t, &Rules { is_map: true, keys, unites: true });
        };
        let (mut o, mut t) = (Pairing::default(), Pairing::default());
        maps::pair(&self.to_ours, base, ours, &mut o);
        maps::pair(&self.to_theirs, base, theirs, &mut t);
        let keys = keys([&o.old, &o.new, &t.new]);
        self.distrust(&keys, &mut o, &mut t);
        let items = o.old.clone();
        let rules = Rules { is_map: true, keys: Some(keys), unites: true };
        self.slots(items, Line::of(o), Line::of(t), &rules)
    }

    /// Parts what was taken for the same under another key, where the other side has edits that would go into it
    /// and it is not nearly what it was.
    fn distrust(&self, keys: &[Vec<Option<u128>>; 3], ours: &mut Pairing, theirs: &mut Pairing) {
        for b in 0..ours.old.len() {
            let (o, t) = (ours.to_new[b] as usize, theirs.to_new[b] as usize);
            let (Some(&o_node), Some(&t_node)) = (ours.new.get(o), theirs.new.get(t)) else { continue };
            let b_node = ours.old[b];
            let base = self.base.hash(b_node);
            if self.ours.hash(o_node) == base || self.theirs.hash(t_node) == base {
                continue;
            }
            let is_other = |side: Hashed<'_>, node: NodeId, key: Option<u128>| {
                key != keys[0][b] && !likeness(self.base, b_node, side, node).at_least(SAME_PERCENT)
            };
            if is_other(self.ours, o_node, keys[1][o]) {
                (ours.to_new[b], ours.to_old[o]) = (NONE, NONE);
            }
            if is_other(self.theirs, t_node, keys[2][t]) {
                (theirs.to_new[b], theirs.to_old[t]) = (NONE, NONE);
            }
        }
    }
}

fn pair(ctx: &Context<'_>, old: NodeId, new: NodeId, kind: &ListKind<'_>) -> Pairing {
    let mut pairing = Pairing::default();
    match kind {
        ListKind::Ruled(mode) => drop(lists::pair(ctx, old, new, *mode, &mut pairing)),
        ListKind::Sequence | ListKind::Distinct | ListKind::Arguments => {
            drop(sequence::pair(ctx, old, new, false, &mut pairing));
        }
        ListKind::Keyed(key) => {
            pairing.begin(ctx, old, new);
            let olds = key.values(ctx.old, &pairing.old);
            let mut index = HashIndex::new(olds.into_iter().map(Option::unwrap_or_default));
            for (n, value) in key.values(ctx.new, &pairing.new).into_iter().enumerate() {
                if let Some(o) = value.and_then(|value| index.take(value)) {
                    pairing.join(o as usize, n);
                }
            }
            if matches!(key, Key::Fields(_)) {
                pair_edited(ctx, &mut pairing, ListMode::Sequence);
            }
        }
    }
    pairing
}

impl Key {
    /// Each item's key as a hash, where it has one.
    fn values(&self, side: Hashed<'_>, items: &[NodeId]) -> Vec<Option<u128>> {
        match self {
            Self::Fields(identity) => identity.values(side, items).collect(),
            Self::Assigned => {
                let name = |item| side.tree.text(item).split('=').next().unwrap_or_default();
                items.iter().map(|&item| Some(hash_text(name(item)))).collect()
            }
            Self::Single => items.iter().map(|&item| only_key(side, item)).collect(),
        }
    }
}

fn only_key(side: Hashed<'_>, item: NodeId) -> Option<u128> {
    if is_word(side, item) {
        return Some(hash_text(side.tree.text(item)));
    }
    let mut children = side.tree.children(item);
    let key = side.tree.key(children.next()?)?;
    (children.next().is_none() && side.tree.tag(item).is_none()).then(|| hash_text(key))
}

/// Whether an item is a text of one line.
fn is_word(side: Hashed<'_>, item: NodeId) -> bool {
    side.tree.kind(item) == Kind::String
        && side.tree.tag(item).is_none()
        && !side.tree.text(item).contains('\n')
}

/// Whether a text is a name, and mostly `=` and a value after it.
fn is_assigned(side: Hashed<'_>, item: NodeId) -> bool {
    let name = side.tree.text(item).split('=').next().unwrap_or_default();
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c))
}
