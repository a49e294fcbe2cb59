//! Other processes on the same folder.

use std::time::{Duration, Instant, SystemTime};

use vconf::history::{Context, SaveOptions};
use vconf::model::name::ConfigName;

use crate::support::{Folder, Served};

#[test]
fn what_others_write_into_the_folder_is_served_at_once_and_told() {
    let folder = Folder::new();
    let served = Served::on(&folder);
    let mut client = served.client();
    client.save("a.json", "0").ok();
    let mut events = client.events("/api/v1/configs/a.json/events", None);
    let mut everything = client.events("/api/v1/events", None);
    events.next_of("state");
    everything.next_of("ready");
    let other = folder.store();
    let save = |name: &str, bytes: &str| {
        let context = Context::new("cli", SystemTime::now(), "test").unwrap();
        let config = ConfigName::new(name).unwrap();
        other.save(&config, bytes.as_bytes(), &SaveOptions::default(), &context).unwrap().version.number
    };
    for number in 1..=20_u64 {
        let begun = Instant::now();
        assert_eq!(save("a.json", &number.to_string()), number + 1);
        let read = client.get("/api/v1/configs/a.json/versions/latest/source").ok();
        assert_eq!(read.text(), number.to_string(), "a read after a save sees it");
        let told = events.next().unwrap();
        assert_eq!(
            (told.data["version"].as_u64(), told.data["author"].as_str()),
            (Some(number + 1), Some("cli"))
        );
        assert!(begun.elapsed() < Duration::from_secs(5), "told after {:?}", begun.elapsed());
        assert_eq!(everything.next_of("version").data["version"].as_u64(), Some(number + 1));
    }
    save("new.json", "1");
    assert_eq!(everything.next_of("version").data["config"], "new.json", "configs that come are told too");
    assert_eq!(save("a.json", "x"), 22);
    assert_eq!(
        client.save("a.json", "y").ok().json()["version"],
        23,
        "the server goes on behind what others wrote"
    );
}

#[test]
fn what_is_kept_of_a_config_at_rest_is_never_older_than_what_others_did() {
    let folder = Folder::new();
    let served = Served::on(&folder);
    let mut client = served.client();
    client.save("a.json", "0").ok();
    let other = folder.store();
    let config = ConfigName::new("a.json").unwrap();
    let context = || Context::new("cli", SystemTime::now(), "test").unwrap();
    let tag = vconf::model::name::RefName::new("good").unwrap();
    let mut read =
        |version: &str| client.get(&format!("/api/v1/configs/a.json/versions/{version}/source")).ok().text();
    for number in 1..=10_u64 {
        std::thread::sleep(Duration::from_millis(60));
        // The first read may keep it, the second may be served from there.
        assert_eq!([read("latest"), read("latest")], [(number - 1).to_string(), (number - 1).to_string()]);
        let text = number.to_string();
        other.save(&config, text.as_bytes(), &SaveOptions::default(), &context()).unwrap();
        assert_eq!(read("latest"), text);
        other.set_tag(&config, &tag, number, &context()).unwrap();
        std::thread::sleep(Duration::from_millis(60));
        assert_eq!([read("good"), read("good")], [(number - 1).to_string(), (number - 1).to_string()]);
        other.set_tag(&config, &tag, number + 1, &context()).unwrap();
        assert_eq!([read("good"), read("latest")], [text.clone(), text]);
    }
    std::thread::sleep(Duration::from_millis(60));
    assert_eq!([read("latest"), read("latest")], ["10", "10"]);
    // The last thing that was done: the tag.
    other.undo(other.next_undo().unwrap(), &context()).unwrap();
    assert_eq!(read("good"), "9");
}
