//! Lines on pages: where everything stands, and to which part of the document it belongs, before anything is drawn.

use super::faces::{Faces, Reads, Weight};
use crate::render::chart::{Drawing, WIDTH};
use krilla::tagging::{ListNumbering, TableHeaderScope, Tag, TagKind};
use std::num::NonZeroU16;

/// A4, points.
pub(super) const PAGE: (f32, f32) = (595.0, 842.0);
const MARGIN: f32 = 56.0;
const BOTTOM: f32 = PAGE.1 - 64.0;
/// Room for text, points.
pub(super) const COLUMN: f32 = PAGE.0 - 2.0 * MARGIN;
/// Lines of a table's cell, at most: what is longer is cut, so that a row fits a page.
const CELL_LINES: usize = 12;

/// How a text looks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Style {
    pub(super) size: f32,
    pub(super) weight: Weight,
    /// Set back: it says about the text, and is none.
    pub(super) faint: bool,
}

pub(super) const BODY: Style = Style {
    size: 10.0,
    weight: Weight::Regular,
    faint: false,
};
pub(super) const FAINT: Style = Style { faint: true, ..BODY };
pub(super) const STRONG: Style = Style {
    weight: Weight::Bold,
    ..BODY
};

impl Style {
    fn leading(self) -> f32 {
        self.size * 1.42
    }
}

/// Something on a page.
#[derive(Debug)]
pub(super) enum Mark {
    /// A line of text, its baseline at `y`.
    Text {
        x: f32,
        y: f32,
        style: Style,
        text: String,
        reads: Reads,
    },
    /// A chart in a box.
    Chart {
        x: f32,
        y: f32,
        scale: f32,
        drawing: Drawing,
    },
    /// A hairline, which says nothing.
    Rule { y: f32 },
}

/// A mark and the part that it belongs to; none of what only decorates.
#[derive(Debug)]
pub(super) struct Placed {
    pub(super) group: Option<usize>,
    pub(super) mark: Mark,
}

/// A part of the document's structure.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) tag: TagKind,
    /// Parts in it, in order.
    pub(super) children: Vec<usize>,
}

/// An entry of the outline.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) text: String,
    pub(super) page: usize,
    pub(super) y: f32,
}

/// A laid out document.
#[derive(Debug, Default)]
pub(super) struct Laid {
    pub(super) pages: Vec<Vec<Placed>>,
    pub(super) groups: Vec<Group>,
    /// Parts that are in no other.
    pub(super) roots: Vec<usize>,
    pub(super) outline: Vec<Entry>,
}

/// A document that is being laid out.
pub(super) struct Layout<'a> {
    faces: &'a Faces,
    laid: Laid,
    y: f32,
}

impl<'a> Layout<'a> {
    pub(super) fn new(faces: &'a Faces) -> Self {
        Self {
            faces,
            laid: Laid {
                pages: vec![Vec::new()],
                ..Laid::default()
            },
            y: MARGIN,
        }
    }

    pub(super) fn finish(self) -> Laid {
        self.laid
    }

    /// A new part in `parent`, or at the top.
    fn group(&mut self, parent: Option<usize>, tag: impl Into<TagKind>) -> usize {
        let place = self.laid.groups.len();
        self.laid.groups.push(Group {
            tag: tag.into(),
            children: Vec::new(),
        });
        match parent {
            Some(parent) => self.laid.groups[parent].children.push(place),
            None => self.laid.roots.push(place),
        }
        place
    }

    fn place(&mut self, group: Option<usize>, mark: Mark) {
        if let Some(page) = self.laid.pages.last_mut() {
            page.push(Placed { group, mark });
        }
    }

    /// Goes on on a new page unless `height` is left on this one.
    fn reserve(&mut self, height: f32) {
        if self.y + height > BOTTOM && self.y > MARGIN {
            self.laid.pages.push(Vec::new());
            self.y = MARGIN;
        }
    }

    pub(super) fn space(&mut self, height: f32) {
        self.y += height;
    }

    /// A heading of level 1 to 3; those of level 2 are the outline.
    pub(super) fn heading(&mut self, level: u16, text: &str) {
        let size = match level {
            1 => 20.0,
            2 => 13.0,
            _ => 11.0,
        };
        let style = Style {
            size,
            weight: Weight::Bold,
            faint: false,
        };
        self.space(if level == 1 { 0.0 } else { size * 1.1 });
        // A heading is not left alone at the foot of a page.
        self.reserve(style.leading() + 3.0 * BODY.leading());
        if level <= 2 {
            self.laid.outline.push(Entry {
                text: text.to_owned(),
                page: self.laid.pages.len() - 1,
                y: self.y,
            });
        }
        let level = NonZeroU16::new(level).unwrap_or(NonZeroU16::MIN);
        let group = self.group(None, Tag::Hn(level, Some(text.to_owned())));
        self.lines(Some(group), text, style, 0.0, COLUMN, usize::MAX);
        self.space(size * 0.35);
    }

    pub(super) fn paragraph(&mut self, text: &str, style: Style) {
        let group = self.group(None, Tag::P);
        self.lines(Some(group), text, style, 0.0, COLUMN, usize::MAX);
        self.space(style.size * 0.4);
    }

    /// A label and what it is of, such as who and what they said.
    pub(super) fn passage(&mut self, label: &str, text: &str) {
        self.reserve(FAINT.leading() + BODY.leading());
        let group = self.group(None, Tag::P);
        self.lines(Some(group), label, Style { size: 8.5, ..FAINT }, 0.0, COLUMN, 1);
        self.lines(Some(group), text, BODY, 0.0, COLUMN, usize::MAX);
        self.space(5.0);
    }

    /// A list; each item is lines of their own style.
    pub(super) fn list(&mut self, items: &[Vec<(String, Style)>]) {
        const INDENT: f32 = 12.0;
        if items.is_empty() {
            return;
        }
        let list = self.group(None, Tag::L(ListNumbering::Disc));
        for lines in items {
            let item = self.group(Some(list), Tag::LI);
            self.reserve(BODY.leading());
            let label = self.group(Some(item), Tag::Lbl);
            let y = self.y + BODY.size;
            self.place(
                Some(label),
                Mark::Text {
                    x: MARGIN,
                    y,
                    style: BODY,
                    text: "•".to_owned(),
                    reads: Reads::LeftToRight,
                },
            );
            let body = self.group(Some(item), Tag::LBody);
            for (text, style) in lines {
                self.lines(Some(body), text, *style, INDENT, COLUMN - INDENT, usize::MAX);
            }
            self.space(3.0);
        }
    }

    /// A table: its head, its rows, whose first cell is their own head, and the columns' shares of the width.
    pub(super) fn table<const N: usize>(&mut self, head: [&str; N], rows: &[[String; N]], shares: [f32; N]) {
        let table = self.group(None, Tag::Table);
        let heads = self.group(Some(table), Tag::THead);
        let row = self.group(Some(heads), Tag::TR);
        let cells = head.map(|cell| {
            let cell_tag = self.group(Some(row), Tag::TH(TableHeaderScope::Column));
            (cell_tag, cell.to_owned(), Style { size: 8.5, ..FAINT })
        });
        self.row(cells, shares);
        let body = self.group(Some(table), Tag::TBody);
        for cells in rows {
            let row = self.group(Some(body), Tag::TR);
            let mut place = 0;
            let cells = cells.clone().map(|cell| {
                let tag: TagKind = match place {
                    0 => Tag::TH(TableHeaderScope::Row).into(),
                    _ => Tag::TD.into(),
                };
                place += 1;
                (self.group(Some(row), tag), cell, Style { size: 9.0, ..BODY })
            });
            self.row(cells, shares);
        }
        self.space(6.0);
    }

    fn row<const N: usize>(&mut self, cells: [(usize, String, Style); N], shares: [f32; N]) {
        const GAP: f32 = 8.0;
        let widths = shares.map(|share| share * COLUMN);
        let height = cells
            .iter()
            .zip(widths)
            .map(|((_, text, style), width)| {
                let lines = self.wrap(text, *style, width - GAP).len().clamp(1, CELL_LINES);
                lines as f32 * style.leading()
            })
            .fold(0.0, f32::max);
        self.reserve(height + 4.0);
        let top = self.y;
        let mut x = 0.0;
        for ((group, text, style), width) in cells.into_iter().zip(widths) {
            self.y = top;
            // A cell without a word is a cell all the same: its tag needs something in it.
            let text = if text.trim().is_empty() { "–".to_owned() } else { text };
            self.lines(Some(group), &text, style, x, width - GAP, CELL_LINES);
            x += width;
        }
        self.y = top + height + 3.0;
        self.place(None, Mark::Rule { y: self.y });
        self.y += 3.0;
    }

    /// A chart with its words under it.
    pub(super) fn figure(&mut self, drawing: Drawing) {
        let scale = COLUMN / WIDTH as f32;
        let height = drawing.height as f32 * scale;
        self.reserve(height + 3.0 * BODY.leading());
        let caption = format!("{}. {}", drawing.title, drawing.description);
        let figure = self.group(None, Tag::Figure(Some(caption.clone())));
        let y = self.y;
        self.place(
            Some(figure),
            Mark::Chart {
                x: MARGIN,
                y,
                scale,
                drawing,
            },
        );
        self.y += height + 2.0;
        let words = self.group(None, Tag::P);
        self.lines(
            Some(words),
            &caption,
            Style { size: 8.5, ..FAINT },
            0.0,
            COLUMN,
            usize::MAX,
        );
        self.space(8.0);
    }

    fn lines(&mut self, group: Option<usize>, text: &str, style: Style, indent: f32, width: f32, most: usize) {
        let reads = Reads::of(text);
        for line in self.wrap(text, style, width).into_iter().take(most) {
            self.reserve(style.leading());
            let y = self.y + style.size;
            // What is read from the right begins there.
            let left = match reads {
                Reads::LeftToRight => 0.0,
                Reads::RightToLeft => width - self.faces.width(&line, style.weight) * style.size,
            };
            let x = MARGIN + indent + left;
            self.place(
                group,
                Mark::Text {
                    x,
                    y,
                    style,
                    text: line,
                    reads,
                },
            );
            self.y += style.leading();
        }
    }

    /// `text` in lines that are no wider than `width`; a word that is wider is broken where it has to be.
    fn wrap(&self, text: &str, style: Style, width: f32) -> Vec<String> {
        let room = width / style.size;
        let space = self.faces.width(" ", style.weight);
        let mut lines: Vec<String> = Vec::new();
        let (mut line, mut used) = (String::new(), 0.0);
        for word in text.split_whitespace() {
            let wide = self.faces.width(word, style.weight);
            if !line.is_empty() && used + space + wide > room {
                lines.push(std::mem::take(&mut line));
                used = 0.0;
            }
            if !line.is_empty() {
                line.push(' ');
                used += space;
            }
            if wide <= room {
                line.push_str(word);
                used += wide;
                continue;
            }
            for c in word.chars() {
                let wide = self.faces.width(c.encode_utf8(&mut [0; 4]), style.weight);
                if used + wide > room && !line.is_empty() {
                    lines.push(std::mem::take(&mut line));
                    used = 0.0;
                }
                line.push(c);
                used += wide;
            }
        }
        if !line.is_empty() {
            lines.push(line);
        }
        lines
    }
}
