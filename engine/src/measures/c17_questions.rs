//! C17, questions.

use super::{Band, Draft, Measure, exposure, minutes};
use crate::conversation::Conversation;
use crate::meeting_type::MeetingType;
use crate::questions::QuestionKind;

/// My questions per 30 minutes of meeting, with the share of open ones (what, how, why, tell me, walk me through) and how
/// evenly they are spread over the thirds of the meeting (`1 − Gini`).
///
/// Needs 5 minutes. 11 to 14 in discovery (Gong `[V]`), at least 3 elsewhere; asking more, and above all following up, makes
/// people better liked (Huang 2017 `[V]`). Follow-ups need a link in meaning and are not measured yet.
pub(super) fn measure(conversation: &Conversation) -> Measure {
    let minutes = minutes(conversation);
    let target = match conversation.setup().meeting_type {
        MeetingType::Discovery => Band::between(11.0, 14.0),
        _ => Band::at_least(3.0),
    };
    let asked: Vec<_> = conversation
        .trusted()
        .filter_map(|utterance| utterance.question.map(|kind| (utterance.span.start.as_secs(), kind)))
        .collect();
    let count = asked.len() as f64;
    let open = asked.iter().filter(|(_, kind)| *kind == QuestionKind::Open).count() as f64;
    let third_s = conversation.now().as_secs() / 3.0;
    let mut thirds = [0.0; 3];
    for (at_s, _) in &asked {
        thirds[((at_s / third_s.max(1e-9)) as usize).min(2)] += 1.0;
    }
    let mut draft = Draft::new(
        "C17",
        "Questions",
        "per 30 min",
        exposure(minutes, 5.0, "minutes of meeting"),
    )
    .target(target)
    .part("count", count)
    .part("open", open);
    if count > 0.0 {
        draft = draft
            .part("open_share", 100.0 * open / count)
            .part("spread", 1.0 - gini(thirds));
    }
    draft.value(Some(30.0 * count / minutes))
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
