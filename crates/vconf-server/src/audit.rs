//! The audit log: who did what, when, from where, in a chained history of its own.
//!
//! One thread writes it, and what comes at the same time goes into one version, so that the log costs a busy server
//! little. Nothing is acknowledged before its entry is durable.

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

use vconf::format::json;
use vconf::history::{Context, Error, SaveOptions};
use vconf::model::name::ConfigName;
use vconf::model::time::Timestamp;
use vconf::model::value::Value;
use vconf::store::Store;

use crate::server::now;

/// Writes the audit log.
#[derive(Debug)]
pub(crate) struct Audit {
    sender: Sender<Job>,
    store: Arc<Store>,
    config: ConfigName,
}

/// What was done.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) time: Timestamp,
    pub(crate) author: String,
    pub(crate) token: Option<String>,
    pub(crate) peer: String,
    pub(crate) request: String,
    pub(crate) config: Option<String>,
    pub(crate) status: u16,
    /// The version that was made.
    pub(crate) version: Option<u64>,
}

struct Job {
    entry: Entry,
    done: Sender<bool>,
}

/// The config that holds the log.
pub(crate) const CONFIG: &str = "audit.json";

/// How many entries go into one version.
const MOST_AT_ONCE: usize = 256;

impl Audit {
    pub(crate) fn start(store: Arc<Store>) -> std::io::Result<Self> {
        let config = ConfigName::new(CONFIG).expect("it is a plain name");
        let (sender, jobs) = mpsc::channel();
        let writer = Writer { store: store.clone(), config: config.clone() };
        thread::Builder::new().name("audit".to_owned()).spawn(move || writer.run(&jobs))?;
        Ok(Self { sender, store, config })
    }

    /// Writes an entry, and waits until it is durable; whether it is.
    pub(crate) fn record(&self, entry: Entry) -> bool {
        let (done, is_done) = mpsc::channel();
        self.sender.send(Job { entry, done }).is_ok() && is_done.recv().unwrap_or(false)
    }

    /// The store that holds the log, and its config.
    pub(crate) fn log(&self) -> (&Store, &ConfigName) {
        (&self.store, &self.config)
    }
}

struct Writer {
    store: Arc<Store>,
    config: ConfigName,
}

impl Writer {
    fn run(&self, jobs: &Receiver<Job>) {
        while let Ok(first) = jobs.recv() {
            let batch: Vec<_> = [first].into_iter().chain(jobs.try_iter().take(MOST_AT_ONCE - 1)).collect();
            let written = self.write(&batch);
            if let Err(error) = &written {
                tracing::error!(error = %error, "the audit log can't be written");
            }
            for job in batch {
                // Whoever waited may have gone.
                let _ = job.done.send(written.is_ok());
            }
        }
    }

    fn write(&self, batch: &[Job]) -> Result<(), Error> {
        let entries = batch.iter().map(|job| job.entry.to_value());
        let text = json::to_string_pretty(&Value::map([("entries", Value::list(entries))]));
        let description = match batch {
            [one] => format!("{}: {}", one.entry.author, one.entry.request),
            several => format!("{} requests", several.len()),
        };
        let options =
            SaveOptions { description: Some(description), mode: Some(0o600), ..SaveOptions::default() };
        let context = Context::system(now()).map_err(Error::Random)?;
        self.store.save(&self.config, text.as_bytes(), &options, &context).map(|_| ())
    }
}

impl Entry {
    fn to_value(&self) -> Value {
        Value::map([
            ("time", Value::from(self.time.to_string())),
            ("author", Value::from(self.author.as_str())),
            ("token", Value::from(self.token.as_deref())),
            ("peer", Value::from(self.peer.as_str())),
            ("request", Value::from(self.request.as_str())),
            ("config", Value::from(self.config.as_deref())),
            ("status", Value::from(u64::from(self.status))),
            ("version", Value::from(self.version)),
        ])
    }
}
