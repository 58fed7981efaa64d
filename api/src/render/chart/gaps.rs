//! The gap histogram: how long I wait before I speak.

use super::{Anchor, Drawing, FOOT, Ink, LEFT, Shape, WIDTH};
use attune_engine::measures::Band;
use attune_engine::report::GapBar;

const HEIGHT: f64 = 160.0;
const FLOOR: f64 = HEIGHT - FOOT;

/// Gaps in bars over the band where they should be; none where I answered nobody.
pub(super) fn draw(bars: &[GapBar], band: Option<Band>) -> Option<Drawing> {
    let (first, last) = (bars.first()?, bars.last()?);
    let most = bars.iter().map(|bar| bar.count).max()?;
    let span = (last.to_ms - first.from_ms).max(1) as f64;
    let x = |ms: f64| LEFT + (WIDTH - LEFT) * ((ms - first.from_ms as f64) / span).clamp(0.0, 1.0);
    let mut shapes = Vec::new();
    if let Some(Band {
        low: Some(low),
        high: Some(high),
    }) = band
    {
        shapes.push(Shape::Bar {
            x: x(low),
            y: 8.0,
            width: x(high) - x(low),
            height: FLOOR - 8.0,
            ink: Ink::Band,
        });
    }
    for bar in bars {
        let high = (FLOOR - 16.0) * bar.count as f64 / most.max(1) as f64;
        let from = x(bar.from_ms as f64);
        shapes.push(Shape::Bar {
            x: from + 1.0,
            y: FLOOR - high,
            width: (x(bar.to_ms as f64) - from - 2.0).max(1.0),
            height: high,
            ink: if bar.from_ms < 0 { Ink::Signal } else { Ink::Me },
        });
    }
    shapes.push(Shape::Bar {
        x: LEFT,
        y: FLOOR,
        width: WIDTH - LEFT,
        height: 1.0,
        ink: Ink::Axis,
    });
    shapes.push(Shape::Label {
        x: LEFT - 10.0,
        y: 18.0,
        anchor: Anchor::End,
        text: format!("{most} turns"),
    });
    for ms in (first.from_ms..=last.to_ms).step_by(500) {
        shapes.push(Shape::Label {
            x: x(ms as f64),
            y: HEIGHT - 6.0,
            anchor: match ms {
                ms if ms == first.from_ms => Anchor::Start,
                ms if ms == last.to_ms => Anchor::End,
                _ => Anchor::Middle,
            },
            text: format!("{:.1} s", ms as f64 / 1000.0),
        });
    }
    let all: usize = bars.iter().map(|bar| bar.count).sum();
    let early: usize = bars.iter().filter(|bar| bar.from_ms < 0).map(|bar| bar.count).sum();
    Some(Drawing {
        id: "gaps",
        title: "How long I waited before I spoke",
        description: format!("{all} turns of mine after another's; {early} of them began before the other was done."),
        height: HEIGHT,
        shapes,
    })
}
