//! C29, commitment clarity.

use super::{Band, Draft, Evidence, Found, Moment, commitments, exposure};
use crate::clock::Span;

/// How many of the commitments that I voice say who and by when: percent of all of them. Its moments are those that do not, with
/// what is missing.
///
/// Needs one. At least 80 (the rate of next steps `[S]`; the limit `[D]`).
pub(super) fn measure(evidence: &Evidence<'_>) -> Found {
    let (mut clear, mut all, mut unclear) = (Vec::new(), Vec::new(), Vec::new());
    for said in evidence.words.chunk_by(|one, other| one.utterance == other.utterance) {
        let tokens: Vec<&str> = said.iter().map(|spoken| spoken.token.as_str()).collect();
        for found in commitments::find(&tokens) {
            let words = &said[found.at..found.at + found.words];
            all.push((words[0].turn, 1.0));
            let missing = match (found.has_owner, found.has_date) {
                (true, true) => {
                    clear.push((words[0].turn, 1.0));
                    continue;
                }
                (true, false) => "by when?",
                (false, true) => "who?",
                (false, false) => "who, and by when?",
            };
            let span = Span::new(words[0].word.start, words[found.words - 1].word.end);
            let quote = tokens[found.at..found.at + found.words].join(" ");
            unclear.push(Moment::said(span, quote, Some(missing.to_owned())));
        }
    }
    Draft::new(
        "C29",
        "Commitment clarity",
        "%",
        exposure(all.len() as f64, 1.0, "commitments"),
    )
    .target(Band::at_least(80.0))
    .part("count", all.len() as f64)
    .part("clear", clear.len() as f64)
    .moments(unclear)
    .value(Evidence::rate(100.0, evidence.by_turn(clear), evidence.by_turn(all)))
}
