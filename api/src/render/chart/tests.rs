//! What every chart has, and that what it shows is where it should be.

use super::*;
use crate::render::sample;
use attune_engine::clock::{MeetingTime, Span};
use attune_engine::report::{GapBar, Lane};

fn who(speaker: Speaker, name: Option<&str>) -> Who {
    Who {
        speaker,
        name: name.map(str::to_owned),
    }
}

#[test]
fn every_chart_says_what_it_shows_and_stays_within_its_edges() {
    let report = sample::report();
    let drawings = all(&report.record, &report.coaching);
    assert!(drawings.len() >= 3, "{}", drawings.len());
    for Drawing {
        id,
        description,
        height,
        shapes,
        ..
    } in drawings
    {
        assert!(!description.is_empty() && !shapes.is_empty(), "{id}");
        for shape in shapes {
            let (x, y) = match shape {
                Shape::Bar {
                    x, y, width, height, ..
                } => (x + width, y + height),
                Shape::Curve { points, .. } => points.into_iter().fold((0.0, 0.0), |(right, low), (x, y)| {
                    (f64::max(right, x), f64::max(low, y))
                }),
                Shape::Dot { x, y, radius, .. } => (x + radius - 16.0, y),
                Shape::Label { x, y, .. } => (x, y),
            };
            assert!(x <= WIDTH + 1.0 && y <= height + 1.0, "{id}: {x} {y}");
            assert!(x.is_finite() && y.is_finite() && y >= 0.0, "{id}: {x} {y}");
        }
    }
}

#[test]
fn speech_stands_where_it_was_on_the_clock() {
    let lane = Lane {
        who: who(Speaker::Them, Some("Ana")),
        spans: vec![Span::new(MeetingTime::from_ms(5_000), MeetingTime::from_ms(10_000))],
    };
    let drawing = ribbon::draw(&[lane], 10_000).unwrap();
    let bar = drawing.shapes.iter().find_map(|shape| match shape {
        Shape::Bar {
            x,
            width,
            ink: Ink::Them,
            ..
        } => Some((*x, *width)),
        _ => None,
    });
    let half = (WIDTH - LEFT) / 2.0;
    assert_eq!(bar, Some((LEFT + half, half)));
    assert_eq!(drawing.description, "Ana 0:05 in 1 stretches.");
}

#[test]
fn gaps_below_zero_are_told_apart_without_their_colour() {
    let bar = |from_ms, count| GapBar {
        from_ms,
        to_ms: from_ms + 250,
        count,
    };
    let drawing = gaps::draw(&[bar(-500, 1), bar(-250, 0), bar(0, 3)], None).unwrap();
    assert_eq!(
        drawing.description,
        "4 turns of mine after another's; 1 of them began before the other was done."
    );
    assert!(gaps::draw(&[], None).is_none());
}

#[test]
fn forty_people_are_drawn_as_far_as_they_can_be_told_apart() {
    let lanes: Vec<Lane> = (0..40)
        .map(|person| Lane {
            who: who(Speaker::Them, Some(&format!("A person called {person}"))),
            spans: Vec::new(),
        })
        .collect();
    let drawing = ribbon::draw(&lanes, 0).unwrap();
    assert!(drawing.description.ends_with("32 more people are not drawn."));
    assert!(drawing.height < 300.0);
}
