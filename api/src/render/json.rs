//! For programs: the report as it is, and every word in one list.

use super::Analysis;
use attune_engine::report::Report;
use attune_engine::speaker::Speaker;
use attune_engine::transcript::Word;
use serde::Serialize;

#[derive(Serialize)]
struct Document<'a> {
    title: &'a str,
    words: Vec<Spoken<'a>>,
    #[serde(flatten)]
    report: &'a Report,
}

/// A word and whose it is.
#[derive(Serialize)]
struct Spoken<'a> {
    speaker: Speaker,
    #[serde(flatten)]
    word: &'a Word,
}

pub(super) fn compose(analysis: &Analysis, out: &mut String) -> std::fmt::Result {
    let utterances = &analysis.report.utterances;
    let mut words: Vec<_> = utterances
        .iter()
        .flat_map(|utterance| {
            utterance.words.iter().map(|word| Spoken {
                speaker: utterance.speaker,
                word,
            })
        })
        .collect();
    // Two people may speak at once: by time, not by utterance.
    words.sort_by_key(|spoken| (spoken.word.start, spoken.speaker));
    let document = Document {
        title: &analysis.title,
        words,
        report: &analysis.report,
    };
    let json = serde_json::to_string_pretty(&document);
    out.push_str(&json.expect("invariant: a report has string keys and finite numbers"));
    out.push('\n');
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::{Format, sample::analysis};

    #[test]
    fn the_document_has_what_programs_look_for() {
        let json: serde_json::Value = serde_json::from_str(&analysis().write(Format::Json)).unwrap();
        for key in [
            "recognizer",
            "words",
            "utterances",
            "turns",
            "measures",
            "gaps",
            "talk",
            "pace",
        ] {
            assert!(json.get(key).is_some(), "{key} is missing");
        }
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
