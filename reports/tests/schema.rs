//! Promise: every committed record can be read, and is what the JSON Schema of its layout says; and
//! what this version writes has no field that its schema does not name.

use std::{fs, path::Path};

use ammeter_report::record::{Any, SCHEMAS};
use serde_json::{Value, json};

fn read(folder: &str) -> Vec<(String, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut files: Vec<(String, Value)> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|kind| kind == "json"))
        .map(|path| {
            let text = fs::read_to_string(&path).unwrap();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path:?}: {error}")))
        })
        .collect();
    files.sort_by(|one, other| one.0.cmp(&other.0));
    files
}

/// The keywords that our schemas use; another one fails, so that none is passed over.
struct Schema<'a>(&'a Value);

impl Schema<'_> {
    fn check(&self, schema: &Value, value: &Value, place: &str, faults: &mut Vec<String>) {
        let mut fault = |what: String| faults.push(format!("{place}: {what}"));
        for (keyword, rule) in schema.as_object().expect("a schema is an object") {
            match keyword.as_str() {
                "$schema" | "$defs" | "title" | "description" | "items" | "properties"
                | "anyOf" | "$ref" => {}
                "type" if has_type(value, rule.as_str().unwrap()) => {}
                "type" => fault(format!("is no {rule}")),
                "enum" if rule.as_array().unwrap().contains(value) => {}
                "enum" => fault(format!("is none of {rule}")),
                "minimum" if value.as_f64().is_none_or(|it| it >= rule.as_f64().unwrap()) => {}
                "minimum" => fault(format!("is below {rule}")),
                "required" => {
                    for name in rule.as_array().unwrap() {
                        if value.get(name.as_str().unwrap()).is_none() {
                            fault(format!("has no {name}"));
                        }
                    }
                }
                other => panic!("keyword {other} is not known to this test"),
            }
        }
        if let Some(name) = schema["$ref"].as_str() {
            let name = name.strip_prefix("#/$defs/").unwrap();
            self.check(&self.0["$defs"][name], value, place, faults);
        }
        if let Some(choices) = schema["anyOf"].as_array() {
            let tries = choices.iter().map(|choice| {
                let mut faults = Vec::new();
                self.check(choice, value, place, &mut faults);
                faults
            });
            let best = tries.min_by_key(Vec::len).unwrap();
            faults.extend(best);
        }
        if let (Some(rule), Some(values)) = (schema.get("items"), value.as_array()) {
            for (position, value) in values.iter().enumerate() {
                self.check(rule, value, &format!("{place}/{position}"), faults);
            }
        }
        if let (Some(rules), Some(fields)) = (schema.get("properties"), value.as_object()) {
            for (name, value) in fields {
                let place = format!("{place}/{name}");
                match rules.get(name) {
                    Some(rule) => self.check(rule, value, &place, faults),
                    None => faults.push(format!("{place}: is not in the schema")),
                }
            }
        }
    }
}

fn has_type(value: &Value, name: &str) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "number" => value.is_number(),
        "integer" => value.is_u64() || value.is_i64(),
        other => panic!("type {other} is not known to this test"),
    }
}

/// What is wrong with a record.
fn faults(schemas: &[(String, Value)], record: &Value) -> Vec<String> {
    let name = record["schema"].as_str().unwrap();
    let file = name.strip_prefix("ammeter/").unwrap().replace('/', "-") + ".json";
    let (_, schema) = schemas.iter().find(|(name, _)| *name == file).expect("a schema of its name");
    let mut faults = Vec::new();
    Schema(schema).check(schema, record, "", &mut faults);
    faults
}

#[test]
fn every_committed_record_is_what_its_schema_says() {
    let schemas = read("schema");
    assert_eq!(schemas.len(), SCHEMAS.len());
    for (name, record) in read("records") {
        assert_eq!(faults(&schemas, &record), [""; 0], "{name}");
    }
}

/// The type has no field that the schema lacks, and asks for none that committed records lack.
#[test]
fn every_committed_record_is_read_as_the_type_of_its_schema() {
    let schemas = read("schema");
    for (name, record) in read("records") {
        let of_type = match Any::read(&record.to_string()).unwrap_or_else(|e| panic!("{name}: {e}"))
        {
            Any::Compare(record) => serde_json::to_value(record),
            Any::Sweep(record) => serde_json::to_value(record),
            Any::Split(record) => serde_json::to_value(record),
            Any::Payment(record) => serde_json::to_value(record),
            Any::Receive(mut record) => {
                // What was single numbers is written as this version does.
                record.head.schema = ammeter_report::record::receive::SCHEMA.into();
                serde_json::to_value(record)
            }
            Any::Attack(record) => serde_json::to_value(record),
            Any::Census(record) => serde_json::to_value(record),
            // A type that reads a part of its record.
            Any::Specimens(_) => continue,
            Any::Against(record) => serde_json::to_value(record),
        };
        assert_eq!(faults(&schemas, &of_type.unwrap()), [""; 0], "{name}");
    }
}

#[test]
fn a_broken_record_does_not_pass() {
    let schemas = read("schema");
    let (_, record) =
        read("records").into_iter().find(|(_, r)| r["schema"] == "ammeter/compare/1").unwrap();
    let broken = |change: fn(&mut Value)| {
        let mut record = record.clone();
        change(&mut record);
        faults(&schemas, &record).join("; ")
    };
    assert_eq!(broken(|_| {}), "");
    assert!(broken(|record| record["rows"][0]["rank"] = json!("one")).contains("/rows/0/rank"));
    assert!(broken(|record| record["workload"]["pairs"] = json!(-1)).contains("below 0"));
    assert!(broken(|record| record["more"] = json!(1)).contains("/more: is not in the schema"));
    let missing = broken(|record| drop(record["host"].as_object_mut().unwrap().remove("cpu")));
    assert!(missing.contains("/host: has no \"cpu\""));
}
