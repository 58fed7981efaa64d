//! How well Attune hears real people: voice activity and who spoke against the AMI corpus's own annotation, words before and
//! after the hallucination gate, and what is lost at the edges of segments. Beside them the sample meeting, whose truth is exact.
//!
//! The listening path is that of a server: Silero, listener and segmenter, PocketSphinx, gate. The real recordings lie in
//! `../shared/data/audio`, which not every machine has; without them only the sample is evaluated, and that is said.
//!
//! * Detection: per 10 ms, missed speech and false alarms over the speech of the annotation (detection error rate, no collar).
//!   Once for what voice activity calls a voice, and once for what recognizers are given, which includes pre-roll, short
//!   pauses and post-roll.
//! * Speakers: one channel carries everybody, no speaker model is in the manifest, and so all speech is one unknown speaker.
//!   Scored as diarization (missed + false alarm + confusion over the speech of all speakers), mapped to whoever speaks most.
//! * Words: error rates as everywhere here: lower case, no punctuation, fillers left out.
//! * Edge deletions: words deleted that are among the first or last two of a segment, over all words.

#![allow(clippy::print_stdout)]

mod hear;
mod score;
mod truth;

use attune_benches::table::{Goal, Table};
use attune_engine::wer::WordErrors;
use hear::{Ears, Heard};
use score::{Detection, Edges};
use truth::Truth;

fn main() {
    let mut table = Table::new("evaluate");
    let mut ears = Ears::open();
    let ami = truth::ami();
    if ami.is_empty() {
        println!("only the sample is evaluated: the real recordings are not on this machine (../shared/data/audio)");
    } else {
        corpus("AMI, 4 excerpts of 30 s", &ami, &mut ears, &mut table);
    }
    corpus("sample meeting, both tracks", &truth::sample(), &mut ears, &mut table);
    table.finish();
}

fn corpus(name: &str, recordings: &[Truth], ears: &mut Ears, table: &mut Table) {
    let heard: Vec<Heard> = recordings.iter().map(|truth| ears.hear(&truth.samples)).collect();
    let pairs = || recordings.iter().zip(&heard);
    let voiced: Detection = pairs()
        .map(|(truth, heard)| score::detection(truth, &heard.voiced))
        .sum();
    let given: Detection = pairs()
        .map(|(truth, heard)| score::detection(truth, &heard.given))
        .sum();
    let speakers: Detection = pairs()
        .map(|(truth, heard)| score::one_speaker(truth, &heard.voiced))
        .sum();
    let before = sum(pairs().map(|(truth, heard)| score::errors(truth, &heard.ungated)));
    let after = sum(pairs().map(|(truth, heard)| score::errors(truth, &heard.gated)));
    let edges: Edges = pairs().map(|(truth, heard)| score::edges(truth, &heard.gated)).sum();
    let suppressed: usize = heard.iter().map(|heard| heard.suppressed).sum();

    let mut add =
        |what: &str, value: f64, how: String| table.add(&format!("{name}: {what}"), value, "%").how(how).clone();
    add("voice activity, detection error rate", voiced.percent(), voiced.told());
    add(
        "what recognizers are given, detection error rate",
        given.percent(),
        given.told(),
    );
    add(
        "speech that recognizers are not given",
        given.missed_percent(),
        given.told(),
    );
    add(
        "one unknown speaker, diarization error rate",
        speakers.percent(),
        speakers.told(),
    );
    let words = |errors: WordErrors| {
        let WordErrors {
            reference,
            substitutions,
            deletions,
            insertions,
        } = errors;
        format!(
            "PocketSphinx, {reference} words: {substitutions} substituted, {deletions} deleted, {insertions} inserted"
        )
    };
    add("word error rate before the gate", 100.0 * before.rate(), words(before));
    let gate = format!("{}; {suppressed} segments suppressed", words(after));
    add("word error rate after the gate", 100.0 * after.rate(), gate);
    let row = table.add(&format!("{name}: edge deletions"), edges.percent(), "% of words");
    row.goal(Goal::AtMost(0.5)).how(edges.told());
    for (truth, heard) in pairs() {
        let rate = score::errors(truth, &heard.gated).rate();
        let detection = score::detection(truth, &heard.voiced);
        table
            .add(&format!("{}: word error rate", truth.name), 100.0 * rate, "%")
            .how(format!(
                "{} words; voice activity: {}",
                truth.words.len(),
                detection.told()
            ));
    }
}

fn sum(errors: impl Iterator<Item = WordErrors>) -> WordErrors {
    errors.fold(WordErrors::default(), |sum, errors| sum + errors)
}
