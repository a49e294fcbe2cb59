//! Which format a file is in: by its name, or else by what it evidently holds.

use std::sync::Arc;

use super::{Format, parse_shared};
use crate::model::tree::{NodeId, Tree};
use crate::model::value::Kind;

impl Format {
    /// Returns the format that a file's name speaks of: its extension, or a well-known name.
    ///
    /// `Cargo.lock` is TOML; `app.yaml.example` is YAML. None where the name says nothing: then only the content can
    /// tell.
    pub fn of_file_name(name: &str) -> Option<Self> {
        let path = name.replace('\\', "/").to_lowercase();
        let base = path.rsplit('/').next().unwrap_or(&path);
        let mut base = base;
        while let Some(stem) = COPIES.iter().find_map(|suffix| base.strip_suffix(suffix)) {
            if stem.is_empty() {
                break;
            }
            base = stem;
        }
        let extension = base.rfind('.').map_or("", |dot| &base[dot + 1..]);
        let is_at_end = |name: &&str| path.strip_suffix(name).is_some_and(|before| before.ends_with('/'));
        let known = |names: &[&str]| names.contains(&base) || names.iter().any(is_at_end);
        NAMES
            .iter()
            .find(|(_, names)| known(names))
            .or_else(|| EXTENSIONS.iter().find(|(_, extensions)| extensions.contains(&extension)))
            .map(|&(format, _)| format)
            .or_else(|| base.starts_with(".env.").then_some(Self::Env))
    }
}

/// Endings that say what a file is for, not what it holds.
const COPIES: [&str; 7] = [".example", ".sample", ".dist", ".default", ".bak", ".orig", ".old"];

const NAMES: [(Format, &[&str]); 7] = [
    (Format::Json, &["composer.lock", "pipfile.lock", "flake.lock", "deno.lock", ".watchmanconfig"]),
    (Format::Jsonc, &[".eslintrc", ".swcrc", ".jshintrc"]),
    (Format::Json5, &[".babelrc"]),
    (Format::Yaml, &[".clang-format", ".clang-tidy", ".clangd", ".yamllint", ".condarc", "pubspec.lock"]),
    (Format::Toml, &["cargo.lock", "pipfile", "poetry.lock", "uv.lock", "pdm.lock", ".cargo/config"]),
    (
        Format::Ini,
        &[
            ".editorconfig",
            ".gitconfig",
            ".gitmodules",
            ".git/config",
            ".pylintrc",
            ".flake8",
            ".coveragerc",
            ".pypirc",
            ".hgrc",
            "pip.conf",
            ".aws/config",
            ".aws/credentials",
        ],
    ),
    (
        Format::Text,
        &[
            "nginx.conf",
            "dockerfile",
            "containerfile",
            "makefile",
            "jenkinsfile",
            "vagrantfile",
            ".envrc",
            "caddyfile",
        ],
    ),
];

const EXTENSIONS: [(Format, &[&str]); 9] = [
    (
        Format::Json,
        &["json", "webmanifest", "geojson", "topojson", "jsonld", "har", "ipynb", "avsc", "tfstate"],
    ),
    (Format::Jsonc, &["jsonc", "code-workspace", "sublime-settings", "sublime-project", "hujson"]),
    (Format::Json5, &["json5"]),
    (Format::Yaml, &["yaml", "yml", "cff"]),
    (Format::Toml, &["toml"]),
    (
        Format::Ini,
        &[
            "ini",
            "cfg",
            "cnf",
            "desktop",
            "service",
            "socket",
            "timer",
            "mount",
            "automount",
            "target",
            "path",
            "slice",
            "scope",
            "swap",
            "device",
            "network",
            "netdev",
            "link",
            "nspawn",
            "dnssd",
            "container",
            "volume",
            "pod",
            "kube",
            "editorconfig",
            "gitconfig",
            "pylintrc",
        ],
    ),
    (Format::Env, &["env", "flaskenv"]),
    (Format::Properties, &["properties"]),
    (
        Format::Text,
        &[
            "txt",
            "md",
            "rst",
            "adoc",
            "sh",
            "bash",
            "zsh",
            "fish",
            "ps1",
            "bat",
            "cmd",
            "py",
            "rb",
            "pl",
            "lua",
            "js",
            "mjs",
            "cjs",
            "ts",
            "css",
            "scss",
            "html",
            "htm",
            "xml",
            "svg",
            "xsd",
            "plist",
            "c",
            "h",
            "cc",
            "cpp",
            "hpp",
            "rs",
            "go",
            "java",
            "kt",
            "swift",
            "php",
            "sql",
            "csv",
            "tsv",
            "tf",
            "hcl",
            "nix",
            "vim",
            "el",
            "diff",
            "patch",
            "log",
            "mk",
            "cmake",
            "gradle",
            "proto",
            "graphql",
            "dockerfile",
            "bazel",
            "bzl",
        ],
    ),
];

/// Finds what a source evidently is, and reads it. Careful: none rather than a guess.
pub(super) fn by_content(source: &Arc<String>) -> Option<(Format, Tree)> {
    let text = source.strip_prefix('\u{feff}').unwrap_or(source);
    if text.starts_with("#!") {
        return None;
    }
    let attempt = |format: Format, fits: fn(&Tree) -> bool| {
        let tree = parse_shared(format, source).ok()?;
        fits(&tree).then_some((format, tree))
    };
    let json: &[Format] = match text.trim_start().as_bytes() {
        [b'{', ..] => &[Format::Json, Format::Jsonc, Format::Json5],
        [b'[', ..] => &[Format::Json],
        _ => &[],
    };
    if let Some(found) = json.iter().find_map(|&format| attempt(format, is_collection)) {
        return Some(found);
    }
    if text.starts_with("%YAML")
        || text.strip_prefix("---").is_some_and(|rest| rest.starts_with(char::is_whitespace))
    {
        return attempt(Format::Yaml, are_collections);
    }
    if !text.contains('=') {
        return None;
    }
    attempt(Format::Toml, has_toml_values)
        .or_else(|| if is_ini(text) { attempt(Format::Ini, is_collection) } else { None })
        .or_else(|| attempt(Format::Toml, has_children))
}

fn is_collection(tree: &Tree) -> bool {
    matches!(tree.kind(tree.root()), Kind::List | Kind::Map)
}

fn has_children(tree: &Tree) -> bool {
    tree.len() > 1
}

/// Whether the documents of a stream are lists and maps: then it is not prose between rules.
fn are_collections(tree: &Tree) -> bool {
    let collection = |id: NodeId| matches!(tree.kind(id), Kind::List | Kind::Map);
    let root = tree.root();
    match tree.tag(root) {
        Some(crate::model::value::Tagged::DOCUMENTS) => tree.children(root).all(collection),
        _ => collection(root),
    }
}

/// Whether there is a value that INI has no way to write: a quoted string, a list, a date.
fn has_toml_values(tree: &Tree) -> bool {
    let ids = (0..tree.len()).filter_map(|at| tree.at(at));
    ids.into_iter().any(|id| matches!(tree.kind(id), Kind::String | Kind::List))
}

/// Whether every line is a comment, a section or a key with a value, a section comes first, and there is a key.
fn is_ini(text: &str) -> bool {
    let mut keys = 0;
    let mut sections = 0;
    for line in text.lines().map(str::trim) {
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if line.starts_with('[') && line.ends_with(']') {
            sections += 1;
        } else if sections > 0 && line.find('=').is_some_and(|at| is_ini_key(line[..at].trim_end())) {
            keys += 1;
        } else {
            return false;
        }
    }
    keys > 0
}

fn is_ini_key(key: &str) -> bool {
    !key.is_empty() && !key.contains(['{', '}', '(', ')', '"', '\'', ';', '$', '|', '&', '<', '>'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_the_format() {
        for (name, format) in [
            ("app.json", Some(Format::Json)),
            ("etc/App.YAML", Some(Format::Yaml)),
            ("values.yml.example", Some(Format::Yaml)),
            ("Cargo.lock", Some(Format::Toml)),
            ("home/.cargo/config", Some(Format::Toml)),
            ("config", None),
            ("sshd.service", Some(Format::Ini)),
            (".editorconfig", Some(Format::Ini)),
            ("repo/.git/config", Some(Format::Ini)),
            (".env", Some(Format::Env)),
            (".env.local", Some(Format::Env)),
            (".env.example", Some(Format::Env)),
            ("prod.env", Some(Format::Env)),
            (".env.json", Some(Format::Json)),
            (".envrc", Some(Format::Text)),
            ("log4j.properties", Some(Format::Properties)),
            ("nginx.conf", Some(Format::Text)),
            ("app.conf", None),
            ("run.sh", Some(Format::Text)),
            ("", None),
            (".bak", None),
        ] {
            assert_eq!(Format::of_file_name(name), format, "{name}");
        }
    }
}
