//! For paper and for keeping: PDF/UA-1, with tags for who listens to it, an outline, and its fonts inside. The same report gives the
//! same bytes.

mod content;
mod faces;
mod layout;
mod paint;

use super::Analysis;
use faces::Faces;

/// Why there is no PDF. Says nothing of what was said.
#[derive(Debug, thiserror::Error)]
pub enum PdfError {
    /// A font that is built in cannot be read.
    #[error("a built-in font cannot be read")]
    Font,
    /// What was written does not keep the standard, or is too large for the format.
    #[error("the pages do not make a PDF/UA-1: {0}")]
    Refused(String),
}

/// The file.
pub(super) fn compose(analysis: &Analysis) -> Result<Vec<u8>, PdfError> {
    let faces = Faces::load()?;
    let laid = content::lay_out(analysis, &faces);
    paint::paint(laid, &faces, &analysis.about.title)
}

#[cfg(test)]
mod tests;
