//! C17, questions.

use super::{Band, Draft, Evidence, Found, content, exposure};
use crate::conversation::Utterance;
use crate::meeting_type::MeetingType;
use crate::questions::QuestionKind;
use crate::turns::Turn;
use std::collections::BTreeSet;

/// My questions per 30 minutes of meeting, with the share of open ones (what, how, why, tell me, walk me through) and how
/// evenly they are spread over the thirds of the meeting (`1 − Gini`).
///
/// Needs 5 minutes. 11 to 14 in discovery (Gong `[V]`), at least 3 elsewhere; asking more, and above all following up, makes
/// people better liked (Huang 2017 `[V]`). Open ones at least 40 %, follow-ups at least 30 % in discovery. `follow_up_share` is the
/// percentage of questions that take up a content word of what the others said just before: less than the truth, because a
/// link in meaning alone is not seen `[D]`.
pub(super) fn measure(evidence: &Evidence<'_>) -> Found {
    let conversation = evidence.conversation;
    let target = match conversation.setup().meeting_type {
        MeetingType::Discovery => Band::between(11.0, 14.0),
        _ => Band::at_least(3.0),
    };
    let asked: Vec<(&Utterance, QuestionKind)> = conversation
        .trusted()
        .filter_map(|utterance| Some((utterance, utterance.question?)))
        .collect();
    let count = asked.len() as f64;
    let open = asked.iter().filter(|(_, kind)| *kind == QuestionKind::Open).count() as f64;
    let third_s = conversation.now().as_secs() / 3.0;
    let mut thirds = [0.0; 3];
    for (said, _) in &asked {
        thirds[((said.span.start.as_secs() / third_s.max(1e-9)) as usize).min(2)] += 1.0;
    }
    let mut draft = Draft::new(
        "C17",
        "Questions",
        "per 30 min",
        exposure(evidence.minutes(), 5.0, "minutes of meeting"),
    )
    .target(target)
    .part("count", count)
    .part("open", open);
    if count > 0.0 {
        draft = draft
            .part("open_share", 100.0 * open / count)
            .part("follow_up_share", 100.0 * follow_ups(evidence, &asked) / count)
            .part("spread", 1.0 - gini(thirds));
    }
    let by_turn = evidence.moments_by_turn(asked.iter().map(|(said, _)| said.span.start));
    draft.value(Evidence::rate(1_800_000.0, by_turn, evidence.meeting_ms_by_turn()))
}

/// How many of the questions take up a word of what the others said just before.
fn follow_ups(evidence: &Evidence<'_>, asked: &[(&Utterance, QuestionKind)]) -> f64 {
    asked
        .iter()
        .filter(|(question, _)| takes_up(evidence, question))
        .count() as f64
}

/// Whether `question` takes up a word of content of the turn before it that is somebody else's.
pub(crate) fn takes_up(evidence: &Evidence<'_>, question: &Utterance) -> bool {
    let utterances = evidence.conversation.utterances();
    let begun = evidence
        .turns
        .partition_point(|turn| turn.span.start < question.span.start);
    let others = |turn: &&Turn| turn.speaker != question.speaker;
    let Some(answer) = evidence.turns[..begun].iter().rev().find(others) else {
        return false;
    };
    let said = answer.utterances.iter().flat_map(|&index| &utterances[index].words);
    let said: BTreeSet<String> = said.filter_map(content::stem_of).collect();
    let mut taken = question.words.iter().filter_map(content::stem_of);
    taken.any(|stem| said.contains(&stem))
}

/// Gini coefficient, 0 (even) to 2/3 (all in one third).
fn gini(mut values: [f64; 3]) -> f64 {
    values.sort_by(f64::total_cmp);
    let total: f64 = values.iter().sum();
    let weighted: f64 = values
        .iter()
        .enumerate()
        .map(|(index, value)| (index as f64 + 1.0) * value)
        .sum();
    if total == 0.0 {
        0.0
    } else {
        2.0 * weighted / (3.0 * total) - 4.0 / 3.0
    }
}
