//! A program that keeps the history of its own settings: `cargo run -p vconf --example embed`.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use vconf::history::{Context, RollbackOptions, SaveOptions};
use vconf::model::name::ConfigName;
use vconf::model::revision::Revision;
use vconf::store::Store;

#[derive(Serialize, Deserialize, Debug)]
struct Settings {
    server: String,
    workers: u32,
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::temp_dir().join(format!("vconf-example-{}", std::process::id()));
    std::fs::create_dir(&folder)?;
    let store = Store::create(folder.join(".vconf"))?;
    let config = ConfigName::new("settings.toml")?;

    // Every operation says who does it, when, and by which command; programs are `system`.
    let mut settings = Settings { server: "db1".to_owned(), workers: 4 };
    store.save_typed(&config, &settings, &SaveOptions::default(), &Context::system(SystemTime::now())?)?;

    settings.workers = 16;
    let why =
        SaveOptions { description: Some("More load since Monday".to_owned()), ..SaveOptions::default() };
    let saved = store.save_typed(&config, &settings, &why, &Context::system(SystemTime::now())?)?;
    println!("saved version {}: {}", saved.version.number, saved.version.changes.summary);

    let first = store.load(&config, &Revision::Number(1))?;
    println!("version 1 was {:?}", first.deserialize::<Settings>()?);

    let back =
        store.rollback(&config, 1, &RollbackOptions::default(), &Context::system(SystemTime::now())?)?;
    println!("version {}: {}", back.version.number, back.version.description);

    std::fs::remove_dir_all(&folder)?;
    Ok(())
}
