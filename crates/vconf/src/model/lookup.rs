//! Finding a value by the key that a person writes: `db.pool`, `env[name=B].value`, `list[0]`, `/db/pool`.

use std::fmt;

use super::path::{Path, Step};
use super::tree::{NodeId, Tree};
use super::value::Kind;

/// Finds the node that a key names.
///
/// A key is names with dots between them, where a name with dots of its own may be written as it is
/// (`server.port` is found in a properties file) or in double quotes; `[0]` is an item of a list, `[-1]` the last,
/// `[name=B]` the one whose `name` is `B`. A key that begins with `/` is a JSON Pointer (RFC 6901). `.` or nothing is
/// the whole.
///
/// # Errors
/// [`NotFound`], also where several items are the one that is meant.
pub fn find(tree: &Tree, key: &str) -> Result<NodeId, NotFound> {
    if key.is_empty() || key == "." {
        return Ok(tree.root());
    }
    if key.starts_with('/')
        && let Some(node) = key.parse().ok().and_then(|path| at_path(tree, &path))
    {
        return Ok(node);
    }
    let mut search = Search::new(tree, key);
    match search.below(tree.root(), key) {
        Some(node) if search.alternatives.is_empty() => Ok(node),
        _ => Err(search.not_found()),
    }
}

/// How many bytes of a key name something, and what they name.
pub(super) fn deepest(tree: &Tree, key: &str) -> (usize, NodeId) {
    let mut search = Search::new(tree, key);
    search.below(tree.root(), key);
    search.deepest
}

/// The names of a node's children, as they would be written after its own.
pub(super) fn names_below(tree: &Tree, node: NodeId) -> Vec<String> {
    let children = tree.children(node).take(MOST_NAMED).enumerate();
    let there = children.map(|(index, child)| match tree.key(child) {
        Some(key) => key.to_owned(),
        None => named(tree, child).unwrap_or_else(|| format!("[{index}]")),
    });
    there.collect()
}

/// Finds the node at a path.
pub fn at_path(tree: &Tree, path: &Path) -> Option<NodeId> {
    path.0.iter().try_fold(tree.root(), |node, step| match (tree.kind(node), step) {
        (Kind::Map, step) => tree.child(node, &step.as_key()),
        (Kind::List, Step::Index(index)) => tree.children(node).nth(*index),
        _ => None,
    })
}

/// No value has the key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NotFound {
    /// The part of the key that was found; empty for none of it.
    pub found: String,
    /// The keys or items that are there instead, as they would be written after that part, in order.
    pub there: Vec<String>,
    /// What the found part names.
    pub kind: Kind,
    /// Where several items are the one that is meant, the key with the index of each.
    pub alternatives: Vec<String>,
}

impl fmt::Display for NotFound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.alternatives.as_slice() {
            [] => f.write_str("no value has this key"),
            several => write!(f, "{} values have this key", several.len()),
        }
    }
}

impl std::error::Error for NotFound {}

/// Writes a key and one below it as one.
pub fn joined(key: &str, below: &str) -> String {
    match (key.is_empty(), below.starts_with('[')) {
        (true, _) => below.to_owned(),
        (false, true) => format!("{key}{below}"),
        (false, false) => format!("{key}.{below}"),
    }
}

/// The most similar of some keys; `None` where each is quite another.
pub fn nearest<'a>(wanted: &str, keys: &'a [String]) -> Option<&'a str> {
    let end = wanted.find(['.', '[']).unwrap_or(wanted.len());
    let wanted = &wanted[..end];
    let similarity = |key: &&str| strsim::jaro_winkler(wanted, key);
    let nearest = keys.iter().map(String::as_str).max_by(|a, b| similarity(a).total_cmp(&similarity(b)))?;
    (similarity(&nearest) > 0.75).then_some(nearest)
}

/// How much is tried: keys that are the beginnings of others allow for several readings.
const MOST_STEPS: usize = 10_000;

/// How many keys are named.
const MOST_NAMED: usize = 1000;

struct Search<'a> {
    tree: &'a Tree,
    steps_left: usize,
    /// How much of the key was found, and where that led.
    deepest: (usize, NodeId),
    /// The key with the index of each item, where several are the one that is meant. The search ends then.
    alternatives: Vec<String>,
    key: &'a str,
}

impl<'a> Search<'a> {
    fn new(tree: &'a Tree, key: &'a str) -> Self {
        let deepest = (0, tree.root());
        Self { tree, steps_left: MOST_STEPS, deepest, alternatives: Vec::new(), key }
    }

    /// Finds what the rest of the key names below a node.
    fn below(&mut self, node: NodeId, rest: &str) -> Option<NodeId> {
        if !self.alternatives.is_empty() {
            return None;
        }
        let found = self.key.len() - rest.len();
        if found >= self.deepest.0 {
            self.deepest = (found, node);
        }
        if rest.is_empty() {
            return Some(node);
        }
        self.steps_left = self.steps_left.checked_sub(1)?;
        if let Some(inner) = rest.strip_prefix('[') {
            return self.bracket(node, inner);
        }
        let rest = if found > 0 { rest.strip_prefix('.')? } else { rest };
        match self.tree.kind(node) {
            Kind::Map => self.in_map(node, rest),
            Kind::List => {
                let end = rest.find(['.', '[']).unwrap_or(rest.len());
                let item = self.tree.children(node).nth(rest[..end].parse().ok()?)?;
                self.below(item, &rest[end..])
            }
            _ => None,
        }
    }

    fn in_map(&mut self, node: NodeId, rest: &str) -> Option<NodeId> {
        if let Some((key, tail)) = quoted(rest)
            && let Some(child) = self.tree.child(node, &key)
        {
            return self.below(child, tail);
        }
        let tail = |child: NodeId| {
            self.tree.key(child).and_then(|key| rest.strip_prefix(key)).filter(|tail| ends_well(tail))
        };
        let mut candidates: Vec<_> =
            self.tree.children(node).filter_map(|child| Some((child, tail(child)?))).collect();
        candidates.sort_by_key(|(_, tail)| tail.len());
        candidates.into_iter().find_map(|(child, tail)| self.below(child, tail))
    }

    fn bracket(&mut self, node: NodeId, inner: &str) -> Option<NodeId> {
        let tree = self.tree;
        if let Some((key, tail)) = quoted(inner) {
            let tail = tail.strip_prefix(']')?;
            return self.below(tree.child(node, &key)?, tail);
        }
        // A value may have brackets in it, so every closing one is tried, the first first.
        for (end, _) in inner.match_indices(']') {
            let (text, tail) = (&inner[..end], &inner[end + 1..]);
            let item = match (text.parse::<i64>(), text.split_once('=')) {
                (Ok(index), _) if tree.kind(node) == Kind::List => {
                    let count = tree.children(node).count() as i64;
                    let index = if index < 0 { count + index } else { index };
                    usize::try_from(index).ok().and_then(|index| tree.children(node).nth(index))
                }
                (_, Some((field, value))) => {
                    let items = tree.children(node).enumerate();
                    let mut items = items.filter(|&(_, item)| self.field_is(item, field, value));
                    let first = items.next();
                    let others: Vec<usize> = items.map(|(index, _)| index).take(MOST_NAMED).collect();
                    if let Some((index, _)) = first
                        && !others.is_empty()
                        && tree.kind(node) == Kind::List
                        && ends_well(tail)
                    {
                        let before = &self.key[..self.key.len() - inner.len() - 1];
                        let indices = [index].into_iter().chain(others);
                        self.alternatives = indices.map(|index| format!("{before}[{index}]{tail}")).collect();
                        return None;
                    }
                    first.map(|(_, item)| item)
                }
                _ => None,
            };
            if let Some(found) = item.and_then(|item| self.below(item, tail)) {
                return Some(found);
            }
        }
        None
    }

    fn field_is(&self, item: NodeId, field: &str, value: &str) -> bool {
        let tree = self.tree;
        let node = match tree.child(item, field) {
            Some(node) => Some(node),
            None => field.split('.').try_fold(item, |node, part| tree.child(node, part)),
        };
        let text = quoted(value).filter(|(_, tail)| tail.is_empty()).map(|(text, _)| text);
        node.is_some_and(|node| match tree.kind(node) {
            Kind::Bool => value == if tree.is_true(node) { "true" } else { "false" },
            Kind::Null => value == "null",
            Kind::Number | Kind::String => tree.text(node) == text.as_deref().unwrap_or(value),
            Kind::List | Kind::Map => false,
        })
    }

    fn not_found(&self) -> NotFound {
        let (found, node) = self.deepest;
        NotFound {
            alternatives: self.alternatives.clone(),
            ..not_found(self.tree, node, self.key[..found].to_owned())
        }
    }
}

/// That what a part of a key names lacks what is below it.
pub(super) fn not_found(tree: &Tree, node: NodeId, found: String) -> NotFound {
    NotFound { found, there: names_below(tree, node), kind: tree.kind(node), alternatives: Vec::new() }
}

fn ends_well(tail: &str) -> bool {
    tail.is_empty() || tail.starts_with(['.', '['])
}

/// `[name=B]`, where an item has a name of its own.
fn named(tree: &Tree, item: NodeId) -> Option<String> {
    let field = ["name", "id", "key"].into_iter().find_map(|field| Some((field, tree.child(item, field)?)));
    let (field, node) = field.filter(|(_, node)| tree.kind(*node) == Kind::String)?;
    Some(format!("[{field}={}]", tree.text(node)))
}

/// Reads a text in double quotes, with `\"` and `\\` in it, and returns what follows as well.
pub(super) fn quoted(text: &str) -> Option<(String, &str)> {
    let mut chars = text.strip_prefix('"')?.char_indices();
    let mut key = String::new();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((key, &text[at + 2..])),
            '\\' => key.push(chars.next()?.1),
            _ => key.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::json;

    fn check(key: &str, expected: Result<&str, &str>) {
        let source = r#"{"db":{"pool":20,"a.b":1,"a":{"b":2,"c":3}},"env":[{"name":"A","value":"1"},{"name":"B","value":"x]y"}],
            "server.port":8080,"/odd":true,"list":[10,20,30],"meta":[{"metadata":{"name":"web"},"n":5}]}"#;
        let tree = json::parse(source).unwrap();
        let found = find(&tree, key).map(|node| json::to_string(&tree.value(node).unwrap()));
        let found = found.map_err(|error| format!("{}: {}", error.found, error.there.join(" ")));
        assert_eq!(found.as_deref().map_err(|error| error.as_str()), expected, "{key}");
    }

    #[test]
    fn keys_are_found_as_people_write_them() {
        check("db.pool", Ok("20"));
        check("/db/pool", Ok("20"));
        check("server.port", Ok("8080"));
        check("db.a.b", Ok("1"));
        check("db.a.c", Ok("3"));
        check("db.\"a.b\"", Ok("1"));
        check("db[\"a\"].b", Ok("2"));
        check("env[name=B].value", Ok("\"x]y\""));
        check("env[value=x]y].name", Ok("\"B\""));
        check("env.0.name", Ok("\"A\""));
        check("list[-1]", Ok("30"));
        check("/list/1", Ok("20"));
        check("/odd", Ok("true"));
        check("meta[metadata.name=web].n", Ok("5"));
    }

    #[test]
    fn a_field_that_several_items_have_names_none_of_them() {
        let tree = json::parse(r#"{"l":[{"n":"x","v":1},{"n":"y"},{"n":"x","m":[{"n":"x"}]},{"n":"x]y"}]}"#)
            .unwrap();
        for (key, alternatives) in [
            ("l[n=x].v", "l[0].v l[2].v"),
            ("l[n=x]", "l[0] l[2]"),
            ("l[n=x].new", "l[0].new l[2].new"),
            ("l[n=z]", ""),
        ] {
            assert_eq!(find(&tree, key).unwrap_err().alternatives.join(" "), alternatives, "{key}");
        }
        for key in ["l[n=y]", "l[n=x]y]", "l[2].m[n=x]"] {
            assert!(find(&tree, key).is_ok(), "{key}");
        }
    }

    #[test]
    fn what_is_not_there_names_what_is() {
        check("db.pol", Err("db: pool a.b a"));
        check("list[3]", Err("list: [0] [1] [2]"));
        check("env[name=C].value", Err("env: [name=A] [name=B]"));
        check("db.pool.x", Err("db.pool: "));
    }
}
