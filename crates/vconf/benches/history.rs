//! What saving, loading, listing and comparing cost.
//!
//! `cargo bench -p vconf --bench history`

#![expect(clippy::unwrap_used, reason = "the stores are made here")]

mod shared;

use divan::{Bencher, black_box};
use shared::{BareWriter, Folder, SIZES, Size, context, document};
use vconf::diff::{self, Options};
use vconf::history::{FindQuery, LogFilter, Pattern, SaveOptions};
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

/// A history on disk of so many versions of 20 KB.
fn on_disk(versions: usize) -> (Folder, Store) {
    let folder = Folder::new("index");
    let store = folder.store();
    (0..versions).for_each(|edit| save(&store, &document(20_000, edit)));
    (folder, store)
}

fn find_one(store: &Store) -> usize {
    let state = store.state(&config()).unwrap();
    let query =
        FindQuery { pattern: Some(Pattern::text("requests: 77", false).unwrap()), ..FindQuery::default() };
    store.search(&state, &query).unwrap().count()
}

#[divan::bench(sample_count = 20, sample_size = 1)]
fn find_in_200_versions_by_the_index(bencher: Bencher<'_, '_>) {
    let (_folder, store) = on_disk(200);
    assert_eq!(find_one(&store), 1);
    bencher.bench_local(|| black_box(find_one(&store)));
}

#[divan::bench(sample_count = 20, sample_size = 1)]
fn find_in_200_versions_by_the_records(bencher: Bencher<'_, '_>) {
    let (folder, store) = on_disk(200);
    let forget = || drop(std::fs::remove_dir_all(folder.0.join(".vconf/cache")));
    bencher.with_inputs(forget).bench_local_refs(|()| black_box(find_one(&store)));
}

#[divan::bench(sample_count = 20, sample_size = 1)]
fn blame_of_200_versions_by_the_cache(bencher: Bencher<'_, '_>) {
    let (_folder, store) = on_disk(200);
    let state = store.state(&config()).unwrap();
    bencher.bench_local(|| black_box(store.blame(&state, 200).unwrap()));
}
