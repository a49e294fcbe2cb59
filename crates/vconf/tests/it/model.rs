//! Random sequences of what people do, against a model that is too simple to be wrong.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use vconf::history::{Context, Error, RollbackOptions, SaveOptions, Standing};
use vconf::model::name::ConfigName;
use vconf::store::Store;

use crate::scratch::{at, config, tag};
use crate::state::{ConfigView, VersionView, View, view};

/// One thing that somebody does. Configs, contents, tags and versions are numbers, taken modulo what there is.
#[derive(Clone, Debug)]
enum Step {
    Save { config: usize, content: u8 },
    SaveTagged { config: usize, content: u8, tag: u8 },
    SaveBoth { content: u8, tag: u8 },
    Rollback { config: usize, version: usize },
    Tag { config: usize, tag: u8, version: usize },
    Untag { config: usize, tag: u8 },
    Branch { config: usize, branch: u8, version: usize },
    Unbranch { config: usize, branch: u8 },
    Switch { config: usize, branch: u8 },
    SwitchToNew { config: usize, branch: u8, version: usize },
    Undo,
    Redo,
}

fn step() -> impl Strategy<Value = Step> {
    let (config, content, name, version) = (0..2_usize, 0..3_u8, 0..2_u8, 0..6_usize);
    let branch = 0..3_u8;
    prop_oneof![
        4 => (config.clone(), content.clone()).prop_map(|(config, content)| Step::Save { config, content }),
        1 => (config.clone(), content.clone(), name.clone())
            .prop_map(|(config, content, tag)| Step::SaveTagged { config, content, tag }),
        1 => (content, name.clone()).prop_map(|(content, tag)| Step::SaveBoth { content, tag }),
        2 => (config.clone(), version.clone())
            .prop_map(|(config, version)| Step::Rollback { config, version }),
        2 => (config.clone(), name.clone(), version.clone())
            .prop_map(|(config, tag, version)| Step::Tag { config, tag, version }),
        1 => (config.clone(), name).prop_map(|(config, tag)| Step::Untag { config, tag }),
        1 => (config.clone(), branch.clone(), version.clone())
            .prop_map(|(config, branch, version)| Step::Branch { config, branch, version }),
        1 => (config.clone(), branch.clone()).prop_map(|(config, branch)| Step::Unbranch { config, branch }),
        3 => (config.clone(), branch.clone()).prop_map(|(config, branch)| Step::Switch { config, branch }),
        1 => (config, branch, version)
            .prop_map(|(config, branch, version)| Step::SwitchToNew { config, branch, version }),
        5 => Just(Step::Undo),
        4 => Just(Step::Redo),
    ]
}

pub(crate) const CONFIGS: [&str; 2] = ["a.json", "b.json"];

pub(crate) const BRANCHES: [&str; 3] = ["main", "b1", "b2"];

fn source(content: u8) -> String {
    format!("[{content}]")
}

/// What the history must be: whole values only, no files, no records.
#[derive(Clone, Default)]
pub(crate) struct Model {
    pub(crate) configs: [ModelConfig; 2],
    pub(crate) done: Vec<Operation>,
    pub(crate) undone: Vec<Operation>,
    /// Whether something undone was left behind by something new.
    pub(crate) is_superseded: bool,
    /// What is being done.
    pub(crate) current: Operation,
}

/// One config.
#[derive(Clone)]
pub(crate) struct ModelConfig {
    pub(crate) versions: Vec<VersionView>,
    pub(crate) tags: BTreeMap<String, u64>,
    pub(crate) heads: BTreeMap<String, Option<u64>>,
    current: String,
    /// The heads that branches had when they went away.
    left: BTreeSet<u64>,
}

impl Default for ModelConfig {
    fn default() -> Self {
        let heads = [(BRANCHES[0].to_owned(), None)].into();
        let (versions, tags, left) = Default::default();
        Self { versions, tags, heads, current: BRANCHES[0].to_owned(), left }
    }
}

impl ModelConfig {
    pub(crate) fn latest(&self) -> Option<u64> {
        self.heads[&self.current]
    }

    /// The versions that these come from, and they themselves.
    fn lines(&self, heads: impl Iterator<Item = u64>) -> BTreeSet<u64> {
        let mut found = BTreeSet::new();
        for head in heads {
            let mut next = Some(head);
            while let Some(number) = next {
                found.insert(number);
                next = self.versions[number as usize - 1].parent;
            }
        }
        found
    }

    fn view(&self) -> ConfigView {
        let live = self.lines(self.heads.values().copied().flatten());
        let left = self.lines(self.left.iter().copied());
        let mut versions = self.versions.clone();
        for (number, version) in (1..).zip(&mut versions) {
            version.standing = match (live.contains(&number), left.contains(&number)) {
                (true, _) => Standing::OnBranch,
                (false, true) => Standing::OffBranch,
                (false, false) => Standing::Undone,
            };
        }
        let mut branches = self.heads.clone();
        branches.remove(BRANCHES[0]);
        let (tags, current) = (self.tags.clone(), self.current.clone());
        ConfigView { latest: self.latest(), tags, branches, current, versions }
    }
}

/// Where heads and tags were before an operation, and where they were after it.
pub(crate) type Operation = Vec<Effect>;

#[derive(Clone)]
pub(crate) enum Effect {
    /// A branch's head; the outer option is whether there is such a branch.
    Head {
        config: usize,
        branch: String,
        before: Option<Option<u64>>,
        after: Option<Option<u64>>,
    },
    Current {
        config: usize,
        before: String,
        after: String,
    },
    Tag {
        config: usize,
        tag: String,
        before: Option<u64>,
        after: Option<u64>,
    },
}

impl Model {
    fn latest_source(&self, config: usize) -> Option<&str> {
        let latest = self.configs[config].latest()?;
        Some(&self.configs[config].versions[latest as usize - 1].source)
    }

    /// Adds a version, unless the latest holds the same; returns the number that holds the source.
    pub(crate) fn write(&mut self, config: usize, source: &str, action: &str) -> u64 {
        let before = self.configs[config].latest();
        if self.latest_source(config) == Some(source) {
            return before.unwrap();
        }
        self.write_always(config, source, action)
    }

    /// Adds a version, whatever the latest holds.
    pub(crate) fn write_always(&mut self, config: usize, source: &str, action: &str) -> u64 {
        let before = self.configs[config].latest();
        let versions = &mut self.configs[config].versions;
        versions.push(VersionView {
            source: source.to_owned(),
            action: action.to_owned(),
            parent: before,
            standing: Standing::OnBranch,
        });
        let after = versions.len() as u64;
        let branch = self.configs[config].current.clone();
        self.apply(Effect::Head { config, branch, before: Some(before), after: Some(Some(after)) });
        after
    }

    /// Creates or deletes a branch; tells whether that may be.
    pub(crate) fn set_branch(&mut self, config: usize, name: &str, after: Option<u64>) -> bool {
        let before = self.configs[config].heads.get(name).copied();
        let may = match after {
            Some(_) => before.is_none(),
            None => before.is_some() && name != BRANCHES[0] && name != self.configs[config].current,
        };
        if may {
            self.apply(Effect::Head { config, branch: name.to_owned(), before, after: after.map(Some) });
        }
        may
    }

    pub(crate) fn switch(&mut self, config: usize, name: &str) -> bool {
        let may = self.configs[config].heads.contains_key(name);
        let before = self.configs[config].current.clone();
        if may && before != name {
            self.apply(Effect::Current { config, before, after: name.to_owned() });
        }
        may
    }

    pub(crate) fn set_tag(&mut self, config: usize, name: &str, after: Option<u64>) {
        let before = self.configs[config].tags.get(name).copied();
        if before != after {
            self.apply(Effect::Tag { config, tag: name.to_owned(), before, after });
        }
    }

    fn apply(&mut self, effect: Effect) {
        self.set(&effect, true);
        self.current.push(effect);
    }

    pub(crate) fn set(&mut self, effect: &Effect, forward: bool) {
        match effect {
            Effect::Head { config, branch, before, after } => {
                let config = &mut self.configs[*config];
                match if forward { after } else { before } {
                    Some(head) => config.heads.insert(branch.clone(), *head),
                    None => {
                        let left = config.heads.remove(branch);
                        config.left.extend(left.flatten());
                        left
                    }
                };
            }
            Effect::Current { config, before, after } => {
                self.configs[*config].current.clone_from(if forward { after } else { before });
            }
            Effect::Tag { config, tag, before, after } => {
                match if forward { after } else { before } {
                    Some(number) => self.configs[*config].tags.insert(tag.clone(), *number),
                    None => self.configs[*config].tags.remove(tag),
                };
            }
        }
    }

    /// Ends what was being done; nothing is no operation.
    pub(crate) fn finish(&mut self) {
        let operation = std::mem::take(&mut self.current);
        if !operation.is_empty() {
            self.is_superseded |= !self.undone.is_empty();
            self.undone.clear();
            self.done.push(operation);
        }
    }

    pub(crate) fn undo(&mut self) -> Result<(), ()> {
        let operation = self.done.pop().ok_or(())?;
        operation.iter().rev().for_each(|effect| self.set(effect, false));
        self.undone.push(operation);
        Ok(())
    }

    pub(crate) fn redo(&mut self) -> Result<(), ()> {
        let operation = self.undone.pop().ok_or(())?;
        operation.iter().for_each(|effect| self.set(effect, true));
        self.done.push(operation);
        Ok(())
    }

    pub(crate) fn view(&self) -> View {
        let configs = self.configs.each_ref().map(ModelConfig::view);
        let named: BTreeMap<_, _> = CONFIGS.into_iter().map(str::to_owned).zip(configs).collect();
        named.into_iter().filter(|(_, config)| !config.versions.is_empty()).collect()
    }
}

/// Does a step on both, and holds that they answer alike.
fn take(step: &Step, store: &Store, model: &mut Model, context: &Context) {
    let name = |config: usize| -> ConfigName { config_name(config) };
    let tag_name = |number: u8| format!("t{number}");
    let save = |config: usize, content: u8, with: Option<u8>| {
        let options = SaveOptions { tag: with.map(|with| tag(&tag_name(with))), ..SaveOptions::default() };
        store.save(&name(config), source(content).as_bytes(), &options, context).unwrap()
    };
    match *step {
        Step::Save { config, content } => {
            let number = model.write(config, &source(content), "save");
            assert_eq!(save(config, content, None).version.number, number);
        }
        Step::SaveTagged { config, content, tag } => {
            let number = model.write(config, &source(content), "save");
            model.set_tag(config, &tag_name(tag), Some(number));
            assert_eq!(save(config, content, Some(tag)).version.number, number);
        }
        Step::SaveBoth { content, tag } => {
            for config in [0, 1] {
                let number = model.write(config, &source(content), "save");
                let with = (config == 1).then_some(tag);
                if let Some(tag) = with {
                    model.set_tag(config, &tag_name(tag), Some(number));
                }
                assert_eq!(save(config, content, with).version.number, number);
            }
        }
        Step::Rollback { config, version } => {
            let versions = &model.configs[config].versions;
            if versions.is_empty() {
                return;
            }
            let version = version % versions.len();
            let source = versions[version].source.clone();
            let number = model.write(config, &source, "rollback");
            let options = RollbackOptions::default();
            let saved = store.rollback(&name(config), version as u64 + 1, &options, context).unwrap();
            assert_eq!(saved.version.number, number);
        }
        Step::Tag { config, tag: with, version } => {
            let count = model.configs[config].versions.len();
            if count == 0 {
                let result = store.set_tag(&name(config), &tag(&tag_name(with)), 1, context);
                assert!(matches!(result, Err(Error::UnknownConfig { .. })), "{result:?}");
                return;
            }
            let number = (version % count) as u64 + 1;
            model.set_tag(config, &tag_name(with), Some(number));
            store.set_tag(&name(config), &tag(&tag_name(with)), number, context).unwrap();
        }
        Step::Untag { config, tag: with } => {
            let was_there = model.configs[config].tags.contains_key(&tag_name(with));
            model.set_tag(config, &tag_name(with), None);
            let result = store.delete_tag(&name(config), &tag(&tag_name(with)), context);
            assert_eq!(result.is_ok(), was_there, "{result:?}");
        }
        Step::Branch { .. } | Step::Unbranch { .. } | Step::Switch { .. } | Step::SwitchToNew { .. } => {
            take_of_branches(step, store, model, context);
        }
        Step::Undo => {
            let expected = model.undo();
            match store.next_undo() {
                Ok(operation) => {
                    assert!(expected.is_ok(), "{operation:?}");
                    store.undo(operation, context).unwrap();
                }
                Err(Error::NothingToUndo) => assert!(expected.is_err()),
                Err(error) => panic!("{error}"),
            }
        }
        Step::Redo => {
            let expected = model.redo();
            match store.next_redo() {
                Ok(operation) => {
                    assert!(expected.is_ok(), "{operation:?}");
                    store.redo(operation, context).unwrap();
                }
                Err(Error::NothingToRedo { superseded }) => {
                    assert!(expected.is_err());
                    assert_eq!(superseded, model.is_superseded);
                }
                Err(error) => panic!("{error}"),
            }
        }
    }
    model.finish();
}

/// Does a step with branches on both.
fn take_of_branches(step: &Step, store: &Store, model: &mut Model, context: &Context) {
    let (Step::Branch { config, branch, .. }
    | Step::Unbranch { config, branch }
    | Step::Switch { config, branch }
    | Step::SwitchToNew { config, branch, .. }) = *step
    else {
        panic!("{step:?} has no branch");
    };
    let (name, text) = (config_name(config), BRANCHES[branch as usize]);
    let branch = tag(text);
    let count = model.configs[config].versions.len();
    let number = |version: usize| (version % count.max(1)) as u64 + 1;
    if count == 0 {
        let result = store.switch(&name, &branch, None, context);
        assert!(matches!(result, Err(Error::UnknownConfig { .. })), "{result:?}");
        return;
    }
    match *step {
        Step::Branch { version, .. } => {
            let may = model.set_branch(config, text, Some(number(version)));
            match store.create_branch(&name, &branch, number(version), context) {
                Ok(outcome) => assert!(may && outcome.head == Some(number(version))),
                Err(Error::NameTaken { is_branch: true, .. }) => assert!(!may),
                Err(error) => panic!("{error}"),
            }
        }
        Step::Unbranch { .. } => {
            let head = model.configs[config].heads.get(text).copied().flatten();
            let may = model.set_branch(config, text, None);
            match store.delete_branch(&name, &branch, context) {
                Ok(outcome) => assert!(may && outcome.head == head),
                Err(Error::UnknownBranch { .. } | Error::BranchInUse { .. }) => assert!(!may),
                Err(error) => panic!("{error}"),
            }
        }
        Step::Switch { .. } => {
            let may = model.switch(config, text);
            match store.switch(&name, &branch, None, context) {
                Ok(outcome) => assert!(may && outcome.head == model.configs[config].latest()),
                Err(Error::UnknownBranch { .. }) => assert!(!may),
                Err(error) => panic!("{error}"),
            }
        }
        Step::SwitchToNew { version, .. } => {
            let may = model.set_branch(config, text, Some(number(version)));
            assert!(!may || model.switch(config, text));
            match store.switch(&name, &branch, Some(number(version)), context) {
                Ok(outcome) => assert!(may && outcome.head == Some(number(version))),
                Err(Error::NameTaken { is_branch: true, .. }) => assert!(!may),
                Err(error) => panic!("{error}"),
            }
        }
        _ => {}
    }
}

fn config_name(number: usize) -> ConfigName {
    config(CONFIGS[number])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_sequence_leaves_what_the_model_says(steps in prop::collection::vec(step(), 1..40)) {
        let store = Store::in_memory();
        let mut model = Model::default();
        for (now, step) in (1..).zip(&steps) {
            take(step, &store, &mut model, &at(now));
            prop_assert_eq!(view(&store), model.view(), "after step {}: {:?}", now, step);
        }
    }

    #[test]
    fn clocks_that_go_backwards_change_nothing_within_a_config(
        steps in prop::collection::vec((step(), 0..100_u64), 1..40),
    ) {
        let store = Store::in_memory();
        let mut model = Model::default();
        for (step, time) in &steps {
            let step = match step.clone() {
                Step::Save { content, .. } | Step::SaveBoth { content, .. } => Step::Save { config: 0, content },
                Step::SaveTagged { content, tag, .. } => Step::SaveTagged { config: 0, content, tag },
                Step::Rollback { version, .. } => Step::Rollback { config: 0, version },
                Step::Tag { tag, version, .. } => Step::Tag { config: 0, tag, version },
                Step::Untag { tag, .. } => Step::Untag { config: 0, tag },
                Step::Branch { branch, version, .. } => Step::Branch { config: 0, branch, version },
                Step::Unbranch { branch, .. } => Step::Unbranch { config: 0, branch },
                Step::Switch { branch, .. } => Step::Switch { config: 0, branch },
                Step::SwitchToNew { branch, version, .. } => Step::SwitchToNew { config: 0, branch, version },
                Step::Undo => Step::Undo,
                Step::Redo => Step::Redo,
            };
            take(&step, &store, &mut model, &at(*time));
            prop_assert_eq!(view(&store), model.view(), "after {:?} at {}", step, time);
        }
    }
}

#[test]
fn an_undo_of_everything_and_a_redo_of_everything_come_back_to_the_same() {
    let store = Store::in_memory();
    let mut model = Model::default();
    let steps = [
        Step::Save { config: 0, content: 0 },
        Step::SaveBoth { content: 1, tag: 0 },
        Step::Tag { config: 0, tag: 0, version: 0 },
        Step::Rollback { config: 0, version: 0 },
        Step::Untag { config: 1, tag: 0 },
        Step::SaveTagged { config: 1, content: 2, tag: 1 },
        Step::SwitchToNew { config: 1, branch: 1, version: 0 },
        Step::Save { config: 1, content: 0 },
        Step::Switch { config: 1, branch: 0 },
        Step::Unbranch { config: 1, branch: 1 },
    ];
    let mut now = 0;
    let mut views = vec![view(&store)];
    for step in &steps {
        now += 1;
        take(step, &store, &mut model, &at(now));
        views.push(view(&store));
    }
    let facts = |view: &View| -> Vec<_> {
        view.iter().map(|(name, config)| (name.clone(), config.latest, config.tags.clone())).collect()
    };
    for expected in views.iter().rev().skip(1) {
        now += 1;
        take(&Step::Undo, &store, &mut model, &at(now));
        let found = facts(&view(&store));
        let left: Vec<_> = found.into_iter().filter(|(_, latest, _)| latest.is_some()).collect();
        assert_eq!(left, facts(expected));
    }
    for expected in &views[1..] {
        now += 1;
        take(&Step::Redo, &store, &mut model, &at(now));
        let found = facts(&view(&store));
        let left: Vec<_> = found.into_iter().filter(|(_, latest, _)| latest.is_some()).collect();
        assert_eq!(left, facts(expected));
    }
    assert_eq!(view(&store), model.view());
}
