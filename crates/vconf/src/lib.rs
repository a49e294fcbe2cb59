//! Version control for configuration files, without a version control system to learn.
//!
//! A [`Store`](store::Store) holds the histories of configs: numbered versions, each a plain JSON file that says what
//! changed, when, by whom and why, with the exact bytes that were saved. A version that was reported as saved survives
//! any crash, and nothing is ever overwritten, so that any number of programs can share a store.
//!
//! ```
//! use std::time::SystemTime;
//! use vconf::history::{Context, RollbackOptions, SaveOptions};
//! use vconf::model::{name::ConfigName, revision::Revision, value::Value};
//! use vconf::store::Store;
//!
//! let store = Store::in_memory(); // or Store::create("/var/lib/app/.vconf")?
//! let config = ConfigName::new("app.json")?;
//! let by = |who: &str| Context::new(who, SystemTime::now(), "example");
//!
//! store.save(&config, br#"{"port": 8080}"#, &SaveOptions::default(), &by("ops")?)?;
//! let saved = store.save(&config, br#"{"port": 9090}"#, &SaveOptions::default(), &by("ops")?)?;
//! assert_eq!(saved.version.number, 2);
//! assert_eq!(saved.version.description, "port 8080 → 9090");
//!
//! store.rollback(&config, 1, &RollbackOptions::default(), &by("ops")?)?;
//! let latest = store.load(&config, &Revision::Latest)?;
//! assert_eq!(latest.version.description, "Rollback to version 1");
//! assert_eq!(latest.value()?.get("port").and_then(Value::as_i64), Some(8080));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What it does not do: it has no clock, reads no environment and prints nothing (time and author are values that the
//! caller gives); it does not watch files; it does not lock, for it never needs to.
//!
//! The layers, each of which uses only those before it: [`model`] (the words as types), [`canonical`] (canonical JSON
//! and SHA-256), [`format`](mod@format) (detect, parse, print), [`diff`] (compare), [`disk`] (the file system),
//! [`backend`] (slots and bytes), [`store`] (sealed records), [`history`] (the verbs), [`worktree`] (the user's
//! files).

pub mod backend;
pub mod canonical;
pub mod diff;
pub mod disk;
pub mod format;
pub mod history;
pub mod model;
pub mod store;
pub mod worktree;

/// The README's program.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
