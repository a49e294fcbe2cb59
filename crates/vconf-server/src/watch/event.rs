//! One thing that happened to a config.

use bytes::Bytes;
use vconf::format::json;
use vconf::model::name::ConfigName;
use vconf::model::record::{RefChange, Version};
use vconf::model::value::{Map, Value};
use vconf::store::{Corruption, Store, StoreError};
use vconf_advice::facts;

use crate::position::Position;

/// One thing that happened to a config: a version was made, or its refs were changed.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) config: ConfigName,
    /// Which log it is in.
    pub(crate) is_ref: bool,
    /// Its number there.
    pub(crate) number: u64,
    /// Where one stands after it.
    pub(crate) after: Position,
    /// All there is to tell, as JSON.
    pub(crate) data: String,
    /// The same as it is sent to who watches the config.
    pub(crate) sent: Bytes,
}

impl Event {
    /// Reads what happened in a log; the position is the one before it.
    pub(crate) fn read(
        store: &Store,
        config: &ConfigName,
        is_ref: bool,
        number: u64,
        before: Position,
    ) -> Result<Self, StoreError> {
        let after = match is_ref {
            true => Position { refs: before.refs.max(number), ..before },
            false => Position { versions: before.versions.max(number), ..before },
        };
        let (name, told) = match is_ref {
            true => match store.ref_change(config, number) {
                Ok(change) => ("ref", of_ref(&change)),
                Err(StoreError::Corrupt(corruption)) => ("damaged", of_damage(&corruption)),
                Err(error) => return Err(error),
            },
            false => match store.header(config, number) {
                Ok(version) => ("version", of_version(&version)),
                Err(StoreError::Corrupt(corruption)) => ("damaged", of_damage(&corruption)),
                Err(error) => return Err(error),
            },
        };
        Ok(Self::new(config, name, is_ref, number, after, told))
    }

    fn new(config: &ConfigName, name: &str, is_ref: bool, number: u64, after: Position, told: Map) -> Self {
        let head = [("event", Value::from(name)), ("position", Value::from(after.to_string()))];
        let head = head.into_iter().map(|(name, value)| (name.to_owned(), value));
        let data = json::to_string(&Value::Map(head.chain(told).collect()));
        let sent = frame(name, &after.to_string(), &data);
        Self { config: config.clone(), is_ref, number, after, data, sent }
    }

    /// Whether it happened after a position.
    pub(crate) fn is_after(&self, position: Position) -> bool {
        self.number > if self.is_ref { position.refs } else { position.versions }
    }

    /// A position, moved past it.
    pub(crate) fn move_past(&self, position: Position) -> Position {
        match self.is_ref {
            true => Position { refs: position.refs.max(self.number), ..position },
            false => Position { versions: position.versions.max(self.number), ..position },
        }
    }

    /// Its name, and the bytes to send with another id than the position after it.
    pub(crate) fn sent_as(&self, id: &str) -> Bytes {
        frame(if self.is_ref { "ref" } else { "version" }, id, &self.data)
    }
}

fn of_version(version: &Version) -> Map {
    facts::version_map(version)
}

fn of_ref(change: &RefChange) -> Map {
    as_map(facts::ref_change(change))
}

fn of_damage(corruption: &Corruption) -> Map {
    as_map(facts::missing(corruption))
}

fn as_map(value: Value) -> Map {
    match value {
        Value::Map(map) => map,
        _ => Map::new(),
    }
}

/// An event as Server-Sent Events have it. The data is one line: JSON escapes all ends of lines.
pub(super) fn frame(name: &str, id: &str, data: &str) -> Bytes {
    format!("event: {name}\nid: {id}\ndata: {data}\n\n").into()
}
