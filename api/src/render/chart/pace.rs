//! My pace over the meeting, over the band where it should be.

use super::{Anchor, Drawing, FOOT, Ink, LEFT, Shape, WIDTH, across, clock_labels};
use crate::render::figures::number;
use attune_engine::measures::Band;
use attune_engine::report::PacePoint;

const HEIGHT: f64 = 220.0;
const TOP: f64 = 8.0;

/// None where pace was never measured.
pub(super) fn draw(pace: &[PacePoint], band: Option<Band>, length_ms: u64) -> Option<Drawing> {
    let measured: Vec<f64> = pace.iter().filter_map(|point| point.wpm).collect();
    let most = measured.iter().copied().reduce(f64::max)?;
    let least = measured.iter().copied().fold(most, f64::min);
    let Band { low, high } = band.unwrap_or_default();
    let scale = Scale {
        low: ((least.min(low.unwrap_or(least)) - 10.0) / 20.0).floor() * 20.0,
        high: ((most.max(high.unwrap_or(most)) + 10.0) / 20.0).ceil() * 20.0,
    };
    let mut shapes = Vec::new();
    if band.is_some() {
        let (top, bottom) = (scale.y(high.unwrap_or(scale.high)), scale.y(low.unwrap_or(scale.low)));
        shapes.push(Shape::Bar {
            x: LEFT,
            y: top,
            width: WIDTH - LEFT,
            height: bottom - top,
            ink: Ink::Band,
        });
    }
    for step in 0..=4 {
        let wpm = scale.low + (scale.high - scale.low) * f64::from(step) / 4.0;
        shapes.push(Shape::Label {
            x: LEFT - 10.0,
            y: scale.y(wpm) + 4.0,
            anchor: Anchor::End,
            text: format!("{wpm:.0}"),
        });
    }
    shapes.extend(clock_labels(length_ms, HEIGHT - 6.0));
    for stretch in pace.split(|point| point.wpm.is_none()) {
        shapes.extend(curve(stretch, &scale, length_ms));
    }
    Some(Drawing {
        id: "pace",
        title: "Words a minute while I spoke",
        description: format!(
            "From {} to {} words a minute{}.",
            number(least),
            number(most),
            against(band)
        ),
        height: HEIGHT,
        shapes,
    })
}

/// One unbroken stretch of the curve; a single point is a dot.
fn curve(stretch: &[PacePoint], scale: &Scale, length_ms: u64) -> Option<Shape> {
    let points = stretch
        .iter()
        .filter_map(|point| Some((across(point.at_ms, length_ms), scale.y(point.wpm?))));
    let points: Vec<_> = points.collect();
    match points.as_slice() {
        [] => None,
        [(x, y)] => Some(Shape::Dot {
            x: *x,
            y: *y,
            radius: 3.0,
            ink: Ink::Me,
        }),
        _ => Some(Shape::Curve { points, ink: Ink::Me }),
    }
}

fn against(band: Option<Band>) -> String {
    match band {
        Some(Band {
            low: Some(low),
            high: Some(high),
        }) => format!("; the band is the target, {} to {}", number(low), number(high)),
        _ => String::new(),
    }
}

/// From words a minute to the chart.
struct Scale {
    low: f64,
    high: f64,
}

impl Scale {
    fn y(&self, wpm: f64) -> f64 {
        let height = HEIGHT - FOOT - TOP - 8.0;
        TOP + height * (1.0 - (wpm - self.low) / (self.high - self.low).max(1.0))
    }
}
