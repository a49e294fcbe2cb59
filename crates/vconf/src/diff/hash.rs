//! Hashes of subtrees: equal content has equal hashes.

use std::cell::RefCell;
use std::sync::OnceLock;

use super::rules::{ListMode, Modes, Options};
use crate::model::number::Decimal;
use crate::model::tree::{NodeId, Tree};
use crate::model::value::Kind;

/// The hashes of a tree's nodes, each computed when it is asked for; a node's own key is not part of its hash.
///
/// Maps are sums over their entries and lists without an order sums over their items, so that order does not
/// matter; other lists are folds. Numbers are hashed by value, tags are part of the node. All together linear in
/// the nodes and their text, as long as no node is asked for before one that is below it; without recursion.
pub(super) struct Hashes<'a> {
    pub(super) tree: &'a Tree,
    pub(super) modes: Modes<'a>,
    /// By node; 0 for what was not computed yet.
    nodes: RefCell<Vec<u128>>,
    /// The hashes of the keys, by number; 0 for what was not computed yet.
    keys: RefCell<Vec<u128>>,
}

impl<'a> Hashes<'a> {
    pub(super) fn new(tree: &'a Tree, options: &'a Options) -> Self {
        Self {
            tree,
            modes: Modes::new(tree, options),
            nodes: RefCell::new(vec![0; tree.len()]),
            keys: RefCell::new(vec![0; tree.key_count()]),
        }
    }

    /// The hash of a subtree.
    #[inline]
    pub(super) fn of(&self, id: NodeId) -> u128 {
        match self.known(id) {
            0 => self.compute(id),
            hash => hash,
        }
    }

    /// The hash of a leaf, which is not kept: for leaves that are looked at in passing.
    pub(super) fn of_leaf(&self, id: NodeId) -> u128 {
        leaf(Seed::of_process(), self.tree, id)
            .map_or_else(|| self.of(id), |hash| tagged(self.tree, id, hash).max(1))
    }

    /// The hash of a subtree, or 0 where it was not computed yet.
    #[inline]
    pub(super) fn known(&self, id: NodeId) -> u128 {
        self.nodes.borrow()[id.index()]
    }

    /// Whether two trees have the same hashes from two nodes on, in document order. Both must have been asked for.
    pub(super) fn same_in_order(&self, id: NodeId, other: &Hashes<'_>, other_id: NodeId) -> bool {
        let (a, b) = (self.nodes.borrow(), other.nodes.borrow());
        let (start, end) = (id.index(), id.index() + self.tree.subtree_len(id));
        let (other_start, other_end) =
            (other_id.index(), other_id.index() + other.tree.subtree_len(other_id));
        a[start..end] == b[other_start..other_end]
    }

    /// All hashes, by node.
    pub(super) fn into_nodes(self) -> Vec<u128> {
        self.nodes.into_inner()
    }

    fn compute(&self, root: NodeId) -> u128 {
        let (seed, tree) = (Seed::of_process(), self.tree);
        let (mut nodes, mut keys) = (self.nodes.borrow_mut(), self.keys.borrow_mut());
        let mut set = Vec::new();
        for at in (root.index()..root.index() + tree.subtree_len(root)).rev() {
            let id = tree.at(at).expect("below the length");
            let hash = match tree.kind(id) {
                Kind::Null | Kind::Bool | Kind::Number | Kind::String => {
                    leaf(seed, tree, id).unwrap_or_default()
                }
                Kind::Map => {
                    let (mut sum, mut count) = (0_u128, 0);
                    for child in tree.children(id) {
                        let key = key_hash(seed, tree, child, &mut keys);
                        sum = sum.wrapping_add(seed.item(key ^ nodes[child.index()]));
                        count += 1;
                    }
                    seed.sum(MAP, sum, count)
                }
                Kind::List => match self.modes.of(tree, id) {
                    ListMode::Sequence => {
                        let mut state = seed.begin(SEQUENCE);
                        let mut count = 0;
                        for child in tree.children(id) {
                            state.absorb_hash(seed, nodes[child.index()]);
                            count += 1;
                        }
                        state.absorb(seed, count, SEQUENCE);
                        state.finish()
                    }
                    ListMode::Set => {
                        set.clear();
                        set.extend(tree.children(id).map(|child| nodes[child.index()]));
                        set.sort_unstable();
                        set.dedup();
                        let sum = set.iter().fold(0_u128, |sum, &item| sum.wrapping_add(seed.item(item)));
                        seed.sum(BAG, sum, set.len() as u64)
                    }
                    ListMode::Multiset | ListMode::Keyed(_) => {
                        let (mut sum, mut count) = (0_u128, 0);
                        for child in tree.children(id) {
                            sum = sum.wrapping_add(seed.item(nodes[child.index()]));
                            count += 1;
                        }
                        seed.sum(BAG, sum, count)
                    }
                },
            };
            nodes[at] = tagged(tree, id, hash).max(1);
        }
        nodes[root.index()]
    }
}

#[inline]
fn leaf(seed: &Seed, tree: &Tree, id: NodeId) -> Option<u128> {
    Some(match tree.kind(id) {
        Kind::Null => seed.begin(NULL).finish(),
        Kind::Bool => seed.begin(if tree.is_true(id) { TRUE } else { FALSE }).finish(),
        Kind::Number => number(seed, tree.text(id)),
        Kind::String => seed.string(STRING, tree.text(id)),
        Kind::List | Kind::Map => return None,
    })
}

#[inline]
fn tagged(tree: &Tree, id: NodeId, hash: u128) -> u128 {
    let Some(tag) = tree.tag(id) else { return hash };
    let seed = Seed::of_process();
    let mut state = seed.text(TAG, tag);
    state.absorb_hash(seed, hash);
    state.finish()
}

/// The hash of a node's key; unlike all hashes of nodes.
#[inline]
fn key_hash(seed: &Seed, tree: &Tree, child: NodeId, keys: &mut [u128]) -> u128 {
    let Some(key) = tree.key_id(child) else { return 0 };
    let known = &mut keys[key.index()];
    if *known == 0 {
        *known = seed.string(ENTRY, tree.key_text(key)).max(1);
    }
    *known
}

/// Hashes a text by itself.
pub(super) fn hash_text(text: &str) -> u128 {
    Seed::of_process().string(STRING, text)
}

/// Hashes two hashes into one; the order counts.
pub(super) fn combine(first: u128, second: u128) -> u128 {
    let seed = Seed::of_process();
    let mut state = seed.begin(ENTRY);
    state.absorb_hash(seed, first);
    state.absorb_hash(seed, second);
    state.finish()
}

const NULL: u64 = 1;
const FALSE: u64 = 2;
const TRUE: u64 = 3;
const NUMBER: u64 = 4;
const STRING: u64 = 5;
const MAP: u64 = 6;
const SEQUENCE: u64 = 7;
const BAG: u64 = 8;
const ENTRY: u64 = 9;
const TAG: u64 = 10;
const ITEM: u64 = 11;
const LONG_NUMBER: u64 = 12;

fn number(seed: &Seed, text: &str) -> u128 {
    if let Some((negative, mantissa, exponent)) = small_number(text) {
        let mut state = seed.begin(NUMBER);
        state.absorb(seed, mantissa, (exponent << 1) as u64 | u64::from(negative));
        return state.finish();
    }
    match Decimal::parse(text) {
        Some(decimal) => {
            let mut state = seed.text(LONG_NUMBER, &decimal.digits);
            state.absorb_hash(seed, decimal.point as u128);
            state.absorb(seed, u64::from(decimal.negative), 0);
            state.finish()
        }
        None => seed.string(LONG_NUMBER, text),
    }
}

/// A number as `±mantissa × 10^exponent` where its significant digits fit 18 places: one form for each value.
fn small_number(text: &str) -> Option<(bool, u64, i64)> {
    let bytes = text.as_bytes();
    let (negative, digits) = match bytes {
        [b'-', rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    let (mut mantissa, mut exponent) = if digits.len() <= 18 && digits.iter().all(u8::is_ascii_digit) {
        (digits.iter().fold(0_u64, |sum, digit| sum * 10 + u64::from(digit - b'0')), 0)
    } else {
        let decimal = Decimal::parse(text)?;
        let mantissa = if decimal.digits.is_empty() { 0 } else { short(&decimal.digits)?.parse().ok()? };
        (mantissa, i64::try_from(decimal.point - decimal.digits.len() as i128).ok().filter(small)?)
    };
    if mantissa == 0 {
        return Some((false, 0, 0));
    }
    while mantissa.is_multiple_of(10) {
        mantissa /= 10;
        exponent += 1;
    }
    Some((negative, mantissa, exponent))
}

fn short(digits: &str) -> Option<&str> {
    (digits.len() <= 18).then_some(digits)
}

fn small(exponent: &i64) -> bool {
    exponent.unsigned_abs() < 1 << 40
}

/// The keys of the hash, drawn once a process: no input can be made to collide without knowing them.
///
/// Two lanes of 64 bits, each a chain of folded multiplications whose operands are all masked by secrets.
struct Seed {
    start: [u64; 2],
    masks: [u64; 2],
}

struct State {
    lanes: [u64; 2],
}

impl Seed {
    fn of_process() -> &'static Seed {
        static SEED: OnceLock<Seed> = OnceLock::new();
        SEED.get_or_init(|| {
            let mut bytes = [0_u8; 32];
            if getrandom::fill(&mut bytes).is_err() {
                bytes = *b"a machine that has no randomness";
            }
            let word = |at: usize| {
                let mut word = [0_u8; 8];
                word.copy_from_slice(&bytes[at * 8..at * 8 + 8]);
                u64::from_le_bytes(word)
            };
            Seed { start: [word(0), word(1)], masks: [word(2), word(3)] }
        })
    }

    #[inline]
    fn begin(&self, domain: u64) -> State {
        let domain = domain.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        State { lanes: [self.start[0] ^ domain, self.start[1].wrapping_add(domain)] }
    }

    /// A call that returns its answer in registers: a state is handed over in memory, and waited for there.
    #[inline(never)]
    fn string(&self, domain: u64, text: &str) -> u128 {
        self.text(domain, text).finish()
    }

    #[inline(always)]
    fn text(&self, domain: u64, text: &str) -> State {
        let bytes = text.as_bytes();
        let length = bytes.len();
        let mut state = self.begin(domain ^ ((length as u64) << 8));
        if length <= 16 {
            let (x, y) = short_words(bytes);
            state.absorb(self, x, y);
        } else {
            let mut rest = bytes;
            while let Some((block, tail)) = rest.split_first_chunk::<16>() {
                state.absorb_block(self, block);
                rest = tail;
            }
            if let Some(last) = bytes.last_chunk::<16>().filter(|_| !rest.is_empty()) {
                state.absorb_block(self, last);
            }
        }
        state
    }

    #[inline]
    fn item(&self, hash: u128) -> u128 {
        let mut state = self.begin(ITEM);
        state.absorb_hash(self, hash);
        state.finish()
    }

    #[inline]
    fn sum(&self, domain: u64, sum: u128, count: u64) -> u128 {
        let mut state = self.begin(domain ^ (count << 8));
        state.absorb_hash(self, sum);
        state.finish()
    }
}

impl State {
    #[inline]
    fn absorb(&mut self, seed: &Seed, x: u64, y: u64) {
        let first = fold(x ^ self.lanes[0], y ^ seed.masks[0]);
        let second = fold(y ^ self.lanes[1], x ^ seed.masks[1]);
        self.lanes = [first ^ self.lanes[0].rotate_left(29), second ^ self.lanes[1].rotate_left(31)];
    }

    #[inline]
    fn absorb_hash(&mut self, seed: &Seed, hash: u128) {
        self.absorb(seed, hash as u64, (hash >> 64) as u64);
    }

    #[inline]
    fn absorb_block(&mut self, seed: &Seed, block: &[u8; 16]) {
        self.absorb_hash(seed, u128::from_le_bytes(*block));
    }

    #[inline]
    fn finish(self) -> u128 {
        u128::from(self.lanes[0]) << 64 | u128::from(self.lanes[1])
    }
}

#[inline]
fn fold(x: u64, y: u64) -> u64 {
    let product = u128::from(x) * u128::from(y);
    product as u64 ^ (product >> 64) as u64
}

/// Up to 16 bytes as two words; with the length beside them, no two texts give the same ones.
#[inline]
fn short_words(bytes: &[u8]) -> (u64, u64) {
    if let (Some(first), Some(last)) = (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
        (u64::from_le_bytes(*first), u64::from_le_bytes(*last))
    } else if let (Some(first), Some(last)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        (u64::from(u32::from_le_bytes(*first)), u64::from(u32::from_le_bytes(*last)))
    } else {
        match *bytes {
            [] => (0, 0),
            [a] => (u64::from(a), 0),
            [a, b] => (u64::from(a) | u64::from(b) << 8, 0),
            [a, b, c, ..] => (u64::from(a) | u64::from(b) << 8 | u64::from(c) << 16, 0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::number::Number;
    use crate::model::value::Value;

    fn hash(value: &Value) -> u128 {
        let tree = Tree::from_value(value).unwrap();
        let options = Options::default();
        Hashes::new(&tree, &options).of(tree.root())
    }

    #[test]
    fn numbers_of_one_value_hash_alike_and_others_do_not() {
        let texts = [
            "0",
            "-0",
            "1",
            "1.0",
            "10e-1",
            "-1",
            "100",
            "1e2",
            "0.1",
            "0.1000000000000000055",
            "123456789012345678",
            "1234567890123456789",
            "12345678901234567890123",
            "12345678901234567890123.000",
            "1e99999999999999999999",
            "1e20",
            "100000000000000000000",
        ];
        for a in texts {
            for b in texts {
                let (a, b) = (Number::parse(a).unwrap(), Number::parse(b).unwrap());
                assert_eq!(a == b, hash(&a.clone().into()) == hash(&b.clone().into()), "{a} {b}");
            }
        }
    }

    #[test]
    fn kinds_and_nesting_are_told_apart() {
        let values = [
            Value::Null,
            Value::from(""),
            Value::from("0"),
            Value::from(0),
            Value::from(false),
            Value::list::<Value>([]),
            Value::Map(Default::default()),
            Value::list([Value::list([1, 4]), Value::list([2, 3])]),
            Value::list([Value::list([1, 3]), Value::list([2, 4])]),
            Value::map([("a", 1), ("b", 2)]),
            Value::map([("a", 2), ("b", 1)]),
            Value::from("a\0"),
            Value::from("a"),
            Value::from("0123456789abcdef"),
            Value::from("0123456789abcdef0123456789abcdef"),
            Value::from("0123456789abcdef0123456789abcde"),
        ];
        for (i, a) in values.iter().enumerate() {
            for (j, b) in values.iter().enumerate() {
                assert_eq!(i == j, hash(a) == hash(b), "{a:?} {b:?}");
            }
        }
    }
}
