//! The turn-taking map: who follows whom, and who cuts whom off.

use super::record::Who;
use crate::clock::{MeetingTime, Span};
use crate::conversation::Conversation;
use crate::floor::cut_ins;
use crate::measures::{Evidence, tries};
use crate::speaker::Speaker;
use serde::{Deserialize, Serialize};

/// Who follows whom.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TurnTaking {
    /// Everybody who had the floor, in the order in which they took it first.
    pub people: Vec<Who>,
    /// How often one took the floor after another, for each pair that it happened in.
    pub follows: Vec<Follows>,
    /// Interruptions as C14 and C15 count them, between me and the others, by time.
    pub interruptions: Vec<CutIn>,
}

/// How often one took the floor after another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Follows {
    /// Who had it: a place among the people.
    pub from: usize,
    /// Who took it.
    pub to: usize,
    /// How often.
    pub times: usize,
}

/// One person spoke into another's speech, and was no backchannel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CutIn {
    /// Who spoke into it.
    pub by: Who,
    /// Who had the floor.
    pub of: Who,
    /// Whoever spoke into it gave up, and the other went on.
    pub failed: bool,
    /// What was said into it.
    #[serde(flatten)]
    pub span: Span,
}

pub(super) fn turn_taking(conversation: &Conversation, evidence: &Evidence<'_>) -> TurnTaking {
    let mut map = TurnTaking::default();
    let mut held: Option<usize> = None;
    let utterances = conversation.utterances();
    // A turn of the others may be several people's: each of its utterances has the floor.
    for said in evidence.turns().iter().flat_map(|turn| &turn.utterances) {
        let who = Who::said(&utterances[*said]);
        let to = map.people.iter().position(|known| *known == who).unwrap_or_else(|| {
            map.people.push(who);
            map.people.len() - 1
        });
        if let Some(from) = held.filter(|from| *from != to) {
            match map.follows.iter_mut().find(|edge| (edge.from, edge.to) == (from, to)) {
                Some(edge) => edge.times += 1,
                None => map.follows.push(Follows { from, to, times: 1 }),
            }
        }
        held = Some(to);
    }
    if conversation.has_two_sides() {
        for by in [Speaker::Me, Speaker::Them] {
            let made = cut_ins(utterances, by).into_iter();
            let made = made.map(|index| (utterances[index].span, false));
            let failed = tries(evidence, by).into_iter().map(|span| (span, true));
            map.interruptions.extend(
                made.chain(failed)
                    .map(|(span, failed)| cut_in(conversation, by, span, failed)),
            );
        }
        map.interruptions.sort_by_key(|cut| (cut.span.start, cut.span.end));
    }
    map
}

fn cut_in(conversation: &Conversation, by: Speaker, span: Span, failed: bool) -> CutIn {
    let other = match by {
        Speaker::Them => Speaker::Me,
        Speaker::Me | Speaker::Unknown => Speaker::Them,
    };
    CutIn {
        by: speaking(conversation, by, span.start),
        of: speaking(conversation, other, span.start),
        failed,
        span,
    }
}

/// Who of a side is speaking at a moment.
fn speaking(conversation: &Conversation, side: Speaker, at: MeetingTime) -> Who {
    let said = conversation
        .of(side)
        .find(|said| said.span.start <= at && said.span.end > at);
    said.map_or(
        Who {
            speaker: side,
            name: None,
        },
        Who::said,
    )
}
