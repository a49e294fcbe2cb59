//! Where the engines of the tests are.

use std::sync::atomic::{AtomicU32, Ordering};

/// The address of an engine that `scripts/engines` has started.
pub(crate) fn address(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| {
        panic!(
            "{variable} is not set: start the engines by `scripts/engines start FOLDER`, \
             and export what `scripts/engines env FOLDER` prints"
        )
    })
}

/// The address of a PostgreSQL store that no other test uses.
pub(crate) fn new_postgres() -> String {
    format!("{}?schema={}", address("VCONF_TEST_POSTGRES"), new_name())
}

fn new_name() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("it is past 1970");
    format!("t{}_{}_{}", now.as_micros(), std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}
