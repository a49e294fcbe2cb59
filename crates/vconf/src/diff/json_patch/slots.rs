//! The items of a list while operations add some and take others away.

/// Items in places that are known beforehand, each of them taken or empty. The index of an item is the number of those
/// before it, found in logarithmic time (P. M. Fenwick, "A New Data Structure for Cumulative Frequency Tables", 1994).
pub(super) struct Slots<T> {
    items: Vec<Option<T>>,
    /// Counts of taken places, from 1: each of as many as its number has in its lowest bit.
    counts: Vec<u32>,
}

impl<T: Copy> Slots<T> {
    /// Lays items out in places, some of which are empty. Linear.
    pub(super) fn new(items: Vec<Option<T>>) -> Self {
        let mut counts = vec![0; items.len() + 1];
        for (at, item) in items.iter().enumerate() {
            counts[at + 1] += u32::from(item.is_some());
            let next = above(at + 1);
            if next < counts.len() {
                counts[next] += counts[at + 1];
            }
        }
        Self { items, counts }
    }

    /// How many items are before a place.
    pub(super) fn index(&self, place: usize) -> usize {
        let mut count = 0;
        let mut at = place.min(self.items.len());
        while at > 0 {
            count += self.counts[at] as usize;
            at &= at - 1;
        }
        count
    }

    /// Puts an item into a place, also where another one is.
    pub(super) fn put(&mut self, place: usize, item: T) {
        if self.items[place].replace(item).is_none() {
            self.count(place, 1);
        }
    }

    /// Empties a place.
    pub(super) fn take(&mut self, place: usize) {
        if self.items[place].take().is_some() {
            self.count(place, -1);
        }
    }

    /// The items, in order.
    pub(super) fn items(&self) -> impl DoubleEndedIterator<Item = T> + '_ {
        self.items.iter().filter_map(|item| *item)
    }

    fn count(&mut self, place: usize, change: i32) {
        let mut at = place + 1;
        while at < self.counts.len() {
            self.counts[at] = self.counts[at].wrapping_add_signed(change);
            at = above(at);
        }
    }
}

/// The next count that a place is in.
fn above(at: usize) -> usize {
    at + (at & at.wrapping_neg())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_is_the_number_of_items_before_it() {
        for length in 0..20 {
            let laid_out = (0..length).map(|at| (at % 3 != 1).then_some(at)).collect();
            let mut slots = Slots::new(laid_out);
            for change in 0..60 {
                let place = change * 7 % length.max(1);
                if length > 0 && change % 2 == 0 {
                    slots.put(place, place);
                } else if length > 0 {
                    slots.take(place);
                }
                for place in 0..=length {
                    assert_eq!(slots.index(place), slots.items().filter(|&item| item < place).count());
                }
            }
        }
    }
}
