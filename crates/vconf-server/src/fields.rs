//! The fields of a body that is JSON.

use vconf::model::lookup::nearest;
use vconf::model::value::{Map, Value};

use crate::call::Call;
use crate::problem::Problem;

/// The fields of a body: those that are known, each read once.
#[derive(Debug)]
pub(crate) struct Fields(Map);

impl Fields {
    /// Reads them; no body is as good as one without fields.
    pub(crate) fn read(call: &Call, known: &[&str]) -> Result<Self, Problem> {
        let Value::Map(map) = call.json()? else {
            return Err(Problem::bad_request("the body is no JSON object"));
        };
        match map.keys().find(|name| !known.contains(&name.as_str())) {
            Some(unknown) => Err(unknown_field(unknown, known)),
            None => Ok(Self(map)),
        }
    }

    /// A text.
    pub(crate) fn text(&self, name: &str) -> Result<Option<&str>, Problem> {
        match self.0.get(name).map(Value::untagged) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(Problem::bad_request(format!("{name} is a text"))),
        }
    }

    /// A text that must be there; a number is as good as its digits.
    pub(crate) fn revision(&self, name: &str) -> Result<Option<String>, Problem> {
        match self.0.get(name) {
            Some(Value::Number(number)) => Ok(Some(number.as_str().to_owned())),
            _ => Ok(self.text(name)?.map(str::to_owned)),
        }
    }

    /// Whether something is so.
    pub(crate) fn is_true(&self, name: &str) -> Result<bool, Problem> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(false),
            Some(Value::Bool(is_so)) => Ok(*is_so),
            Some(_) => Err(Problem::bad_request(format!("{name} is true or false"))),
        }
    }

    /// A number that is not negative.
    pub(crate) fn number(&self, name: &str) -> Result<u64, Problem> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(0),
            Some(value) => value
                .as_i64()
                .and_then(|number| u64::try_from(number).ok())
                .ok_or_else(|| Problem::bad_request(format!("{name} is a number"))),
        }
    }
}

/// Says that a field is missing.
pub(crate) fn missing(name: &str, about: &str) -> Problem {
    Problem::bad_request(format!("the field {name} is missing")).detail(about)
}

fn unknown_field(name: &str, known: &[&str]) -> Problem {
    let names: Vec<String> = known.iter().map(|name| (*name).to_owned()).collect();
    let problem = Problem::bad_request(format!("there is no field {}", name.escape_debug()));
    match nearest(name, &names) {
        Some(near) => problem.detail(format!("did you mean {near}?")),
        None => problem.detail(format!("there is {}", names.join(", "))),
    }
}
