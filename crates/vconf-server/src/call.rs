//! A request as it is carried out: what was asked for, by whom, and when. All of it is read here once.

use axum::http::{HeaderMap, StatusCode, header};
use bytes::Bytes;
use percent_encoding::percent_decode_str;
use vconf::format::json;
use vconf::history::Context;
use vconf::model::format::Format;
use vconf::model::lookup::nearest;
use vconf::model::name::{ConfigName, RefName};
use vconf::model::revision::{Clock, Edge, Revision, parse_time};
use vconf::model::time::Timestamp;
use vconf::model::value::Value;

use crate::access::{Caller, Role};
use crate::problem::Problem;
use crate::routes::Parameter;

/// A request.
#[derive(Clone, Debug)]
pub struct Call {
    /// What the path names, decoded once: first the config, where there is one.
    pub segments: Vec<String>,
    /// The rest of the URL.
    pub query: Query,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
    /// Who makes it.
    pub caller: Caller,
    /// When.
    pub now: Timestamp,
    /// What was asked for, in a line: the command of the operation.
    pub line: String,
}

impl Call {
    /// The config that the path names. A server has no files, so that a name that is an absolute path names nothing.
    pub fn config(&self) -> Result<ConfigName, Problem> {
        config_name(self.segments.first().map_or("", String::as_str))
    }

    /// A part of the path.
    pub fn segment(&self, at: usize) -> &str {
        self.segments.get(at).map_or("", String::as_str)
    }

    /// The branch or tag that a part of the path names.
    pub fn ref_name(&self, at: usize) -> Result<RefName, Problem> {
        ref_name(self.segment(at))
    }

    /// The branch that is meant; `None` for the current one.
    pub fn branch(&self) -> Result<Option<RefName>, Problem> {
        self.query.get("branch").map(ref_name).transpose()
    }

    /// What time it is; without a zone of its own a time is in UTC.
    pub fn clock(&self) -> Clock {
        Clock::utc(self.now)
    }

    /// Reads the name of a version.
    pub fn revision(&self, text: &str) -> Result<Revision, Problem> {
        let text = text.strip_prefix('@').unwrap_or(text);
        Revision::parse(text, &self.clock()).map_err(|error| {
            Problem::bad_request(error.to_string()).detail(
                "a version is a number, latest, -1, a tag, a branch, or a time such as 2h, 2d, 2026-11-20T14:30",
            )
        })
    }

    /// Reads a time of the query.
    pub fn time(&self, name: &str, edge: Edge) -> Result<Option<Timestamp>, Problem> {
        let Some(text) = self.query.get(name) else { return Ok(None) };
        let time = parse_time(text, &self.clock(), edge).map_err(|error| {
            Problem::bad_request(error.to_string())
                .detail("a time is 10m, 2h, 2d, now, today, yesterday, 2026-11-20, 2026-11-20T14:30, or one with a zone")
        });
        time.map(Some)
    }

    /// Begins an operation, by who makes the request.
    pub fn context(&self) -> Result<Context, Problem> {
        Context::new(self.caller.author.to_string(), self.now, self.line.clone()).map_err(|_| {
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "the system gives no random numbers")
        })
    }

    /// Fails where the caller may not write to a branch.
    pub fn check_branch(&self, config: &ConfigName, branch: Option<&RefName>) -> Result<(), Problem> {
        if self.caller.may(Role::Write, config, branch) {
            return Ok(());
        }
        let what = match branch {
            Some(branch) => format!("the branch {branch} of {config}"),
            None => format!("all branches of {config}"),
        };
        Err(forbidden(Role::Write, &what, &self.caller))
    }

    /// The number of the version that is expected to be the latest: `If-Match`, or `If-None-Match: *` for none yet.
    pub fn expected(&self) -> Result<Option<u64>, Problem> {
        let text = |name| match self.headers.get(name).map(|value| value.to_str()) {
            Some(Ok(text)) => Ok(Some(text.trim())),
            Some(Err(_)) => Err(bad_tag()),
            None => Ok(None),
        };
        match (text(header::IF_MATCH)?, text(header::IF_NONE_MATCH)?) {
            (Some(tag), _) => entity_tag_number(tag).map(Some).ok_or_else(bad_tag),
            (None, Some("*")) => Ok(Some(0)),
            (None, _) => Ok(None),
        }
    }

    /// Whether the client has the bytes with this tag already.
    pub fn has(&self, tag: &str) -> bool {
        let known = self.headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
        known.is_some_and(|known| known.split(',').any(|one| one.trim().trim_start_matches("W/") == tag))
    }

    /// The body as JSON.
    pub fn json(&self) -> Result<Value, Problem> {
        let text =
            std::str::from_utf8(&self.body).map_err(|_| Problem::bad_request("the body is not UTF-8"))?;
        if text.trim().is_empty() {
            return Ok(Value::map::<&str, Value>([]));
        }
        let invalid = |why: String| Problem::bad_request("the body is not JSON").detail(why);
        let tree = json::parse(text).map_err(|error| invalid(error.to_string()))?;
        tree.to_value().map_err(|error| invalid(error.to_string()))
    }

    /// The body as JSON, which must be there.
    pub fn json_value(&self) -> Result<Value, Problem> {
        if self.body.iter().all(u8::is_ascii_whitespace) {
            return Err(Problem::bad_request("the body is empty").detail("it takes JSON"));
        }
        self.json()
    }

    /// The format that the query or the type of the body says, where the config's name says none.
    pub fn format(&self, config: &ConfigName) -> Result<Option<Format>, Problem> {
        if let Some(text) = self.query.get("format") {
            let format = text.parse().map_err(|_| {
                let names: Vec<_> = Format::ALL.iter().map(|format| format.name()).collect();
                Problem::bad_request(format!("there is no format {text}"))
                    .detail(format!("the formats are {}", names.join(", ")))
            });
            return format.map(Some);
        }
        if Format::of_file_name(config.as_str()).is_some() {
            return Ok(None);
        }
        let media = self.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        Ok(media.and_then(crate::reply::format_of_media_type))
    }
}

/// Says that something is not allowed.
pub(crate) fn forbidden(role: Role, what: &str, caller: &Caller) -> Problem {
    let problem =
        Problem::new(StatusCode::FORBIDDEN, format!("{} may not {}", caller.author, act(role, what)));
    let grants: Vec<_> = caller.grants.iter().map(ToString::to_string).collect();
    match caller.token {
        Some(_) => problem.detail(format!("the token allows {}", grants.join(", "))),
        None => problem,
    }
}

fn act(role: Role, what: &str) -> String {
    match role {
        Role::Read => format!("read {what}"),
        Role::Write => format!("write to {what}"),
        Role::Admin => format!("administer {what}"),
    }
}

/// Reads the name of a config.
pub(crate) fn config_name(text: &str) -> Result<ConfigName, Problem> {
    let name = ConfigName::new(text).map_err(|error| Problem::bad_request(error.to_string()))?;
    if name.is_absolute() {
        return Err(Problem::bad_request(format!("{name} is an absolute path"))
            .detail("a server has no files: its configs have names such as etc/app.yaml"));
    }
    Ok(name)
}

/// Reads the name of a branch or a tag.
pub(crate) fn ref_name(text: &str) -> Result<RefName, Problem> {
    RefName::new(text).map_err(|error| Problem::bad_request(error.to_string()))
}

/// The number in the tag of a version: `"12-9f86d081"`, or `"12"`.
pub(crate) fn entity_tag_number(tag: &str) -> Option<u64> {
    let inner = tag.trim().strip_prefix('"')?.strip_suffix('"')?;
    let digits = inner.split('-').next()?;
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok()
}

fn bad_tag() -> Problem {
    Problem::bad_request("If-Match names no version")
        .detail("it takes the ETag of a version, or its number in quotes; \"0\" stands for no version yet")
}

/// The part of a URL after the `?`, decoded.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Query(Vec<(String, String)>);

impl Query {
    /// Reads it. Each parameter is one that the route has, and there once.
    pub fn parse(text: &str, known: &[Parameter]) -> Result<Self, Problem> {
        let mut pairs: Vec<(String, String)> = Vec::new();
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (name, value) = (decode(name)?, decode(value)?);
            if known.iter().all(|known| known.name != name) {
                return Err(unknown_parameter(&name, known));
            }
            if pairs.iter().any(|(other, _)| *other == name) {
                return Err(Problem::bad_request(format!("the parameter {name} is there twice")));
            }
            pairs.push((name, value));
        }
        let missing =
            known.iter().find(|known| known.is_required && pairs.iter().all(|(name, _)| name != known.name));
        match missing {
            Some(missing) => Err(Problem::bad_request(format!("the parameter {} is missing", missing.name))
                .detail(missing.about)),
            None => Ok(Self(pairs)),
        }
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value of a parameter.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Whether a parameter that is true or false is there and true.
    pub fn is_true(&self, name: &str) -> Result<bool, Problem> {
        match self.get(name) {
            None | Some("false" | "0") => Ok(false),
            Some("" | "true" | "1") => Ok(true),
            Some(other) => Err(Problem::bad_request(format!("{name} is true or false, not {other}"))),
        }
    }

    /// The number that a parameter gives, within bounds.
    pub fn number(&self, name: &str, default: u64, most: u64) -> Result<u64, Problem> {
        let Some(text) = self.get(name) else { return Ok(default) };
        let number: Option<u64> = text.parse().ok();
        number
            .filter(|number| *number <= most)
            .ok_or_else(|| Problem::bad_request(format!("{name} is a number up to {most}, not {text}")))
    }
}

fn unknown_parameter(name: &str, known: &[Parameter]) -> Problem {
    let names: Vec<_> = known.iter().map(|known| known.name.to_owned()).collect();
    let problem = Problem::bad_request(format!("there is no parameter {name}"));
    match (nearest(name, &names), names.as_slice()) {
        (Some(near), _) => problem.detail(format!("did you mean {near}?")),
        (None, []) => problem.detail("this takes none"),
        (None, names) => problem.detail(format!("there is {}", names.join(", "))),
    }
}

fn decode(text: &str) -> Result<String, Problem> {
    let spaced = text.replace('+', " ");
    let decoded = percent_decode_str(&spaced).decode_utf8();
    decoded.map(|text| text.into_owned()).map_err(|_| Problem::bad_request("the query is not UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_names_a_version_or_nothing() {
        for (tag, number) in
            [("\"12-9f86\"", Some(12)), ("\"0\"", Some(0)), ("12", None), ("\"\"", None), ("\"+1\"", None)]
        {
            assert_eq!(entity_tag_number(tag), number, "{tag}");
        }
    }

    #[test]
    fn a_query_is_decoded_once_and_has_only_what_the_route_takes() {
        let known = [Parameter::text("key", ""), Parameter::text("message", "")];
        let query = Query::parse("key=a%252Fb&message=two+words%0a", &known).unwrap();
        assert_eq!((query.get("key"), query.get("message")), (Some("a%2Fb"), Some("two words\n")));
        for bad in ["kye=1", "key=1&key=2", "key=%ff", "%00=1"] {
            assert!(Query::parse(bad, &known).is_err(), "{bad}");
        }
    }
}
