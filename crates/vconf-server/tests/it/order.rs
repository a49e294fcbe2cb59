//! The history of what clients asked and were told: it must be explainable as one order for each config.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use crate::support::{Client, Folder, Served};

/// What a client did, when it asked, when it was told, and what.
#[derive(Clone, Copy, Debug)]
struct Done {
    asked: Instant,
    told: Instant,
    deed: Deed,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Deed {
    /// It made this version, which holds this text.
    Wrote { version: u64, text: u64 },
    /// It read this version with this text; or was refused, for this one was the latest.
    Read { version: u64, text: Option<u64> },
}

#[test]
fn what_sixteen_clients_are_told_is_one_order_for_each_config() {
    const CLIENTS: u64 = 16;
    const ROUNDS: u64 = 40;
    let folder = Folder::new();
    let served = Arc::new(Served::on(&folder));
    let configs = ["a.json", "etc%2Fb.json"];
    for config in configs {
        served.client().save(config, "0").ok();
    }
    let clients: Vec<_> = (0..CLIENTS)
        .map(|which| {
            let served = served.clone();
            thread::spawn(move || {
                let mut client = served.client();
                let mut done: BTreeMap<&str, Vec<Done>> = BTreeMap::new();
                for round in 0..ROUNDS {
                    let config = configs[((which + round) % 2) as usize];
                    let text = 1 + which * ROUNDS + round;
                    done.entry(config).or_default().push(act(&mut client, config, text));
                }
                done
            })
        })
        .collect();
    let mut all: BTreeMap<&str, Vec<Done>> = BTreeMap::new();
    for client in clients {
        for (config, done) in client.join().unwrap() {
            all.entry(config).or_default().extend(done);
        }
    }
    for (config, done) in &all {
        let writes = is_one_order(done);
        let versions =
            served.client().get(&format!("/api/v1/configs/{config}")).ok().json()["versions"].clone();
        assert_eq!(versions, writes + 1, "{config}: each write is there, once");
        println!("{config}: {} requests, {writes} of them writes: one order", done.len());
    }
}

/// Does one of several things.
fn act(client: &mut Client, config: &str, text: u64) -> Done {
    let asked = Instant::now();
    let source = format!("/api/v1/configs/{config}/source");
    let latest = format!("/api/v1/configs/{config}/versions/latest/source");
    let deed = match text % 3 {
        0 => {
            let read = client.get(&latest).ok();
            let version = read.header("vconf-version").unwrap().parse().unwrap();
            Deed::Read { version, text: read.text().parse().ok() }
        }
        1 => wrote(&client.put(&source, text.to_string()).ok(), text),
        _ => {
            let read = client.get(&latest).ok();
            let tag = read.header("etag").unwrap().to_owned();
            let asked = Instant::now();
            let answer = client.send("PUT", &source, &[("If-Match", &tag)], text.to_string().as_bytes());
            let deed = match answer.status {
                412 => Deed::Read { version: answer.json()["found"].as_u64().unwrap(), text: None },
                _ => wrote(&answer.ok(), text),
            };
            return Done { asked, told: Instant::now(), deed };
        }
    };
    Done { asked, told: Instant::now(), deed }
}

fn wrote(answer: &crate::support::Answer, text: u64) -> Deed {
    let told = answer.json();
    assert_eq!(told["saved"], true);
    Deed::Wrote { version: told["version"].as_u64().unwrap(), text }
}

/// Versions are numbered, so that the order of all writes is known; what is to be shown is that nobody was told what
/// contradicts it: no write has the number of another, each read has the text of its version, and whoever asked after
/// another was told was told nothing older.
fn is_one_order(done: &[Done]) -> u64 {
    let mut texts = BTreeMap::from([(1, 0)]);
    for done in done {
        if let Deed::Wrote { version, text } = done.deed {
            assert_eq!(texts.insert(version, text), None, "version {version} was told twice");
        }
    }
    for done in done {
        if let Deed::Read { version, text: Some(text) } = done.deed {
            assert_eq!(texts.get(&version), Some(&text), "version {version} is another to who reads it");
        }
    }
    let place = |deed: Deed| match deed {
        Deed::Wrote { version, .. } | Deed::Read { version, .. } => version,
    };
    for later in done {
        for earlier in done.iter().filter(|earlier| earlier.told < later.asked) {
            let is_newer = match later.deed {
                Deed::Wrote { .. } => place(later.deed) > place(earlier.deed),
                Deed::Read { .. } => place(later.deed) >= place(earlier.deed),
            };
            assert!(is_newer, "{later:?} after {earlier:?}");
        }
    }
    texts.len() as u64 - 1
}

#[test]
fn an_order_that_contradicts_itself_is_noticed() {
    let now = Instant::now();
    let at = |from: u64, to: u64, deed| {
        let moment = |millis| now + std::time::Duration::from_millis(millis);
        Done { asked: moment(from), told: moment(to), deed }
    };
    let write = |version| Deed::Wrote { version, text: version };
    let read = |version| Deed::Read { version, text: Some(version) };
    assert_eq!(is_one_order(&[at(0, 1, write(2)), at(2, 3, read(2))]), 1);
    for wrong in [
        vec![at(0, 1, write(2)), at(0, 1, write(2))],
        vec![at(0, 1, write(3)), at(2, 3, write(2))],
        vec![at(0, 1, write(2)), at(2, 3, write(3)), at(4, 5, read(2))],
        vec![at(0, 1, write(2)), at(2, 3, Deed::Read { version: 2, text: Some(9) })],
    ] {
        assert!(std::panic::catch_unwind(|| is_one_order(&wrong)).is_err(), "{wrong:?}");
    }
}
