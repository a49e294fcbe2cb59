//! Names in git: refs, paths and people.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::name::{ConfigName, RefName};

/// Where lines are kept whose branch is none any more.
pub(super) const SIDES: &str = "refs/vconf/";

/// The names that were given out, each once.
#[derive(Debug, Default)]
pub(super) struct GitNames {
    taken: BTreeSet<String>,
    given: BTreeMap<(Option<ConfigName>, RefName, &'static str), String>,
    paths: BTreeSet<String>,
}

impl GitNames {
    pub(super) fn branch(&mut self, branch: &RefName) -> String {
        self.give(None, branch, "refs/heads/")
    }

    pub(super) fn side(&mut self, config: &ConfigName, branch: &RefName) -> String {
        self.give(Some(config), branch, SIDES)
    }

    /// The name of a tag; with a config, below its name.
    pub(super) fn tag(&mut self, config: Option<&ConfigName>, tag: &RefName) -> String {
        self.give(config, tag, "refs/tags/")
    }

    fn give(&mut self, config: Option<&ConfigName>, name: &RefName, space: &'static str) -> String {
        let key = (config.cloned(), name.clone(), space);
        if let Some(given) = self.given.get(&key) {
            return given.clone();
        }
        let wanted = match config {
            Some(config) if space != SIDES => format!("{config}/{name}"),
            _ => name.to_string(),
        };
        let text = ref_text(&wanted);
        let mut found = format!("{space}{text}");
        if self.clashes(&found) {
            // Git keeps refs as files: no name may be the folder of another.
            found = format!("{space}{}", text.replace('/', "-"));
        }
        while self.clashes(&found) {
            found.push('_');
        }
        self.taken.insert(found.clone());
        self.given.insert(key, found.clone());
        found
    }

    /// Whether a name is taken, or is the folder of one, or is below one.
    fn clashes(&self, name: &str) -> bool {
        let below = format!("{name}/");
        let is_folder =
            self.taken.range(below.clone()..).next().is_some_and(|taken| taken.starts_with(&below));
        let above = name.match_indices('/').map(|(at, _)| &name[..at]);
        self.taken.contains(name) || is_folder || above.into_iter().any(|above| self.taken.contains(above))
    }

    /// The path of a config's file, quoted as `git fast-import` reads it.
    pub(super) fn path(&mut self, config: &ConfigName) -> String {
        let path = exported_path(config, &mut self.paths);
        let is_plain = |c: char| !c.is_control() && !matches!(c, '"' | '\\');
        if path.chars().all(is_plain) && path.trim() == path {
            return path;
        }
        let mut quoted = "\"".to_owned();
        for c in path.chars() {
            match c {
                '"' | '\\' => quoted.extend(['\\', c]),
                c if c.is_control() => {
                    let mut bytes = [0; 4];
                    for byte in c.encode_utf8(&mut bytes).bytes() {
                        quoted.push_str(&format!("\\{byte:03o}"));
                    }
                }
                c => quoted.push(c),
            }
        }
        quoted.push('"');
        quoted
    }
}

/// The relative path under which a config is exported: its name, without what would lead elsewhere. `taken` holds those
/// that were given out, so that each is given once.
pub fn exported_path(config: &ConfigName, taken: &mut BTreeSet<String>) -> String {
    let parts = config.as_str().trim_start_matches('/').split('/');
    // Git takes no file of that name.
    let parts = parts.map(|part| if part.eq_ignore_ascii_case(".git") { "_git" } else { part });
    let mut path = parts.collect::<Vec<_>>().join("/");
    while !taken.insert(path.clone()) {
        path.push('_');
    }
    path
}

/// A text as a ref's name (git-check-ref-format).
fn ref_text(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '+' | '/');
    let text: String = text.trim_matches('/').chars().map(|c| if plain(c) { c } else { '_' }).collect();
    let parts = text.split('/').map(|part| {
        let mut part = part.replace("..", "._");
        if part.is_empty() || part.starts_with(['.', '-']) {
            part.insert(0, '_');
        }
        if part.ends_with('.') || part.ends_with(".lock") {
            part.push('_');
        }
        part
    });
    parts.collect::<Vec<_>>().join("/")
}

/// An author as git writes people: `Name <address>`, the address empty where there is none.
pub(super) fn person(author: &str) -> String {
    let (name, address) = match author.strip_suffix('>').and_then(|author| author.rsplit_once('<')) {
        Some((name, address)) => (name.trim(), address),
        None => (author.trim(), ""),
    };
    let plain = |text: &str| text.replace(['<', '>', '\n', '\0'], "");
    match plain(name).trim() {
        "" => format!("<{}>", plain(address)),
        name => format!("{name} <{}>", plain(address)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_written_as_git_reads_them() {
        for (author, written) in [
            ("Ada <ada@x.org>", "Ada <ada@x.org>"),
            ("ops@db1", "ops@db1 <>"),
            ("<a@b>", "<a@b>"),
            ("a\n<b> <c", "ab c <>"),
            ("", "<>"),
        ] {
            assert_eq!(person(author), written, "{author:?}");
        }
    }

    #[test]
    fn every_name_is_one_that_git_takes_and_its_own() {
        let mut names = GitNames::default();
        let mut branch = |name: &str| names.branch(&RefName::new(name).unwrap());
        assert_eq!(branch("main"), "refs/heads/main");
        assert_eq!(branch("main"), "refs/heads/main");
        assert_eq!(branch("main/a"), "refs/heads/main-a");
        assert_eq!(branch("x/y"), "refs/heads/x/y");
        assert_eq!(branch("x"), "refs/heads/x_");
        assert_eq!(branch("a..b"), "refs/heads/a._b");
        assert_eq!(branch("x.lock"), "refs/heads/x.lock_");
    }
}
