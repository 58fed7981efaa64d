//! Pages, drawn and tagged.

use super::PdfError;
use super::faces::{Faces, Reads, Run, Weight};
use super::layout::{FAINT, Group, Laid, Mark, PAGE, Placed, Style};
use crate::render::chart::{Anchor, Drawing, Ink, Shape};
use crate::render::figures::steers;
use krilla::SerializeSettings;
use krilla::color::rgb;
use krilla::configure::{Accessibility, ConfigurationBuilder};
use krilla::destination::XyzDestination;
use krilla::document::Document;
use krilla::geom::{Path, PathBuilder, Point, Rect};
use krilla::metadata::Metadata;
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::paint::{Fill, Stroke};
use krilla::surface::Surface;
use krilla::tagging::{Artifact, ArtifactType, ContentTag, Identifier, Node, SpanTag, TagGroup, TagTree};
use krilla::text::TextDirection;

/// Letters of a title in the file's own description.
const TITLE: usize = 200;

/// Colours on paper, as the page has them by day.
const INK: (u8, u8, u8) = (13, 27, 32);
const SOFT: (u8, u8, u8) = (63, 80, 87);
const LINE: (u8, u8, u8) = (179, 193, 197);

/// The file that `laid` makes.
pub(super) fn paint(laid: Laid, faces: &Faces, title: &str) -> Result<Vec<u8>, PdfError> {
    let configuration = ConfigurationBuilder::new()
        .with_accessibility_validator(Accessibility::UA1)
        .finish()
        .map_err(|error| PdfError::Refused(format!("{error:?}")))?;
    let mut document = Document::new_with(SerializeSettings {
        configuration,
        ..SerializeSettings::default()
    });
    let Laid {
        pages,
        groups,
        roots,
        outline,
    } = laid;
    let mut leaves: Vec<Vec<Identifier>> = groups.iter().map(|_| Vec::new()).collect();
    let count = pages.len();
    for (number, page) in (1..).zip(pages) {
        let settings =
            PageSettings::from_wh(PAGE.0, PAGE.1).ok_or_else(|| PdfError::Refused("a page has no size".to_owned()))?;
        let mut sheet = document.start_page_with(settings);
        let mut brush = Brush {
            surface: sheet.surface(),
            faces,
        };
        for Placed { group, mark } in page {
            brush.mark(&mark, group.map(|group| &mut leaves[group]));
        }
        brush.foot(number, count);
        // What is left of it writes the page when it goes.
        drop(brush);
        sheet.finish();
    }
    let mut tree = TagTree::new().with_lang(Some("en".to_owned()));
    for root in roots {
        tree.push(node(root, &groups, &mut leaves));
    }
    document.set_tag_tree(tree);
    let mut entries = Outline::new();
    for entry in outline {
        let place = XyzDestination::new(entry.page, Point::from_xy(0.0, entry.y));
        entries.push_child(OutlineNode::new(clean(&entry.text), place));
    }
    document.set_outline(entries);
    document.set_metadata(
        Metadata::new()
            .title(clean(title))
            .language("en".to_owned())
            .creator("Attune".to_owned()),
    );
    document.finish().map_err(|error| PdfError::Refused(error.to_string()))
}

fn clean(text: &str) -> String {
    let letters = text.chars().map(|c| if steers(c) { ' ' } else { c });
    let title: String = letters.take(TITLE).collect();
    match title.trim().is_empty() {
        true => "Meeting".to_owned(),
        false => title,
    }
}

/// A part with what is in it. No deeper than the layout goes: a table's cell is the fourth.
fn node(place: usize, groups: &[Group], leaves: &mut [Vec<Identifier>]) -> Node {
    let Group { tag, children } = &groups[place];
    let mut group = TagGroup::new(tag.clone());
    for identifier in std::mem::take(&mut leaves[place]) {
        group.push(identifier);
    }
    for child in children {
        group.push(node(*child, groups, leaves));
    }
    Node::Group(group)
}

struct Brush<'a, 'b> {
    surface: Surface<'a>,
    faces: &'b Faces,
}

impl Brush<'_, '_> {
    /// Draws a mark; what it is goes into the part that it belongs to.
    fn mark(&mut self, mark: &Mark, part: Option<&mut Vec<Identifier>>) {
        match (mark, part) {
            (
                Mark::Text {
                    x,
                    y,
                    style,
                    text,
                    reads,
                },
                Some(part),
            ) => self.text((*x, *y), *style, text, *reads, part),
            (Mark::Chart { x, y, scale, drawing }, Some(part)) => {
                part.push(self.surface.start_tagged(ContentTag::Other));
                self.chart(*x, *y, *scale, drawing);
                self.surface.end_tagged();
            }
            (Mark::Rule { y }, _) => self.artifact(ArtifactType::Layout, |brush| {
                brush.bar(56.0, *y, PAGE.0 - 112.0, 0.4, LINE);
            }),
            // Everything that is read belongs somewhere.
            (Mark::Text { .. } | Mark::Chart { .. }, None) => {}
        }
    }

    /// What is no part of the document.
    fn artifact(&mut self, kind: ArtifactType, draw: impl FnOnce(&mut Self)) {
        let tag = ContentTag::Artifact(Artifact::with_kind(kind));
        let _ = self.surface.start_tagged(tag);
        draw(self);
        self.surface.end_tagged();
    }

    /// The number of the page, at its foot.
    fn foot(&mut self, number: usize, count: usize) {
        let text = format!("{number} / {count}");
        self.artifact(ArtifactType::PageNumber, |brush| {
            brush.line(PAGE.0 - 92.0, PAGE.1 - 36.0, Style { size: 8.5, ..FAINT }, &text);
        });
    }

    fn ink(&mut self, (red, green, blue): (u8, u8, u8)) {
        self.surface.set_stroke(None);
        self.surface.set_fill(Some(Fill {
            paint: rgb::Color::new(red, green, blue).into(),
            ..Fill::default()
        }));
    }

    /// A line of text, each run of it with what it stands for, in the order in which they are read.
    fn text(&mut self, at: (f32, f32), style: Style, text: &str, reads: Reads, part: &mut Vec<Identifier>) {
        self.ink(if style.faint { SOFT } else { INK });
        for (at, run) in self.placed(at, style, text, reads) {
            let span = SpanTag::empty().with_actual_text(run.stands_for.as_deref());
            part.push(self.surface.start_tagged(ContentTag::Span(span)));
            self.run(at, style, &run);
            self.surface.end_tagged();
        }
    }

    /// The same without tags, within something that has one.
    fn line(&mut self, x: f32, y: f32, style: Style, text: &str) {
        self.ink(if style.faint { SOFT } else { INK });
        for (at, run) in self.placed((x, y), style, text, Reads::of(text)) {
            self.run(at, style, &run);
        }
    }

    /// Where each run of a line stands that begins at `x` on the left, in the order in which they are read.
    fn placed(&self, (x, y): (f32, f32), style: Style, text: &str, reads: Reads) -> Vec<(Point, Run)> {
        let mut x = x;
        let runs = self.faces.runs(text, style.weight, reads).into_iter();
        let mut placed: Vec<(Point, Run)> = runs
            .map(|run| {
                let at = Point::from_xy(x, y);
                x += run.width * style.size;
                (at, run)
            })
            .collect();
        placed.sort_by_key(|(_, run)| run.order);
        placed
    }

    fn run(&mut self, at: Point, style: Style, run: &Run) {
        let font = self.faces.font(style.weight, run.file);
        let direction = match run.reads {
            Reads::LeftToRight => TextDirection::LeftToRight,
            Reads::RightToLeft => TextDirection::RightToLeft,
        };
        self.surface
            .draw_text(at, font, style.size, &run.text, false, direction);
    }

    fn chart(&mut self, x: f32, y: f32, scale: f32, drawing: &Drawing) {
        let across = |units: f64| x + units as f32 * scale;
        let down = |units: f64| y + units as f32 * scale;
        for shape in &drawing.shapes {
            match shape {
                Shape::Bar {
                    x,
                    y,
                    width,
                    height,
                    ink,
                } => self.bar(
                    across(*x),
                    down(*y),
                    *width as f32 * scale,
                    *height as f32 * scale,
                    colour(*ink),
                ),
                Shape::Dot { x, y, radius, ink } => {
                    self.ink(colour(*ink));
                    if let Some(path) = circle(across(*x), down(*y), *radius as f32 * scale) {
                        self.surface.draw_path(&path);
                    }
                }
                Shape::Curve { points, ink } => {
                    let points = points.iter().map(|(x, y)| (across(*x), down(*y)));
                    self.curve(points, colour(*ink));
                }
                Shape::Label { x, y, anchor, text } => {
                    let style = Style {
                        // Twelve units, as on the page.
                        size: 12.0 * scale,
                        ..FAINT
                    };
                    let wide = self.faces.width(text, Weight::Regular) * style.size;
                    let left = match anchor {
                        Anchor::Start => 0.0,
                        Anchor::Middle => wide / 2.0,
                        Anchor::End => wide,
                    };
                    self.line(across(*x) - left, down(*y), style, text);
                }
            }
        }
    }

    fn bar(&mut self, x: f32, y: f32, width: f32, height: f32, ink: (u8, u8, u8)) {
        self.ink(ink);
        let Some(rect) = Rect::from_xywh(x, y, width, height) else {
            return;
        };
        let mut path = PathBuilder::new();
        path.push_rect(rect);
        if let Some(path) = path.finish() {
            self.surface.draw_path(&path);
        }
    }

    fn curve(&mut self, points: impl Iterator<Item = (f32, f32)>, (red, green, blue): (u8, u8, u8)) {
        let mut path = PathBuilder::new();
        for (place, (x, y)) in points.enumerate() {
            match place {
                0 => path.move_to(x, y),
                _ => path.line_to(x, y),
            }
        }
        let Some(path) = path.finish() else { return };
        self.surface.set_fill(None);
        self.surface.set_stroke(Some(Stroke {
            paint: rgb::Color::new(red, green, blue).into(),
            width: 1.2,
            ..Stroke::default()
        }));
        self.surface.draw_path(&path);
    }
}

/// Four arcs.
fn circle(x: f32, y: f32, radius: f32) -> Option<Path> {
    // How far the handles of a quarter of a circle stand off.
    let off = radius * 0.552_28;
    let mut path = PathBuilder::new();
    path.move_to(x + radius, y);
    path.cubic_to(x + radius, y + off, x + off, y + radius, x, y + radius);
    path.cubic_to(x - off, y + radius, x - radius, y + off, x - radius, y);
    path.cubic_to(x - radius, y - off, x - off, y - radius, x, y - radius);
    path.cubic_to(x + off, y - radius, x + radius, y - off, x + radius, y);
    path.close();
    path.finish()
}

const fn colour(ink: Ink) -> (u8, u8, u8) {
    match ink {
        Ink::Me => (10, 103, 112),
        Ink::Them => (75, 94, 103),
        Ink::Band => (217, 232, 228),
        Ink::Signal => (154, 79, 12),
        Ink::Axis => LINE,
    }
}
