//! The talk ribbon: who spoke when.

use super::{Drawing, FOOT, Ink, LEFT, MOST, Shape, WIDTH, across, clock_labels, ink_of, label_of, lane_label};
use crate::render::figures::speech;
use attune_engine::clock::Span;
use attune_engine::report::Lane;

/// Height of a lane, and from one to the next.
const LANE: f64 = 18.0;
const STEP: f64 = 26.0;

/// A lane for each of the first speakers; none where nobody spoke.
pub(super) fn draw(lanes: &[Lane], length_ms: u64) -> Option<Drawing> {
    if lanes.is_empty() {
        return None;
    }
    let shown = &lanes[..lanes.len().min(MOST)];
    let mut shapes = Vec::new();
    let mut told = Vec::new();
    for (lane, y) in shown.iter().zip((0..).map(|place| 4.0 + STEP * f64::from(place))) {
        shapes.push(lane_label(label_of(&lane.who), y + 13.0));
        shapes.push(Shape::Bar {
            x: LEFT,
            y: y + LANE,
            width: WIDTH - LEFT,
            height: 1.0,
            ink: Ink::Axis,
        });
        for span in &lane.spans {
            let x = across(span.start.as_ms(), length_ms);
            shapes.push(Shape::Bar {
                x,
                y,
                // What is too short to be seen is there all the same.
                width: (across(span.end.as_ms(), length_ms) - x).max(1.0),
                height: LANE,
                ink: ink_of(lane.who.speaker),
            });
        }
        let spoken: f64 = lane.spans.iter().map(|span: &Span| span.duration().as_secs_f64()).sum();
        told.push(format!(
            "{} {} in {} stretches",
            label_of(&lane.who),
            speech(spoken),
            lane.spans.len()
        ));
    }
    let height = 4.0 + STEP * shown.len() as f64 + FOOT;
    shapes.extend(clock_labels(length_ms, height - 6.0));
    let more = match lanes.len() - shown.len() {
        0 => String::new(),
        more => format!(" {more} more people are not drawn."),
    };
    Some(Drawing {
        id: "ribbon",
        title: "Who spoke when",
        description: format!("{}.{more}", told.join(", ")),
        height,
        shapes,
    })
}
