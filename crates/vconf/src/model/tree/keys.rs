//! Keys of maps, each distinct one held once.

use std::hash::{BuildHasher, Hasher, RandomState};

use super::{Span, slice};

/// The number of a key within a tree; equal keys have equal numbers, from 0 up.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct KeyId(u32);

impl KeyId {
    pub(super) const NONE: Self = Self(u32::MAX);

    /// The number, to index with.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// Finds the number of a key: a hash table with a seed of its own, and a guess at what comes next.
///
/// Documents repeat the same keys in the same order, so the key that followed the last one before is tried first.
///
/// The places of the keys' texts, by number, are held by the tree.
pub(super) struct Keys {
    /// Slots of a power of two; a slot holds half of the hash and a number, or [`EMPTY`].
    slots: Vec<u64>,
    seed: u64,
    /// For each key the one that last came after it.
    follower: Vec<KeyId>,
    last: KeyId,
    /// For each key the map that last had it, by a running number.
    seen_in: Vec<u32>,
    map: u32,
}

const EMPTY: u64 = u64::MAX;

impl Keys {
    pub(super) fn new() -> Self {
        Self {
            slots: vec![EMPTY; 16],
            seed: RandomState::new().build_hasher().finish(),
            follower: Vec::new(),
            last: KeyId::NONE,
            seen_in: Vec::new(),
            map: 0,
        }
    }

    /// The key that is likely to come next.
    #[inline]
    pub(super) fn likely(&self) -> Option<KeyId> {
        let likely = *self.follower.get(self.last.index())?;
        (likely != KeyId::NONE).then_some(likely)
    }

    /// Notes that a known key came.
    #[inline]
    pub(super) fn came(&mut self, key: KeyId) {
        if let Some(follower) = self.follower.get_mut(self.last.index()) {
            *follower = key;
        }
        self.last = key;
    }

    /// Finds a key, or adds it; what is new to the decoded strings is added to them.
    pub(super) fn find_or_insert(
        &mut self,
        source: &str,
        decoded: &mut String,
        spans: &mut Vec<Span>,
        key: KeyText<'_>,
    ) -> KeyId {
        let text = match key {
            KeyText::Placed(span) => slice(source, decoded, span),
            KeyText::New(text) => text,
        };
        let hash = hash(self.seed, text.as_bytes());
        let mask = self.slots.len() - 1;
        let mut at = hash as usize & mask;
        let found = loop {
            let slot = self.slots[at];
            if slot == EMPTY {
                break None;
            }
            let id = KeyId(slot as u32);
            if slot >> 32 == hash >> 32 && slice(source, decoded, spans[id.index()]) == text {
                break Some(id);
            }
            at = (at + 1) & mask;
        };
        let key = found.unwrap_or_else(|| {
            let id = KeyId(spans.len() as u32);
            self.slots[at] = (hash >> 32) << 32 | u64::from(id.0);
            spans.push(match key {
                KeyText::Placed(span) => span,
                KeyText::New(text) => {
                    let start = source.len() + decoded.len();
                    decoded.push_str(text);
                    Span::new(start, start + text.len())
                }
            });
            self.follower.push(KeyId::NONE);
            self.seen_in.push(0);
            id
        });
        if spans.len() * 4 > self.slots.len() * 3 {
            self.grow(source, decoded, spans);
        }
        self.came(key);
        key
    }

    fn grow(&mut self, source: &str, decoded: &str, spans: &[Span]) {
        let mask = self.slots.len() * 2 - 1;
        self.slots = vec![EMPTY; mask + 1];
        for (id, &span) in spans.iter().enumerate() {
            let hash = hash(self.seed, slice(source, decoded, span).as_bytes());
            let mut at = hash as usize & mask;
            while self.slots[at] != EMPTY {
                at = (at + 1) & mask;
            }
            self.slots[at] = (hash >> 32) << 32 | id as u64;
        }
    }

    /// Whether a key comes twice among those of one map.
    pub(super) fn any_twice(&mut self, keys: &[KeyId]) -> bool {
        self.map = self.map.wrapping_add(1);
        let map = self.map;
        keys.iter().any(|key| std::mem::replace(&mut self.seen_in[key.index()], map) == map)
    }
}

/// Where a key's text is.
#[derive(Clone, Copy)]
pub(super) enum KeyText<'a> {
    /// In the source or among the decoded strings already.
    Placed(Span),
    /// Not yet among the decoded strings.
    New(&'a str),
}

/// Hashes bytes, eight at a time, by multiplying and folding; who does not know the seed can't make keys collide.
fn hash(seed: u64, bytes: &[u8]) -> u64 {
    const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;
    let fold = |a: u64, b: u64| {
        let product = u128::from(a) * u128::from(b);
        product as u64 ^ (product >> 64) as u64
    };
    let mut hash = seed;
    let (words, rest) = bytes.as_chunks::<8>();
    for word in words {
        hash = fold(hash ^ u64::from_le_bytes(*word), MULTIPLIER).wrapping_add(seed);
    }
    let mut last = bytes.len() as u64;
    for &byte in rest {
        last = last << 8 | u64::from(byte);
    }
    let hash = fold(hash ^ last, MULTIPLIER);
    fold(hash ^ seed.rotate_left(32), MULTIPLIER)
}
