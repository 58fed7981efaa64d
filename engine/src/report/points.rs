//! Strengths and growth areas: which few measures are worth a reader's time, each with a moment of the meeting that shows it. Chosen
//! by rule; a measure without a moment is on the board, and no point.

use super::pace::PacePoint;
use super::record::Source;
use crate::bootstrap::Interval;
use crate::clock::{MeetingTime, Span};
use crate::conversation::{Conversation, Utterance};
use crate::measures::{Band, Measure, Measures, Standing};
use crate::questions::QuestionKind;
use crate::score::CommunicationScore;
use crate::turns::Turn;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Strengths that are told. `[D]`
const STRENGTHS: usize = 3;
/// Growth areas that are told. `[D]`
const GROWTH: usize = 2;
/// Words of a moment that are quoted, at most.
const QUOTED: usize = 30;
/// Half of the window in which pace is measured.
const AROUND: Duration = Duration::from_secs(15);

/// A measure that stands out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Point {
    /// The measure, such as `C3`.
    pub measure: String,
    /// Its value is where it should be.
    pub on_target: bool,
    /// Why it matters, where somebody showed it; with who did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// What was said in the moment that shows it; empty where it is not about words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub said: String,
    /// The moment that shows it.
    pub source: Source,
}

/// The points of a meeting.
#[derive(Debug, Default)]
pub(super) struct Points {
    pub(super) one_thing: Option<Point>,
    pub(super) strengths: Vec<Point>,
    pub(super) growth: Vec<Point>,
}

/// What they are chosen from.
pub(super) struct Choice<'a> {
    pub(super) conversation: &'a Conversation,
    pub(super) turns: &'a [Turn],
    pub(super) pace: &'a [PacePoint],
    pub(super) measures: &'a Measures,
    pub(super) score: &'a CommunicationScore,
    /// The measure that the person works on.
    pub(super) goal: Option<&'a str>,
}

impl Choice<'_> {
    /// Strengths: on target, those first whose whole interval is. Growth: off target, those first that are surely so, then the
    /// farther off the earlier, as the score counts it.
    pub(super) fn points(&self) -> Points {
        let standing = |on: bool| {
            let all = self.measures.0.iter();
            all.filter(move |measure| {
                measure
                    .standing()
                    .is_some_and(|standing| (standing == Standing::On) == on)
            })
        };
        let mut on: Vec<&Measure> = standing(true).collect();
        on.sort_by_key(|measure| !is_sure(measure, Standing::On));
        let mut off: Vec<&Measure> = standing(false).collect();
        off.sort_by(|one, other| {
            let key = |measure: &Measure| measure.standing().is_none_or(|standing| !is_sure(measure, standing));
            key(one)
                .cmp(&key(other))
                .then(self.worth(one).total_cmp(&self.worth(other)))
        });
        let first = |measures: Vec<&Measure>, most| -> Vec<Point> {
            measures
                .into_iter()
                .filter_map(|measure| self.point(measure))
                .take(most)
                .collect()
        };
        let growth = first(off, GROWTH);
        let goal = self.goal.and_then(|goal| self.measures.get(goal));
        Points {
            one_thing: goal
                .and_then(|goal| self.point(goal))
                .or_else(|| growth.first().cloned()),
            strengths: first(on, STRENGTHS),
            growth,
        }
    }

    /// What it is worth in the score, 0 to 100; half where it is not in it.
    fn worth(&self, measure: &Measure) -> f64 {
        let mut counted = self.score.groups.iter().flat_map(|group| &group.measures);
        counted
            .find(|counted| counted.id == measure.id)
            .map_or(50.0, |counted| counted.value)
    }

    fn point(&self, measure: &Measure) -> Option<Point> {
        let on_target = measure.standing()? == Standing::On;
        let span = self.moment(measure, on_target)?;
        let said: Vec<&Utterance> = self.said_in(span).collect();
        let words = said
            .iter()
            .flat_map(|said| &said.words)
            .filter(|word| word.start < span.end && word.end > span.start);
        let texts: Vec<&str> = words.map(|word| word.text.as_str()).take(QUOTED).collect();
        Some(Point {
            measure: measure.id.clone(),
            on_target,
            why: why(&measure.id).map(str::to_owned),
            said: texts.join(" "),
            source: Source {
                span,
                utterances: said.iter().map(|said| said.id.clone()).collect(),
            },
        })
        .filter(|point| !point.source.utterances.is_empty())
    }

    /// What I said in a stretch.
    fn said_in(&self, span: Span) -> impl Iterator<Item = &Utterance> {
        let mine = self.conversation.of(self.conversation.me());
        mine.filter(move |said| said.span.start < span.end && said.span.end > span.start)
    }

    /// The stretch of the meeting that shows a value best.
    fn moment(&self, measure: &Measure, on_target: bool) -> Option<Span> {
        match measure.id.as_str() {
            "C3" => self.pace_moment(measure.target?, on_target),
            "C1" if !on_target => self.longest_turn(),
            "C10" => self.longest_turn(),
            "C13" => self.gap_moment(measure.value?, on_target),
            "C17" => {
                let asked = |kind| {
                    let mut mine = self.conversation.trusted();
                    mine.find(|said| said.question == Some(kind)).map(|said| said.span)
                };
                asked(QuestionKind::Open).or_else(|| asked(QuestionKind::Closed))
            }
            "C6" | "C7" if !on_target => {
                let mut fillers = self.conversation.trusted().filter(|said| !said.fillers.is_empty());
                fillers.next().map(|said| said.span)
            }
            // What these count is what went wrong.
            _ if !on_target => measure.moments.first().map(|moment| moment.span),
            _ => None,
        }
    }

    /// The window nearest to the middle of the target, or farthest from the target.
    fn pace_moment(&self, Band { low, high }: Band, on_target: bool) -> Option<Span> {
        let middle = match (low, high) {
            (Some(low), Some(high)) => f64::midpoint(low, high),
            (low, high) => low.or(high)?,
        };
        let mut told: Vec<(f64, u64)> = self
            .pace
            .iter()
            .filter_map(|point| Some(((point.wpm? - middle).abs(), point.at_ms)))
            .collect();
        told.sort_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)));
        let chosen = match on_target {
            true => told.first(),
            false => told.last(),
        };
        let at = MeetingTime::from_ms(chosen?.1);
        Some(Span::new(at.minus(AROUND), at.plus(AROUND)))
    }

    fn longest_turn(&self) -> Option<Span> {
        let mine = self.turns.iter().filter(|turn| turn.speaker == self.conversation.me());
        let longest = mine.max_by_key(|turn| (turn.span.duration(), std::cmp::Reverse(turn.span.start)));
        longest.map(|turn| turn.span)
    }

    /// The turn of mine whose gap is nearest to the median, or the quickest where the median is below target and the slowest above.
    fn gap_moment(&self, median_ms: f64, on_target: bool) -> Option<Span> {
        let me = self.conversation.me();
        let answers = self
            .turns
            .windows(2)
            .filter(|pair| pair[0].speaker != pair[1].speaker && pair[1].speaker == me);
        let gap = |pair: &[Turn]| pair[1].span.start.as_ms() as f64 - pair[0].span.end.as_ms() as f64;
        let off = |pair: &[Turn]| match on_target {
            true => (gap(pair) - median_ms).abs(),
            false if median_ms < 300.0 => gap(pair),
            false => -gap(pair),
        };
        let shown = answers.min_by(|one, other| off(one).total_cmp(&off(other)))?;
        Some(shown[1].span)
    }
}

/// The whole interval lies on that side; without one nothing is sure.
fn is_sure(measure: &Measure, standing: Standing) -> bool {
    let (Some(Interval { low, high }), Some(band)) = (measure.interval, measure.target) else {
        return false;
    };
    match standing {
        Standing::On => band.low.is_none_or(|least| low >= least) && band.high.is_none_or(|most| high <= most),
        Standing::Below => band.low.is_some_and(|least| high < least),
        Standing::Above => band.high.is_some_and(|most| low > most),
    }
}

/// What is known of why a measure matters: only what was read in its source, or in one that quotes it.
fn why(measure: &str) -> Option<&'static str> {
    Some(match measure {
        "C1" => "In calls that were won the seller spoke 43 % of the time (Gong).",
        "C3" => "Read puts a good pace in meetings at 130 to 175 words a minute, Microsoft at 100 to 165.",
        "C6" => "Read takes fewer than four filled pauses in a hundred words for good.",
        "C10" => "In demos that were won the longest stretch of the seller was 76 s (Gong, as quoted).",
        "C13" => {
            "People leave about 200 ms between turns, and planning a reply takes 600 ms or more (Levinson and Torreira 2015)."
        }
        "C17" => "People who ask more, and follow up, are better liked (Huang 2017).",
        "C19" => "Hedges and hesitations each make a speaker seem less authoritative (Hosman 1989).",
        "C24" => "Hearing of their own pitch range made speakers vary it more, and it lasted (Hincks and Edlund 2009).",
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
