//! Writers at work, and what became of what they wrote.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use vconf::backend::{Backend, Creation, Extent, Log, Slot};
use vconf::history::{Context, Error};
use vconf::model::name::ConfigName;
use vconf::store::Store;

pub(crate) fn config(name: &str) -> ConfigName {
    ConfigName::new(name).unwrap()
}

pub(crate) fn context() -> Context {
    Context::new("test".to_owned(), SystemTime::now(), "test".to_owned()).unwrap()
}

/// Saves a source; the number that it got, or why it got none.
pub(crate) fn save(store: &Store, config: &ConfigName, source: &str) -> Result<u64, Error> {
    store.save(config, source.as_bytes(), &Default::default(), &context()).map(|saved| saved.version.number)
}

/// What writers were told: for each source the number, or that it was not saved or may not be.
#[derive(Default)]
pub(crate) struct Told {
    saved: Mutex<BTreeMap<String, u64>>,
    failed: Mutex<Vec<(String, String)>>,
}

impl Told {
    fn save(&self, store: &Store, config: &ConfigName, source: String) -> bool {
        loop {
            match save(store, config, &source) {
                Ok(number) => {
                    self.saved.lock().unwrap().insert(source, number);
                    return true;
                }
                // Others were faster, again and again.
                Err(Error::Busy { .. }) => {}
                Err(error) => {
                    self.failed.lock().unwrap().push((source, format!("{error:?}")));
                    return false;
                }
            }
        }
    }

    pub(crate) fn saved(&self) -> usize {
        self.saved.lock().unwrap().len()
    }

    /// Holds that every source that was said to be saved is there, whole, once and under its number, and that none is
    /// there twice.
    pub(crate) fn check(&self, store: &Store, config: &ConfigName) {
        let mut there: BTreeMap<String, Vec<u64>> = BTreeMap::new();
        for number in store.version_numbers(config).unwrap() {
            let (_, source) = store.version(config, number).unwrap();
            there.entry(String::from_utf8(source).unwrap()).or_default().push(number);
        }
        for (source, number) in &*self.saved.lock().unwrap() {
            assert_eq!(there.get(source), Some(&vec![*number]), "{source}");
        }
        for (source, error) in &*self.failed.lock().unwrap() {
            assert!(
                there.get(source).is_none_or(|numbers| numbers.len() == 1),
                "{source}: {error}: {there:?}"
            );
        }
        let report = store.check(std::slice::from_ref(config), |_| {}).unwrap();
        assert_eq!(report.findings, []);
    }

    /// Holds that nobody was told that a source is not saved.
    pub(crate) fn all_saved(&self) {
        assert_eq!(*self.failed.lock().unwrap(), []);
    }
}

/// Lets as many writers as there are backends want each of so many slots; holds that each is won by one of them, whose
/// bytes are there.
pub(crate) fn race_for_slots(backends: &[impl Backend], slots: u64) {
    let app = config("race.json");
    let slot = |number| Slot { config: &app, log: Log::Versions, number };
    let won: Vec<Mutex<Vec<usize>>> = (0..slots).map(|_| Mutex::default()).collect();
    thread::scope(|scope| {
        for (writer, backend) in backends.iter().enumerate() {
            let won = &won;
            scope.spawn(move || {
                for (number, won) in (1..).zip(won) {
                    let created = backend.create(&slot(number), format!("{writer}").as_bytes()).unwrap();
                    if created == Creation::Created {
                        won.lock().unwrap().push(writer);
                    }
                }
            });
        }
    });
    for (number, won) in (1..).zip(won) {
        let won = won.into_inner().unwrap();
        assert_eq!(won.len(), 1, "{number}: {won:?}");
        let there = backends[0].read(&slot(number), Extent::Whole).unwrap();
        assert_eq!(there, Some(format!("{}", won[0]).into_bytes()), "{number}");
    }
}

/// Lets as many writers as there are stores save so many versions each of one config, all at once.
pub(crate) fn race(stores: &[Store], config: &ConfigName, each: usize) -> Told {
    let told = Told::default();
    thread::scope(|scope| {
        for (writer, store) in stores.iter().enumerate() {
            let told = &told;
            scope.spawn(move || {
                for at in 0..each {
                    told.save(store, config, format!("{{\"writer\": {writer}, \"at\": {at}}}\n"));
                }
            });
        }
    });
    told
}

/// Lets writers save while something happens to the engine, and some versions before and after it.
pub(crate) fn during(stores: &[Store], config: &ConfigName, some: usize, happening: impl FnOnce()) -> Told {
    let (told, is_over) = (Told::default(), AtomicBool::new(false));
    thread::scope(|scope| {
        for (writer, store) in stores.iter().enumerate() {
            let (told, is_over) = (&told, &is_over);
            scope.spawn(move || {
                let mut at = 0;
                while !is_over.load(Ordering::Relaxed) {
                    told.save(store, config, format!("{{\"writer\": {writer}, \"at\": {at}}}\n"));
                    at += 1;
                }
            });
        }
        // Whatever fails here, the writers come to their end.
        let _end = End(&is_over);
        wait_for(|| told.saved() > some);
        happening();
        let before = told.saved();
        wait_for(|| told.saved() > before + some);
    });
    told
}

/// Says at its end that it is over.
struct End<'a>(&'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn wait_for(what: impl Fn() -> bool) {
    let until = Instant::now() + Duration::from_secs(200);
    while !what() {
        assert!(Instant::now() < until, "it takes too long");
        thread::sleep(Duration::from_millis(10));
    }
}
