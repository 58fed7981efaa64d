//! The question strip: what I asked, when, and of which kind.

use super::{Drawing, FOOT, Ink, LEFT, Shape, WIDTH, across, clock_labels, lane_label};
use attune_engine::questions::QuestionKind;
use attune_engine::report::QuestionAsked;

/// None where I asked nothing.
pub(super) fn draw(questions: &[QuestionAsked], length_ms: u64) -> Option<Drawing> {
    const ROW: f64 = 34.0;
    if questions.is_empty() {
        return None;
    }
    let height = ROW + FOOT;
    let middle = ROW / 2.0 + 2.0;
    let mut shapes = vec![
        lane_label("questions", middle + 4.0),
        Shape::Bar {
            x: LEFT,
            y: middle,
            width: WIDTH - LEFT,
            height: 1.0,
            ink: Ink::Axis,
        },
    ];
    for asked in questions {
        let x = across(asked.source.span.start.as_ms(), length_ms);
        shapes.push(match asked.kind {
            QuestionKind::Open => Shape::Dot {
                x,
                y: middle,
                radius: 6.0,
                ink: Ink::Me,
            },
            QuestionKind::Closed => Shape::Bar {
                x: x - 4.0,
                y: middle - 4.0,
                width: 8.0,
                height: 8.0,
                ink: Ink::Them,
            },
        });
        if asked.follow_up {
            shapes.push(Shape::Bar {
                x: x - 5.0,
                y: middle + 10.0,
                width: 10.0,
                height: 2.0,
                ink: Ink::Signal,
            });
        }
    }
    shapes.extend(clock_labels(length_ms, height - 6.0));
    let open = questions
        .iter()
        .filter(|asked| asked.kind == QuestionKind::Open)
        .count();
    let follow_ups = questions.iter().filter(|asked| asked.follow_up).count();
    Some(Drawing {
        id: "questions",
        title: "My questions",
        description: format!(
            "{open} open (circles), {} closed (squares), {follow_ups} of them follow-ups (underlined).",
            questions.len() - open
        ),
        height,
        shapes,
    })
}
