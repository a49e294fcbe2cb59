//! Finding indices by hash.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// A map keyed by subtree hashes, which need no hashing again.
pub(super) type ByHash<V> = HashMap<u128, V, HashIsKey>;

/// Makes the hasher of such maps.
pub(super) type HashIsKey = BuildHasherDefault<PassThrough>;

/// Takes a subtree hash as it is.
#[derive(Default)]
pub(super) struct PassThrough(u64);

impl Hasher for PassThrough {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(byte);
        }
    }

    fn write_u128(&mut self, hash: u128) {
        self.0 = hash as u64;
    }
}

/// Indices by hash, each handed out once; of equal hashes in their order.
///
/// Open addressing, and one place in memory for all that is known of an index: what costs here is waiting for memory.
pub(super) struct HashIndex {
    slots: Slots,
    entries: Vec<Entry>,
}

struct Entry {
    hash: u128,
    /// In the entry that stands in the table for all of its hash: the first one that was not taken, or [`NONE`].
    head: u32,
    /// The next index of the same hash, or [`NONE`].
    next: u32,
    taken: bool,
}

/// No index.
pub(super) const NONE: u32 = u32::MAX;

impl HashIndex {
    pub(super) fn new(hashes: impl Iterator<Item = u128>) -> Self {
        let mut entries: Vec<_> =
            hashes.map(|hash| Entry { hash, head: NONE, next: NONE, taken: false }).collect();
        let mut slots = Slots::new(entries.len());
        for at in (0..entries.len()).rev() {
            let first = slots.find_or_insert(at as u32, |index| entries[index as usize].hash) as usize;
            entries[at].next = entries[first].head;
            entries[first].head = at as u32;
        }
        Self { slots, entries }
    }

    /// Takes the first index of a hash that was not taken yet.
    pub(super) fn take(&mut self, hash: u128) -> Option<u32> {
        let (_, first) = self.slots.find(hash, |index| self.entries[index as usize].hash);
        let at = self.entries.get(first as usize)?.head;
        let taken = self.entries.get_mut(at as usize)?;
        taken.taken = true;
        let next = taken.next;
        self.entries[first as usize].head = next;
        Some(at)
    }

    /// The indices that were not taken.
    pub(super) fn rest(&self) -> impl Iterator<Item = u32> {
        self.entries.iter().enumerate().filter(|(_, entry)| !entry.taken).map(|(at, _)| at as u32)
    }
}

/// Hashes with their indices in a list, parted by their topmost bits; of each part in the order of the list.
///
/// What is looked up in a long list costs waiting for memory; each part is looked up within the nearest memory.
pub(super) struct Parted(Vec<Vec<Hashed>>);

/// A hash and its index, in 24 bytes.
#[derive(Clone, Copy)]
struct Hashed {
    high: u64,
    low: u64,
    index: u32,
}

/// About how many hashes a part has.
const PART: usize = 1024;
/// Of more parts, more would be written to at once than the nearest memory has lines for.
const MOST_PARTS: usize = 256;

impl Parted {
    /// Parts hashes, of which there are about `count`, so that they fit what is parted for `most`, the longer list.
    pub(super) fn new(most: usize, count: usize, hashes: impl Iterator<Item = (u128, u32)>) -> Self {
        let parts = (most / PART).next_power_of_two().min(MOST_PARTS);
        // Hashes are spread so evenly that this is nearly always enough.
        let room = count / parts + count / parts / 4 + 1;
        let mut parted: Vec<_> = (0..parts).map(|_| Vec::with_capacity(room)).collect();
        for (hash, index) in hashes {
            let (high, low) = ((hash >> 64) as u64, hash as u64);
            parted[(high >> 48) as usize & (parts - 1)].push(Hashed { high, low, index });
        }
        Self(parted)
    }

    /// Pairs equal hashes, of equal ones in their order; `join` is given both indices of each pair. Linear.
    pub(super) fn join(self, other: Self, mut join: impl FnMut(u32, u32)) {
        for (part, other) in self.0.into_iter().zip(other.0) {
            if part.is_empty() || other.is_empty() {
                continue;
            }
            let mut index = HashIndex::new(part.iter().map(|hashed| hashed.hash()));
            for hashed in other {
                if let Some(at) = index.take(hashed.hash()) {
                    join(part[at as usize].index, hashed.index);
                }
            }
        }
    }
}

impl Hashed {
    fn hash(&self) -> u128 {
        u128::from(self.high) << 64 | u128::from(self.low)
    }
}

/// Whether all hashes differ.
pub(super) fn all_differ(hashes: Vec<u128>) -> bool {
    let mut slots = Slots::new(hashes.len());
    (0..hashes.len() as u32).all(|at| slots.find_or_insert(at, |index| hashes[index as usize]) == at)
}

/// An index of each distinct hash: a power of two of them, at least twice the hashes.
struct Slots(Vec<u32>);

impl Slots {
    fn new(count: usize) -> Self {
        Self(vec![NONE; (count * 2).next_power_of_two()])
    }

    /// The index that stands for the hash at an index: itself, where it is the first of its hash.
    #[inline]
    fn find_or_insert(&mut self, at: u32, hash_of: impl Fn(u32) -> u128) -> u32 {
        let (slot, found) = self.find(hash_of(at), hash_of);
        if found == NONE {
            self.0[slot] = at;
            return at;
        }
        found
    }

    /// The slot of a hash, and what is in it.
    #[inline]
    fn find(&self, hash: u128, hash_of: impl Fn(u32) -> u128) -> (usize, u32) {
        let mask = self.0.len() - 1;
        let mut slot = (hash >> 64) as usize & mask;
        loop {
            let found = self.0[slot];
            if found == NONE || hash_of(found) == hash {
                return (slot, found);
            }
            slot = (slot + 1) & mask;
        }
    }
}
