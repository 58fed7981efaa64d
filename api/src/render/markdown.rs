//! For notes: headings, two tables and the transcript.

use super::Analysis;
use super::figures::{clock, number, remark, speaker, standing, target, value};
use super::passages::passages;
use std::fmt::Write as _;

pub(super) fn write(analysis: &Analysis) -> String {
    let mut out = String::new();
    // Writing into a string does not fail.
    let _ = compose(analysis, &mut out);
    out
}

fn compose(analysis: &Analysis, out: &mut String) -> std::fmt::Result {
    let report = &analysis.report;
    let recognizer = &report.recognizer;
    writeln!(out, "# {}\n", plain(&analysis.title))?;
    writeln!(
        out,
        "{}, recognized by {} {} ({}). {}\n",
        clock(report.duration_ms),
        plain(&recognizer.name),
        plain(&recognizer.version),
        plain(&recognizer.model),
        plain(&recognizer.weakness)
    )?;

    writeln!(
        out,
        "## Talk\n\n| who | share | speech | words |\n| --- | ---: | ---: | ---: |"
    )?;
    for talk in &report.talk {
        let share = talk
            .share
            .map_or_else(|| "–".to_owned(), |share| format!("{} %", number(share * 100.0)));
        writeln!(
            out,
            "| {} | {share} | {} | {} |",
            speaker(talk.speaker),
            clock((talk.seconds * 1000.0) as u64),
            talk.words
        )?;
    }

    writeln!(
        out,
        "\n## Measures\n\n| measure | value | target | |\n| --- | --- | --- | --- |"
    )?;
    for measure in &report.measures.0 {
        let remark = remark(measure).unwrap_or_else(|| standing(measure).words().to_owned());
        let target = target(measure).unwrap_or_default();
        writeln!(
            out,
            "| {} | {} | {target} | {} |",
            plain(&measure.name),
            value(measure),
            plain(&remark)
        )?;
    }

    if !report.nudges.is_empty() {
        writeln!(out, "\n## Nudges\n")?;
        for nudge in &report.nudges {
            writeln!(
                out,
                "* **{}** {}: {}",
                clock(nudge.at_ms),
                plain(&nudge.headline),
                plain(&nudge.evidence)
            )?;
        }
    }

    writeln!(out, "\n## Transcript\n")?;
    for passage in passages(&report.utterances) {
        writeln!(
            out,
            "**{} {}** {}\n",
            clock(passage.start_ms),
            speaker(passage.speaker),
            plain(&passage.text)
        )?;
    }
    if !report.gaps.is_empty() {
        writeln!(out, "## Lost\n")?;
        for gap in &report.gaps {
            writeln!(
                out,
                "* {} to {} on {}: {}",
                clock(gap.span.start.as_ms()),
                clock(gap.span.end.as_ms()),
                gap.track.as_str(),
                plain(&gap.reason)
            )?;
        }
    }
    Ok(())
}

/// Text that Markdown takes for nothing but text.
fn plain(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '(' | ')' | '#' | '+' | '!' | '|' | '~' => {
                escaped.push('\\');
                escaped.push(c);
            }
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::super::sample::analysis;
    use super::*;

    #[test]
    fn what_was_said_is_text_and_never_markup() {
        let markdown = write(&analysis());
        assert!(!markdown.contains("<script"), "{markdown}");
        assert!(markdown.contains("&lt;script&gt;"), "{markdown}");
        assert_eq!(plain("a|b [c](d)\n# e"), "a\\|b \\[c\\]\\(d\\) \\# e");
    }
}
