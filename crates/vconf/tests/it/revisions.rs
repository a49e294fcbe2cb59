//! Foreign revisions: what comes in, what is known again, and what goes out as a stream for git.

use jiff::tz::TimeZone;
use vconf::history::{
    ForeignRevision, ImportError, KeepRules, LogEntry, LogFilter, RollbackOptions, Standing,
};
use vconf::model::name::{ConfigName, RefName};
use vconf::store::Store;

use crate::scratch::{at, config, tag, time};

fn revision(number: u64, parents: &[&str]) -> ForeignRevision {
    ForeignRevision {
        name: format!("r{number}"),
        parents: parents.iter().map(|&parent| parent.to_owned()).collect(),
        side: None,
        author: "Ada <ada@x.org>".to_owned(),
        timestamp: time(number),
        description: format!("Change {number}\n\nAnd why."),
        source: format!("{{\"n\": {number}}}\n").into_bytes(),
        mode: None,
        tags: Vec::new(),
    }
}

fn line(count: u64) -> Vec<ForeignRevision> {
    (1..=count)
        .map(|number| match number {
            1 => revision(1, &[]),
            _ => revision(number, &[&format!("r{}", number - 1)]),
        })
        .collect()
}

/// Brings revisions in; gives how many of them were new.
fn import(
    store: &Store,
    config: &ConfigName,
    revisions: &[ForeignRevision],
    second: u64,
) -> Result<usize, ImportError> {
    let context = at(second);
    let mut import = store.import_revisions(config, &context)?;
    let mut new = 0;
    for revision in revisions {
        new += usize::from(!import.add(revision)?.was_there);
    }
    import.finish(&[RefName::new("kept").unwrap()])?;
    Ok(new)
}

#[test]
fn only_what_is_new_is_written_whatever_was_done_meanwhile() {
    let (store, app) = (Store::in_memory(), config("app.json"));
    assert_eq!(import(&store, &app, &line(5), 100).unwrap(), 5);
    assert_eq!(import(&store, &app, &line(5), 101).unwrap(), 0);
    store.save(&app, b"{}", &Default::default(), &at(102)).unwrap();
    store.rollback(&app, 2, &RollbackOptions::default(), &at(103)).unwrap();
    assert_eq!(import(&store, &app, &line(7), 104).unwrap(), 2);
    let version = store.load_number(&app, 8).unwrap().version;
    assert_eq!((version.parents, version.timestamp), (vec![7], time(6)));
    assert_eq!(import(&store, &app, &line(7), 105).unwrap(), 0);
}

#[test]
fn another_history_is_refused_and_left_as_it_is() {
    let (store, app) = (Store::in_memory(), config("app.json"));
    store.save(&app, b"{}", &Default::default(), &at(1)).unwrap();
    assert!(matches!(import(&store, &app, &line(2), 100), Err(ImportError::Exists { .. })));
    let other = config("other.json");
    import(&store, &other, &line(3), 100).unwrap();
    let mut rewritten = line(4);
    rewritten[1].source = b"[]".to_vec();
    assert!(matches!(import(&store, &other, &rewritten, 101), Err(ImportError::Exists { .. })));
    assert_eq!(store.state(&other).unwrap().versions.number, 3);
}

#[test]
fn what_was_forgotten_is_not_brought_in_again() {
    let (store, app) = (Store::in_memory(), config("app.json"));
    import(&store, &app, &line(20), 100).unwrap();
    let rules = KeepRules { last: 3, ..KeepRules::default() };
    store.forget(&app, &rules, &TimeZone::UTC, &at(200)).unwrap();
    assert!(store.load_number(&app, 5).is_err());
    assert_eq!(import(&store, &app, &line(22), 201).unwrap(), 2);
    assert_eq!(store.load_number(&app, 21).unwrap().version.parents, [20]);
    let left = (1..=22).filter(|&number| store.load_number(&app, number).is_ok()).count() as u64;
    assert!(left < 10);
    let mut stream = Vec::new();
    let exported = store.export_git(&[app], &mut stream).unwrap();
    assert_eq!((exported.versions, exported.damage.len()), (left, 0));
}

#[test]
fn a_side_line_is_on_no_branch_unless_it_is_to_be_one() {
    let (store, app) = (Store::in_memory(), config("app.json"));
    let mut revisions = line(2);
    for (number, side) in [(3, "git-1"), (4, "kept")] {
        revisions.push(ForeignRevision { side: Some(tag(side)), ..revision(number, &["r1"]) });
    }
    revisions.push(ForeignRevision { tags: vec![tag("v1")], ..revision(5, &["r2", "r3"]) });
    assert_eq!(import(&store, &app, &revisions, 100).unwrap(), 5);
    let state = store.state(&app).unwrap();
    assert_eq!(state.branches().iter().map(RefName::as_str).collect::<Vec<_>>(), ["kept", "main"]);
    assert_eq!(store.heads(&state).unwrap().into_values().collect::<Vec<_>>(), [4, 5]);
    assert_eq!(store.tags(&state).unwrap().into_iter().collect::<Vec<_>>(), [(tag("v1"), 5)]);
    assert_eq!(store.load_number(&app, 5).unwrap().version.parents, [2, 3]);
    let filter = LogFilter::default();
    let log: Vec<_> = store.log(&state, &filter).unwrap().map(|entry| entry.unwrap()).collect();
    let stands = |entry: &LogEntry| matches!(entry, LogEntry::Version { standing: Standing::OnBranch, .. });
    assert!(log.iter().all(stands), "{log:?}");
    store.undo(store.next_undo().unwrap(), &at(101)).unwrap();
    let state = store.state(&app).unwrap();
    assert_eq!((store.heads(&state).unwrap().len(), state.branches().len()), (0, 1));
    store.redo(store.next_redo().unwrap(), &at(102)).unwrap();
    let state = store.state(&app).unwrap();
    assert_eq!(store.heads(&state).unwrap().into_values().collect::<Vec<_>>(), [4, 5]);
    assert!(store.check(std::slice::from_ref(&app), |_| {}).unwrap().findings.is_empty());
}
