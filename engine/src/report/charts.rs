//! What charts of a meeting are drawn from: numbers and places, no pixels. The same for the web app, a page and a PDF.

use super::record::Who;
use crate::clock::Span;
use crate::conversation::{Conversation, join};
use crate::fillers::FillerKind;
use crate::measures::pauses;
use crate::turns::Turn;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Speech of one person that is closer than this is drawn as one. `[D]`
const DRAWN_AS_ONE: Duration = Duration::from_millis(500);
/// Gaps that are an answer to what came before, as C13 has it, milliseconds.
const GAPS_MS: std::ops::Range<i64> = -500..5_000;
/// Width of a bar of the histogram, milliseconds. `[D]`
const BAR_MS: i64 = 250;

/// All charts that are not drawn from what a report has anyway.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Charts {
    /// Who spoke when, a lane for each, in the order in which they first spoke.
    pub ribbon: Vec<Lane>,
    /// Gaps in front of my turns that follow another's (C13).
    pub gaps: Vec<GapBar>,
    /// My fillers, as far as the recognizer writes them.
    pub fillers: Vec<FillerTick>,
    /// My silences of half a second to five in which nobody else speaks (C9).
    pub pauses: Vec<PauseTick>,
}

/// When one person spoke.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Lane {
    /// Who.
    pub who: Who,
    /// In order, disjoint; speech closer than half a second is one.
    pub spans: Vec<Span>,
}

/// A bar of the histogram of gaps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GapBar {
    /// From this on, milliseconds; below zero is overlap.
    pub from_ms: i64,
    /// Up to this, exclusive.
    pub to_ms: i64,
    /// How many gaps.
    pub count: usize,
}

/// A filler on the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FillerTick {
    /// When.
    pub at_ms: u64,
    /// Which sort.
    pub kind: FillerKind,
}

/// A silent pause on the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PauseTick {
    /// When it begins.
    pub at_ms: u64,
    /// How long it is, milliseconds.
    pub length_ms: u64,
    /// It stands at the end of a clause, where it does a listener good; where ends are not written it is not known, and false.
    pub ends_clause: bool,
}

/// The charts of `conversation`, whose turns are `turns`.
pub(super) fn charts(conversation: &Conversation, turns: &[Turn]) -> Charts {
    let writes = conversation.setup().recognizer.writes_fillers;
    let fillers = conversation.trusted().flat_map(|said| &said.fillers);
    let mut fillers: Vec<FillerTick> = fillers
        .filter(|filler| writes || filler.kind == FillerKind::Lexical)
        .map(|filler| FillerTick {
            at_ms: filler.at.as_ms(),
            kind: filler.kind,
        })
        .collect();
    fillers.sort_by_key(|tick| tick.at_ms);
    let pauses = match conversation.has_two_sides() {
        true => pauses(conversation),
        false => Vec::new(),
    };
    Charts {
        ribbon: ribbon(conversation),
        gaps: gaps(conversation, turns),
        fillers,
        pauses: pauses
            .into_iter()
            .map(|pause| PauseTick {
                at_ms: pause.at.as_ms(),
                length_ms: pause.ms,
                ends_clause: pause.ends_clause,
            })
            .collect(),
    }
}

fn ribbon(conversation: &Conversation) -> Vec<Lane> {
    let mut lanes: Vec<Lane> = Vec::new();
    for said in conversation.utterances() {
        let who = Who::said(said);
        match lanes.iter_mut().find(|lane| lane.who == who) {
            Some(lane) => lane.spans.extend(&said.ipus),
            None => lanes.push(Lane {
                who,
                spans: said.ipus.clone(),
            }),
        }
    }
    for lane in &mut lanes {
        lane.spans.sort_by_key(|span| (span.start, span.end));
        lane.spans = join(lane.spans.iter().copied(), DRAWN_AS_ONE);
    }
    lanes
}

/// Bars up to the last that holds any; none where there is no gap.
fn gaps(conversation: &Conversation, turns: &[Turn]) -> Vec<GapBar> {
    let answers = turns
        .windows(2)
        .filter(|pair| pair[0].speaker != pair[1].speaker && pair[1].speaker == conversation.me());
    let mut bars: Vec<GapBar> = Vec::new();
    for pair in answers {
        let gap_ms = pair[1].span.start.as_ms() as i64 - pair[0].span.end.as_ms() as i64;
        if !GAPS_MS.contains(&gap_ms) {
            continue;
        }
        let place = ((gap_ms - GAPS_MS.start) / BAR_MS) as usize;
        while bars.len() <= place {
            let from_ms = GAPS_MS.start + BAR_MS * bars.len() as i64;
            bars.push(GapBar {
                from_ms,
                to_ms: from_ms + BAR_MS,
                count: 0,
            });
        }
        bars[place].count += 1;
    }
    bars
}
