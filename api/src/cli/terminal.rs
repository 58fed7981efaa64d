//! What a person sees: lines on standard output, notes and bars on standard error, colours only where someone looks.

use indicatif::{ProgressBar, ProgressStyle};
use std::fmt::Display;
use std::io::{self, IsTerminal, Write};

/// A line of the result, on standard output.
pub(super) fn line(text: impl Display) {
    end_unless_written(writeln!(io::stdout().lock(), "{text}"));
}

/// The result as it is, on standard output.
pub(super) fn raw(bytes: &[u8]) {
    let mut out = io::stdout().lock();
    end_unless_written(out.write_all(bytes).and_then(|()| out.flush()));
}

/// A line beside the result, on standard error.
pub(super) fn note(text: impl Display) {
    // Nobody is left to be told that standard error is gone.
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// `attune … | head` closes the pipe when it has seen enough: that is an end, and no failure. A full disk is one.
fn end_unless_written(written: io::Result<()>) {
    let Err(error) = written else { return };
    if error.kind() == io::ErrorKind::BrokenPipe {
        std::process::exit(0);
    }
    note(format_args!("attune: writing the result: {error}"));
    std::process::exit(1);
}

/// How a piece of text stands out.
#[derive(Debug, Clone, Copy)]
pub(super) enum Ink {
    /// Headlines.
    Bold,
    /// What may be skipped.
    Dim,
    /// All is well; and the person themself.
    Green,
    /// A person may want to act.
    Yellow,
    /// Something is wrong.
    Red,
    /// The others.
    Blue,
}

/// Whether standard output is looked at by a person who wants colours (`NO_COLOR` says otherwise).
pub(super) fn has_colours() -> bool {
    io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// `text`, in colour where there are colours.
pub(super) fn ink(ink: Ink, text: impl Display) -> String {
    if !has_colours() {
        return text.to_string();
    }
    let code = match ink {
        Ink::Bold => "1",
        Ink::Dim => "2",
        Ink::Green => "32",
        Ink::Yellow => "33",
        Ink::Red => "31",
        Ink::Blue => "34",
    };
    format!("\x1b[{code}m{text}\x1b[0m")
}

/// A bar of `length` bytes on standard error; draws nothing where no one looks.
pub(super) fn byte_bar(length: u64) -> ProgressBar {
    let bar = ProgressBar::new(length);
    let style = ProgressStyle::with_template("{msg:24} {bar:32} {bytes:>10} of {total_bytes} {eta:>5}");
    bar.set_style(style.expect("invariant: the template is a constant and valid"));
    bar
}

/// How many keys are done, of so many.
pub(super) fn key_bar(length: u64) -> ProgressBar {
    let bar = ProgressBar::new(length);
    bar.set_style(
        ProgressStyle::with_template("{bar:32} {pos} of {len} keys").expect("invariant: the template is right"),
    );
    bar
}

/// A bar of `length` milliseconds of sound on standard error, shown in seconds.
pub(super) fn sound_bar(length_ms: u64) -> ProgressBar {
    let bar = ProgressBar::new(length_ms / 1000);
    let style = ProgressStyle::with_template("{msg:24} {bar:32} {pos:>6} of {len} s {eta:>5}");
    bar.set_style(style.expect("invariant: the template is a constant and valid"));
    bar
}

/// A bar of a meeting that goes by, `length_ms` long, with room for what is known of it.
pub(super) fn meeting_bar(length_ms: u64) -> ProgressBar {
    let bar = ProgressBar::new(length_ms / 1000);
    let style = ProgressStyle::with_template("{bar:24} {msg}");
    bar.set_style(style.expect("invariant: the template is a constant and valid"));
    bar
}

/// Bytes, as people write them.
pub(super) fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_read_as_people_write_them() {
        assert_eq!(size(999), "999 B");
        assert_eq!(size(1_289_603), "1.3 MB");
        assert_eq!(size(2_000_000_000), "2.0 GB");
    }
}
