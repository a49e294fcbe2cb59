//! PostgreSQL.

use std::net::SocketAddr;

use vconf::backend::{Backend, Creation, Extent, Log, Slot, contract};
use vconf::store::Store;
use vconf_backends::Postgres;

use crate::engines::{OwnEngine, address, new_name, new_postgres};
use crate::load::{config, during, race, race_for_slots, save};
use crate::proxy::Proxy;

fn stores(url: &str, count: usize) -> Vec<Store> {
    (0..count).map(|_| Store::with_backend(Postgres::create(url).unwrap())).collect()
}

#[test]
fn postgres_keeps_the_contract() {
    let engine = Postgres::create(&new_postgres()).unwrap();
    contract::check(&engine).unwrap_or_else(|breach| panic!("{breach}"));
}

#[test]
fn of_sixteen_writers_each_with_connections_of_its_own_one_gets_each_of_a_hundred_numbers() {
    let url = new_postgres();
    race_for_slots(&(0..16).map(|_| Postgres::create(&url).unwrap()).collect::<Vec<_>>(), 100);
}

#[test]
fn each_of_many_savers_gets_a_number_of_its_own() {
    let url = new_postgres();
    let (stores, app) = (stores(&url, 16), config("app.json"));
    let told = race(&stores, &app, 7);
    told.all_saved();
    told.check(&stores[0], &app);
    assert_eq!(stores[0].version_numbers(&app).unwrap(), (1..=112).collect::<Vec<_>>());
}

#[test]
fn tables_are_made_once_however_many_make_them_at_once() {
    let url = new_postgres();
    assert!(Postgres::open(&url).unwrap().is_none());
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| Postgres::create(&url).unwrap());
        }
    });
    assert_eq!(Postgres::open(&url).unwrap().unwrap().configs().unwrap(), []);
}

#[test]
fn what_was_acknowledged_survives_the_death_of_the_engine_and_is_there_once() {
    let engine = OwnEngine::start("postgres");
    let url = engine.address("VCONF_TEST_POSTGRES");
    let (stores, app) = (stores(&url, 4), config("app.json"));
    for _ in 0..3 {
        let app = config(&new_name());
        let told = during(&stores, &app, 40, || {
            engine.kill();
            engine.start_again();
        });
        told.check(&stores[0], &app);
    }
    assert_eq!(save(&stores[0], &app, "[]").unwrap(), 1);
}

#[test]
fn a_lost_answer_loses_doubles_and_refuses_no_version() {
    let direct = address("VCONF_TEST_POSTGRES");
    let (before, rest) = direct.split_once("127.0.0.1:").unwrap();
    let (port, path) = rest.split_once('/').unwrap();
    let proxy = Proxy::before(SocketAddr::from(([127, 0, 0, 1], port.parse().unwrap())), b"");
    let schema = new_name();
    let store = Store::with_backend(
        Postgres::create(&format!("{before}{}/{path}?schema={schema}", proxy.address())).unwrap(),
    );
    let app = config("app.json");
    assert_eq!(save(&store, &app, "[0]").unwrap(), 1);
    for answers in 0..20 {
        let (before, lost) = (answers as u64 + 1, proxy.lost());
        proxy.lose_after(answers);
        assert_eq!(save(&store, &app, &format!("[{}]", answers + 1)).unwrap(), before + 1, "{answers}");
        if proxy.lost() == lost {
            // A save has no more answers than that.
            assert!(answers > 5, "{answers}");
            break;
        }
    }
    assert!(proxy.lost() > 5);
    let direct = Store::with_backend(Postgres::create(&format!("{direct}?schema={schema}")).unwrap());
    for number in direct.version_numbers(&app).unwrap() {
        assert_eq!(direct.version(&app, number).unwrap().1, format!("[{}]", number - 1).into_bytes());
    }
    assert_eq!(direct.check(&[app], |_| {}).unwrap().findings, []);
}

#[test]
fn it_can_be_used_from_the_threads_of_another_runtime() {
    let url = new_postgres();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let app = config("app.json");
    let number = runtime.block_on(async {
        tokio::task::spawn_blocking(move || save(&stores(&url, 1)[0], &app, "[]").unwrap()).await.unwrap()
    });
    // Even where waiting is not allowed: there it waits as for a lock.
    let url = new_postgres();
    let other = runtime.block_on(async { save(&stores(&url, 1)[0], &config("app.json"), "[]").unwrap() });
    assert_eq!((number, other), (1, 1));
}

#[test]
fn names_that_no_index_takes_can_be_those_of_configs() {
    let url = new_postgres();
    let engine = Postgres::create(&url).unwrap();
    let long = config(&"长".repeat(1300));
    let slot = Slot { config: &long, log: Log::Versions, number: 1 };
    assert_eq!(engine.create(&slot, b"x").unwrap(), Creation::Created);
    // Another process does not know the name yet.
    let other = Postgres::open(&url).unwrap().unwrap();
    assert_eq!(other.create(&slot, b"y").unwrap(), Creation::Taken);
    assert_eq!(other.configs().unwrap(), std::slice::from_ref(&long));
    assert_eq!(other.read(&slot, Extent::Whole).unwrap(), Some(b"x".to_vec()));
}

#[test]
fn what_can_not_be_reached_is_told_at_once_and_without_the_password() {
    let error = Postgres::open("postgres://me:geheim@127.0.0.1:1/x").unwrap_err();
    let told = format!("{error:?}");
    assert!(told.contains("me@127.0.0.1:1/x") && told.contains("refused"), "{told}");
    assert!(!told.contains("geheim"), "{told}");
}
