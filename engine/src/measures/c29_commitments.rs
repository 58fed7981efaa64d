//! C29, commitment clarity.

use super::{Band, Draft, Evidence, Found, Moment, ONLY_ENGLISH, exposure};
use crate::commitments::Owner;
use crate::transcript::Word;

/// How many of the commitments that I voice say who and by when: percent of all of them. A commitment is a clause that says I, or we,
/// will do something ([`crate::commitments`]); "I" is an owner, "we" is none. Its moments are those that do not say both, with what
/// is missing.
///
/// Needs one. At least 80 (the rate of next steps `[S]`; the limit `[D]`).
pub(super) fn measure(evidence: &Evidence<'_>) -> Found {
    let (mut clear, mut all, mut unclear) = (Vec::new(), Vec::new(), Vec::new());
    let said = evidence.conversation.trusted();
    for (said, commitment) in said.flat_map(|said| said.found.commitments.iter().map(move |found| (said, found))) {
        let turn = evidence.my_turn(commitment.span.start);
        all.push((turn, 1.0));
        let has_owner = commitment.terms.owner == Owner::Speaker;
        let missing = match (has_owner, commitment.terms.due.is_some()) {
            (true, true) => {
                clear.push((turn, 1.0));
                continue;
            }
            (true, false) => "by when?",
            (false, true) => "who?",
            (false, false) => "who, and by when?",
        };
        let inside = |word: &&Word| word.start < commitment.span.end && word.end > commitment.span.start;
        let quote: Vec<&str> = said
            .words
            .iter()
            .filter(inside)
            .map(|word| word.text.as_str())
            .collect();
        unclear.push(Moment::said(commitment.span, quote.join(" "), Some(missing.to_owned())));
    }
    let draft = Draft::new(
        "C29",
        "Commitment clarity",
        "%",
        exposure(all.len() as f64, 1.0, "commitments"),
    )
    .target(Band::at_least(80.0));
    if !evidence.is_english() {
        return draft.not_covered(ONLY_ENGLISH);
    }
    draft
        .part("count", all.len() as f64)
        .part("clear", clear.len() as f64)
        .moments(unclear)
        .value(Evidence::rate(100.0, evidence.by_turn(clear), evidence.by_turn(all)))
}
