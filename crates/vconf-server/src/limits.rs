//! How much may be asked for: a bucket a client, that fills over time.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Counts what clients ask for.
#[derive(Debug)]
pub(crate) struct Limits {
    per_second: f64,
    buckets: Mutex<HashMap<String, Bucket>>,
    last_look: Mutex<Option<Instant>>,
}

#[derive(Debug)]
struct Bucket {
    left: f64,
    at: Instant,
}

/// How many clients are counted. When there are more, those that asked for nothing of late are forgotten.
const MOST_CLIENTS: usize = 10_000;

/// How many wrong tokens an address may send at once, and how many a second over a while.
const WRONG_AT_ONCE: f64 = 20.0;
const WRONG_PER_SECOND: f64 = 1.0;

/// How often it is looked whether the tokens were changed.
const LOOK_EVERY: Duration = Duration::from_millis(500);

impl Limits {
    pub(crate) fn new(per_second: u32) -> Self {
        Self { per_second: f64::from(per_second), buckets: Mutex::default(), last_look: Mutex::default() }
    }

    /// Takes one request of a client into account; whether it may be made. There is no limit where that is 0.
    pub(crate) fn take(&self, client: &str, now: Instant) -> bool {
        self.per_second == 0.0 || self.take_of(client, self.per_second, 2.0 * self.per_second, now)
    }

    /// Takes a wrong token of an address into account; whether there were not too many.
    pub(crate) fn take_wrong(&self, address: &str, now: Instant) -> bool {
        self.take_of(&format!("wrong:{address}"), WRONG_PER_SECOND, WRONG_AT_ONCE, now)
    }

    /// Whether it is time to look at what changes seldom.
    pub(crate) fn is_due(&self, now: Instant) -> bool {
        let mut last = self.last_look.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let is_due = last.is_none_or(|last| now.duration_since(last) >= LOOK_EVERY);
        if is_due {
            *last = Some(now);
        }
        is_due
    }

    fn take_of(&self, client: &str, per_second: f64, at_once: f64, now: Instant) -> bool {
        let mut buckets = self.buckets.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if buckets.len() >= MOST_CLIENTS && !buckets.contains_key(client) {
            buckets.retain(|_, bucket| now.duration_since(bucket.at) < Duration::from_secs(60));
            if buckets.len() >= MOST_CLIENTS {
                buckets.clear();
            }
        }
        if let Some(bucket) = buckets.get_mut(client) {
            return bucket.take(per_second, at_once, now);
        }
        let mut bucket = Bucket { left: at_once, at: now };
        let is_taken = bucket.take(per_second, at_once, now);
        buckets.insert(client.to_owned(), bucket);
        is_taken
    }
}

impl Bucket {
    fn filled(&self, per_second: f64, at_once: f64, now: Instant) -> f64 {
        let since = now.saturating_duration_since(self.at).as_secs_f64();
        (self.left + since * per_second).min(at_once)
    }

    fn take(&mut self, per_second: f64, at_once: f64, now: Instant) -> bool {
        self.left = self.filled(per_second, at_once, now);
        self.at = now;
        let is_enough = self.left >= 1.0;
        if is_enough {
            self.left -= 1.0;
        }
        is_enough
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_may_ask_for_twice_the_rate_at_once_and_for_the_rate_over_a_while() {
        let (limits, begin) = (Limits::new(10), Instant::now());
        let asked = |at| (0..100).filter(|_| limits.take("a", at)).count();
        assert_eq!(asked(begin), 20);
        assert_eq!(asked(begin + Duration::from_secs(1)), 10);
        assert!(limits.take("b", begin), "each client has a bucket of its own");
    }

    #[test]
    fn who_guesses_has_to_wait() {
        let (limits, begin) = (Limits::new(10), Instant::now());
        assert_eq!((0..100).filter(|_| limits.take_wrong("1.2.3.4", begin)).count(), 20);
        assert!(limits.take_wrong("1.2.3.5", begin));
        assert!(limits.take_wrong("1.2.3.4", begin + Duration::from_secs(2)));
    }
}
