//! Makes a store of very many versions, packed as they come: what `benches/many/versions` measures.
//!
//! `cargo bench -p vconf --bench versions -- FOLDER VERSIONS`
//!
//! The records are made as a save makes them, but put into their slots without being flushed: what takes the time of a
//! save is left out. The last version is a save.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "the store is made here")]

use std::fs;
use std::path::Path;

use vconf::history::{Context, PackOptions, SaveOptions};
use vconf::model::checksum::Id;
use vconf::model::format::Format;
use vconf::model::name::{ConfigName, RefName};
use vconf::model::record::{Action, Summary};
use vconf::store::{Draft, PackLevel, Store, encode_version};

/// How many versions a pack has.
const RUN: u64 = 1024;

fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    // Without arguments this is a run of all benches, which is not for this.
    let [folder, versions] = arguments.as_slice() else {
        return println!("usage: cargo bench -p vconf --bench versions -- FOLDER VERSIONS");
    };
    let store = Store::create(Path::new(folder).join(".vconf")).unwrap();
    let config = ConfigName::new("app.yaml").unwrap();
    let slots = Path::new(folder).join(".vconf/configs/app.yaml");
    fs::create_dir_all(&slots).unwrap();
    let context = Context::new("bench", jiff::Timestamp::UNIX_EPOCH, "vconf save app.yaml").unwrap();
    let last = versions.parse::<u64>().unwrap().saturating_sub(1);
    let mut seal = None;
    for number in 1..=last {
        let source = source(number);
        let draft = Draft {
            config: &config,
            id: Id(u128::from(number).to_be_bytes()),
            branch: &RefName::main(),
            parents: (number > 1).then(|| number - 1).into_iter().collect(),
            timestamp: context.timestamp,
            author: "bench",
            description: format!("change {number}"),
            action: Action::Save,
            operation: &context.operation,
            changes: Summary { summary: "1 changed".to_owned(), changed: 1, ..Summary::default() },
            format: Format::Yaml,
            mode: Some(0o644),
            source: source.as_bytes(),
            depth: 2,
            checksum: vconf::canonical::checksum(source.as_bytes()),
            content_checksum: None,
        };
        let (version, record) = encode_version(&draft, number, seal);
        seal = Some(version.seal);
        fs::write(slots.join(format!("v{number}.json")), record).unwrap();
        if number % RUN == 0 {
            let options = PackOptions { keep_loose: 0, level: PackLevel::Fast };
            store.pack(&config, options, |_| {}).unwrap();
        }
    }
    let file = source(last + 1);
    fs::write(Path::new(folder).join("app.yaml"), &file).unwrap();
    store.save(&config, file.as_bytes(), &SaveOptions::default(), &context).unwrap();
}

/// A file of about 600 bytes; each version changes one value.
fn source(number: u64) -> String {
    let lines = (0..32).map(|at| {
        let value = if at == number % 32 { number } else { number.saturating_sub((number + 32 - at) % 32) };
        format!("key-{at}: {value}\n")
    });
    lines.collect()
}
