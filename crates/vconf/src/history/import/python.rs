//! The version files of the Python manager that came before.

use jiff::civil;

use super::super::context::{Context, bounded};
use super::super::error::Error;
use super::super::save::Source;
use super::super::write::Plan;
use super::{ImportError, ImportProblem, ImportReport, ImportWarning, Imported};
use crate::backend::Log;
use crate::canonical;
use crate::format::{self, json};
use crate::model::checksum::Checksum;
use crate::model::format::Format;
use crate::model::name::{ConfigName, RefName};
use crate::model::number::{Number, shortest_double};
use crate::model::record::Action;
use crate::model::revision::Clock;
use crate::model::time::Timestamp;
use crate::model::value::Value;
use crate::store::Store;

impl Store {
    /// Imports version files of the original Python manager, given by name and bytes, as the history of a config.
    ///
    /// They become versions in the order of their times, or of their own version numbers where a time is missing. What
    /// an earlier import of the same files made is not made again, so that one that was cut short can be finished.
    pub fn import_python(
        &self,
        config: &ConfigName,
        files: Vec<(String, Vec<u8>)>,
        clock: &Clock,
        context: &Context,
    ) -> Result<ImportReport, ImportError> {
        let mut report = ImportReport::default();
        let mut found = Vec::new();
        for (file, bytes) in files {
            match read_file(file, &bytes, clock, &mut report.warnings) {
                Ok(version_file) => found.push(version_file),
                Err(warning) => report.warnings.push(warning),
            }
        }
        if found.is_empty() {
            return Err(ImportError::NoVersions(report.warnings));
        }
        sort(&mut found);
        let there = self.already_imported(config, &found)?;
        if there > 0 {
            // Tags will speak of versions that another process may have written a moment ago.
            self.settle(config, Log::Versions).map_err(Error::from)?;
            report.is_redone = self.redo_imports(config, there as u64, context)?;
        }
        for (at, file) in found.into_iter().enumerate() {
            let context = Context {
                author: file.author.clone().map_or_else(|| Context::SYSTEM.to_owned(), bounded),
                timestamp: file.time.unwrap_or(context.timestamp),
                operation: context.operation.clone(),
            };
            let was_there = at < there;
            let version = if was_there {
                self.header(config, at as u64 + 1).map_err(Error::from)?
            } else {
                let source = Source::read(config, file.source.as_bytes(), Some(file.format));
                let plan = Plan {
                    action: Action::Import,
                    description: file.description.clone().filter(|text| !text.trim().is_empty()),
                    mode: None,
                    expect: None,
                    skip_same: false,
                    branch: None,
                    parents: None,
                    merges: Vec::new(),
                };
                self.write_version(config, &source, &plan, &context)?.version
            };
            let tag = self.tag_imported(config, &file, version.number, &context, &mut report.warnings)?;
            report.imported.push(Imported { file: file.name, version, tag, was_there });
        }
        Ok(report)
    }

    /// How many of the files are versions already; an error where the config's versions are not these.
    fn already_imported(&self, config: &ConfigName, files: &[VersionFile]) -> Result<usize, ImportError> {
        let there = self.state(config)?.versions.number;
        for number in 1..=there {
            let version = self.header(config, number).map_err(Error::from)?;
            let file = usize::try_from(number - 1).ok().and_then(|at| files.get(at));
            let is_same =
                file.is_some_and(|file| version.checksum == canonical::checksum(file.source.as_bytes()));
            if version.action != Action::Import || !is_same {
                return Err(ImportError::Exists { config: config.clone() });
            }
        }
        Ok(usize::try_from(there).unwrap_or(usize::MAX))
    }

    fn tag_imported(
        &self,
        config: &ConfigName,
        file: &VersionFile,
        number: u64,
        context: &Context,
        warnings: &mut Vec<ImportWarning>,
    ) -> Result<Option<RefName>, Error> {
        if file.version == number.to_string() {
            return Ok(None);
        }
        let tag = RefName::new(&file.version).ok().filter(|name| *name != RefName::main());
        let tag = tag.map_or_else(|| RefName::new(&format!("v{}", file.version)), Ok);
        let Ok(tag) = tag else {
            let problem = ImportProblem::NoTag(file.version.clone());
            warnings.push(ImportWarning { file: file.name.clone(), problem });
            return Ok(None);
        };
        self.move_tag(config, &tag, Some(number), context)?;
        Ok(Some(tag))
    }
}

/// A version file that was read.
struct VersionFile {
    name: String,
    version: String,
    time: Option<Timestamp>,
    author: Option<String>,
    description: Option<String>,
    /// The whole config, written anew.
    source: String,
    format: Format,
}

fn read_file(
    name: String,
    bytes: &[u8],
    clock: &Clock,
    warnings: &mut Vec<ImportWarning>,
) -> Result<VersionFile, ImportWarning> {
    let mut tell = |problem| warnings.push(ImportWarning { file: name.clone(), problem });
    let unreadable =
        |why: String| ImportWarning { file: name.clone(), problem: ImportProblem::Unreadable(why) };
    let text = std::str::from_utf8(bytes).map_err(|error| unreadable(error.to_string()))?;
    // Python writes NaN and Infinity, which JSON lacks and JSON5 has.
    let tree = json::parse(text)
        .or_else(|error| format::parse(Format::Json5, text).map_err(|_| error))
        .map_err(|error| unreadable(error.to_string()))?;
    let value = tree.to_value().map_err(|error| unreadable(error.to_string()))?;
    let content = value.get("changes").ok_or_else(|| unreadable("it has no \"changes\"".to_owned()))?;
    let text_of = |key: &str| match value.get(key) {
        Some(Value::String(text)) => Some(text.clone()),
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => None,
    };
    let version = text_of("version")
        .or_else(|| Some(name.strip_prefix('v')?.strip_suffix(".json")?.to_owned()))
        .ok_or_else(|| unreadable("it has no \"version\"".to_owned()))?;
    match text_of("checksum") {
        Some(stated) => {
            let actual = hex(canonical::checksum(python_dumps(content).as_bytes()));
            if stated != actual {
                tell(ImportProblem::Checksum { stated, actual });
            }
        }
        None => tell(ImportProblem::NoChecksum),
    }
    let time_text = text_of("timestamp");
    let time = time_text.as_deref().and_then(|text| read_time(text, clock));
    if time.is_none() {
        tell(ImportProblem::NoTime(time_text.unwrap_or_default()));
    }
    // What Python holds and JSON can't, `NaN` and its like, is kept as JSON5, which Python reads as well.
    let written = [Format::Json, Format::Json5]
        .into_iter()
        .find_map(|format| Some((format, format::print(format, content).ok()?)));
    let (format, source) =
        written.ok_or_else(|| unreadable("its content can't be written as JSON".to_owned()))?;
    Ok(VersionFile {
        version,
        time,
        author: text_of("author"),
        description: text_of("description"),
        format,
        source,
        name,
    })
}

fn hex(checksum: Checksum) -> String {
    checksum.to_string().trim_start_matches("sha256:").to_owned()
}

/// Reads what Python's `isoformat` writes: with an offset, or in local time.
fn read_time(text: &str, clock: &Clock) -> Option<Timestamp> {
    if let Ok(time) = text.parse::<jiff::Timestamp>() {
        return Some(time.into());
    }
    let time = text.parse::<civil::DateTime>().ok()?;
    Some(time.to_zoned_datetime(clock.zone()).ok()?.timestamp().into())
}

/// Orders files by time where all have one, else by version: `1.9` before `1.10`.
fn sort(files: &mut [VersionFile]) {
    let all_have_times = files.iter().all(|file| file.time.is_some());
    let key = |file: &VersionFile| (file.time.filter(|_| all_have_times), version_parts(&file.version));
    files.sort_by_cached_key(key);
}

/// A part of a version: numbers come in the order of their values, before words.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Number(usize, String),
    Word(String),
}

fn version_parts(version: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = version;
    while let Some(first) = rest.chars().next() {
        let is_digit = first.is_ascii_digit();
        let end = rest.find(|c: char| c.is_ascii_digit() != is_digit).unwrap_or(rest.len());
        let (part, tail) = rest.split_at(end);
        parts.push(if is_digit {
            let digits = part.trim_start_matches('0');
            Part::Number(digits.len(), digits.to_owned())
        } else {
            Part::Word(part.to_owned())
        });
        rest = tail;
    }
    parts
}

/// What Python's `json.dumps(value, sort_keys=True)` writes.
fn python_dumps(value: &Value) -> String {
    let mut out = String::new();
    dump(value, &mut out);
    out
}

/// The depth of values is bounded, so this may recurse.
fn dump(value: &Value, out: &mut String) {
    match value.untagged() {
        Value::Null | Value::Tagged(_) => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Number(number) => out.push_str(&python_number(number)),
        Value::String(text) => dump_string(text, out),
        Value::List(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                out.push_str(if at > 0 { ", " } else { "" });
                dump(item, out);
            }
            out.push(']');
        }
        Value::Map(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_unstable_by_key(|(key, _)| *key);
            out.push('{');
            for (at, (key, value)) in entries.into_iter().enumerate() {
                out.push_str(if at > 0 { ", " } else { "" });
                dump_string(key, out);
                out.push_str(": ");
                dump(value, out);
            }
            out.push('}');
        }
    }
}

/// ASCII only, everything else as `\\uXXXX`.
fn dump_string(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            ' '..='~' => out.push(c),
            c => json::push_escape(out, c),
        }
    }
    out.push('"');
}

/// Python reads a number with a fraction or an exponent as a double and writes its `repr`; any other as an integer.
fn python_number(number: &Number) -> String {
    let text = number.as_str();
    if !text.contains(['.', 'e', 'E', 'N', 'I']) {
        return if text == "-0" { "0".to_owned() } else { text.to_owned() };
    }
    let value = number.to_f64();
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    let scientific = shortest_double(value);
    let (mantissa, exponent) = scientific.split_once('e').expect("the form has an exponent");
    let exponent: i32 = exponent.parse().expect("the form has a decimal exponent");
    if !(-4..16).contains(&exponent) {
        return format!("{mantissa}e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs());
    }
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("-", rest));
    let digits = mantissa.replace('.', "");
    if exponent < 0 {
        let zeros = "0".repeat(exponent.unsigned_abs() as usize - 1);
        return format!("{sign}0.{zeros}{digits}");
    }
    let whole = exponent.unsigned_abs() as usize + 1;
    let digits = format!("{digits:0<width$}", width = whole + 1);
    format!("{sign}{}.{}", &digits[..whole], &digits[whole..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dumped(text: &str) -> String {
        python_dumps(&json::parse(text).unwrap().to_value().unwrap())
    }

    #[test]
    fn json_is_dumped_as_python_does() {
        for (text, expected) in [
            (
                r#"{"b":1,"a":[true,null,"é\u0001😀/"]}"#,
                r#"{"a": [true, null, "\u00e9\u0001\ud83d\ude00/"], "b": 1}"#,
            ),
            (
                "[1.0, 1e16, 1e15, 0.0001, 0.00001, 1E5, -0.0, -0, 1e400]",
                "[1.0, 1e+16, 1000000000000000.0, 0.0001, 1e-05, 100000.0, -0.0, 0, Infinity]",
            ),
            (
                "[123456789012345678901234567890, 1.5e300, 2.5e-8, 0.1]",
                "[123456789012345678901234567890, 1.5e+300, 2.5e-08, 0.1]",
            ),
            ("{}", "{}"),
        ] {
            assert_eq!(dumped(text), expected, "{text}");
        }
    }

    #[test]
    fn versions_are_ordered_as_people_count() {
        let mut versions = ["1.10.0", "1.9.0", "2", "1.9.0-rc1", "10"];
        versions.sort_by_key(|version| version_parts(version));
        assert_eq!(versions, ["1.9.0", "1.9.0-rc1", "1.10.0", "2", "10"]);
    }
}
