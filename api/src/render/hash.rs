//! Fingerprints of a report: SHA-256 over its JSON with names in order and no space. The same events give the same ones, on
//! whichever node and in however many pieces they were folded.

use attune_engine::report::Report;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;

/// Fingerprints, in lower-case hexadecimal. A report's version is no part of them: making it again changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Hashes {
    /// Of the meeting record. Nothing in a record names its meeting, so two meetings in which the same was heard share it.
    pub record: String,
    /// Of record and coaching.
    pub report: String,
}

/// Those of `report`.
pub(crate) fn hashes(report: &Report) -> Hashes {
    let value = |part: Result<Value, serde_json::Error>| {
        let mut part = part.expect("invariant: a report has string keys and finite numbers");
        if let Value::Object(fields) = &mut part {
            fields.remove("version");
        }
        part
    };
    Hashes {
        record: hash(&value(serde_json::to_value(&report.record))),
        report: hash(&value(serde_json::to_value(report))),
    }
}

fn hash(json: &Value) -> String {
    let mut canonical = String::new();
    write(json, &mut canonical);
    hex::encode(Sha256::digest(canonical.as_bytes()))
}

/// Names in order of their code points, whatever order a map keeps.
fn write(json: &Value, out: &mut String) {
    match json {
        Value::Object(fields) => {
            let mut names: Vec<&String> = fields.keys().collect();
            names.sort_unstable();
            out.push('{');
            for (place, name) in names.into_iter().enumerate() {
                if place > 0 {
                    out.push(',');
                }
                out.push_str(&Value::String(name.clone()).to_string());
                out.push(':');
                write(&fields[name], out);
            }
            out.push('}');
        }
        Value::Array(values) => {
            out.push('[');
            for (place, value) in values.iter().enumerate() {
                if place > 0 {
                    out.push(',');
                }
                write(value, out);
            }
            out.push(']');
        }
        scalar => out.push_str(&scalar.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::sample;
    use serde_json::json;

    #[test]
    fn the_order_of_names_and_the_version_are_no_part_of_it() {
        assert_eq!(
            hash(&json!({"a": 1, "b": [true, null]})),
            hash(&json!({"b": [true, null], "a": 1}))
        );
        assert_ne!(hash(&json!({"a": 1})), hash(&json!({"a": 2})));
        let report = sample::report();
        let mut again = report.clone();
        again.record.version = 7;
        assert_eq!(hashes(&report), hashes(&again));
        again.record.utterances[0].text.push('!');
        assert_ne!(hashes(&report).record, hashes(&again).record);
    }

    #[test]
    fn what_is_coached_leaves_the_record_as_it_is() {
        let report = sample::report();
        let mut other = report.clone();
        other.coaching.pace.clear();
        assert_eq!(hashes(&report).record, hashes(&other).record);
        assert_ne!(hashes(&report).report, hashes(&other).report);
    }
}
