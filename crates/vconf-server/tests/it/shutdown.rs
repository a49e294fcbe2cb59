//! The end of a server: what it does is finished.

use std::thread;
use std::time::{Duration, Instant};

use crate::support::{Client, Folder, Served};

#[test]
fn what_was_begun_is_finished_and_streams_come_to_an_end() {
    let folder = Folder::new();
    let served = Served::on(&folder);
    let (address, token) = (served.running.address(), served.token.clone());
    served.client().save("a.json", "0").ok();
    let writers: Vec<_> = (0..16)
        .map(|writer| {
            let token = token.clone();
            thread::spawn(move || {
                let (mut client, mut told) = (Client::new(address, Some(&token)), 0_u64);
                // Until the server is gone: then a connection is refused, or closed before an answer.
                for number in 0.. {
                    let path = format!("/api/v1/configs/w{writer}.json/source");
                    match client.try_send("PUT", &path, &[], format!("{number}").as_bytes()) {
                        Ok(answer) if answer.status == 200 => told += 1,
                        Ok(answer) => assert_eq!(answer.status, 503, "{}", answer.text()),
                        Err(_) => break,
                    }
                }
                told
            })
        })
        .collect();
    let mut events = served.client().events("/api/v1/configs/a.json/events", None);
    events.next_of("state");
    thread::sleep(Duration::from_millis(300));
    let begun = Instant::now();
    served.running.stop();
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    assert_eq!(events.next(), None);
    let store = folder.store();
    let mut all = 0;
    for (writer, told) in writers.into_iter().enumerate() {
        let told = told.join().unwrap();
        let config = vconf::model::name::ConfigName::new(&format!("w{writer}.json")).unwrap();
        let there = store.state(&config).unwrap().versions.number;
        assert_eq!(
            there, told,
            "{config}: all that was done was acknowledged, and all that was acknowledged is there"
        );
        all += told;
    }
    assert!(all > 0);
    println!("{all} saves were acknowledged, and are there");
}
