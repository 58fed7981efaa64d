//! Numbers as people read them.

use attune_engine::measures::{Band, Measure, MeasureState, Measures, Standing};
use attune_engine::report::{
    ActionItem, Change, Coaching, Coverage, MissedQuestion, Missing, ParticipantTalk, Point, Talk, Unheard, Who,
};
use attune_engine::speaker::{Speaker, Track};

/// Whether a character does something to the text around it instead of being read: a control, or an order to write the other way,
/// which no script needs and which makes a line say another thing than it holds.
pub(super) fn steers(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
}

/// A place in the meeting: `2:03` or `1:02:03`.
pub(crate) fn clock(ms: u64) -> String {
    let (hours, minutes, seconds) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60);
    match hours {
        0 => format!("{minutes}:{seconds:02}"),
        _ => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

/// A number without more digits than it deserves.
pub(super) fn number(value: f64) -> String {
    // The sum turns -0 into 0.
    let tenths = (value * 10.0).round() / 10.0 + 0.0;
    if tenths.abs() >= 20.0 || tenths.fract() == 0.0 {
        format!("{tenths:.0}")
    } else {
        format!("{tenths:.1}")
    }
}

/// A value with its unit; seconds beyond two minutes as a clock.
fn quantity(value: f64, unit: &str) -> String {
    match unit {
        "s" if value >= 120.0 => clock((value * 1000.0) as u64),
        "%" => format!("{} %", number(value)),
        _ => format!("{} {unit}", number(value)),
    }
}

/// What a measure says: its value, or why there is none.
pub(super) fn value(measure: &Measure) -> String {
    match (measure.state, measure.value) {
        (MeasureState::Ok, Some(value)) => quantity(value, &measure.unit),
        (MeasureState::NotCovered, _) => "not covered".to_owned(),
        _ => "not enough speech".to_owned(),
    }
}

/// The same, with the 90 % interval where there is one.
pub(super) fn estimate(measure: &Measure) -> String {
    let interval = measure
        .interval
        .map(|interval| format!(" ({} to {})", number(interval.low), number(interval.high)));
    value(measure) + interval.as_deref().unwrap_or_default()
}

/// Where a measure should be.
pub(super) fn target(measure: &Measure) -> Option<String> {
    let Band { low, high } = measure.target?;
    let unit = &measure.unit;
    match (low, high) {
        (Some(low), Some(high)) => Some(format!("{} to {}", number(low), quantity(high, unit))),
        (None, Some(high)) => Some(format!("at most {}", quantity(high, unit))),
        (Some(low), None) => Some(format!("at least {}", quantity(low, unit))),
        (None, None) => None,
    }
}

/// What to know about a value, or else how it stands to its target: in words, so that no one has to see a colour.
pub(super) fn verdict(measure: &Measure) -> String {
    remark(measure).unwrap_or_else(|| {
        let standing = match measure.standing() {
            Some(Standing::On) => "on target",
            Some(Standing::Below) => "below target",
            Some(Standing::Above) => "above target",
            None => "",
        };
        standing.to_owned()
    })
}

/// Why there is no value, or what else to know about it.
pub(super) fn remark(measure: &Measure) -> Option<String> {
    if let Some(note) = &measure.note {
        return Some(note.clone());
    }
    let exposure = &measure.exposure;
    (measure.state == MeasureState::NotEnoughSpeech).then(|| {
        format!(
            "{} of {} {}",
            number(exposure.have),
            number(exposure.need),
            exposure.unit
        )
    })
}

/// A speaker's share of all speech; none where channels tell nobody apart.
pub(super) fn share(talk: &Talk) -> Option<String> {
    talk.share.map(percent)
}

/// A share, 0 to 1.
pub(super) fn percent(share: f64) -> String {
    quantity(share * 100.0, "%")
}

/// How long somebody spoke.
pub(super) fn speech(seconds: f64) -> String {
    clock((seconds * 1000.0) as u64)
}

/// What is missing because no recognizer could decode it, if anything is.
pub(super) fn missing(coverage: &[Coverage]) -> Option<String> {
    let seconds: f64 = coverage.iter().map(|track| track.gap_s).sum();
    (seconds > 0.0).then(|| {
        format!(
            "{} of speech could not be recognized and are missing.",
            quantity(seconds, "s")
        )
    })
}

/// What became of every second, a line for each track: `you: 12:30 in words, 3:10 silent, 0:40 withheld (muted)`.
pub(super) fn heard(coverage: &[Coverage]) -> Vec<String> {
    let alone = coverage.len() == 1;
    coverage.iter().map(|track| of_track(track, alone)).collect()
}

fn of_track(coverage: &Coverage, alone: bool) -> String {
    let who = match coverage.track {
        _ if alone => "everybody",
        Track::Mic => "you",
        Track::Tab => "the others",
    };
    let parts = [
        (coverage.decoded_s, "in words"),
        (coverage.non_speech_s, "silent"),
        (coverage.suppressed_s, "judged not to be speech"),
        (coverage.withheld_s, "withheld"),
        (coverage.gap_s, "lost"),
    ];
    let parts: Vec<_> = parts
        .into_iter()
        .filter(|(seconds, _)| *seconds > 0.0)
        .map(|(seconds, what)| format!("{} {what}", quantity(seconds, "s")))
        .collect();
    let reasons: Vec<_> = coverage.reasons.iter().map(reason).collect();
    let because = match reasons.is_empty() {
        true => String::new(),
        false => format!(" ({})", reasons.join(", ")),
    };
    format!("{who}: {}{because}", parts.join(", "))
}

fn reason(unheard: &Unheard) -> String {
    let stretches = match unheard.stretches {
        Some(stretches) if stretches > 1 => format!(" in {stretches} stretches"),
        _ => String::new(),
    };
    format!(
        "{} {}{stretches}",
        unheard.reason.replace('_', " "),
        quantity(unheard.seconds, "s")
    )
}

/// Whose part of the others' speech it is: a name that the meeting's page showed, or all that is not surely anybody's.
pub(super) fn participant(part: &ParticipantTalk) -> &str {
    part.name.as_deref().unwrap_or("not told apart")
}

/// Why the others, or some of them, are one voice to us, where they are.
pub(super) fn one_voice(coaching: &Coaching) -> Option<&'static str> {
    let others = coaching.talk.iter().any(|talk| talk.speaker == Speaker::Them);
    let voices = coaching.voices.unwrap_or_default();
    match voices.missing() {
        _ if !others => None,
        Some(missing) => Some(missing),
        None => coaching.participants.is_empty().then_some(
            "The others are not told apart: no captions named them, and no two voices among them were sure.",
        ),
    }
}

/// A speaker as a label.
pub(super) const fn speaker(speaker: Speaker) -> &'static str {
    match speaker {
        Speaker::Me => "me",
        Speaker::Them => "them",
        Speaker::Unknown => "speaker",
    }
}

/// Somebody, by name where it is known.
pub(super) fn who(who: &Who) -> String {
    who.name.clone().unwrap_or_else(|| speaker(who.speaker).to_owned())
}

/// Everybody who spoke, in a line.
pub(super) fn people(people: &[Who]) -> String {
    people.iter().map(who).collect::<Vec<_>>().join(", ")
}

/// Whose something to do is and by when, only as far as that was said.
pub(super) fn terms(action: &ActionItem) -> String {
    let owner = action.owner.as_ref().map(who);
    let due = action.due.as_deref().map(|due| format!("“{due}”"));
    match (owner, due) {
        (None, None) => "nobody’s by name, no date".to_owned(),
        (Some(owner), None) => format!("{owner}, no date"),
        (None, Some(due)) => format!("nobody’s by name, {due}"),
        (Some(owner), Some(due)) => format!("{owner}, {due}"),
    }
}

/// How much of what there was to capture was captured, rounded down: no report claims more than it has. None where nothing is
/// known of it.
pub(super) fn captured(coverage: &[Coverage]) -> Option<String> {
    let all =
        |track: &Coverage| track.decoded_s + track.non_speech_s + track.suppressed_s + track.withheld_s + track.gap_s;
    let kept = |track: &Coverage| 1.0 - (track.withheld_s + track.gap_s) / all(track);
    let least = coverage
        .iter()
        .filter(|track| all(track) > 0.0)
        .map(kept)
        .reduce(f64::min)?;
    Some(format!("{:.0} %", (100.0 * least).floor()))
}

/// A point's measure with its value and target: `Longest monologue: 2:03, target at most 90 s`.
pub(super) fn point(point: &Point, measures: &Measures) -> String {
    let Some(measure) = measures.get(&point.measure) else {
        return point.measure.clone();
    };
    let target = target(measure).map_or_else(String::new, |target| format!(", target {target}"));
    format!("{}: {}{target}", measure.name, estimate(measure))
}

/// The same measure in earlier meetings of the same type, the oldest first: `148, 155, 161`. None where there was none.
pub(super) fn earlier(coaching: &Coaching, measure: &Measure) -> Option<String> {
    let trend = coaching.trends.iter().find(|trend| trend.measure == measure.id)?;
    let values: Vec<String> = trend.values.iter().map(|value| number(*value)).collect();
    Some(values.join(", "))
}

/// The same where it stands behind other words: `earlier meetings: 148, 155, 161`.
pub(super) fn told_earlier(coaching: &Coaching, measure: &Measure) -> Option<String> {
    earlier(coaching, measure).map(|values| format!("earlier meetings: {values}"))
}

/// Who said it last and how it ended: what a question could have been about.
pub(super) fn missed(missed: &MissedQuestion) -> String {
    format!("… {}", missed.text)
}

/// Who ended an answer, and that I spoke of something else.
pub(super) fn missed_after(missed: &MissedQuestion) -> String {
    format!(
        "{}, then I spoke of something else at {}",
        who(&missed.by),
        clock(missed.replied_at_ms)
    )
}

/// What became of the number around a nudge: `190, then 162`.
pub(super) fn effect(change: Change) -> Option<String> {
    let (before, after) = change.before.zip(change.after)?;
    Some(format!("{}, then {}", number(before), number(after)))
}

/// A part that a report does not have, and why: `Summary: Needs a language model.`
pub(super) fn missing_part(missing: &Missing) -> String {
    let name = missing.part.replace('_', " ");
    let mut letters = name.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{}: {}", letters.as_str(), missing.why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_claimed_than_was_captured() {
        let track = |decoded_s, gap_s| Coverage {
            track: Track::Mic,
            decoded_s,
            non_speech_s: 0.0,
            suppressed_s: 0.0,
            withheld_s: 0.0,
            gap_s,
            reasons: Vec::new(),
        };
        assert_eq!(captured(&[]), None);
        assert_eq!(captured(&[track(10.0, 0.0)]).as_deref(), Some("100 %"));
        assert_eq!(
            captured(&[track(10.0, 0.0), track(999.0, 1.0)]).as_deref(),
            Some("99 %")
        );
        assert_eq!(captured(&[track(0.0, 0.0)]), None);
    }

    #[test]
    fn a_track_tells_what_became_of_it_and_why_some_was_not_heard() {
        let coverage = |track, withheld_s, gap_s| Coverage {
            track,
            decoded_s: 150.0,
            non_speech_s: 20.0,
            suppressed_s: 0.0,
            withheld_s,
            gap_s,
            reasons: Vec::new(),
        };
        let mut mine = coverage(Track::Mic, 40.0, 2.0);
        let reason = |reason: &str, seconds| Unheard {
            reason: reason.to_owned(),
            seconds,
            stretches: None,
        };
        mine.reasons = vec![reason("off_the_record", 40.0), reason("device_slept", 2.0)];
        mine.reasons[0].stretches = Some(3);
        mine.reasons[1].stretches = Some(1);
        assert_eq!(
            heard(&[mine, coverage(Track::Tab, 0.0, 0.0)]),
            [
                "you: 2:30 in words, 20 s silent, 40 s withheld, 2 s lost (off the record 40 s in 3 stretches, device slept 2 s)",
                "the others: 2:30 in words, 20 s silent",
            ]
        );
        assert_eq!(
            heard(&[coverage(Track::Mic, 0.0, 0.0)]),
            ["everybody: 2:30 in words, 20 s silent"]
        );
    }

    #[test]
    fn a_position_reads_as_a_clock() {
        assert_eq!(clock(0), "0:00");
        assert_eq!(clock(754_999), "12:34");
        assert_eq!(clock(3_723_000), "1:02:03");
    }

    #[test]
    fn numbers_carry_no_more_digits_than_they_deserve() {
        for (value, written) in [
            (151.62, "152"),
            (3.0, "3"),
            (4.14, "4.1"),
            (-0.4, "-0.4"),
            (19.96, "20"),
            (-0.01, "0"),
        ] {
            assert_eq!(number(value), written);
        }
        assert_eq!(quantity(79.1, "s"), "79 s");
        assert_eq!(quantity(121.0, "s"), "2:01");
        assert_eq!(quantity(68.71, "%"), "69 %");
    }
}
