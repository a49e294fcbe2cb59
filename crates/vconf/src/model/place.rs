//! Where a value is to be put: the place that a person's key means, also where nothing is yet.

use std::fmt;

use super::lookup::{NotFound, deepest, find, joined, names_below, nearest, not_found, quoted};
use super::path::{Path, Step};
use super::tree::{NodeId, Tree};
use super::value::{Kind, Value};

/// A place that a key names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// Its path; an index that is the list's length stands for a new item.
    pub path: Path,
    /// Whether nothing is there yet.
    pub is_new: bool,
    /// Of a new place, a key that is there and nearly the same.
    pub near: Option<String>,
}

/// Finds the place that a key names, as [`find`] reads it; what is not there yet is a place too.
///
/// `[+]`, or `/-` at the end of a JSON Pointer, is a new item at the end of a list. Names that are not there are keys
/// of maps, one in another as far as the format has [levels](super::format::Format::map_levels) of them; the rest of
/// the key is one name then.
///
/// # Errors
/// [`NoPlace`], where a list lacks the item, or something that is no map stands where the key leads through.
pub fn place(tree: &Tree, key: &str, map_levels: usize) -> Result<Place, NoPlace> {
    match find(tree, key) {
        Ok(node) => return Ok(Place { path: path_to(tree, node), is_new: false, near: None }),
        Err(several) if !several.alternatives.is_empty() => return Err(NoPlace::Several(several)),
        Err(_) => {}
    }
    let pointer = if key.starts_with('/') { key.parse::<Path>().ok() } else { None };
    let place = match pointer {
        Some(pointer) => by_pointer(tree, &pointer)?,
        None => by_names(tree, key, map_levels)?,
    };
    // Whoever makes what leads there goes down level by level.
    if place.path.0.len() > Value::MAX_DEPTH { Err(NoPlace::TooDeep) } else { Ok(place) }
}

/// Puts a value at a place. A single value that takes the place of another keeps its tag.
///
/// `None` where there is no such place in the content.
pub fn set(content: &mut Value, path: &Path, value: Value) -> Option<()> {
    let is_single = |value: &Value| !matches!(value.kind(), Kind::List | Kind::Map);
    let keeps_tag = !matches!(value, Value::Tagged(_)) && is_single(&value);
    match content.at_mut(path) {
        Some(Value::Tagged(tagged)) if keeps_tag && is_single(&tagged.value) => {
            *tagged.value.untagged_mut() = value;
            Some(())
        }
        _ => content.put_at(path, value),
    }
}

/// A key names no place that something could be put at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NoPlace {
    /// The list has no such item.
    NoItem(NotFound),
    /// Several items are the one that is meant.
    Several(NotFound),
    /// A single value stands where the key leads through.
    InTheWay {
        /// The part of the key that names it.
        found: String,
        /// What it is.
        kind: Kind,
    },
    /// The rest of a key can't be read.
    Malformed {
        /// The rest.
        rest: String,
    },
    /// It would nest deeper than [`Value::MAX_DEPTH`].
    TooDeep,
}

impl fmt::Display for NoPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoItem(_) => f.write_str("the list has no such item"),
            Self::Several(several) => several.fmt(f),
            Self::InTheWay { found, kind } if found.is_empty() => {
                write!(f, "the whole content is a {kind}, and nothing can be below it")
            }
            Self::InTheWay { found, kind } => write!(f, "{found} is a {kind}, and nothing can be below it"),
            Self::Malformed { rest } => write!(f, "\"{}\" is no part of a key", rest.escape_debug()),
            Self::TooDeep => write!(f, "it would nest deeper than {} levels", Value::MAX_DEPTH),
        }
    }
}

impl std::error::Error for NoPlace {}

/// The path from the root to a node.
pub fn path_to(tree: &Tree, node: NodeId) -> Path {
    let mut steps = Vec::new();
    let mut here = tree.root();
    while here != node {
        let mut children = tree.children(here).enumerate();
        let is_around =
            |child: NodeId| (child.index()..child.index() + tree.subtree_len(child)).contains(&node.index());
        let Some((index, child)) = children.find(|&(_, child)| is_around(child)) else { break };
        steps.push(tree.key(child).map_or(Step::Index(index), |key| Step::Key(key.to_owned())));
        here = child;
    }
    Path(steps)
}

fn by_pointer(tree: &Tree, pointer: &Path) -> Result<Place, NoPlace> {
    let mut here = Some(tree.root());
    let mut path = Path::root();
    for step in &pointer.0 {
        let Some(node) = here else {
            path.0.push(Step::Key(step.as_key().into_owned()));
            continue;
        };
        let (next, step) = match tree.kind(node) {
            Kind::Map | Kind::Null => {
                (tree.child(node, &step.as_key()), Step::Key(step.as_key().into_owned()))
            }
            Kind::List => {
                let count = tree.children(node).count();
                match step {
                    Step::Index(index) if *index < count => {
                        (tree.children(node).nth(*index), Step::Index(*index))
                    }
                    Step::Key(key) if key == "-" => (None, Step::Index(count)),
                    _ => {
                        return Err(NoPlace::NoItem(not_found(tree, node, path.to_string())));
                    }
                }
            }
            kind => return Err(NoPlace::InTheWay { found: path.to_string(), kind }),
        };
        path.0.push(step);
        here = next;
    }
    Ok(Place { path, is_new: true, near: None })
}

fn by_names(tree: &Tree, key: &str, map_levels: usize) -> Result<Place, NoPlace> {
    let (end, node) = deepest(tree, key);
    let found = &key[..end];
    let mut rest = &key[end..];
    let mut path = path_to(tree, node);
    let mut near = None;
    let is_dotted = has_dotted_sibling(tree, node, rest);
    match tree.kind(node) {
        Kind::Map | Kind::Null => {
            let name = rest.strip_prefix('.').unwrap_or(rest);
            let prefix = name.split_inclusive('.').next().filter(|_| is_dotted).unwrap_or_default();
            let there: Vec<String> = names_below(tree, node)
                .iter()
                .filter_map(|key| Some(key.strip_prefix(prefix)?.to_owned()))
                .collect();
            let wanted = &name[prefix.len()..];
            let similar = nearest(wanted, &there).filter(|similar| is_nearly(wanted, similar));
            near = similar.map(|similar| joined(found, &format!("{prefix}{similar}")));
        }
        Kind::List if rest.starts_with("[+]") => {}
        Kind::List => {
            return Err(NoPlace::NoItem(not_found(tree, node, found.to_owned())));
        }
        kind => return Err(NoPlace::InTheWay { found: found.to_owned(), kind }),
    }
    let items = if tree.kind(node) == Kind::List { tree.children(node).count() } else { 0 };
    while !rest.is_empty() {
        let is_first = path.0.is_empty();
        let is_first_name = rest.len() == key.len() - end;
        let levels_left =
            if is_dotted && is_first_name { 1 } else { map_levels.saturating_sub(path.0.len()) };
        let malformed = || NoPlace::Malformed { rest: rest.to_owned() };
        let (step, tail) = step(rest, is_first, levels_left).ok_or_else(malformed)?;
        path.0.push(step.map_or(Step::Index(0), Step::Key));
        if rest.len() == key.len() - end
            && let Some(Step::Index(index)) = path.0.last_mut()
        {
            *index = items;
        }
        rest = tail;
    }
    Ok(Place { path, is_new: true, near })
}

/// Whether a name, the first of those that a key has left, is another one mistyped: at most one letter in three is
/// another, is missing, or changed places.
fn is_nearly(wanted: &str, there: &str) -> bool {
    let wanted = &wanted[..wanted.find(['.', '[']).unwrap_or(wanted.len())];
    let letters = wanted.chars().count().max(there.chars().count());
    strsim::osa_distance(wanted, there) * 3 <= letters
}

/// Whether a map spells names with their dots: it has a key that begins as the new one does, up to the first dot, and
/// none of just that name.
fn has_dotted_sibling(tree: &Tree, node: NodeId, rest: &str) -> bool {
    let name = rest.strip_prefix('.').unwrap_or(rest);
    if tree.kind(node) != Kind::Map || name.starts_with(['"', '[']) || name.contains('[') {
        return false;
    }
    let Some((first, below)) = name.split_once('.') else { return false };
    let is_sibling =
        |key: &str| key.strip_prefix(first).is_some_and(|tail| tail.len() > 1 && tail.starts_with('.'));
    let is_name = |part: &str| !part.is_empty() && !part.starts_with('"');
    !first.is_empty()
        && below.split('.').all(is_name)
        && tree.child(node, first).is_none()
        && tree.children(node).filter_map(|child| tree.key(child)).any(is_sibling)
}

/// Reads the next name of a key, none for a new item, and what follows.
fn step(rest: &str, is_first: bool, levels_left: usize) -> Option<(Option<String>, &str)> {
    if let Some(tail) = rest.strip_prefix("[+]") {
        return Some((None, tail));
    }
    if let Some(inner) = rest.strip_prefix('[') {
        let (name, tail) = quoted(inner)?;
        return Some((Some(name), tail.strip_prefix(']')?));
    }
    let rest = if is_first { rest } else { rest.strip_prefix('.')? };
    if let Some((name, tail)) = quoted(rest) {
        return Some((Some(name), tail));
    }
    let end = match levels_left {
        0 | 1 => rest.len(),
        _ => rest.find(['.', '[']).unwrap_or(rest.len()),
    };
    (end > 0).then(|| (Some(rest[..end].to_owned()), &rest[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::json;
    use crate::model::value::Tagged;

    fn check(key: &str, levels: usize, expected: &str) {
        let source = r#"{"db":{"pool":20,"none":null},"env":[{"name":"A"}],"server.port":8080,"list":[1,2]}"#;
        let tree = json::parse(source).unwrap();
        let found = match place(&tree, key, levels) {
            Ok(Place { path, is_new, near }) => {
                let steps = path.0.iter().map(|step| match step {
                    Step::Key(key) => format!(".{key:?}"),
                    Step::Index(index) => format!("[{index}]"),
                });
                let near = near.map(|near| format!(" near {near}")).unwrap_or_default();
                format!("{}{}{near}", if is_new { "new " } else { "" }, steps.collect::<String>())
            }
            Err(error) => error.to_string(),
        };
        assert_eq!(found, expected, "{key}");
    }

    #[test]
    fn a_key_names_what_is_there_or_a_place_where_nothing_is() {
        const ANY: usize = usize::MAX;
        check("db.pool", ANY, r#"."db"."pool""#);
        check("env[name=A].name", ANY, r#"."env"[0]."name""#);
        check("server.port", ANY, r#"."server.port""#);
        check("db.pol", ANY, r#"new ."db"."pol" near db.pool"#);
        check("db.tls.on", ANY, r#"new ."db"."tls"."on""#);
        check("db.none.deep", ANY, r#"new ."db"."none"."deep""#);
        check("new.\"a.b\"[\"c\"]", ANY, r#"new ."new"."a.b"."c""#);
        check("list[+]", ANY, r#"new ."list"[2]"#);
        check("env[+].name", ANY, r#"new ."env"[1]."name""#);
        check("hosts[+].name", ANY, r#"new ."hosts"[0]."name""#);
        check("/list/-", ANY, r#"new ."list"[2]"#);
        check("/db/tls/0", ANY, r#"new ."db"."tls"."0""#);
        check("/env/0/value", ANY, r#"new ."env"[0]."value""#);
        check("spring.data.url", 1, r#"new ."spring.data.url""#);
        check("Service.Exec.Start", 2, r#"new ."Service"."Exec.Start""#);
        check("db.a.b", 2, r#"new ."db"."a.b""#);
    }

    #[test]
    fn a_new_key_is_spelled_with_dots_where_its_siblings_are() {
        const ANY: usize = usize::MAX;
        check("server.host", ANY, r#"new ."server.host""#);
        check("server.prt", ANY, r#"new ."server.prt" near server.port"#);
        check("server.tls.on", ANY, r#"new ."server.tls.on""#);
        check("server.\"tls\"", ANY, r#"new ."server"."tls""#);
        check("servers.host", ANY, r#"new ."servers"."host""#);
        check("server..x", ANY, "\"..x\" is no part of a key");
    }

    #[test]
    fn where_nothing_can_be_put_the_reason_is_told() {
        const ANY: usize = usize::MAX;
        check("db.pool.size", ANY, "db.pool is a number, and nothing can be below it");
        check("/db/pool/size", ANY, "/db/pool is a number, and nothing can be below it");
        check("list[5]", ANY, "the list has no such item");
        check("/list/5", ANY, "the list has no such item");
        check("env[name=B].value", ANY, "the list has no such item");
        check("db..x", ANY, "\"..x\" is no part of a key");
        check("db.", ANY, "\".\" is no part of a key");
        check("new[0]", ANY, "\"[0]\" is no part of a key");
    }

    #[test]
    fn a_single_value_keeps_the_tag_of_the_one_it_replaces() {
        let tagged = |value: Value| Value::Tagged(Box::new(Tagged { tag: "!x".to_owned(), value }));
        let path = Path(vec![Step::Key("a".to_owned())]);
        let mut content = Value::map([("a", tagged("old".into()))]);
        set(&mut content, &path, "new".into()).unwrap();
        assert_eq!(content, Value::map([("a", tagged("new".into()))]));
        set(&mut content, &path, Value::list([1])).unwrap();
        assert_eq!(content, Value::map([("a", Value::list([1]))]));
    }
}
