//! How lists are compared: by default, and by rule at a path.

use std::fmt;
use std::str::FromStr;

use crate::model::lookup::nearest;
use crate::model::tree::{NodeId, Tree};
use crate::model::value::{Kind, Tagged};

/// What to compare by.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Whether the order of lists is content.
    pub order: Order,
    /// Rules for the lists at some paths, which go before `order`; of several that match, the last one counts.
    ///
    /// At most [`Options::MAX_RULES`] are read.
    pub rules: Vec<Rule>,
}

impl Options {
    /// How many rules are read.
    pub const MAX_RULES: usize = 128;

    /// Sets whether order counts, past the rules so far: of those only the ones stay that say the same.
    pub fn with_order(mut self, order: Order) -> Self {
        self.order = order;
        self.rules.retain(|rule| (rule.kind == ListKind::Sequence) == (order == Order::Strict));
        self
    }

    /// Makes copies count in every list: those that are sets become multisets.
    pub fn with_copies(mut self) -> Self {
        for rule in self.rules.iter_mut().filter(|rule| rule.kind == ListKind::Set) {
            rule.kind = ListKind::Multiset;
        }
        self
    }

    /// The options with which order counts.
    pub fn strict() -> Self {
        Self { order: Order::Strict, rules: Vec::new() }
    }
}

/// Whether the order of lists is content.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Order {
    /// Lists are multisets; items that only moved are reported apart.
    #[default]
    Ignore,
    /// Lists are sequences.
    Strict,
}

/// A rule for the lists at some paths.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rule {
    /// Which lists.
    pub path: Pattern,
    /// What they are.
    pub kind: ListKind,
}

/// What a list is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ListKind {
    /// The order counts.
    Sequence,
    /// Neither order nor copies count.
    Set,
    /// Copies count, the order does not.
    Multiset,
    /// The order does not count, and items are the same where these fields are, each a key or `key.key`.
    Keyed(Vec<String>),
}

impl ListKind {
    /// The words for the kinds, as people write them.
    pub const WORDS: [&'static str; 4] = ["sequence", "set", "multiset", "key:FIELD"];

    /// The word that is most like another; `None` where that is quite another.
    pub fn nearest_word(word: &str) -> Option<&'static str> {
        if word.starts_with("key") {
            return Some(Self::WORDS[3]);
        }
        let words = Self::WORDS.map(str::to_owned);
        let near = nearest(word, &words)?;
        Self::WORDS.into_iter().find(|known| *known == near)
    }
}

impl fmt::Display for ListKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sequence => f.write_str("sequence"),
            Self::Set => f.write_str("set"),
            Self::Multiset => f.write_str("multiset"),
            Self::Keyed(fields) => write!(f, "key:{}", fields.join("+")),
        }
    }
}

impl FromStr for ListKind {
    type Err = BadRule;

    /// Reads `sequence`, `set`, `multiset`, `key:FIELD` or `key:FIELD+FIELD`.
    fn from_str(text: &str) -> Result<Self, BadRule> {
        match text.trim() {
            "sequence" => Ok(Self::Sequence),
            "set" => Ok(Self::Set),
            "multiset" => Ok(Self::Multiset),
            other => keyed(other.strip_prefix("key:").ok_or(BadRule)?),
        }
    }
}

/// Reads the fields that tell the items of a list apart.
fn keyed(fields: &str) -> Result<ListKind, BadRule> {
    let fields: Vec<String> = fields.split('+').map(|field| field.trim().to_owned()).collect();
    if fields.iter().any(String::is_empty) { Err(BadRule) } else { Ok(ListKind::Keyed(fields)) }
}

impl Rule {
    /// Reads `PATH=KIND`, such as `hosts=set` or `/spec/ports=key:port+protocol`.
    pub fn parse(text: &str) -> Result<Self, BadRule> {
        let (path, kind) = text.rsplit_once('=').ok_or(BadRule)?;
        Ok(Self { path: path.trim().parse()?, kind: kind.parse()? })
    }

    /// Reads `PATH=FIELD` or `PATH=FIELD+FIELD`, the rule for a keyed list: `env=name`, `/spec/ports=port+protocol`.
    pub fn parse_keyed(text: &str) -> Result<Self, BadRule> {
        let (path, fields) = text.rsplit_once('=').ok_or(BadRule)?;
        Ok(Self { path: path.trim().parse()?, kind: keyed(fields)? })
    }
}

impl Options {
    /// The rules that are for no list of these trees, in order. Linear in the nodes, times the rules.
    pub fn rules_without_lists<'a>(&'a self, trees: &[&Tree]) -> Vec<&'a Rule> {
        let is_used = |rule: &Rule| {
            // Of several rules for a list the last one counts, so each is looked at alone.
            let alone = Self { order: self.order, rules: vec![rule.clone()] };
            trees.iter().any(|tree| Modes::new(tree, &alone).rules.contains(&1))
        };
        self.rules.iter().take(Self::MAX_RULES).filter(|rule| !is_used(rule)).collect()
    }
}

/// The paths that a rule is for.
///
/// Written as a JSON Pointer it is the whole path: `/spec/containers`. Written with dots it is the path's end:
/// `containers`, `spec.containers`. A step `*` is any one step, `**` any number of them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pattern {
    text: String,
    tokens: Vec<Token>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Token {
    Any,
    AnyNumber,
    Key(String),
}

/// The text is not a rule: it is empty, lacks a part, or has too many steps.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BadRule;

impl fmt::Display for BadRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a rule for lists")
    }
}

impl std::error::Error for BadRule {}

impl FromStr for Pattern {
    type Err = BadRule;

    fn from_str(text: &str) -> Result<Self, BadRule> {
        let token = |step: &str| match step {
            "*" => Token::Any,
            "**" => Token::AnyNumber,
            key => Token::Key(key.replace("~1", "/").replace("~0", "~")),
        };
        let tokens: Vec<Token> = match text.strip_prefix('/') {
            Some(pointer) => pointer.split('/').map(token).collect(),
            None if text.is_empty() => return Err(BadRule),
            None => std::iter::once(Token::AnyNumber)
                .chain(text.replace("[*]", ".*").split('.').map(token))
                .collect(),
        };
        if tokens.len() > Self::MAX_STEPS {
            return Err(BadRule);
        }
        Ok(Self { text: text.to_owned(), tokens })
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Pattern {
    /// How many steps a pattern may have.
    pub const MAX_STEPS: usize = 62;

    /// The places in the pattern that can be reached without a step: bit `n` is before token `n`.
    fn closure(&self, mut states: u64) -> u64 {
        for (at, token) in self.tokens.iter().enumerate() {
            if states & 1 << at != 0 && *token == Token::AnyNumber {
                states |= 1 << (at + 1);
            }
        }
        states
    }

    fn start(&self) -> u64 {
        self.closure(1)
    }

    fn step(&self, states: u64, step: &Step<'_>) -> u64 {
        let mut next = 0;
        for (at, token) in self.tokens.iter().enumerate() {
            if states & 1 << at == 0 {
                continue;
            }
            match token {
                Token::AnyNumber => next |= 1 << at,
                Token::Any => next |= 1 << (at + 1),
                Token::Key(key) if step.is(key) => next |= 1 << (at + 1),
                Token::Key(_) => {}
            }
        }
        self.closure(next)
    }

    fn accepts(&self, states: u64) -> bool {
        states & 1 << self.tokens.len() != 0
    }
}

enum Step<'a> {
    Key(&'a str),
    Index(usize),
}

impl Step<'_> {
    fn is(&self, key: &str) -> bool {
        match self {
            Self::Key(step) => *step == key,
            Self::Index(index) => key.parse() == Ok(*index),
        }
    }
}

/// What each list of a tree is compared as.
pub(super) struct Modes<'a> {
    options: &'a Options,
    /// For each node the number of its rule, counted from 1; empty where there are no rules.
    rules: Vec<u8>,
}

/// What one list is compared as.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum ListMode<'a> {
    Sequence,
    Set,
    Multiset,
    Keyed(&'a [String]),
}

impl<'a> Modes<'a> {
    /// Finds the rule of each list. Linear in the nodes, times the rules.
    pub(super) fn new(tree: &Tree, options: &'a Options) -> Self {
        let rules = &options.rules[..options.rules.len().min(Options::MAX_RULES)];
        let mut modes = Self { options, rules: Vec::new() };
        if rules.is_empty() {
            return modes;
        }
        modes.rules = vec![0; tree.len()];
        // One level of states for each open list or map, in document order.
        let mut open: Vec<(usize, usize)> = Vec::new();
        let mut states: Vec<u64> = Vec::new();
        for at in 0..tree.len() {
            let id = tree.at(at).expect("below the length");
            while open.last().is_some_and(|&(end, _)| end <= at) {
                open.pop();
                states.truncate(states.len() - rules.len());
            }
            let level = states.len();
            match open.last_mut() {
                None => states.extend(rules.iter().map(|rule| rule.path.start())),
                Some((_, index)) => {
                    let step = tree.key(id).map_or(Step::Index(*index), Step::Key);
                    *index += 1;
                    for (number, rule) in rules.iter().enumerate() {
                        let parent = states[level - rules.len() + number];
                        states.push(rule.path.step(parent, &step));
                    }
                }
            }
            if tree.kind(id) == Kind::List {
                let last = (0..rules.len()).rev().find(|&n| rules[n].path.accepts(states[level + n]));
                modes.rules[at] = last.map_or(0, |n| n as u8 + 1);
            }
            if matches!(tree.kind(id), Kind::List | Kind::Map) {
                open.push((at + tree.subtree_len(id), 0));
            } else {
                states.truncate(level);
            }
        }
        modes
    }

    /// Whether a rule says what a list is.
    pub(super) fn has_rule(&self, list: NodeId) -> bool {
        self.rules.get(list.index()).is_some_and(|rule| *rule != 0)
    }

    pub(super) fn of(&self, tree: &Tree, list: NodeId) -> ListMode<'a> {
        if tree.tag(list) == Some(Tagged::LINES) {
            return ListMode::Sequence;
        }
        match self.rules.get(list.index()) {
            None | Some(0) => match self.options.order {
                Order::Ignore => ListMode::Multiset,
                Order::Strict => ListMode::Sequence,
            },
            Some(rule) => match &self.options.rules[usize::from(*rule) - 1].kind {
                ListKind::Sequence => ListMode::Sequence,
                ListKind::Set => ListMode::Set,
                ListKind::Multiset => ListMode::Multiset,
                ListKind::Keyed(fields) => ListMode::Keyed(fields),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::value::Value;

    fn lists_that_match(pattern: &str) -> Vec<usize> {
        // 0 root, 1 a, 2 env, 3 1, 4 b, 5 items, 6 {}, 7 env, 8 2
        let value = Value::map([
            ("a", Value::map([("env", Value::list([1]))])),
            ("b", Value::map([("items", Value::list([Value::map([("env", Value::list([2]))])]))])),
        ]);
        let tree = Tree::from_value(&value).unwrap();
        let rule = Rule { path: pattern.parse().unwrap(), kind: ListKind::Sequence };
        let options = Options { order: Order::Ignore, rules: vec![rule] };
        let modes = Modes::new(&tree, &options);
        let list = |&at: &usize| modes.of(&tree, tree.at(at).unwrap()) == ListMode::Sequence;
        (0..tree.len()).filter(|at| tree.kind(tree.at(*at).unwrap()) == Kind::List).filter(list).collect()
    }

    #[test]
    fn a_dotted_pattern_is_the_end_of_the_path_and_a_pointer_the_whole() {
        assert_eq!(lists_that_match("env"), [2, 7]);
        assert_eq!(lists_that_match("a.env"), [2]);
        assert_eq!(lists_that_match("items[*].env"), [7]);
        assert_eq!(lists_that_match("/a/env"), [2]);
        assert_eq!(lists_that_match("/b/items/0/env"), [7]);
        assert_eq!(lists_that_match("/b/**/env"), [7]);
        assert_eq!(lists_that_match("/**"), [2, 5, 7]);
        assert_eq!(lists_that_match("/env"), [0; 0]);
    }

    #[test]
    fn a_rule_names_a_path_and_a_kind_and_is_written_as_it_is_read() {
        for text in ["hosts=set", "/spec/args=sequence", "a.b=multiset", "ports=key:port+protocol"] {
            let rule = Rule::parse(text).unwrap();
            assert_eq!(format!("{}={}", rule.path, rule.kind), text);
        }
        for bad in ["", "hosts", "=set", "hosts=", "hosts=sets", "hosts=key:", "hosts=key:a+"] {
            assert_eq!(Rule::parse(bad), Err(BadRule), "{bad}");
        }
        assert_eq!(ListKind::nearest_word("sequense"), Some("sequence"));
        assert_eq!(ListKind::nearest_word("keyed:name"), Some("key:FIELD"));
        assert_eq!(ListKind::nearest_word("x"), None);
    }

    #[test]
    fn an_order_that_is_asked_for_goes_before_rules_that_say_otherwise() {
        let rules = ["a=set", "b=sequence", "c=key:name"].map(|text| Rule::parse(text).unwrap()).to_vec();
        let left = |order| {
            let options = Options { rules: rules.clone(), ..Options::default() }.with_order(order);
            options.rules.iter().map(|rule| rule.path.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(left(Order::Strict), ["b"]);
        assert_eq!(left(Order::Ignore), ["a", "c"]);
    }

    #[test]
    fn a_keyed_rule_names_a_path_and_fields() {
        let rule = Rule::parse_keyed("spec.ports=port+protocol").unwrap();
        assert_eq!(rule.kind, ListKind::Keyed(vec!["port".into(), "protocol".into()]));
        assert_eq!(rule.path.to_string(), "spec.ports");
        for bad in ["", "env", "=name", "env=", "env=a+"] {
            assert_eq!(Rule::parse_keyed(bad), Err(BadRule), "{bad}");
        }
    }
}
