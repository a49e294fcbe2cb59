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

use shared::{BareWriter, Folder, SIZES, context, document};
use vconf::history::SaveOptions;
use vconf::model::name::ConfigName;
use vconf::store::Store;

const TURNS: usize = 200;

fn main() {
    println!("{:22}{:>14}{:>14}{:>14}{:>10}", "", "bare write", "save", "in memory", "ratio");
    for (size, is_json) in SIZES.iter().flat_map(|size| [(size, false), (size, true)]) {
        let config = ConfigName::new(if is_json { "app.json" } else { "etc/app.yaml" }).unwrap();
        let document =
            |edit| if is_json { json_document(size.bytes, edit) } else { document(size.bytes, edit) };
        let (folder, bare) = (Folder::new("durable-save"), Folder::new("durable-bare"));
        let (store, memory) = (folder.store(), Store::in_memory());
        let mut writer = BareWriter::new(&bare.0);
        let save = |store: &Store, bytes: &[u8]| {
            store.save(&config, bytes, &SaveOptions::default(), &context()).unwrap();
        };
        save(&store, &document(0));
        save(&memory, &document(0));
        let (mut bare, mut durable, mut in_memory) = (Vec::new(), Vec::new(), Vec::new());
        for turn in 1..=TURNS {
            let bytes = document(turn);
            let record = store.record_bytes(&config, turn as u64).unwrap();
            bare.push(time(|| writer.write(&record)));
            durable.push(time(|| save(&store, &bytes)));
            in_memory.push(time(|| save(&memory, &bytes)));
        }
        let (bare, durable, in_memory) = (median(bare), median(durable), median(in_memory));
        let ratio = durable.as_secs_f64() / bare.as_secs_f64();
        println!(
            "{:22}{bare:>14.1?}{durable:>14.1?}{in_memory:>14.1?}{ratio:>10.2}",
            format!("{size}, {config}")
        );
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

/// A JSON file of about so many bytes.
fn json_document(bytes: usize, edit: usize) -> Vec<u8> {
    let mut text = format!("{{\n  \"requests\": {edit},\n  \"services\": [");
    for number in 0.. {
        if text.len() >= bytes {
            break;
        }
        let comma = if number > 0 { "," } else { "" };
        text.push_str(&format!(
            "{comma}\n    {{\n      \"name\": \"service-{number}\",\n      \"image\": \"app:{number}\",\n      \
             \"ports\": [80, {}],\n      \"cpu\": 0.5\n    }}",
            8000 + number
        ));
    }
    text.push_str("\n  ]\n}\n");
    text.into_bytes()
}
