//! What a save costs beside the least that a durable write of the same bytes can do, turn by turn in one run.
//!
//! `cargo bench -p vconf --bench durable`

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "the stores are made here, and the outcome is printed"
)]

mod shared;

use std::time::{Duration, Instant};

use shared::{BareWriter, Folder, SIZES, config, context, document};
use vconf::history::SaveOptions;
use vconf::store::Store;

const TURNS: usize = 200;

fn main() {
    println!("{:8}{:>14}{:>14}{:>14}{:>10}", "", "bare write", "save", "in memory", "ratio");
    for size in SIZES {
        let (folder, bare) = (Folder::new("durable-save"), Folder::new("durable-bare"));
        let (store, memory) = (folder.store(), Store::in_memory());
        let mut writer = BareWriter::new(&bare.0);
        let save = |store: &Store, bytes: &[u8]| {
            store.save(&config(), bytes, &SaveOptions::default(), &context()).unwrap();
        };
        save(&store, &document(size.bytes, 0));
        save(&memory, &document(size.bytes, 0));
        let (mut bare, mut durable, mut in_memory) = (Vec::new(), Vec::new(), Vec::new());
        for turn in 1..=TURNS {
            let bytes = document(size.bytes, turn);
            let record = store.record_bytes(&config(), turn as u64).unwrap();
            bare.push(time(|| writer.write(&record)));
            durable.push(time(|| save(&store, &bytes)));
            in_memory.push(time(|| save(&memory, &bytes)));
        }
        let (bare, durable, in_memory) = (median(bare), median(durable), median(in_memory));
        let ratio = durable.as_secs_f64() / bare.as_secs_f64();
        println!("{:8}{bare:>14.1?}{durable:>14.1?}{in_memory:>14.1?}{ratio:>10.2}", size.name);
    }
}

fn time(act: impl FnOnce()) -> Duration {
    let start = Instant::now();
    act();
    start.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
