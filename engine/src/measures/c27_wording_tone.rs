//! C27, wording tone.

use super::stance::{self, Stance};
use super::{Draft, Evidence, Found, Moment, ONLY_ENGLISH, exposure};
use crate::clock::Span;
use std::collections::{BTreeMap, BTreeSet};

/// How I speak of people, in words alone: the share of my turns in which a phrase goes against a person ("you never", "your
/// fault"), percent. Its parts are the same for the three others: `people_positive`, `issues_negative`, `issues_positive`; and
/// `people_negative`, the value. Its moments are the examples about people: they are what is to be read, and no score is made
/// of it. Of my own words alone: nobody else is measured, and no voice or face is looked at (`[V]`: no biometric).
///
/// Needs 10 turns of mine `[D]`. No target.
pub(super) fn measure(evidence: &Evidence<'_>) -> Found {
    let me = evidence.conversation.me();
    let turns = evidence.turns.iter().filter(|turn| turn.speaker == me).count() as f64;
    let mut in_turns: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
    let mut moments = Vec::new();
    for said in evidence.words.chunk_by(|one, other| one.utterance == other.utterance) {
        let tokens: Vec<&str> = said.iter().map(|spoken| spoken.token.as_str()).collect();
        for (stance, phrase) in stance::find(&tokens) {
            let words = &said[phrase.at..phrase.at + phrase.words];
            in_turns.entry(stance.name()).or_default().insert(words[0].turn);
            if matches!(stance, Stance::AgainstPeople | Stance::ForPeople) {
                let span = Span::new(words[0].word.start, words[phrase.words - 1].word.end);
                let note = (stance == Stance::AgainstPeople)
                    .then(|| "Toward a person: could it be about the issue?".to_owned());
                moments.push(Moment::said(
                    span,
                    tokens[phrase.at..phrase.at + phrase.words].join(" "),
                    note,
                ));
            }
        }
    }
    moments.sort_by_key(|moment| moment.span.start);
    let mine = evidence.turns.iter().enumerate().filter(|(_, turn)| turn.speaker == me);
    let mine = evidence.by_turn(mine.map(|(index, _)| (index, 1.0)));
    let against = in_turns.get(Stance::AgainstPeople.name()).cloned().unwrap_or_default();
    let against = evidence.by_turn(against.into_iter().map(|turn| (turn, 1.0)));
    let mut draft = Draft::new("C27", "Wording tone", "% of turns", exposure(turns, 10.0, "turns")).moments(moments);
    if !evidence.is_english() {
        return draft.not_covered(ONLY_ENGLISH);
    }
    for stance in [
        Stance::AgainstPeople,
        Stance::ForPeople,
        Stance::AgainstIssues,
        Stance::ForIssues,
    ] {
        let found = in_turns.get(stance.name()).map_or(0, BTreeSet::len) as f64;
        draft = draft.part(stance.name(), 100.0 * found / turns);
    }
    draft.value(Evidence::rate(100.0, against, mine))
}
