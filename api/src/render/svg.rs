//! A chart as SVG within a page: text that is text, colours that are the page's.

use super::chart::{Anchor, Drawing, Ink, Shape, WIDTH};
use super::html::escape;
use std::fmt::Write as _;

/// Writes `drawing` with its title and description, which a screen reader reads in its place.
pub(super) fn write(drawing: &Drawing, out: &mut String) -> std::fmt::Result {
    let Drawing {
        id,
        title,
        description,
        height,
        shapes,
    } = drawing;
    writeln!(
        out,
        "<svg viewBox=\"0 0 {WIDTH} {height:.0}\" role=\"img\" aria-labelledby=\"{id}-title {id}-desc\">\n\
         <title id=\"{id}-title\">{title}</title>\n<desc id=\"{id}-desc\">{}</desc>",
        escape(description)
    )?;
    shapes.iter().try_for_each(|shape| write_shape(shape, out))?;
    writeln!(out, "</svg>")
}

fn write_shape(shape: &Shape, out: &mut String) -> std::fmt::Result {
    match shape {
        Shape::Bar {
            x,
            y,
            width,
            height,
            ink,
        } => writeln!(
            out,
            "<rect class=\"{}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\"/>",
            class(*ink)
        ),
        Shape::Curve { points, ink } => {
            write!(out, "<polyline class=\"curve {}\" points=\"", class(*ink))?;
            for (place, (x, y)) in points.iter().enumerate() {
                write!(out, "{}{x:.1},{y:.1}", if place == 0 { "" } else { " " })?;
            }
            writeln!(out, "\"/>")
        }
        Shape::Dot { x, y, radius, ink } => writeln!(
            out,
            "<circle class=\"{}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius:.1}\"/>",
            class(*ink)
        ),
        Shape::Label { x, y, anchor, text } => writeln!(
            out,
            "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{}\">{}</text>",
            match anchor {
                Anchor::Start => "start",
                Anchor::Middle => "middle",
                Anchor::End => "end",
            },
            escape(text)
        ),
    }
}

const fn class(ink: Ink) -> &'static str {
    match ink {
        Ink::Me => "ink-me",
        Ink::Them => "ink-them",
        Ink::Band => "ink-band",
        Ink::Signal => "ink-signal",
        Ink::Axis => "ink-axis",
    }
}
