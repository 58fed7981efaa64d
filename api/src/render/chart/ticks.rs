//! Fillers and silent pauses on the clock.

use super::{Drawing, FOOT, Ink, LEFT, Shape, WIDTH, across, clock_labels, lane_label};
use attune_engine::fillers::FillerKind;
use attune_engine::report::{FillerTick, PauseTick};

const ROW: f64 = 30.0;
/// A pause of this length is as high as its row, milliseconds.
const FULL_MS: f64 = 2_000.0;

/// None where there is neither.
pub(super) fn draw(fillers: &[FillerTick], pauses: &[PauseTick], length_ms: u64) -> Option<Drawing> {
    if fillers.is_empty() && pauses.is_empty() {
        return None;
    }
    let height = 2.0 * ROW + FOOT;
    let mut shapes = vec![lane_label("fillers", ROW - 8.0), lane_label("pauses", 2.0 * ROW - 8.0)];
    for y in [ROW, 2.0 * ROW] {
        shapes.push(Shape::Bar {
            x: LEFT,
            y,
            width: WIDTH - LEFT,
            height: 1.0,
            ink: Ink::Axis,
        });
    }
    shapes.extend(fillers.iter().map(|tick| Shape::Bar {
        x: across(tick.at_ms, length_ms),
        y: ROW
            - if tick.kind == FillerKind::FilledPause {
                22.0
            } else {
                12.0
            },
        width: 1.5,
        height: if tick.kind == FillerKind::FilledPause {
            22.0
        } else {
            12.0
        },
        ink: Ink::Signal,
    }));
    shapes.extend(pauses.iter().map(|tick| {
        let high = 22.0 * (tick.length_ms as f64 / FULL_MS).min(1.0);
        Shape::Bar {
            x: across(tick.at_ms, length_ms),
            y: 2.0 * ROW - high,
            width: 1.5,
            height: high,
            ink: if tick.ends_clause { Ink::Me } else { Ink::Them },
        }
    }));
    shapes.extend(clock_labels(length_ms, height - 6.0));
    let filled = fillers
        .iter()
        .filter(|tick| tick.kind == FillerKind::FilledPause)
        .count();
    let at_ends = pauses.iter().filter(|tick| tick.ends_clause).count();
    Some(Drawing {
        id: "ticks",
        title: "Fillers and pauses",
        description: format!(
            "{filled} filled pauses (high), {} filler words (low); {} silent pauses as high as they are long, {at_ends} of them \
             known to end a clause.",
            fillers.len() - filled,
            pauses.len()
        ),
        height,
        shapes,
    })
}
