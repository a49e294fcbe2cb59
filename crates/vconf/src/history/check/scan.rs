//! Looking at many records at once, on all processors, in bounded memory.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Looks at each number, many at once, and takes what was seen in the order of the numbers. Stops at the first error.
///
/// What is seen is kept for one block of numbers only. The threads end before this returns.
pub(super) fn in_order<T: Send, E>(
    numbers: &[u64],
    look: impl Fn(u64) -> T + Sync,
    mut take: impl FnMut(u64, T) -> Result<(), E>,
) -> Result<(), E> {
    let threads = thread::available_parallelism().map_or(1, usize::from).min(MOST_THREADS);
    for block in numbers.chunks(BLOCK) {
        if threads == 1 || block.len() < WORTH_THREADS {
            block.iter().try_for_each(|&number| take(number, look(number)))?;
            continue;
        }
        for (&number, seen) in block.iter().zip(all(block, threads, &look)) {
            take(number, seen)?;
        }
    }
    Ok(())
}

/// How many records are looked at before what was seen of them is taken.
const BLOCK: usize = 4096;

/// Fewer are looked at by one thread.
const WORTH_THREADS: usize = 64;

/// More threads than these wait for the disk and for each other.
const MOST_THREADS: usize = 16;

/// How many records a thread takes at a time: as many as a pack compresses together.
const SHARE: usize = 64;

fn all<T: Send>(block: &[u64], threads: usize, look: &(impl Fn(u64) -> T + Sync)) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut shares: Vec<(usize, Vec<T>)> = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(share) = block.chunks(SHARE).nth(at) else { return shares };
            shares.push((at, share.iter().map(|&number| look(number)).collect()));
        }
    };
    let mut shares: Vec<_> = thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
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
    fn what_is_seen_comes_in_the_order_of_the_numbers_and_an_error_ends_it() {
        for count in [0, 1, 63, 64, 65, 5000, 9000] {
            let numbers: Vec<u64> = (1..=count).collect();
            let mut seen = Vec::new();
            let done = in_order(
                &numbers,
                |number| number * 2,
                |number, twice| {
                    seen.push((number, twice));
                    if number == 8000 { Err(number) } else { Ok(()) }
                },
            );
            assert_eq!(done, if count >= 8000 { Err(8000) } else { Ok(()) });
            assert!(seen.iter().zip(1..).all(|(seen, number)| *seen == (number, number * 2)), "{count}");
            assert_eq!(seen.len() as u64, count.min(8000));
        }
    }
}
