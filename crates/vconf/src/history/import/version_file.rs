//! A version file of the Python manager: what it says, and the order of several.

use jiff::civil;

use super::{ImportProblem, ImportWarning};
use crate::canonical;
use crate::format::{self, json};
use crate::model::checksum::Checksum;
use crate::model::format::Format;
use crate::model::number::{Number, shortest_double};
use crate::model::revision::Clock;
use crate::model::time::Timestamp;
use crate::model::value::Value;

/// A version file that was read.
pub(super) struct VersionFile {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) time: Option<Timestamp>,
    pub(super) author: Option<String>,
    pub(super) description: Option<String>,
    /// The whole config, written anew.
    pub(super) source: String,
    pub(super) format: Format,
}

pub(super) fn read_file(
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
pub(super) fn sort(files: &mut [VersionFile]) {
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
