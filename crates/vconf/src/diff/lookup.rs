//! Finding indices by hash.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// A map keyed by subtree hashes, which need no hashing again.
pub(super) type ByHash<V> = HashMap<u128, V, BuildHasherDefault<PassThrough>>;

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
pub(super) struct HashIndex {
    table: Table,
    /// By the index that stands in the table for all of its hash: the first one that was not taken.
    heads: Vec<u32>,
    /// The next index of the same hash, or [`NONE`].
    next: Vec<u32>,
    taken: Vec<bool>,
}

/// No index.
pub(super) const NONE: u32 = u32::MAX;

impl HashIndex {
    pub(super) fn new(hashes: impl Iterator<Item = u128>) -> Self {
        let table = Table::new(hashes.collect());
        let count = table.hashes.len();
        let (heads, next) = (vec![NONE; count], vec![NONE; count]);
        let mut index = Self { table, heads, next, taken: vec![false; count] };
        for at in (0..count).rev() {
            let first = index.table.find_or_insert(at as u32) as usize;
            index.next[at] = index.heads[first];
            index.heads[first] = at as u32;
        }
        index
    }

    /// Takes the first index of a hash that was not taken yet.
    pub(super) fn take(&mut self, hash: u128) -> Option<u32> {
        let first = self.table.find(hash)? as usize;
        let at = self.heads[first];
        if at == NONE {
            return None;
        }
        self.heads[first] = self.next[at as usize];
        self.taken[at as usize] = true;
        Some(at)
    }

    /// The indices that were not taken.
    pub(super) fn rest(&self) -> impl Iterator<Item = u32> {
        self.taken.iter().enumerate().filter(|(_, taken)| !**taken).map(|(at, _)| at as u32)
    }
}

/// Whether all hashes differ.
pub(super) fn all_differ(hashes: Vec<u128>) -> bool {
    let mut table = Table::new(hashes);
    (0..table.hashes.len() as u32).all(|at| table.find_or_insert(at) == at)
}

/// An index of each distinct hash, found by open addressing: small beside a map, since tables are what costs here.
struct Table {
    hashes: Vec<u128>,
    /// A power of two, at least twice the hashes.
    slots: Vec<u32>,
}

impl Table {
    fn new(hashes: Vec<u128>) -> Self {
        let slots = vec![NONE; (hashes.len() * 2).next_power_of_two()];
        Self { hashes, slots }
    }

    /// The index that stands for the hash at an index: itself, where it is the first of its hash.
    fn find_or_insert(&mut self, at: u32) -> u32 {
        let (slot, found) = self.slot(self.hashes[at as usize]);
        if found == NONE {
            self.slots[slot] = at;
            return at;
        }
        found
    }

    fn find(&self, hash: u128) -> Option<u32> {
        Some(self.slot(hash).1).filter(|&found| found != NONE)
    }

    fn slot(&self, hash: u128) -> (usize, u32) {
        let mask = self.slots.len() - 1;
        let mut slot = (hash >> 64) as usize & mask;
        loop {
            let found = self.slots[slot];
            if found == NONE || self.hashes[found as usize] == hash {
                return (slot, found);
            }
            slot = (slot + 1) & mask;
        }
    }
}
