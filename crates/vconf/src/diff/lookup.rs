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
    heads: ByHash<u32>,
    /// The next index of the same hash, or [`NONE`].
    next: Vec<u32>,
    taken: Vec<bool>,
}

/// No index.
pub(super) const NONE: u32 = u32::MAX;

impl HashIndex {
    pub(super) fn new(hashes: impl DoubleEndedIterator<Item = u128> + ExactSizeIterator) -> Self {
        let count = hashes.len();
        let mut index = Self {
            heads: ByHash::with_capacity_and_hasher(count, BuildHasherDefault::default()),
            next: vec![NONE; count],
            taken: vec![false; count],
        };
        for (at, hash) in hashes.enumerate().rev() {
            let head = index.heads.entry(hash).or_insert(NONE);
            index.next[at] = *head;
            *head = at as u32;
        }
        index
    }

    /// Takes the first index of a hash that was not taken yet.
    pub(super) fn take(&mut self, hash: u128) -> Option<u32> {
        let head = self.heads.get_mut(&hash)?;
        let at = *head;
        if at == NONE {
            return None;
        }
        *head = self.next[at as usize];
        self.taken[at as usize] = true;
        Some(at)
    }

    /// The indices that were not taken.
    pub(super) fn rest(&self) -> impl Iterator<Item = u32> {
        self.taken.iter().enumerate().filter(|(_, taken)| !**taken).map(|(at, _)| at as u32)
    }
}
