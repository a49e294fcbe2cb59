//! The library's facts as lines for people; as JSON for programs they are told elsewhere.

use vconf::model::record::{TagMove, Version};

pub(crate) use vconf_advice::facts::*;

use super::style::Look;
use crate::text::one_line;

/// `app.yaml  @2  Open the port   (server.port 8080 → 9090)`.
pub(crate) fn version_line(file: &str, version: &Version, most_chars: usize) -> Vec<(Look, String)> {
    let (description, summary) = description_and_summary(version, most_chars);
    let mut line = vec![
        (Look::Heading, file.to_owned()),
        (Look::Moved, format!("  @{}", version.number)),
        (Look::Plain, on_branch(version)),
        (Look::Plain, format!("  {description}")),
    ];
    line.extend(summary.map(|summary| (Look::Dim, format!("   ({summary})"))));
    line
}

/// Which branch a version is on, where it is not the first.
fn on_branch(version: &Version) -> String {
    if version.branch.as_str() == "main" { String::new() } else { format!(" on {}", version.branch) }
}

/// `app.yaml  tag stable  @2 → @4`.
pub(crate) fn tag_line(config: &str, moved: &TagMove) -> String {
    let TagMove { tag, from, to } = moved;
    match (from, to) {
        (Some(from), Some(to)) if from == to => format!("{config}  tag {tag}  is at @{to} already"),
        (Some(from), Some(to)) => format!("{config}  tag {tag}  @{from} → @{to}"),
        (None, Some(to)) => format!("{config}  tag {tag}  → @{to}"),
        (Some(from), None) => format!("{config}  tag {tag}  deleted, was @{from}"),
        (None, None) => format!("{config}  tag {tag}  is not there"),
    }
}

/// A description, and the summary where it says more.
pub(crate) fn description_and_summary(version: &Version, most_chars: usize) -> (String, Option<String>) {
    let description = one_line(&version.description, most_chars).into_owned();
    let summary = &version.changes.summary;
    let says_more = *summary != version.description && !summary.is_empty();
    (description, says_more.then(|| one_line(summary, most_chars).into_owned()))
}
