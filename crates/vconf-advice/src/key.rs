//! Keys that are not there.

use vconf::model::lookup::NotFound;
use vconf::model::value::Kind;

use crate::failure::Failure;
use crate::text::brief;

/// That something has no such key, and what it has.
pub fn not_found(what: &str, key: &str, error: &NotFound) -> Failure {
    let NotFound { found, there, kind, alternatives } = error;
    if !alternatives.is_empty() {
        let (count, key) = (alternatives.len(), brief(key));
        return Failure::invalid(format!("{what} has {count} values with the key {key}"))
            .detail(format!("say which: {}", some_of(alternatives)));
    }
    let failure = Failure::error(format!("{what} has no key {}", brief(key)));
    let place = if found.is_empty() { "it".into() } else { brief(found) };
    match (there.as_slice(), kind) {
        ([], Kind::List) => failure.detail(format!("{place} has no items")),
        ([], Kind::Map) => failure.detail(format!("{place} has no keys")),
        ([], _) => failure.detail(format!("{place} is a single value")),
        (there, _) => failure.detail(format!("{place} has {}", some_of(there))),
    }
}

/// The first of some names, and whether there are more.
fn some_of(names: &[String]) -> String {
    let shown: Vec<_> = names.iter().take(12).map(|name| brief(name)).collect();
    let more = if names.len() > shown.len() { ", …" } else { "" };
    format!("{}{more}", shown.join(", "))
}
