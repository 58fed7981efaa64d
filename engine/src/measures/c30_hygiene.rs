//! C30, meeting hygiene.

use super::evidence::ms;
use super::{Band, Draft, Evidence, Found, ONLY_ENGLISH, exposure};
use crate::clock::MeetingTime;
use crate::commitments::Owner;
use crate::conversation::{IPU_GAP, Utterance, join};
use crate::lexicon::token;
use crate::meeting_type::MeetingType;
use crate::phrases;

/// The purpose is said within this.
const PURPOSE_BY: MeetingTime = MeetingTime::from_ms(180_000);

/// What keeps a meeting in order, by whoever says it: of two things, how many were done: its purpose said within three minutes,
/// and something settled (a decision, or a commitment with a name). Its parts: `purpose` and `settled`, 0 or 1; `purpose_at_ms`;
/// `decisions`; `silence_share`, the percentage of the meeting in which nobody speaks; `never_spoke`, how many of those who were there
/// said nothing, where the page says who was there and most of what the others said has a name; `late_minutes`, by how much it
/// began after the time that was booked, and `over_minutes`, by how much it ran over it; negative where it began or ended early.
///
/// Needs 5 minutes `[D]`. Both; in a stand-up, which has its purpose in its name, and in a presentation one is enough (Read
/// recommends such `[V]`; the checks `[D]`).
pub(super) fn measure(evidence: &Evidence<'_>) -> Found {
    let conversation = evidence.conversation;
    let mut purpose_at: Option<MeetingTime> = None;
    let (mut decisions, mut commitments) = (0, 0);
    for said in conversation.utterances() {
        let tokens = tokens(said);
        if said.span.start < PURPOSE_BY && purpose_at.is_none() && !phrases::find(&tokens, PURPOSES).is_empty() {
            purpose_at = Some(said.span.start);
        }
        decisions += phrases::find(&tokens, DECISIONS).len();
        let named = said.found.commitments.iter();
        commitments += named.filter(|found| found.terms.owner == Owner::Speaker).count();
    }
    let speech = join(conversation.utterances().iter().map(|said| said.span), IPU_GAP);
    let spoken_ms: f64 = speech.into_iter().map(|span| ms(span.duration())).sum();
    let silence = 100.0 * (1.0 - spoken_ms / conversation.now().as_ms() as f64);
    // Where most speech is nobody's by name, it is not known who was silent.
    let silent = evidence.speakers().and_then(|_| conversation.silent());
    let late_min = evidence.booked.late_ms.map(|late_ms| late_ms as f64 / 60_000.0);
    let lasts = evidence.booked.lasts;
    let over_min = lasts.map(|booked| evidence.minutes() - booked.as_secs_f64() / 60.0);
    let (purpose, settled) = (
        f64::from(u8::from(purpose_at.is_some())),
        f64::from(u8::from(decisions + commitments > 0)),
    );
    let needed = match conversation.setup().meeting_type {
        MeetingType::StandUp | MeetingType::Presentation => 1.0,
        _ => 2.0,
    };
    let draft = Draft::new(
        "C30",
        "Meeting hygiene",
        "of 2",
        exposure(evidence.minutes(), 5.0, "minutes of meeting"),
    )
    .target(Band::at_least(needed));
    if !evidence.is_english() {
        return draft.not_covered(ONLY_ENGLISH);
    }
    draft
        .part("purpose", purpose)
        .part("settled", settled)
        .part("purpose_at_ms", purpose_at.map_or(f64::NAN, |at| at.as_ms() as f64))
        .part("decisions", decisions as f64)
        .part("silence_share", silence.max(0.0))
        .part("never_spoke", silent.map_or(f64::NAN, |count| count as f64))
        .part("late_minutes", late_min.unwrap_or(f64::NAN))
        .part("over_minutes", over_min.unwrap_or(f64::NAN))
        .told((!conversation.utterances().is_empty()).then_some(purpose + settled))
}

fn tokens(said: &Utterance) -> Vec<String> {
    let tokens = said.words.iter().map(|word| token(&word.text));
    tokens.filter(|token| !token.is_empty()).collect()
}

const PURPOSES: &[&str] = &[
    "the purpose of",
    "purpose of this",
    "the goal of",
    "the goal for",
    "goal for today",
    "goal today",
    "our goal",
    "the agenda",
    "on the agenda",
    "agenda for today",
    "agenda today",
    "the plan for today",
    "today we",
    "today i",
    "today we're",
    "today i'd",
    "today i want",
    "i wanted to talk about",
    "i want to talk about",
    "wanted to discuss",
    "want to discuss",
    "we're here to",
    "we are here to",
    "here today to",
    "the reason for this",
    "the reason we",
    "let's talk about",
    "i'd like to talk about",
    "i'd like to go through",
    "i want to go through",
    "to go over",
    "we're going to cover",
    "want to cover",
    "like to cover",
    "the topic today",
    "today's topic",
    "this meeting is about",
    "this call is about",
    "in this meeting",
    "in this call",
    "by the end of this",
];

const DECISIONS: &[&str] = &[
    "we decided",
    "we've decided",
    "i decided",
    "we have decided",
    "it's decided",
    "the decision is",
    "we agreed",
    "we've agreed",
    "we have agreed",
    "agreed then",
    "then it's agreed",
    "so it's agreed",
    "let's go with",
    "we'll go with",
    "we will go with",
    "we're going with",
    "we go with",
    "let's do that",
    "let's do it",
    "we'll do that",
    "that's settled",
    "it's settled",
    "final decision",
    "so we'll",
];
