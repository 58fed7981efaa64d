//! What is left of a report when what it was made of is past its time: the numbers, and nothing that was said.

use super::Report;
use super::coaching::Coaching;
use super::points::Point;
use super::record::{MeetingRecord, Missing, Who};
use crate::measures::Measures;

impl Report {
    /// The report without what anybody said and without their names: measures, scores, times and counts stay.
    #[must_use]
    pub fn without_words(mut self) -> Self {
        strip_record(&mut self.record);
        strip_coaching(&mut self.coaching);
        self
    }

    /// The report without what was seen minute by minute: its measures of attention stay.
    #[must_use]
    pub fn without_minutes(mut self) -> Self {
        self.coaching.attention_minutes.clear();
        self
    }
}

fn strip_record(record: &mut MeetingRecord) {
    record.people.clear();
    record.decisions.clear();
    record.actions.clear();
    record.open_questions.clear();
    record.utterances.clear();
    if record.missing.iter().all(|missing| missing.part != "transcript") {
        let why = "It was deleted, as old as its person wants transcripts to become.";
        record.missing.push(Missing::new("transcript", why));
    }
}

fn strip_coaching(coaching: &mut Coaching) {
    let points = coaching.one_thing.iter_mut().chain(&mut coaching.strengths);
    points.chain(&mut coaching.growth).for_each(strip_point);
    strip_measures(&mut coaching.measures);
    strip_measures(&mut coaching.attention);
    for talk in &mut coaching.participants {
        talk.name = None;
    }
    coaching.turn_taking.people.iter_mut().for_each(strip_who);
    for cut_in in &mut coaching.turn_taking.interruptions {
        strip_who(&mut cut_in.by);
        strip_who(&mut cut_in.of);
    }
    for lane in &mut coaching.charts.ribbon {
        strip_who(&mut lane.who);
    }
    // Indices of utterances that are gone.
    for turn in &mut coaching.turns {
        turn.utterances.clear();
    }
    coaching.questions.clear();
    coaching.missed_questions.clear();
    // Its headline may name somebody, and its evidence may quote.
    for nudge in &mut coaching.nudges {
        nudge.headline.clear();
        nudge.evidence.clear();
    }
}

fn strip_point(point: &mut Point) {
    point.said.clear();
    point.source.utterances.clear();
}

fn strip_measures(measures: &mut Measures) {
    for moment in measures.0.iter_mut().flat_map(|measure| &mut measure.moments) {
        moment.said.clear();
        moment.note = None;
    }
}

fn strip_who(who: &mut Who) {
    who.name = None;
}

#[cfg(test)]
mod tests {
    use super::super::{NudgeShown, Report, ReportRest, report};
    use crate::clock::MeetingTime;
    use crate::meeting_type::MeetingType;
    use crate::page::Shown;
    use crate::speaker::Speaker::{Me, Them};
    use crate::spoken::{conversation, filling, said_for};

    /// Said in every way that a report picks something out of: repeated, asked, promised, decided, with fillers.
    fn telling() -> Report {
        let said = "um you know we decided that the giraffe moves to zanzibar, I'll send the giraffe plan to wolfram by friday";
        let asked = "so what should the giraffe eat in zanzibar?";
        let mut meeting = conversation(
            MeetingType::Discovery,
            &[
                said_for(
                    Them,
                    0,
                    26_000,
                    "we moved the whole giraffe launch because guys of the zanzibar translations",
                ),
                said_for(Me, 27_000, 40_000, said),
                said_for(Me, 41_000, 54_000, said),
                said_for(Me, 55_000, 68_000, said),
                said_for(Me, 70_000, 75_000, asked),
                said_for(Them, 90_000, 120_000, &filling(60)),
                said_for(Me, 121_000, 180_000, &filling(150)),
            ],
        );
        for (at_ms, name) in [(300, "Wolfram"), (26_500, "")] {
            meeting.show(Shown::Speaking {
                at: MeetingTime::from_ms(at_ms),
                names: (!name.is_empty()).then(|| name.to_owned()).into_iter().collect(),
            });
        }
        meeting.advance(MeetingTime::from_ms(200_000));
        let nudge = NudgeShown {
            id: "ab".into(),
            rule: "N21".into(),
            headline: "Bring in Wolfram".into(),
            evidence: "Silent since the giraffe.".into(),
            at_ms: 51_000,
            reaction: Some("helpful".into()),
            effect: super::super::Change::default(),
        };
        let rest = ReportRest {
            nudges: vec![nudge],
            ..ReportRest::default()
        };
        report(&meeting, rest)
    }

    fn written(report: &Report) -> String {
        serde_json::to_string(report).unwrap().to_lowercase()
    }

    #[test]
    fn nothing_that_was_said_and_nobody_s_name_outlives_the_words() {
        let (before, after) = (telling(), telling().without_words());
        for said in ["giraffe", "zanzibar", "wolfram", "guys", "you know"] {
            assert!(written(&before).contains(said), "the report was to quote {said}");
            assert!(!written(&after).contains(said), "{said} is left in {}", written(&after));
        }
    }

    #[test]
    fn every_number_outlives_the_words_and_what_is_missing_is_said_once() {
        let (before, after) = (telling(), telling().without_words());
        let values = |report: &Report| {
            let measures = report.coaching.measures.0.iter();
            measures
                .map(|measure| (measure.id.clone(), measure.value))
                .collect::<Vec<_>>()
        };
        assert_eq!(values(&after), values(&before));
        assert_eq!(after.coaching.score, before.coaching.score);
        assert_eq!(after.coaching.talk, before.coaching.talk);
        assert_eq!(after.coaching.pace, before.coaching.pace);
        assert_eq!(after.record.duration_ms, before.record.duration_ms);
        let twice = after.clone().without_words();
        assert_eq!(twice, after);
        assert_eq!(
            after
                .record
                .missing
                .iter()
                .filter(|missing| missing.part == "transcript")
                .count(),
            1
        );
    }
}
