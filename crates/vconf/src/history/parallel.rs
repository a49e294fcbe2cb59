//! Doing the same for many things at once, in bounded memory.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// How work is shared among threads.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sharing {
    threads: usize,
    /// How many things are done before what came of them is taken: so many outcomes are kept.
    block: usize,
    /// How many things a thread takes at a time.
    share: usize,
    /// Fewer things are done by one thread.
    worth: usize,
}

impl Sharing {
    /// For what the processors do: checking records, a thread takes as many as a pack compresses together.
    pub(crate) fn of_records() -> Self {
        Self { threads: processors().min(MOST_THREADS), block: 4096, share: 64, worth: 64 }
    }

    /// For what waits for the disk: a file system makes all that is flushed at once durable in one go, so that many
    /// threads are faster than one also where there is one processor.
    pub(crate) fn of_commits() -> Self {
        Self { threads: MOST_THREADS, block: 64, share: 1, worth: 4 }
    }
}

/// More threads than these wait for the disk and for each other.
const MOST_THREADS: usize = 16;

/// As much as the first thread of a process usually has.
const STACK_BYTES: usize = 8 << 20;

fn processors() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// Does something with each item, with many at once, and takes what came of it in the order of the items. Stops at the
/// first error that taking ends in.
///
/// Outcomes are kept for one block of items only. The threads end before this returns.
pub(crate) fn in_order<I: Sync, T: Send, E>(
    items: &[I],
    sharing: Sharing,
    act: impl Fn(&I) -> T + Sync,
    mut take: impl FnMut(&I, T) -> Result<(), E>,
) -> Result<(), E> {
    for block in items.chunks(sharing.block) {
        if sharing.threads == 1 || block.len() < sharing.worth {
            block.iter().try_for_each(|item| take(item, act(item)))?;
            continue;
        }
        for (item, outcome) in block.iter().zip(all(block, sharing, &act)) {
            take(item, outcome)?;
        }
    }
    Ok(())
}

fn all<I: Sync, T: Send>(block: &[I], sharing: Sharing, act: &(impl Fn(&I) -> T + Sync)) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut shares: Vec<(usize, Vec<T>)> = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(share) = block.chunks(sharing.share).nth(at) else { return shares };
            shares.push((at, share.iter().map(act).collect()));
        }
    };
    let threads = sharing.threads.min(block.len().div_ceil(sharing.share));
    let mut shares: Vec<_> = thread::scope(|scope| {
        // Where the system gives no more threads, those that are there do all.
        let another = |_| thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, work).ok();
        let others: Vec<_> = (1..threads).map_while(another).collect();
        let mut shares = work();
        for other in others {
            match other.join() {
                Ok(others) => shares.extend(others),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        shares
    });
    shares.sort_unstable_by_key(|(at, _)| *at);
    shares.into_iter().flat_map(|(_, share)| share).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_of_items_is_taken_in_their_order_and_an_error_ends_it() {
        for (count, sharing) in [0, 1, 2, 63, 64, 65, 5000, 9000]
            .into_iter()
            .flat_map(|count| [(count, Sharing::of_records()), (count, Sharing::of_commits())])
        {
            let items: Vec<u64> = (1..=count).collect();
            let mut seen = Vec::new();
            let done = in_order(
                &items,
                sharing,
                |item| item * 2,
                |&item, twice| {
                    seen.push((item, twice));
                    if item == 8000 { Err(item) } else { Ok(()) }
                },
            );
            assert_eq!(done, if count >= 8000 { Err(8000) } else { Ok(()) });
            assert!(seen.iter().zip(1..).all(|(seen, item)| *seen == (item, item * 2)), "{count}");
            assert_eq!(seen.len() as u64, count.min(8000));
        }
    }
}
