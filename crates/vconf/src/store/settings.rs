//! A store's settings: a file that people edit, which says how lists are compared.

use std::fmt;

use crate::backend::BackendError;
use crate::diff::{BadRule, ListKind, Options, Order, Rule};
use crate::format::{self, Format, ParseError};
use crate::model::lookup::nearest;
use crate::model::name::ConfigName;
use crate::model::tree::{NodeId, Span, Tree};
use crate::model::value::Kind;

use super::Store;

/// What people set for a store.
///
/// Written in TOML: `[lists]` has a rule a line, the path of lists and [what they are](ListKind); those under
/// `[configs."NAME".lists]` are for the configs of that name alone, in which `*` is any text without a `/` and `**` any
/// text. Of several rules for a list the last one counts, those for some configs after those for all.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Settings {
    rules: Vec<(Option<Names>, Rule)>,
}

impl Settings {
    /// How many rules for lists it may have.
    pub const MAX_RULES: usize = 100;

    /// Reads settings. Linear in their length.
    pub fn parse(text: &str) -> Result<Self, BadSettings> {
        let tree = format::parse(Format::Toml, text).map_err(BadSettings::of_syntax)?;
        let mut reader = Reader { text, tree: &tree, rules: Vec::new() };
        reader.top()?;
        // Those for all configs come first; else they stand as in the file.
        reader.rules.sort_by_key(|found| (found.names.is_some(), found.offset));
        Ok(Self { rules: reader.rules.into_iter().map(|found| (found.names, found.rule)).collect() })
    }

    /// What the states of a config are compared by.
    pub fn options(&self, config: &ConfigName) -> Options {
        let is_meant = |names: &Option<Names>| names.as_ref().is_none_or(|names| names.hold(config.as_str()));
        let rules = self.rules.iter().filter(|(names, _)| is_meant(names)).map(|(_, rule)| rule.clone());
        Options { order: Order::Ignore, rules: rules.collect() }
    }
}

impl Store {
    /// The store's settings, read once; the default where it has none.
    pub fn settings(&self) -> Result<&Settings, &SettingsError> {
        self.settings.get_or_init(|| self.read_settings()).as_ref()
    }

    /// What the states of a config are compared by; the default where the settings can't be used, since what is to be
    /// saved must not wait for them.
    pub fn options(&self, config: &ConfigName) -> Options {
        self.settings().map(|settings| settings.options(config)).unwrap_or_default()
    }

    fn read_settings(&self) -> Result<Settings, SettingsError> {
        let Some(file) = self.backend().settings().map_err(SettingsError::Unreadable)? else {
            return Ok(Settings::default());
        };
        let bad = |error| SettingsError::Bad { object: file.object.clone(), error };
        let text = std::str::from_utf8(&file.bytes).map_err(|error| {
            let valid = String::from_utf8_lossy(&file.bytes[..error.valid_up_to()]);
            bad(BadSettings::at(&valid, valid.len(), SettingsProblem::NotUtf8))
        })?;
        Settings::parse(text).map_err(bad)
    }
}

/// Why a store's settings can't be used.
#[derive(Debug)]
pub enum SettingsError {
    /// They can't be read.
    Unreadable(BackendError),
    /// Something in them is wrong.
    Bad {
        /// What a person finds them under: a file's path.
        object: String,
        /// What is wrong.
        error: BadSettings,
    },
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(error) => error.fmt(f),
            Self::Bad { object, error } => {
                write!(f, "{object}, line {}, column {}: {}", error.line, error.column, error.problem)
            }
        }
    }
}

impl std::error::Error for SettingsError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unreadable(error) => error.source(),
            Self::Bad { .. } => None,
        }
    }
}

/// What is wrong in settings, and where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BadSettings {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// What is wrong.
    pub problem: SettingsProblem,
}

/// The ways in which settings can be wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SettingsProblem {
    /// It is not UTF-8.
    NotUtf8,
    /// It is not TOML: with the parser's words.
    Syntax(String),
    /// There is no such setting.
    UnknownSetting {
        /// The word.
        word: String,
        /// The settings that there are.
        known: &'static [&'static str],
        /// The one that may be meant.
        near: Option<&'static str>,
        /// The header that may be meant, where the word looks like a config's name or a part of it.
        header: Option<String>,
    },
    /// A setting is not a table.
    NotATable(String),
    /// There is no such kind of list.
    UnknownKind {
        /// The word; `None` where it is no text.
        word: Option<String>,
        /// The kind that may be meant.
        near: Option<&'static str>,
    },
    /// A path for lists is none.
    BadPath(String),
    /// A config's name is empty or too long.
    BadName(String),
    /// There are more than [`Settings::MAX_RULES`] rules.
    TooMany,
}

impl fmt::Display for SettingsProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotUtf8 => f.write_str("not UTF-8"),
            Self::Syntax(message) => f.write_str(message),
            Self::UnknownSetting { word, .. } => write!(f, "there is no setting {word:?}"),
            Self::NotATable(word) => write!(f, "{word:?} is a table, [{word}]"),
            Self::UnknownKind { word: Some(word), .. } => write!(f, "{word:?} is no kind of list"),
            Self::UnknownKind { word: None, .. } => f.write_str("a kind of list is a text"),
            Self::BadPath(path) => write!(f, "{path:?} is no path of lists"),
            Self::BadName(name) => write!(f, "{name:?} is no name of configs"),
            Self::TooMany => write!(f, "there are more than {} rules for lists", Settings::MAX_RULES),
        }
    }
}

impl BadSettings {
    fn at(text: &str, offset: usize, problem: SettingsProblem) -> Self {
        let ParseError { line, column, .. } = ParseError::at(Format::Toml, text, offset, "");
        Self { line, column, problem }
    }

    fn of_syntax(error: ParseError) -> Self {
        let ParseError { line, column, message, .. } = error;
        Self { line, column, problem: SettingsProblem::Syntax(message) }
    }
}

const LISTS: &str = "lists";
const CONFIGS: &str = "configs";

/// Reads the tree of a file of settings.
struct Reader<'a> {
    text: &'a str,
    tree: &'a Tree,
    rules: Vec<Found>,
}

/// A rule, for which configs it is, and where it stands.
struct Found {
    offset: u32,
    names: Option<Names>,
    rule: Rule,
}

impl<'a> Reader<'a> {
    fn top(&mut self) -> Result<(), BadSettings> {
        for (setting, key) in self.children(self.tree.root()) {
            match key {
                LISTS => self.lists(setting, None)?,
                CONFIGS => self.configs(setting)?,
                _ => return Err(self.unknown(setting, key, &[LISTS, CONFIGS], self.dotted(setting, key))),
            }
        }
        Ok(())
    }

    fn configs(&mut self, configs: NodeId) -> Result<(), BadSettings> {
        self.table(configs)?;
        for (config, name) in self.children(configs) {
            let names = Names::new(name).ok_or_else(|| {
                self.bad(self.tree.key_span(config), SettingsProblem::BadName(name.to_owned()))
            })?;
            self.table(config)?;
            for (setting, key) in self.children(config) {
                if key != LISTS {
                    let header = self.dotted(setting, key).map(|rest| format!("{name}.{rest}"));
                    return Err(self.unknown(setting, key, &[LISTS], header));
                }
                self.lists(setting, Some(&names))?;
            }
        }
        Ok(())
    }

    /// Reads rules. Tables in them stand for paths with dots.
    fn lists(&mut self, lists: NodeId, names: Option<&Names>) -> Result<(), BadSettings> {
        self.table(lists)?;
        let mut open = vec![(lists, String::new())];
        while let Some((table, above)) = open.pop() {
            for (value, key) in self.children(table) {
                let path = if above.is_empty() { key.to_owned() } else { format!("{above}.{key}") };
                if self.tree.kind(value) == Kind::Map && !path.starts_with('/') {
                    open.push((value, path));
                    continue;
                }
                let rule = self.rule(value, path)?;
                if self.rules.len() == Settings::MAX_RULES {
                    return Err(self.bad(self.tree.key_span(value), SettingsProblem::TooMany));
                }
                let offset = self.tree.key_span(value).start;
                self.rules.push(Found { offset, names: names.cloned(), rule });
            }
        }
        Ok(())
    }

    fn rule(&self, value: NodeId, path: String) -> Result<Rule, BadSettings> {
        let Ok(pattern) = path.parse() else {
            return Err(self.bad(self.tree.key_span(value), SettingsProblem::BadPath(path)));
        };
        let word = (self.tree.kind(value) == Kind::String).then(|| self.tree.text(value));
        let kind = word.ok_or(BadRule).and_then(str::parse);
        let kind = kind.map_err(|BadRule| {
            let near = word.and_then(ListKind::nearest_word);
            let problem = SettingsProblem::UnknownKind { word: word.map(str::to_owned), near };
            self.bad(self.tree.span(value), problem)
        })?;
        Ok(Rule { path: pattern, kind })
    }

    fn children(&self, node: NodeId) -> Vec<(NodeId, &'a str)> {
        self.tree.children(node).map(|child| (child, self.tree.key(child).unwrap_or_default())).collect()
    }

    fn table(&self, node: NodeId) -> Result<(), BadSettings> {
        if self.tree.kind(node) == Kind::Map {
            return Ok(());
        }
        let word = self.tree.key(node).unwrap_or_default().to_owned();
        Err(self.bad(self.tree.key_span(node), SettingsProblem::NotATable(word)))
    }

    /// The name that a table may be meant for, down to the lists in it: its keys with dots between them.
    fn dotted(&self, node: NodeId, key: &str) -> Option<String> {
        let mut name = key.to_owned();
        let mut node = node;
        for _ in 0..8 {
            if self.tree.kind(node) != Kind::Map {
                return None;
            }
            if self.tree.child(node, LISTS).is_some() {
                return Some(name);
            }
            let child = self.tree.children(node).next()?;
            name = format!("{name}.{}", self.tree.key(child)?);
            node = child;
        }
        None
    }

    fn unknown(
        &self,
        node: NodeId,
        word: &str,
        known: &'static [&'static str],
        name: Option<String>,
    ) -> BadSettings {
        let words: Vec<String> = known.iter().map(|&word| word.to_owned()).collect();
        let near = nearest(word, &words).and_then(|near| known.iter().find(|known| **known == near).copied());
        let header = name.map(|name| format!("[{CONFIGS}.{name:?}.{LISTS}]"));
        let problem = SettingsProblem::UnknownSetting { word: word.to_owned(), known, near, header };
        self.bad(self.tree.key_span(node), problem)
    }

    fn bad(&self, span: Span, problem: SettingsProblem) -> BadSettings {
        BadSettings::at(self.text, span.start as usize, problem)
    }
}

/// Names of configs, with `*` for any text without a `/` and `**` for any text.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Names(String);

impl Names {
    const MAX_BYTES: usize = 1024;

    fn new(text: &str) -> Option<Self> {
        (!text.is_empty() && text.len() <= Self::MAX_BYTES).then(|| Self(text.to_owned()))
    }

    /// Whether a name is one of these. The product of both lengths at most.
    fn hold(&self, name: &str) -> bool {
        let name = name.as_bytes();
        // reached[n]: whether the pattern so far holds the first n bytes of the name.
        let mut reached = vec![false; name.len() + 1];
        reached[0] = true;
        let mut pattern = self.0.as_bytes();
        while let Some((&byte, rest)) = pattern.split_first() {
            pattern = rest;
            if byte == b'*' {
                let crosses = pattern.strip_prefix(b"*");
                pattern = crosses.unwrap_or(pattern);
                for at in 0..name.len() {
                    reached[at + 1] |= reached[at] && (crosses.is_some() || name[at] != b'/');
                }
            } else {
                for at in (0..name.len()).rev() {
                    reached[at + 1] = reached[at] && name[at] == byte;
                }
                reached[0] = false;
            }
        }
        reached[name.len()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(settings: &str, config: &str) -> Vec<String> {
        let settings = Settings::parse(settings).unwrap_or_else(|error| panic!("{error:?}"));
        let options = settings.options(&ConfigName::new(config).unwrap());
        options.rules.iter().map(|rule| format!("{}={}", rule.path, rule.kind)).collect()
    }

    fn problem(settings: &str) -> String {
        let BadSettings { line, column, problem } = Settings::parse(settings).unwrap_err();
        format!("{line}:{column} {problem}")
    }

    #[test]
    fn rules_for_all_configs_come_before_those_for_some() {
        let settings = r#"
            [configs."etc/*.yaml".lists]
            hosts = "sequence"
            [lists]
            "/spec/ports" = "key:port+protocol"
            hosts = "set"
            spec.args = "multiset"
            args = "sequence"
            [configs."**".lists]
            "**" = "sequence"
        "#;
        let all = ["/spec/ports=key:port+protocol", "hosts=set", "spec.args=multiset", "args=sequence"];
        assert_eq!(rules(settings, "app.yaml"), [&all[..], &["**=sequence"]].concat());
        assert_eq!(rules(settings, "etc/a.yaml"), [&all[..], &["hosts=sequence", "**=sequence"]].concat());
        assert_eq!(rules(settings, "etc/a/b.yaml"), rules(settings, "app.yaml"));
        assert_eq!(rules("", "app.yaml"), [""; 0]);
    }

    #[test]
    fn names_may_have_stars() {
        for (pattern, name, holds) in [
            ("app.yaml", "app.yaml", true),
            ("app.yaml", "appxyaml", false),
            ("*.yaml", "a.yaml", true),
            ("*.yaml", "etc/a.yaml", false),
            ("**.yaml", "etc/a.yaml", true),
            ("etc/**/x", "etc/a/b/x", true),
            ("etc/*/x", "etc/a/b/x", false),
            ("*", "", true),
            ("a*", "b", false),
            ("*a*a*a*", "aaa", true),
        ] {
            assert_eq!(Names::new(pattern).unwrap().hold(name), holds, "{pattern} {name}");
        }
        assert!(!Names::new(&"*a".repeat(500)).unwrap().hold(&"a".repeat(400)));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        assert_eq!(problem("[lists]\nhosts = \"sett\"\n"), "2:9 \"sett\" is no kind of list");
        assert_eq!(problem("[lists]\nhosts = 3\n"), "2:9 a kind of list is a text");
        assert_eq!(problem("[lists]\nhosts = \"key:\"\n"), "2:9 \"key:\" is no kind of list");
        assert_eq!(problem("\n[list]\n"), "2:2 there is no setting \"list\"");
        assert_eq!(problem("lists = 1\n"), "1:1 \"lists\" is a table, [lists]");
        assert_eq!(problem("[lists]\n\"\" = \"set\"\n"), "2:1 \"\" is no path of lists");
        assert_eq!(problem("[configs.\"\".lists]\n"), "1:10 \"\" is no name of configs");
        assert_eq!(problem("[lists\n").split(' ').next(), Some("1:7"));
        let many: String = (0..101).map(|n| format!("l{n} = \"set\"\n")).collect();
        assert_eq!(problem(&format!("[lists]\n{many}")), "102:1 there are more than 100 rules for lists");
    }

    #[test]
    fn a_name_without_its_quotes_is_understood_in_the_error() {
        let header = |settings: &str| match Settings::parse(settings).unwrap_err().problem {
            SettingsProblem::UnknownSetting { header, .. } => header.unwrap_or_default(),
            other => panic!("{other:?}"),
        };
        assert_eq!(header("[configs.app.yaml.lists]\n"), "[configs.\"app.yaml\".lists]");
        assert_eq!(header("[\"app.yaml\".lists]\n"), "[configs.\"app.yaml\".lists]");
        assert_eq!(header("[app.yaml.lists]\n"), "[configs.\"app.yaml\".lists]");
        assert_eq!(header("[list]\na = 1\n"), "");
    }
}
