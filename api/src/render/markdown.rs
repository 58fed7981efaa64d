//! For notes: headings, two tables and the transcript.

use super::Analysis;
use super::figures::{
    clock, estimate, heard, missing, one_voice, participant, percent, share, speaker, speech, target, verdict,
};
use super::passages::passages;
use std::fmt::Write as _;

pub(super) fn compose(analysis: &Analysis, out: &mut String) -> std::fmt::Result {
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
        writeln!(
            out,
            "| {} | {} | {} | {} |",
            speaker(talk.speaker),
            share(talk).as_deref().unwrap_or("–"),
            speech(talk.seconds),
            talk.words
        )?;
    }
    for part in &report.participants {
        writeln!(
            out,
            "| – {} | {} | {} | {} |",
            plain(participant(part)),
            percent(part.share),
            speech(part.seconds),
            part.words
        )?;
    }

    if let Some(remark) = one_voice(report) {
        writeln!(out, "\n{remark}")?;
    }

    writeln!(
        out,
        "\n## Measures\n\n| measure | value | target | |\n| --- | --- | --- | --- |"
    )?;
    for measure in &report.measures.0 {
        let target = target(measure).unwrap_or_default();
        writeln!(
            out,
            "| {} | {} | {target} | {} |",
            plain(&measure.name),
            estimate(measure),
            plain(&verdict(measure))
        )?;
    }

    writeln!(out, "\n## Heard\n")?;
    for track in heard(&report.coverage) {
        writeln!(out, "- {}", plain(&track))?;
    }

    writeln!(out, "\n## Transcript\n")?;
    if let Some(missing) = missing(&report.coverage) {
        writeln!(out, "*{missing}*\n")?;
    }
    for passage in passages(&report.utterances) {
        writeln!(
            out,
            "**{} {}** {}\n",
            clock(passage.start_ms),
            plain(passage.who()),
            plain(&passage.text)
        )?;
    }
    if report.utterances.is_empty() {
        writeln!(out, "Nobody was understood.")?;
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
    use super::super::{Format, sample::analysis};
    use super::*;

    #[test]
    fn what_was_said_is_text_and_never_markup() {
        let markdown = analysis().write(Format::Markdown);
        assert!(!markdown.contains("<script"), "{markdown}");
        assert!(markdown.contains("&lt;script&gt;"), "{markdown}");
        assert_eq!(plain("a|b [c](d)\n# e"), "a\\|b \\[c\\]\\(d\\) \\# e");
    }
}
