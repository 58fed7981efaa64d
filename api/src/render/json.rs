//! For programs: the report as it is, every word in one list, and its fingerprints.

use super::Analysis;
use attune_engine::report::{Coaching, MeetingRecord};
use attune_engine::speaker::Speaker;
use attune_engine::transcript::Word;
use serde::Serialize;
use time::OffsetDateTime;

#[derive(Serialize)]
struct Document<'a> {
    title: &'a str,
    #[serde(with = "time::serde::rfc3339::option", skip_serializing_if = "Option::is_none")]
    started_at: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339::option", skip_serializing_if = "Option::is_none")]
    ended_at: Option<OffsetDateTime>,
    #[serde(skip_serializing_if = "Option::is_none")]
    others_told: Option<bool>,
    words: Vec<Spoken<'a>>,
    record: &'a MeetingRecord,
    #[serde(skip_serializing_if = "Option::is_none")]
    coaching: Option<&'a Coaching>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    stored: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    record_hash: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    report_hash: Option<&'a str>,
}

/// A word and whose it is.
#[derive(Serialize)]
struct Spoken<'a> {
    speaker: Speaker,
    #[serde(flatten)]
    word: &'a Word,
}

pub(super) fn compose(analysis: &Analysis, out: &mut String) -> std::fmt::Result {
    let Analysis {
        about,
        record,
        coaching,
    } = analysis;
    let mut words: Vec<_> = record
        .utterances
        .iter()
        .flat_map(|line| {
            line.words.iter().map(|word| Spoken {
                speaker: line.speaker,
                word,
            })
        })
        .collect();
    // Two people may speak at once: by time, not by utterance.
    words.sort_by_key(|spoken| (spoken.word.start, spoken.speaker));
    let hashes = about.hashes.as_ref();
    let document = Document {
        title: &about.title,
        started_at: about.started_at,
        ended_at: about.ended_at,
        others_told: about.others_told,
        words,
        record,
        coaching: coaching.as_ref(),
        stored: coaching.as_ref().map_or(&[], |_| about.stored.as_slice()),
        record_hash: hashes.map(|hashes| hashes.record.as_str()),
        // It would tell something of coaching that is not here.
        report_hash: hashes
            .filter(|_| coaching.is_some())
            .map(|hashes| hashes.report.as_str()),
    };
    let json = serde_json::to_string_pretty(&document);
    out.push_str(&json.expect("invariant: a report has string keys and finite numbers"));
    out.push('\n');
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::{Format, sample};

    #[test]
    fn the_document_has_what_programs_look_for() {
        let json: serde_json::Value =
            serde_json::from_str(&sample::written(&sample::analysis(), Format::Json)).unwrap();
        for key in [
            "recognizer",
            "utterances",
            "decisions",
            "actions",
            "open_questions",
            "coverage",
            "gaps",
        ] {
            assert!(json["record"].get(key).is_some(), "{key} is missing");
        }
        for key in [
            "turns",
            "measures",
            "talk",
            "pace",
            "charts",
            "turn_taking",
            "questions",
        ] {
            assert!(json["coaching"].get(key).is_some(), "{key} is missing");
        }
        assert_eq!(json["report_hash"].as_str().map(str::len), Some(64));
        let first = &json["words"][0];
        for key in ["speaker", "text", "t0_ms", "t1_ms", "confidence"] {
            assert!(first.get(key).is_some(), "a word has no {key}");
        }
        let starts: Vec<_> = json["words"]
            .as_array()
            .unwrap()
            .iter()
            .map(|word| word["t0_ms"].as_u64())
            .collect();
        assert!(starts.is_sorted(), "{starts:?}");
    }
}
