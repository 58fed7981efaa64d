//! The turn-taking map: who took the floor after whom, as a grid, with interruptions beside it.

use super::{Anchor, Drawing, Ink, LEFT, MOST, Shape, WIDTH, ink_of, label_of, lane_label};
use attune_engine::report::TurnTaking;

const CELL: f64 = 44.0;
const HEAD: f64 = 26.0;

/// None where the floor never changed hands.
pub(super) fn draw(map: &TurnTaking) -> Option<Drawing> {
    let most = map.follows.iter().map(|edge| edge.times).max()?;
    let people = &map.people[..map.people.len().min(MOST)];
    let column = |place: usize| LEFT + (WIDTH - LEFT) * (place as f64 + 0.5) / people.len() as f64;
    let row = |place: usize| HEAD + CELL * (place as f64 + 0.5);
    let mut shapes = Vec::new();
    for (place, who) in people.iter().enumerate() {
        shapes.push(lane_label(format!("after {}", label_of(who)), row(place) + 4.0));
        shapes.push(Shape::Label {
            x: column(place),
            y: 16.0,
            anchor: Anchor::Middle,
            text: label_of(who),
        });
        shapes.push(Shape::Bar {
            x: LEFT,
            y: HEAD + CELL * place as f64,
            width: WIDTH - LEFT,
            height: 1.0,
            ink: Ink::Axis,
        });
    }
    let inside = |place: usize| place < people.len();
    for edge in map.follows.iter().filter(|edge| inside(edge.from) && inside(edge.to)) {
        let (x, y) = (column(edge.to), row(edge.from));
        let radius = 3.0 + 13.0 * (edge.times as f64 / most.max(1) as f64).sqrt();
        shapes.push(Shape::Dot {
            x,
            y,
            radius,
            ink: ink_of(people[edge.to].speaker),
        });
        shapes.push(Shape::Label {
            x: x + radius + 6.0,
            y: y + 4.0,
            anchor: Anchor::Start,
            text: edge.times.to_string(),
        });
    }
    let told = map
        .follows
        .iter()
        .filter(|edge| inside(edge.from) && inside(edge.to))
        .map(|edge| {
            let (from, to) = (label_of(&people[edge.from]), label_of(&people[edge.to]));
            format!("{to} after {from} {} times", edge.times)
        });
    let told: Vec<_> = told.collect();
    Some(Drawing {
        id: "turns",
        title: "Who took the floor after whom",
        description: format!("{}.", told.join(", ")),
        height: HEAD + CELL * people.len() as f64 + 4.0,
        shapes,
    })
}
