//! What is known of a record that is lost.

use crate::backend::{Log, Slot};
use crate::history::check::Finding;
use crate::model::name::ConfigName;
use crate::model::record::Version;
use crate::model::time::Timestamp;
use crate::store::{Problem, Store};

/// What is known of one record or of several in a row that are lost.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Known {
    /// The first number.
    pub first: u64,
    /// The last.
    pub last: u64,
    /// All but the content, where only that is lost.
    pub version: Option<Box<Version>>,
    /// When the record before was written, and by whom.
    pub after: Option<(Timestamp, String)>,
    /// When the record that comes next was written, and by whom.
    pub before: Option<(Timestamp, String)>,
}

impl Store {
    /// Tells what is known of what a finding is about; `None` where nothing is lost.
    pub(super) fn known(&self, finding: &Finding) -> Option<Known> {
        let corruption = &finding.corruption;
        let (first, last) = match corruption.flaw.problem {
            Problem::Chain | Problem::Rewritten | Problem::Checkpoint => return None,
            Problem::MissingRange { first, last } => (first, last),
            _ => (corruption.number, corruption.number),
        };
        let log = if corruption.is_ref { Log::Refs } else { Log::Versions };
        let at = |number| self.written(&Slot { config: &corruption.config, log, number });
        Some(Known {
            first,
            last,
            version: match log {
                Log::Versions => self.header(&corruption.config, first).ok().map(Box::new),
                Log::Refs => None,
            },
            after: if first > 1 { at(first - 1) } else { None },
            before: at(last + 1),
        })
    }

    fn written(&self, slot: &Slot<'_>) -> Option<(Timestamp, String)> {
        let config: &ConfigName = slot.config;
        match slot.log {
            Log::Versions => {
                self.header(config, slot.number).ok().map(|version| (version.timestamp, version.author))
            }
            Log::Refs => {
                self.ref_change(config, slot.number).ok().map(|change| (change.timestamp, change.author))
            }
        }
    }
}
