//! What a store holds, as a value that can be compared: without ids, seals and times.

use std::collections::BTreeMap;

use vconf::history::{LogEntry, LogFilter, Standing};
use vconf::store::{Problem, Store};

/// All configs of a store.
pub(crate) type View = BTreeMap<String, ConfigView>;

/// One config.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct ConfigView {
    pub(crate) latest: Option<u64>,
    pub(crate) tags: BTreeMap<String, u64>,
    /// The branches besides the first.
    pub(crate) branches: BTreeMap<String, Option<u64>>,
    pub(crate) current: String,
    /// Oldest first.
    pub(crate) versions: Vec<VersionView>,
}

/// One version.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct VersionView {
    pub(crate) source: String,
    pub(crate) action: String,
    pub(crate) parent: Option<u64>,
    pub(crate) standing: Standing,
}

/// Reads everything, and fails where anything is damaged.
pub(crate) fn view(store: &Store) -> View {
    let configs = store.configs().unwrap();
    let report = store.check(&configs, |_| {}).unwrap();
    assert_eq!(report.findings, []);
    configs
        .into_iter()
        .map(|config| {
            let state = store.state(&config).unwrap();
            assert_eq!(state.damage, []);
            let filter = LogFilter::default();
            let entries = store.log(&state, &filter).unwrap();
            let mut versions: Vec<_> = entries
                .map(|entry| match entry.unwrap() {
                    LogEntry::Version { version, standing, .. } => {
                        let (_, source) = store.version(&config, version.number).unwrap();
                        Some(VersionView {
                            source: String::from_utf8(source).unwrap(),
                            action: version.action.to_string(),
                            parent: version.parents.first().copied(),
                            standing,
                        })
                    }
                    LogEntry::Damaged(corruption) => match corruption.flaw.problem {
                        Problem::Forgotten(_) => None,
                        _ => panic!("{corruption}"),
                    },
                })
                .collect();
            versions.reverse();
            let versions = versions.into_iter().flatten().collect();
            let tags = store.tags(&state).unwrap();
            let tags = tags.into_iter().map(|(tag, number)| (tag.to_string(), number)).collect();
            let latest = store.latest(&state).ok();
            let others = state.heads.keys().filter(|branch| branch.as_str() != "main");
            let branches = others
                .map(|branch| (branch.to_string(), store.head_number(&state, branch).unwrap()))
                .collect();
            let current = state.current.to_string();
            (config.to_string(), ConfigView { latest, tags, branches, current, versions })
        })
        .collect()
}
