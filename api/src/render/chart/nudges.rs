//! Nudges on the clock: those that were shown, and those that were held out by lot.

use super::{Drawing, FOOT, Ink, LEFT, Shape, WIDTH, across, clock_labels, lane_label};
use attune_engine::report::{NudgeHeldOut, NudgeShown};

const ROW: f64 = 30.0;

/// None where there is neither.
pub(super) fn draw(shown: &[NudgeShown], held_out: &[NudgeHeldOut], length_ms: u64) -> Option<Drawing> {
    if shown.is_empty() && held_out.is_empty() {
        return None;
    }
    let mut shapes = vec![
        lane_label("nudges", ROW / 2.0 + 4.0),
        Shape::Bar {
            x: LEFT,
            y: ROW,
            width: WIDTH - LEFT,
            height: 1.0,
            ink: Ink::Axis,
        },
    ];
    shapes.extend(shown.iter().map(|nudge| Shape::Dot {
        x: across(nudge.at_ms, length_ms),
        y: ROW / 2.0,
        radius: 5.0,
        ink: Ink::Signal,
    }));
    // A bar and no dot: told apart without a colour.
    shapes.extend(held_out.iter().map(|held| Shape::Bar {
        x: across(held.at_ms, length_ms) - 1.0,
        y: ROW / 2.0 - 8.0,
        width: 2.0,
        height: 16.0,
        ink: Ink::Them,
    }));
    let height = ROW + FOOT;
    shapes.extend(clock_labels(length_ms, height - 6.0));
    Some(Drawing {
        id: "nudges-shown",
        title: "Nudges",
        description: format!(
            "{} shown (dots), {} held out by lot (bars).",
            shown.len(),
            held_out.len()
        ),
        height,
        shapes,
    })
}
