//! What a segment's words bring about: fillers and questions as the detectors find them, hedges, next steps, and whether a reply
//! takes up what it replies to. Nothing that needs a language model.

use super::{Signal, Told, floor};
use crate::clock::{MeetingTime, Span};
use crate::content::stem_of;
use crate::conversation::{Conversation, Utterance};
use crate::hedges;
use crate::lexicon::{is_filled_pause, token};
use crate::phrases::{self, Phrase};
use std::collections::BTreeSet;
use std::time::Duration;

/// A turn this long is an answer worth a follow-up (N15).
const ANSWER: Duration = Duration::from_secs(20);
/// A reply with fewer content words than this says neither that the topic is kept nor that it is changed.
const ENOUGH_WORDS: usize = 5;
/// Where somebody says what happens next.
const NEXT_STEPS: &[&str] = &["next step", "next steps", "action item", "action items", "to do next"];

/// What the utterance at `place` says: fillers, questions and hedges where it is `mine`, next steps whoever names them.
pub(super) fn of(conversation: &Conversation, place: usize, mine: bool, told: &mut Told) -> Vec<Signal> {
    let utterance = &conversation.utterances()[place];
    let spoken: Vec<(String, MeetingTime)> = utterance
        .words
        .iter()
        .map(|word| (token(&word.text), word.start))
        .filter(|(token, _)| !token.is_empty() && !is_filled_pause(token))
        .collect();
    let tokens: Vec<&str> = spoken.iter().map(|(token, _)| token.as_str()).collect();
    let at = |phrase: &Phrase| spoken[phrase.at].1;
    let mut signals = Vec::new();
    if mine {
        signals.extend(utterance.fillers.iter().map(|filler| Signal::Filler {
            at: filler.at,
            kind: filler.kind,
        }));
        signals.extend(asked(conversation, place, told));
        signals.extend(
            hedges::not_kept(&tokens, &conversation.setup().profile)
                .iter()
                .map(|hedge| Signal::Hedge { at: at(hedge) }),
        );
    }
    let next = phrases::find(&tokens, NEXT_STEPS);
    signals.extend(next.first().map(|step| Signal::NextStep { at: at(step) }));
    signals
}

/// Questions that the utterance at `place` asks, or ends; each is told once.
fn asked(conversation: &Conversation, place: usize, told: &mut Told) -> Vec<Signal> {
    /// A question is cut into no more segments than this.
    const SEGMENTS: usize = 8;
    let utterance = &conversation.utterances()[place];
    let before = conversation.utterances()[place.saturating_sub(SEGMENTS)..=place].iter();
    let mut signals = Vec::new();
    for question in before
        .filter(|before| before.speaker == utterance.speaker && !before.low_confidence)
        .flat_map(|before| &before.found.questions)
    {
        let Span { start, end } = question.span;
        if end > utterance.span.start && start >= told.asked {
            told.asked = end;
            signals.push(Signal::Question {
                at: start,
                end,
                kind: question.kind,
            });
        }
    }
    signals
}

/// Whether the turn of mine that the utterance at `place` opens takes up a word of the long turn before it. Nothing where either
/// is in doubt.
pub(super) fn reply(conversation: &Conversation, place: usize) -> Option<Signal> {
    let (lately, theirs, mine) = floor::opened(conversation, place)?;
    let utterance = &conversation.utterances()[place];
    let (at, answer) = (mine.span.start, theirs.span.duration());
    let theirs: Vec<&Utterance> = theirs.utterances.iter().map(|&index| &*lately[index]).collect();
    Some(match takes_up(answer, &theirs, &[utterance])? {
        true => Signal::FollowedUp { at },
        false => Signal::TopicChanged { at, answer },
    })
}

/// Whether what I say in `mine` takes up a word of what another said in `theirs`, a turn of the length `answer`. Nothing where that was
/// no answer worth it, or where either is in doubt.
pub(crate) fn takes_up(answer: Duration, theirs: &[&Utterance], mine: &[&Utterance]) -> Option<bool> {
    let doubtful = theirs.iter().chain(mine).any(|said| said.low_confidence);
    if answer < ANSWER || doubtful {
        return None;
    }
    let heard: BTreeSet<String> = theirs.iter().flat_map(|said| content(said)).collect();
    let said: Vec<String> = mine.iter().flat_map(|said| content(said)).collect();
    let takes_up = said.iter().any(|word| heard.contains(word));
    (takes_up || said.len() >= ENOUGH_WORDS).then_some(takes_up)
}

/// The words of an utterance that carry its topic, as far as endings go: "prices" and "priced" are one.
fn content(utterance: &Utterance) -> impl Iterator<Item = String> {
    utterance
        .words
        .iter()
        .filter_map(|word| stem_of(&token(&word.text)).map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::meeting_type::MeetingType;
    use crate::questions::QuestionKind::{self, Closed, Open};
    use crate::speaker::Speaker::{Me, Them};
    use crate::spoken::{said, said_for, setup};
    use crate::transcript::Final;
    use rstest::rstest;

    fn heard(finals: &[Final]) -> Vec<Signal> {
        let mut conversation = Conversation::new(setup(MeetingType::Other));
        finals
            .iter()
            .flat_map(|decided| conversation.observe(decided))
            .collect()
    }

    #[rstest]
    #[case::none("we will ship it on friday", &[])]
    #[case::one("what would that change for you?", &[Open])]
    #[case::two_in_one_breath("what would that change for you? is it the price?", &[Open, Closed])]
    fn every_question_of_a_segment_is_told(#[case] text: &str, #[case] kinds: &[QuestionKind]) {
        let told: Vec<_> = heard(&[said(Me, 1_000, text)])
            .into_iter()
            .filter_map(|signal| match signal {
                Signal::Question { kind, .. } => Some(kind),
                _ => None,
            })
            .collect();
        assert_eq!(told, kinds);
    }

    #[rstest]
    #[case::plain("we ship it on friday", 0)]
    #[case::three("i think we could maybe wait, if that makes sense", 3)]
    #[case::one_phrase_is_one("i'm not sure but we could wait", 1)]
    #[case::beside_a_number("i think it takes about 3 weeks", 0)]
    #[case::a_forecast("my estimate is probably wrong", 0)]
    fn hedges_are_told_unless_a_number_or_forecast_is_near(#[case] text: &str, #[case] count: usize) {
        let signals = heard(&[said(Me, 1_000, text)]);
        let hedges = signals.iter().filter(|signal| matches!(signal, Signal::Hedge { .. }));
        assert_eq!(hedges.count(), count);
    }

    #[test]
    fn what_the_others_ask_and_hedge_is_theirs() {
        let signals = heard(&[said(Them, 1_000, "maybe, what are the next steps?")]);
        assert!(signals.iter().any(|signal| matches!(signal, Signal::NextStep { .. })));
        let mine = |signal: &&Signal| matches!(signal, Signal::Question { .. } | Signal::Hedge { .. });
        assert_eq!(signals.iter().filter(mine).count(), 0);
    }

    #[rstest]
    #[case::takes_it_up("and who owns the migration on your side", Some(true))]
    #[case::changes_the_topic("before lunch let us quickly review holiday planning calendars", Some(false))]
    #[case::says_too_little("okay great", None)]
    fn a_reply_to_a_long_answer_keeps_its_topic_or_does_not(#[case] reply: &str, #[case] kept: Option<bool>) {
        let answer = "our database migration slipped because nobody owned the rollout and customers noticed";
        let signals = heard(&[
            said_for(Them, 1_000, 12_000, answer),
            said_for(Them, 12_100, 24_000, answer),
            said(Me, 24_800, reply),
        ]);
        let told = signals.iter().find_map(|signal| match signal {
            Signal::FollowedUp { .. } => Some(true),
            Signal::TopicChanged { answer, .. } => {
                assert_eq!(answer.as_secs(), 23);
                Some(false)
            }
            _ => None,
        });
        assert_eq!(told, kept);
    }
}
