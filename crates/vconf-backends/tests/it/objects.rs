//! Object stores, by way of S3.

use std::net::SocketAddr;

use vconf::backend::{Backend, Creation, Extent, Log, OpenError, Slot, contract};
use vconf::store::Store;
use vconf_backends::ObjectBackend;

use crate::engines::{OwnEngine, address, in_s3, new_name, new_s3};
use crate::fake::{self, Promise};
use crate::load::{config, during, race, race_for_slots, save};
use crate::proxy::Proxy;

fn stores(bucket: &str, name: &str, count: usize) -> Vec<Store> {
    let (url, environment) = in_s3(bucket, name);
    (0..count).map(|_| Store::with_backend(ObjectBackend::create(&url, &environment).unwrap())).collect()
}

#[test]
fn an_object_store_keeps_the_contract() {
    let (url, environment) = new_s3();
    let engine = ObjectBackend::create(&url, &environment).unwrap();
    contract::check(&engine).unwrap_or_else(|breach| panic!("{breach}"));
}

#[test]
fn of_sixteen_writers_each_with_a_client_of_its_own_one_gets_each_of_a_hundred_numbers() {
    let (url, environment) = new_s3();
    let client = || ObjectBackend::create(&url, &environment).unwrap();
    race_for_slots(&(0..16).map(|_| client()).collect::<Vec<_>>(), 100);
}

#[test]
fn each_of_many_savers_gets_a_number_of_its_own() {
    let (stores, app) = (stores(&address("VCONF_TEST_S3"), &new_name(), 4), config("app.json"));
    let told = race(&stores, &app, 5);
    told.all_saved();
    told.check(&stores[0], &app);
    assert_eq!(stores[0].version_numbers(&app).unwrap(), (1..=20).collect::<Vec<_>>());
}

#[test]
fn what_was_acknowledged_survives_the_death_of_the_engine_and_is_there_once() {
    let engine = OwnEngine::start("ceph");
    let (stores, app) = (stores(&engine.address("VCONF_TEST_S3"), "one", 4), config("app.json"));
    let told = during(&stores, &app, 12, || {
        engine.kill();
        engine.start_again();
    });
    told.check(&stores[0], &app);
}

/// Saves through a proxy that loses one answer after the other.
fn save_through(instead: &'static [u8]) {
    let direct = address("VCONF_TEST_S3");
    let (base, port) = direct.rsplit_once(':').unwrap();
    let proxy = Proxy::before(SocketAddr::from(([127, 0, 0, 1], port.parse().unwrap())), instead);
    let name = new_name();
    let (url, environment) = in_s3(&format!("{base}:{}", proxy.address().port()), &name);
    let store = Store::with_backend(ObjectBackend::create(&url, &environment).unwrap());
    let app = config("app.json");
    assert_eq!(save(&store, &app, "[0]").unwrap(), 1);
    for answers in 0..60 {
        let (before, lost) = (answers as u64 + 1, proxy.lost());
        proxy.lose_after(answers);
        assert_eq!(save(&store, &app, &format!("[{}]", answers + 1)).unwrap(), before + 1, "{answers}");
        if proxy.lost() == lost {
            // A save has no more answers than that.
            break;
        }
    }
    assert!((10..60).contains(&proxy.lost()), "{}", proxy.lost());
    let direct = &stores(&direct, &name, 1)[0];
    for number in direct.version_numbers(&app).unwrap() {
        assert_eq!(direct.version(&app, number).unwrap().1, format!("[{}]", number - 1).into_bytes());
    }
    assert_eq!(direct.check(&[app], |_| {}).unwrap().findings, []);
}

#[test]
fn a_lost_answer_loses_doubles_and_refuses_no_version() {
    save_through(b"");
}

#[test]
fn an_error_in_place_of_an_answer_loses_doubles_and_refuses_no_version() {
    save_through(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
}

/// Tries to create a store in a server of ours.
fn create_in(promise: Promise) -> Result<ObjectBackend, OpenError> {
    let (url, environment) = in_s3(&format!("s3://bucket?endpoint=http://{}", fake::start(promise)), "one");
    let created = ObjectBackend::create(&url, &environment);
    if created.is_ok() {
        // It says so in the store, and is not tried again.
        assert!(ObjectBackend::open(&url, &environment).unwrap().is_some());
    } else {
        assert!(ObjectBackend::open(&url, &environment).unwrap().is_none());
    }
    created
}

#[test]
fn a_service_that_does_not_keep_the_promise_is_refused() {
    let kept = create_in(Promise::Kept).unwrap();
    let app = config("app.yaml");
    let slot = Slot { config: &app, log: Log::Versions, number: 1 };
    assert_eq!(kept.create(&slot, b"one").unwrap(), Creation::Created);
    assert_eq!(kept.create(&slot, b"two").unwrap(), Creation::Taken);
    for (promise, why) in [
        (Promise::Ignored, "of 17 writers were told that they created one and the same object"),
        (Promise::Raced, "of 17 writers were told that they created one and the same object"),
    ] {
        let Err(OpenError::Backend(error)) = create_in(promise) else { panic!("{promise:?}") };
        assert!(error.source.to_string().contains(why), "{promise:?}: {error:?}");
    }
    assert!(create_in(Promise::Refused).is_err());
}

#[test]
fn a_name_that_no_key_takes_can_be_that_of_a_config() {
    let (url, environment) = new_s3();
    let engine = ObjectBackend::create(&url, &environment).unwrap();
    let long = config(&"长".repeat(1300));
    let slot = Slot { config: &long, log: Log::Refs, number: 1 };
    assert_eq!(engine.create(&slot, b"x").unwrap(), Creation::Created);
    let other = ObjectBackend::open(&url, &environment).unwrap().unwrap();
    assert_eq!(other.create(&slot, b"y").unwrap(), Creation::Taken);
    assert_eq!(other.configs().unwrap(), std::slice::from_ref(&long));
    assert_eq!(other.read(&slot, Extent::Whole).unwrap(), Some(b"x".to_vec()));
}

#[test]
fn what_is_no_address_of_a_bucket_is_told() {
    let told = |url: &str| format!("{:?}", ObjectBackend::open(url, &Default::default()).unwrap_err());
    assert!(told("s3:///x").contains("names no bucket"));
    assert!(told("s3://b/x?secret=y").contains("is not known"));
    assert!(told("gs://b/x?endpoint=http://elsewhere").contains("is not known"));
}
