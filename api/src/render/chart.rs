//! Charts as shapes: what is drawn, in a chart's own units, before anybody says on what. A page takes them as SVG, a PDF as paths.
//! Each chart is a pure function of a report, in a file of its own.

mod gaps;
mod nudges;
mod pace;
mod questions;
mod ribbon;
mod ticks;
mod turn_map;

use super::figures::clock;
use attune_engine::measures::Measures;
use attune_engine::report::{Coaching, MeetingRecord, Who};
use attune_engine::speaker::Speaker;

/// Width of every chart, in its own units.
pub(super) const WIDTH: f64 = 900.0;
/// Room for the labels on the left.
const LEFT: f64 = 128.0;
/// Room under a chart for the clock.
const FOOT: f64 = 24.0;
/// Lanes and people that one chart shows; more are not told apart by eye.
const MOST: usize = 8;

/// One chart.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Drawing {
    /// Names it within a page.
    pub(super) id: &'static str,
    /// What it is.
    pub(super) title: &'static str,
    /// What it shows, for who does not see it.
    pub(super) description: String,
    /// How high it is; it is [`WIDTH`] wide.
    pub(super) height: f64,
    /// From the back to the front.
    pub(super) shapes: Vec<Shape>,
}

/// What a chart is made of. Lengths and places are in the chart's units, from the upper left corner.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Shape {
    /// A filled rectangle.
    Bar {
        x: f64,
        y: f64,
        width: f64,
        height: f64,
        ink: Ink,
    },
    /// An unbroken line through points.
    Curve { points: Vec<(f64, f64)>, ink: Ink },
    /// A filled circle.
    Dot { x: f64, y: f64, radius: f64, ink: Ink },
    /// A label, its baseline at `y`.
    Label {
        x: f64,
        y: f64,
        anchor: Anchor,
        text: String,
    },
}

/// What a shape stands for; whoever draws has a colour for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ink {
    /// Me.
    Me,
    /// Anybody else.
    Them,
    /// A target.
    Band,
    /// What to look at.
    Signal,
    /// An axis.
    Axis,
}

/// Which end of a label is at its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// The charts that a report has enough for, in the order in which they are read.
pub(super) fn all(record: &MeetingRecord, coaching: &Coaching) -> Vec<Drawing> {
    let length_ms = record.duration_ms;
    let charts = &coaching.charts;
    [
        ribbon::draw(&charts.ribbon, length_ms),
        pace::draw(&coaching.pace, band(&coaching.measures, "C3"), length_ms),
        ticks::draw(&charts.fillers, &charts.pauses, length_ms),
        questions::draw(&coaching.questions, length_ms),
        gaps::draw(&charts.gaps, band(&coaching.measures, "C13")),
        nudges::draw(&coaching.nudges, &coaching.held_out, length_ms),
        turn_map::draw(&coaching.turn_taking),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn band(measures: &Measures, id: &str) -> Option<attune_engine::measures::Band> {
    measures.get(id).and_then(|measure| measure.target)
}

/// The ink of a speaker.
const fn ink_of(speaker: Speaker) -> Ink {
    match speaker {
        Speaker::Me | Speaker::Unknown => Ink::Me,
        Speaker::Them => Ink::Them,
    }
}

/// Who, in the room that there is for a label.
fn label_of(who: &Who) -> String {
    const LETTERS: usize = 16;
    let name = super::figures::who(who);
    match name.chars().count() > LETTERS {
        true => name.chars().take(LETTERS - 1).chain(['…']).collect(),
        false => name,
    }
}

/// From meeting time to a place on the clock.
fn across(at_ms: u64, length_ms: u64) -> f64 {
    let share = (at_ms as f64 / length_ms.max(1) as f64).min(1.0);
    LEFT + (WIDTH - LEFT) * share
}

/// Five times along the foot of a chart.
fn clock_labels(length_ms: u64, y: f64) -> impl Iterator<Item = Shape> {
    (0..=4_u64).map(move |step| {
        let at_ms = length_ms / 4 * step;
        Shape::Label {
            x: across(at_ms, length_ms),
            y,
            anchor: match step {
                0 => Anchor::Start,
                4 => Anchor::End,
                _ => Anchor::Middle,
            },
            text: clock(at_ms),
        }
    })
}

/// A label left of a lane.
fn lane_label(text: impl Into<String>, y: f64) -> Shape {
    Shape::Label {
        x: LEFT - 10.0,
        y,
        anchor: Anchor::End,
        text: text.into(),
    }
}

#[cfg(test)]
mod tests;
