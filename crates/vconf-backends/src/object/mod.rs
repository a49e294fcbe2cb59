//! A backend in an object store: S3, Google Cloud Storage, Azure Blob Storage, and what speaks as they do.
//!
//! A record is an object that is put where none is (`If-None-Match: *`): that is the commit point. Objects are never
//! compared and swapped. The end of a log is found by its note and a look past it.

mod connect;
mod key;
mod packs;
mod probe;
mod request;

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::sync::Mutex;
use std::time::Duration;

use futures_util::future::try_join_all;
use object_store::path::Path;
use object_store::{GetOptions, GetRange, ObjectStoreExt, PutPayload};
use vconf::backend::{
    self, Backend, BackendError, BackendErrorKind, Creation, Extent, FORMAT, Log, Notes, OpenError, PROBES,
    SettingsFile, Slot,
};
use vconf::model::name::ConfigName;
use vconf::model::record::MAX_NUMBER;

use crate::address::without_secrets;
use crate::bridge::Bridge;
use crate::trouble::{Outcome, Trouble};
use key::Keys;
use probe::Found;
use request::{Client, delete, folders, get, list, reaches, size_of, trouble};

/// Keeps each record as an object.
pub struct ObjectBackend {
    bridge: Bridge,
    client: Client,
    keys: Keys,
    /// The scheme and the bucket, as people know them.
    bucket: String,
    /// The configs with long names that are known to be named.
    named: Mutex<HashSet<ConfigName>>,
}

impl ObjectBackend {
    /// Opens the store at `s3://BUCKET/PREFIX`, `gs://…` or `az://…`; `None` where there is none. What the clients of
    /// these services read from the environment is given.
    pub fn open(url: &str, environment: &BTreeMap<String, String>) -> Result<Option<Self>, OpenError> {
        let backend = Self::connect(url, environment)?;
        let is_there = backend.check_description()?;
        Ok(is_there.then_some(backend))
    }

    /// Creates a store there, or opens the one that is there. It is tried out first whether the service keeps the one
    /// promise that it must keep.
    pub fn create(url: &str, environment: &BTreeMap<String, String>) -> Result<Self, OpenError> {
        let backend = Self::connect(url, environment)?;
        if !backend.check_description()? {
            backend.describe_new().map_err(|trouble| backend.unopened(trouble))?;
            backend.check_description()?;
        }
        Ok(backend)
    }

    fn connect(url: &str, environment: &BTreeMap<String, String>) -> Result<Self, OpenError> {
        let failed = |trouble: Trouble| {
            OpenError::Backend(BackendError {
                kind: BackendErrorKind::Failed,
                object: without_secrets(url),
                source: trouble.source,
            })
        };
        let bridge = Bridge::new().map_err(|error| failed(Trouble::new(Outcome::Refused, error)))?;
        let connect::Target { client, prefix } = connect::target(url, environment).map_err(failed)?;
        let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
        let bucket = rest.split(['/', '?']).next().unwrap_or_default();
        let bucket = format!("{scheme}://{bucket}");
        Ok(Self { bridge, client, keys: Keys::new(prefix), bucket, named: Mutex::default() })
    }

    fn unopened(&self, trouble: Trouble) -> OpenError {
        let object = self.shown(&self.keys.own(key::DESCRIPTION));
        OpenError::Backend(BackendError { kind: BackendErrorKind::Failed, object, source: trouble.source })
    }

    /// Whether there is a store, which this program reads and writes.
    fn check_description(&self) -> Result<bool, OpenError> {
        let read =
            self.read_range(self.keys.own(key::DESCRIPTION), GetRange::Bounded(0..MAX_DESCRIPTION_BYTES));
        let Some(bytes) = read.map_err(|trouble| self.unopened(trouble))? else { return Ok(false) };
        let described = serde_json::from_slice::<serde_json::Value>(&bytes).ok();
        let number = |name: &str| described.as_ref().and_then(|value| value.get(name)?.as_u64());
        match (number("vconf"), number("layout")) {
            (Some(format), _) if format > FORMAT.into() => Err(newer(format)),
            (Some(_), Some(layout)) if layout > LAYOUT => Err(newer(layout)),
            (Some(_), Some(_)) => Ok(true),
            _ => Err(self.unopened(Trouble::refused("it does not say what the store is"))),
        }
    }

    /// Tries the service out, and says what the store is.
    fn describe_new(&self) -> Result<(), Trouble> {
        let mut id = [0; 16];
        getrandom::fill(&mut id).map_err(|error| Trouble::refused(error.to_string()))?;
        let id: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
        let (client, below) = (self.client.clone(), self.keys.own("probe").join(id.as_str()));
        match self.wait(async move { probe::race(&client, &below).await })? {
            Found::OneWinner => {}
            Found::Winners(count) => {
                return Err(Trouble::refused(format!(
                    "{count} of {} writers were told that they created one and the same object: it does not keep the \
                     promise of If-None-Match, and would lose versions",
                    probe::WRITERS + 1
                )));
            }
            Found::OtherBytes => {
                return Err(Trouble::refused(
                    "an object that one writer had created was written over by another: it does not keep the promise of \
                     If-None-Match, and would lose versions",
                ));
            }
        }
        let text = format!(
            "{{\"vconf\": {FORMAT}, \"layout\": {LAYOUT}, \"id\": \"{id}\", \"one_winner_of\": {}, \"rounds\": {}}}\n",
            probe::WRITERS,
            probe::ROUNDS
        );
        self.create_object(self.keys.own(key::DESCRIPTION), PutPayload::from(text.into_bytes())).map(drop)
    }

    fn wait<T: Send + 'static>(
        &self,
        future: impl Future<Output = Result<T, Trouble>> + Send + 'static,
    ) -> Result<T, Trouble> {
        self.bridge.wait(LIMIT, future).map_err(|error| Trouble::new(Outcome::Unknown, error))?
    }

    /// Puts an object where none is.
    ///
    /// A client that was answered by an error tries again, and may find what it put itself: whoever is told that there
    /// was one looks whose it is.
    fn create_object(&self, key: Path, payload: PutPayload) -> Result<Creation, Trouble> {
        let client = self.client.clone();
        self.wait(async move { request::create(&client, &key, payload).await })
    }

    fn read_range(&self, key: Path, range: GetRange) -> Result<Option<Vec<u8>>, Trouble> {
        let is_nothing = match &range {
            GetRange::Bounded(range) => range.is_empty(),
            GetRange::Suffix(size) => *size == 0,
            GetRange::Offset(_) => false,
        };
        let client = self.client.clone();
        self.wait(async move {
            if !is_nothing {
                let options = GetOptions { range: Some(range.clone()), ..GetOptions::default() };
                match get(&client, &key, options).await {
                    Ok(found) => return Ok(found),
                    // There may be nothing in that range.
                    Err(trouble) => match size_of(&client, &key).await? {
                        Some(size) if !reaches(&range, size) => return Ok(Some(Vec::new())),
                        Some(_) => return Err(trouble),
                        None => return Ok(None),
                    },
                }
            }
            Ok(size_of(&client, &key).await?.map(|_| Vec::new()))
        })
    }

    fn read_whole(&self, key: Path) -> Result<Option<Vec<u8>>, Trouble> {
        let client = self.client.clone();
        self.wait(async move { get(&client, &key, GetOptions::default()).await })
    }

    fn delete(&self, key: Path) -> Result<(), Trouble> {
        let client = self.client.clone();
        self.wait(async move { delete(&client, &key).await })
    }

    /// Keeps the name of a config that its key does not say.
    fn name(&self, config: &ConfigName) -> Result<(), Trouble> {
        let Some(key) = self.keys.long_name(config) else { return Ok(()) };
        let named = || self.named.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if named().contains(config) {
            return Ok(());
        }
        self.create_object(key, PutPayload::from(config.as_str().as_bytes().to_vec()))?;
        if named().len() < MOST_NAMED {
            named().insert(config.clone());
        }
        Ok(())
    }

    /// What people find an object under.
    fn shown(&self, key: &Path) -> String {
        format!("{}/{key}", self.bucket)
    }
}

impl fmt::Debug for ObjectBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ObjectBackend({})", self.shown(&self.keys.own("")))
    }
}

impl Backend for ObjectBackend {
    fn create(&self, slot: &Slot<'_>, bytes: &[u8]) -> Result<Creation, BackendError> {
        let object = || Backend::describe(self, slot);
        self.name(slot.config).map_err(|trouble| trouble.failed(object()))?;
        self.create_object(self.keys.slot(slot), PutPayload::from(bytes.to_vec()))
            .map_err(|trouble| trouble.uncreated(object()))
    }

    fn read(&self, slot: &Slot<'_>, extent: Extent) -> Result<Option<Vec<u8>>, BackendError> {
        let key = self.keys.slot(slot);
        let read = match extent {
            Extent::Whole => self.read_whole(key),
            Extent::Prefix(limit) => self.read_range(key, GetRange::Bounded(0..limit as u64)),
        };
        read.map_err(|trouble| trouble.failed(Backend::describe(self, slot)))
    }

    fn exists(&self, slot: &Slot<'_>) -> Result<bool, BackendError> {
        let (client, key) = (self.client.clone(), self.keys.slot(slot));
        let size = self.wait(async move { size_of(&client, &key).await });
        size.map(|size| size.is_some()).map_err(|trouble| trouble.failed(Backend::describe(self, slot)))
    }

    fn list(&self, config: &ConfigName, log: Log) -> Result<Vec<u64>, BackendError> {
        let (client, folder) = (self.client.clone(), self.keys.log(config, log));
        let listed = self.wait(async move { list(&client, &folder, None).await });
        let listed = listed.map_err(|trouble| trouble.failed(self.shown(&self.keys.log(config, log))))?;
        let mut numbers: Vec<_> = listed.iter().filter_map(key::number).collect();
        numbers.sort_unstable();
        Ok(numbers)
    }

    /// A few looks, all at once; only where one of them finds something is the log listed from there.
    fn last(&self, config: &ConfigName, log: Log, seen: Option<u64>) -> Result<Option<u64>, BackendError> {
        let slot = |number| self.keys.slot(&Slot { config, log, number });
        let (client, folder) = (self.client.clone(), self.keys.log(config, log));
        let probed: Vec<Path> =
            seen.map(|seen| (seen + 1..=seen + PROBES).map(slot).collect()).unwrap_or_default();
        let after = seen.map(slot);
        let listed = self.wait(async move {
            if after.is_some() {
                let look = |key| {
                    let client = client.clone();
                    async move { size_of(&client, &key).await }
                };
                let sizes = try_join_all(probed.into_iter().map(look)).await?;
                if sizes.iter().all(Option::is_none) {
                    return Ok(Vec::new());
                }
            }
            list(&client, &folder, after.as_ref()).await
        });
        let listed = listed.map_err(|trouble| trouble.failed(self.shown(&self.keys.log(config, log))))?;
        let numbers = listed.iter().filter_map(key::number);
        Ok(numbers.filter(|&number| number <= MAX_NUMBER && Some(number) > seen).max())
    }

    fn remove(&self, slot: &Slot<'_>) -> Result<(), BackendError> {
        self.delete(self.keys.slot(slot)).map_err(|trouble| trouble.failed(Backend::describe(self, slot)))
    }

    fn configs(&self) -> Result<Vec<ConfigName>, BackendError> {
        let all = self.keys.own(key::CONFIGS);
        let failed = |trouble: Trouble| trouble.failed(self.shown(&self.keys.own(key::CONFIGS)));
        let client = self.client.clone();
        let listed = self.wait(async move { folders(&client, &all).await });
        let mut configs = Vec::new();
        for folder in listed.map_err(failed)? {
            let Some(folder) = folder.filename() else { continue };
            match self.keys.long_name_of(folder) {
                None => configs.extend(key::config(folder)),
                Some(key) => {
                    let name = self.read_whole(key).map_err(failed)?.unwrap_or_default();
                    // What is no name was not put there by us.
                    configs
                        .extend(std::str::from_utf8(&name).ok().and_then(|name| ConfigName::new(name).ok()));
                }
            }
        }
        configs.sort_unstable();
        Ok(configs)
    }

    fn describe(&self, slot: &Slot<'_>) -> String {
        self.shown(&self.keys.slot(slot))
    }

    fn settings(&self) -> Result<Option<SettingsFile>, BackendError> {
        let key = self.keys.own(key::SETTINGS);
        let object = self.shown(&key);
        let read = self.read_range(key, GetRange::Bounded(0..MAX_SETTINGS_BYTES + 1));
        let bytes = read.map_err(|trouble| trouble.failed(object.clone()))?;
        match bytes {
            Some(bytes) if bytes.len() as u64 > MAX_SETTINGS_BYTES => {
                Err(Trouble::refused("settings have at most 64 KiB").failed(object))
            }
            bytes => Ok(bytes.map(|bytes| SettingsFile { object, bytes })),
        }
    }

    fn create_settings(&self, bytes: &[u8]) -> Result<bool, BackendError> {
        let key = self.keys.own(key::SETTINGS);
        let object = self.shown(&key);
        let created = self.create_object(key, PutPayload::from(bytes.to_vec()));
        created.map(|created| created == Creation::Created).map_err(|trouble| trouble.uncreated(object))
    }

    fn notes(&self) -> Option<&dyn Notes> {
        Some(self)
    }

    fn packs(&self) -> Option<&dyn backend::Packs> {
        Some(self)
    }
}

impl Notes for ObjectBackend {
    fn remember(&self, config: &ConfigName, log: Log, note: &[u8]) -> Result<(), BackendError> {
        let (client, key) = (self.client.clone(), self.keys.note(config, log));
        let payload = PutPayload::from(note.to_vec());
        let noted = self.wait(async move {
            client.put(&key, payload).await.map_err(|error| trouble(error, Outcome::NotYet))
        });
        noted.map(drop).map_err(|trouble| trouble.failed(self.shown(&self.keys.note(config, log))))
    }

    fn recall(&self, config: &ConfigName, log: Log) -> Result<Option<Vec<u8>>, BackendError> {
        let key = self.keys.note(config, log);
        let object = self.shown(&key);
        self.read_range(key, GetRange::Bounded(0..MAX_NOTE_BYTES)).map_err(|trouble| trouble.failed(object))
    }
}

fn newer(version: u64) -> OpenError {
    OpenError::Newer(u32::try_from(version).unwrap_or(u32::MAX))
}

/// How the keys are laid out: what `layout` in `store.json` says.
const LAYOUT: u64 = 1;

/// How long what the store says of itself may be.
const MAX_DESCRIPTION_BYTES: u64 = 4096;

/// How long settings may be.
const MAX_SETTINGS_BYTES: u64 = 64 << 10;

/// How long a note may be.
const MAX_NOTE_BYTES: u64 = 4096;

/// Of how many configs it is kept in mind that they are named.
const MOST_NAMED: usize = 10_000;

/// How long anything may take, with all tries.
const LIMIT: Duration = Duration::from_secs(300);
