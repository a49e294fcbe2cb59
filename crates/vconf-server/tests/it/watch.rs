//! Watching: nothing is missed, nothing comes twice, and a stream goes on where it broke off.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crate::support::{Folder, Served};

#[test]
fn a_watcher_is_told_each_version_once_however_often_it_breaks_off() {
    const SAVES: u64 = 400;
    let folder = Folder::new();
    let served = Arc::new(Served::on(&folder));
    served.client().save("a.json", "0").ok();
    let done = Arc::new(AtomicBool::new(false));
    let watchers: Vec<_> = (0..8_usize)
        .map(|which| {
            let served = served.clone();
            thread::spawn(move || {
                let (client, mut seen, mut last) = (served.client(), Vec::new(), "v0.r0".to_owned());
                while seen.len() < SAVES as usize + 1 {
                    let mut events = client.events("/api/v1/configs/a.json/events", Some(&last));
                    // Some break off often, some never.
                    for _ in 0..if which % 2 == 0 { 2 + 7 * which } else { usize::MAX } {
                        let Some(event) = events.next() else { break };
                        last = event.id;
                        if event.name == "version" {
                            seen.push(event.data["version"].as_u64().unwrap());
                        }
                        if seen.len() == SAVES as usize + 1 {
                            break;
                        }
                    }
                }
                seen
            })
        })
        .collect();
    let writers: Vec<_> = (0..4)
        .map(|writer| {
            let served = served.clone();
            thread::spawn(move || {
                let mut client = served.client();
                for number in 0..SAVES / 4 {
                    client.save("a.json", format!("[{writer}, {number}]")).ok();
                }
            })
        })
        .collect();
    for writer in writers {
        writer.join().unwrap();
    }
    done.store(true, Ordering::Relaxed);
    for watcher in watchers {
        assert_eq!(watcher.join().unwrap(), (1..=SAVES + 1).collect::<Vec<_>>());
    }
}

#[test]
fn a_stream_of_one_config_goes_on_after_the_server_was_started_anew() {
    let folder = Folder::new();
    let id = {
        let served = Served::on(&folder);
        let mut client = served.client();
        client.save("a.json", "1").ok();
        let mut events = client.events("/api/v1/configs/a.json/events?after=v0", None);
        events.next_of("version").id
    };
    let served = Served::on(&folder);
    let mut client = served.client();
    client.save("a.json", "2").ok();
    client.put("/api/v1/configs/a.json/tags/good", "").ok();
    client.save("a.json", "3").ok();
    let mut events = client.events("/api/v1/configs/a.json/events", Some(&id));
    assert_eq!(events.next().unwrap().name, "state");
    let told: Vec<_> = (0..3).map(|_| events.next().unwrap()).collect();
    let versions: Vec<_> = told.iter().filter_map(|event| event.data["version"].as_u64()).collect();
    assert_eq!(versions, [2, 3]);
    assert_eq!(told.iter().filter(|event| event.name == "ref").count(), 1);
    assert_eq!(told.last().unwrap().id, "v3.r1");
}

#[test]
fn a_stream_of_several_configs_goes_on_by_the_id_of_any_event_or_tells_where_all_stand() {
    let folder = Folder::new();
    let served = Served::on(&folder);
    let mut client = served.client();
    client.save("a.json", "1").ok();
    client.save("b.json", "1").ok();
    let id = {
        let mut events = client.events("/api/v1/events", None);
        events.next_of("ready");
        client.save("a.json", "2").ok();
        events.next_of("version").id
    };
    client.save("b.json", "2").ok();
    client.save("a.json", "3").ok();
    let mut events = client.events("/api/v1/events", Some(&id));
    let told = [events.next().unwrap(), events.next().unwrap()];
    let told =
        told.map(|event| (event.data["config"].as_str().unwrap().to_owned(), event.data["version"].as_u64()));
    assert_eq!(told, [("b.json".to_owned(), Some(2)), ("a.json".to_owned(), Some(3))]);
    let mut anew = client.events("/api/v1/events", Some("e0.7"));
    let states = [anew.next().unwrap(), anew.next().unwrap()];
    assert_eq!(states.map(|state| state.data["position"].as_str().unwrap().to_owned()), ["v3.r0", "v2.r0"]);
}

#[test]
fn who_waits_is_answered_when_something_happens_or_after_the_time() {
    let served = Arc::new(Served::in_memory());
    let mut client = served.client();
    client.save("a.json", "1").ok();
    let now = client.get("/api/v1/configs/a.json/wait").ok().json();
    assert_eq!(now["position"], "v1.r0");
    let nothing = client.get("/api/v1/configs/a.json/wait?after=v1.r0&timeout=0").ok().json();
    assert_eq!(
        (nothing["events"].as_array().unwrap().len(), nothing["position"].as_str()),
        (0, Some("v1.r0"))
    );
    let waiting = {
        let served = served.clone();
        thread::spawn(move || served.client().get("/api/v1/configs/a.json/wait?after=v1.r0").ok().json())
    };
    thread::sleep(std::time::Duration::from_millis(100));
    client.save("a.json", "2").ok();
    let told = waiting.join().unwrap();
    assert_eq!((&told["events"][0]["version"], told["position"].as_str()), (&2.into(), Some("v2.r0")));
    assert_eq!(client.get("/api/v1/configs/a.json/wait?after=x").status, 400);
}
