//! For a terminal or a mail: 80 columns, no markup.

use super::Analysis;
use super::figures::{
    clock, heard, missing, one_voice, participant, percent, remark, share, speaker, speech, target, value,
};
use super::passages::passages;
use attune_engine::measures::Standing;
use std::fmt::Write as _;

/// Lines are no longer than this.
const COLUMNS: usize = 80;

pub(super) fn compose(analysis: &Analysis, out: &mut String) -> std::fmt::Result {
    let report = &analysis.report;
    let recognizer = &report.recognizer;
    writeln!(out, "{}", printable(&analysis.title))?;
    writeln!(
        out,
        "{} · recognized by {} {} ({})",
        clock(report.duration_ms),
        recognizer.name,
        recognizer.version,
        recognizer.model
    )?;
    wrap(out, &recognizer.weakness, "")?;

    writeln!(out, "\nTALK")?;
    for talk in &report.talk {
        writeln!(
            out,
            "  {:8} {:>6}  {} of speech, {} words",
            speaker(talk.speaker),
            share(talk).unwrap_or_default(),
            speech(talk.seconds),
            talk.words
        )?;
    }
    for part in &report.participants {
        writeln!(
            out,
            "    {:.40} · {} · {} of speech, {} words",
            printable(participant(part)),
            percent(part.share),
            speech(part.seconds),
            part.words
        )?;
    }

    if let Some(remark) = one_voice(report) {
        wrap(out, remark, "    ")?;
    }

    writeln!(out, "\nMEASURES")?;
    for measure in &report.measures.0 {
        let target = target(measure).map_or_else(String::new, |target| format!("({target})"));
        let mark = match measure.standing() {
            Some(Standing::Below | Standing::Above) => "!",
            Some(Standing::On) | None => " ",
        };
        let line = format!("{mark} {:18} {:20} {target}", measure.name, value(measure));
        writeln!(out, "{}", line.trim_end())?;
        if let Some(remark) = remark(measure) {
            wrap(out, &remark, "    ")?;
        }
    }

    writeln!(out, "\nHEARD")?;
    for track in heard(&report.coverage) {
        wrap(out, &track, "  ")?;
    }

    writeln!(out, "\nTRANSCRIPT")?;
    if let Some(missing) = missing(&report.coverage) {
        writeln!(out, "! {missing}")?;
    }
    for passage in passages(&report.utterances) {
        writeln!(out, "{:>8}  {:.60}", clock(passage.start_ms), printable(passage.who()))?;
        wrap(out, &passage.text, "          ")?;
    }
    if report.utterances.is_empty() {
        writeln!(out, "  Nobody was understood.")?;
    }
    Ok(())
}

/// `text` in lines that begin with `indent`.
fn wrap(out: &mut String, text: &str, indent: &str) -> std::fmt::Result {
    let mut column = 0;
    for word in text.split_whitespace() {
        let word = printable(word);
        let width = word.chars().count();
        if column > 0 && column + 1 + width > COLUMNS {
            writeln!(out)?;
            column = 0;
        }
        if column == 0 {
            out.push_str(indent);
            column = indent.len();
        } else {
            out.push(' ');
            column += 1;
        }
        out.push_str(&word);
        column += width;
    }
    if column > 0 { writeln!(out) } else { Ok(()) }
}

/// Without what would steer a terminal: a file's name may hold anything.
fn printable(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::Format;
    use super::super::sample::{HOSTILE, analysis};
    use super::*;

    #[test]
    fn nothing_that_was_said_or_named_steers_the_terminal() {
        let mut analysis = analysis();
        analysis.title = "\u{1b}[2Jmeeting.wav".to_owned();
        let text = analysis.write(Format::Text);
        assert!(text.contains(HOSTILE), "the transcript is complete");
        assert!(text.chars().all(|c| c == '\n' || !c.is_control()));
    }

    #[test]
    fn lines_fit_a_terminal() {
        let text = analysis().write(Format::Text);
        assert!(text.lines().all(|line| line.chars().count() <= COLUMNS), "{text}");
    }

    #[test]
    fn who_of_the_others_spoke_is_told_where_it_is_known() {
        let text = analysis().write(Format::Text);
        assert!(text.contains("    Ana <script>\u{fffd}[2J · "), "{text}");
        assert!(text.contains("    0:02  Ana <script>"), "{text}");
    }

    #[test]
    fn what_has_no_value_says_why() {
        let text = analysis().write(Format::Text);
        assert!(text.contains("not enough speech"), "{text}");
        assert!(text.contains("not covered"), "{text}");
    }
}
