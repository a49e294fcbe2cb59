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
    Undo,
    Redo,
}

fn step() -> impl Strategy<Value = Step> {
    let (config, content, name, version) = (0..2_usize, 0..3_u8, 0..2_u8, 0..6_usize);
    prop_oneof![
        4 => (config.clone(), content.clone()).prop_map(|(config, content)| Step::Save { config, content }),
        1 => (config.clone(), content.clone(), name.clone())
            .prop_map(|(config, content, tag)| Step::SaveTagged { config, content, tag }),
        1 => (content, name.clone()).prop_map(|(content, tag)| Step::SaveBoth { content, tag }),
        2 => (config.clone(), version.clone())
            .prop_map(|(config, version)| Step::Rollback { config, version }),
        2 => (config.clone(), name.clone(), version)
            .prop_map(|(config, tag, version)| Step::Tag { config, tag, version }),
        1 => (config, name).prop_map(|(config, tag)| Step::Untag { config, tag }),
        5 => Just(Step::Undo),
        4 => Just(Step::Redo),
    ]
}

const CONFIGS: [&str; 2] = ["a.json", "b.json"];

fn source(content: u8) -> String {
    format!("[{content}]")
}

/// What the history must be: whole values only, no files, no records.
#[derive(Clone, Default)]
struct Model {
    configs: [ConfigView; 2],
    done: Vec<Operation>,
    undone: Vec<Operation>,
    /// Whether something undone was left behind by something new.
    is_superseded: bool,
    /// What is being done.
    current: Operation,
}

/// Where heads and tags were before an operation, and where they were after it.
type Operation = Vec<Effect>;

#[derive(Clone)]
enum Effect {
    Head { config: usize, before: Option<u64>, after: Option<u64> },
    Tag { config: usize, tag: String, before: Option<u64>, after: Option<u64> },
}

impl Model {
    fn latest_source(&self, config: usize) -> Option<&str> {
        let latest = self.configs[config].latest?;
        Some(&self.configs[config].versions[latest as usize - 1].source)
    }

    /// Adds a version, unless the latest holds the same; returns the number that holds the source.
    fn write(&mut self, config: usize, source: &str, action: &str) -> u64 {
        let before = self.configs[config].latest;
        if self.latest_source(config) == Some(source) {
            return before.unwrap();
        }
        let versions = &mut self.configs[config].versions;
        versions.push(VersionView {
            source: source.to_owned(),
            action: action.to_owned(),
            parent: before,
            standing: Standing::OnBranch,
        });
        let after = versions.len() as u64;
        self.apply(Effect::Head { config, before, after: Some(after) });
        after
    }

    fn set_tag(&mut self, config: usize, name: &str, after: Option<u64>) {
        let before = self.configs[config].tags.get(name).copied();
        if before != after {
            self.apply(Effect::Tag { config, tag: name.to_owned(), before, after });
        }
    }

    fn apply(&mut self, effect: Effect) {
        self.set(&effect, true);
        self.current.push(effect);
    }

    fn set(&mut self, effect: &Effect, forward: bool) {
        match effect {
            Effect::Head { config, before, after } => {
                self.configs[*config].latest = if forward { *after } else { *before };
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
    fn finish(&mut self) {
        let operation = std::mem::take(&mut self.current);
        if !operation.is_empty() {
            self.is_superseded |= !self.undone.is_empty();
            self.undone.clear();
            self.done.push(operation);
        }
    }

    fn undo(&mut self) -> Result<(), ()> {
        let operation = self.done.pop().ok_or(())?;
        operation.iter().rev().for_each(|effect| self.set(effect, false));
        self.undone.push(operation);
        Ok(())
    }

    fn redo(&mut self) -> Result<(), ()> {
        let operation = self.undone.pop().ok_or(())?;
        operation.iter().for_each(|effect| self.set(effect, true));
        self.done.push(operation);
        Ok(())
    }

    fn view(&self) -> View {
        let mut configs = self.configs.clone();
        for config in &mut configs {
            config.current = "main".to_owned();
            let mut live = BTreeSet::new();
            let mut next = config.latest;
            while let Some(number) = next {
                live.insert(number);
                next = config.versions[number as usize - 1].parent;
            }
            for (number, version) in (1..).zip(&mut config.versions) {
                let is_live = live.contains(&number);
                version.standing = if is_live { Standing::OnBranch } else { Standing::Undone };
            }
        }
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
