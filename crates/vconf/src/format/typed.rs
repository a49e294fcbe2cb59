//! Content as a program's own types, by way of JSON.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde::ser::Error as _;

use super::json;
use crate::model::value::Value;

impl Value {
    /// Makes a value of anything that can be serialized.
    pub fn from_serialize<T: Serialize + ?Sized>(data: &T) -> Result<Self, serde_json::Error> {
        let tree = json::parse(serde_json::to_string(data)?).map_err(serde_json::Error::custom)?;
        tree.to_value().map_err(serde_json::Error::custom)
    }

    /// Reads the value as a type that can be deserialized.
    ///
    /// Tags are passed over. The numbers `Infinity` and `NaN`, which JSON lacks, are read as strings.
    pub fn deserialize<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_str(&json::to_string(self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    struct Settings {
        host: String,
        ports: Vec<u16>,
        ratio: f64,
        id: u128,
        note: Option<String>,
    }

    #[test]
    fn a_type_survives_being_content() {
        let settings =
            Settings { host: "db1".to_owned(), ports: vec![1, 2], ratio: 0.1, id: u128::MAX, note: None };
        let value = Value::from_serialize(&settings).unwrap();
        assert_eq!(value.deserialize::<Settings>().unwrap(), settings);
    }

    #[test]
    fn a_value_of_another_type_is_an_error() {
        assert!(Value::from("x").deserialize::<Settings>().is_err());
    }
}
