//! What saving, loading, listing and comparing cost.
//!
//! `cargo bench -p vconf --bench history`

#![expect(clippy::unwrap_used, reason = "the stores are made here")]

mod shared;

use divan::{Bencher, black_box};
use shared::{BareWriter, Folder, SIZES, Size, context, document};
use vconf::diff::{self, Options};
use vconf::history::{LogFilter, SaveOptions};
use vconf::model::name::ConfigName;
use vconf::model::revision::Revision;
use vconf::store::Store;

fn main() {
    divan::main();
}

fn config() -> ConfigName {
    ConfigName::new("etc/app.yaml").unwrap()
}

fn save(store: &Store, bytes: &[u8]) {
    store.save(&config(), bytes, &SaveOptions::default(), &context()).unwrap();
}

#[divan::bench(args = &SIZES, sample_count = 60, sample_size = 1)]
fn save_durably(bencher: Bencher<'_, '_>, size: &Size) {
    let folder = Folder::new("save");
    let store = folder.store();
    save(&store, &document(size.bytes, 0));
    let mut edit = 0;
    let next = || {
        edit += 1;
        document(size.bytes, edit)
    };
    bencher.with_inputs(next).bench_local_refs(|bytes| save(&store, bytes));
}

#[divan::bench(args = &SIZES, sample_count = 60, sample_size = 1)]
fn save_bare_write(bencher: Bencher<'_, '_>, size: &Size) {
    let folder = Folder::new("bare");
    let mut writer = BareWriter::new(&folder.0);
    let bytes = document(size.bytes, 0);
    bencher.bench_local(|| writer.write(&bytes));
}

#[divan::bench(args = &SIZES, sample_count = 60, sample_size = 1)]
fn save_in_memory(bencher: Bencher<'_, '_>, size: &Size) {
    let store = Store::in_memory();
    save(&store, &document(size.bytes, 0));
    let mut edit = 0;
    let next = || {
        edit += 1;
        document(size.bytes, edit)
    };
    bencher.with_inputs(next).bench_local_refs(|bytes| save(&store, bytes));
}

#[divan::bench(args = &SIZES)]
fn save_of_the_same(bencher: Bencher<'_, '_>, size: &Size) {
    let store = Store::in_memory();
    let bytes = document(size.bytes, 0);
    save(&store, &bytes);
    bencher.bench_local(|| save(&store, &bytes));
}

#[divan::bench(args = &SIZES)]
fn load_bytes(bencher: Bencher<'_, '_>, size: &Size) {
    let folder = Folder::new("load");
    let store = folder.store();
    save(&store, &document(size.bytes, 0));
    bencher.bench_local(|| black_box(store.load(&config(), &Revision::Latest).unwrap().source.len()));
}

#[divan::bench(args = &SIZES)]
fn load_value(bencher: Bencher<'_, '_>, size: &Size) {
    let folder = Folder::new("value");
    let store = folder.store();
    save(&store, &document(size.bytes, 0));
    bencher.bench_local(|| black_box(store.load(&config(), &Revision::Latest).unwrap().value().unwrap()));
}

#[divan::bench(args = [10, 100, 1000], sample_count = 40, sample_size = 1)]
fn log(bencher: Bencher<'_, '_>, versions: usize) {
    let folder = Folder::new("log");
    let store = folder.store();
    for edit in 0..versions {
        save(&store, &document(2_000, edit));
    }
    bencher.bench_local(|| {
        let state = store.known_state(&config()).unwrap();
        let filter = LogFilter::default();
        black_box(store.log(&state, &filter).unwrap().map(Result::unwrap).count())
    });
}

#[divan::bench(args = &SIZES)]
fn diff(bencher: Bencher<'_, '_>, size: &Size) {
    let store = Store::in_memory();
    for edit in 0..2 {
        save(&store, &document(size.bytes, edit));
    }
    bencher.bench_local(|| {
        let comparison = store.compare(&config(), 1, 2).unwrap();
        let (old, new) = comparison.trees().unwrap();
        black_box(diff::compare(old, new, &Options::default()).changes().len())
    });
}
