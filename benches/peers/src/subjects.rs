//! What is timed: from two sources in memory to the answer.

use std::any::Any;

use granit_parser::Parser;
use serde_json::{Deserializer, Value};
use treediff::tools::Recorder;
use vconf::diff::{Options, compare};
use vconf::format::{self, Format};

/// Does the work and returns what it made, so that freeing it is not timed. vconf frees its own within the time.
pub type Subject = fn(String, String) -> Box<dyn Any>;

/// Finds a subject by its name.
pub fn find(name: &str) -> Subject {
    match name {
        "vconf" => |old, new| vconf(Format::Json, old, new),
        "vconf-yaml" => |old, new| vconf(Format::Yaml, old, new),
        "vconf-toml" => |old, new| vconf(Format::Toml, old, new),
        "serde_json" => |old, new| Box::new((parse(&old), parse(&new))),
        "json_diff_ng" => json_diff_ng,
        "json-patch" => json_patch,
        "treediff" => treediff,
        "granit-parser" => |old, new| Box::new((drain(&old), drain(&new))),
        "toml" => |old, new| Box::new((table(&old), table(&new))),
        _ => panic!("no subject {name}"),
    }
}

fn vconf(format: Format, old: String, new: String) -> Box<dyn Any> {
    let parse = |source| format::parse(format, source).expect("a valid document");
    let (old, new) = (parse(old), parse(new));
    Box::new(compare(&old, &new, &Options::default()).changes().len())
}

fn parse(source: &str) -> Value {
    let mut reader = Deserializer::from_str(source);
    reader.disable_recursion_limit();
    <Value as serde::Deserialize>::deserialize(&mut reader).expect("a valid document")
}

/// Compares with lists sorted, as it does where their order is not to count.
fn json_diff_ng(old: String, new: String) -> Box<dyn Any> {
    let (old, new) = (parse(&old), parse(&new));
    let found =
        json_diff_ng::compare_serde_values(&old, &new, true, &[]).expect("documents that it compares");
    let told = found.all_diffs().len();
    Box::new((old, new, found, told))
}

fn json_patch(old: String, new: String) -> Box<dyn Any> {
    let (old, new) = (parse(&old), parse(&new));
    let patch = json_patch::diff(&old, &new);
    Box::new((old, new, patch))
}

fn treediff(old: String, new: String) -> Box<dyn Any> {
    let (old, new) = (parse(&old), parse(&new));
    let mut found = Recorder::default();
    treediff::diff(&old, &new, &mut found);
    let told = found.calls.len();
    Box::new((old, new, told))
}

fn drain(source: &str) -> usize {
    Parser::new_from_str(source)
        .fold(0, |count, event| event.map_or_else(|_| panic!("a valid document"), |_| count + 1))
}

fn table(source: &str) -> toml::Table {
    source.parse().expect("a valid document")
}
