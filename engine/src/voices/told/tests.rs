use super::*;
use crate::clock::MeetingTime;
use crate::conversation::Conversation;
use crate::meeting_type::MeetingType;
use crate::page::Shown;
use crate::report::{ReportRest, report};
use crate::speaker::Speaker::{Me, Them};
use crate::spoken::{conversation, said_for, span};
use crate::transcript::Final;
use crate::voices::VoiceSpan;

/// `seconds` of voice `voice` from `at_s` on.
fn voiced(at_s: u64, seconds: u64, voice: u64, text: &str) -> Final {
    let (from_ms, to_ms) = (at_s * 1_000, (at_s + seconds) * 1_000);
    let mut said = said_for(Them, from_ms, to_ms, text);
    said.voices = vec![VoiceSpan {
        span: span(from_ms, to_ms),
        voice: VoiceLabel::first_heard_at(voice),
    }];
    said
}

fn caption(at_s: u64, speaker: &str, text: &str) -> Shown {
    Shown::Caption {
        id: at_s.to_string(),
        at: MeetingTime::from_ms(at_s * 1_000),
        speaker: speaker.into(),
        text: text.into(),
    }
}

fn names(meeting: &Conversation) -> Vec<Option<String>> {
    let read = meeting.with_page();
    let name = |utterance: &Arc<Utterance>| Some(utterance.participant.as_ref()?.name.clone());
    read.utterances().iter().map(name).collect()
}

fn some(name: &str) -> Option<String> {
    Some(name.to_owned())
}

const LONG: &str = "we should really ship the new release before friday comes";

#[test]
fn voices_without_a_name_are_numbered_as_they_became_sure_and_counted() {
    let said = [
        voiced(0, 5, 0, "one"),
        voiced(6, 5, 96, "two"),
        voiced(12, 5, 0, "three"),
        voiced(18, 2, 288, "too little"),
        said_for(Me, 21_000, 23_000, "mine"),
    ];
    let meeting = conversation(MeetingType::Other, &said);
    assert_eq!(
        names(&meeting),
        [some("Speaker 1"), some("Speaker 2"), some("Speaker 1"), None, None]
    );
    let talk = report(&meeting, ReportRest::default()).coaching.participants;
    let told: Vec<_> = talk.iter().map(|talk| (talk.name.as_deref(), talk.seconds)).collect();
    assert_eq!(told, [(Some("Speaker 1"), 10.0), (Some("Speaker 2"), 5.0), (None, 2.0)]);
}

#[test]
fn no_voice_is_called_as_the_page_calls_somebody() {
    let said = [
        voiced(0, 5, 0, "one"),
        voiced(6, 5, 96, "two"),
        voiced(12, 5, 192, "three"),
    ];
    let mut meeting = conversation(MeetingType::Other, &said);
    meeting.show(caption(40, "Speaker 1", LONG));
    meeting.show(Shown::Speaking {
        at: MeetingTime::from_ms(50_000),
        names: vec!["speaker 3".to_owned(), "Speaker of the house".to_owned()],
    });
    assert_eq!(
        names(&meeting),
        [some("Speaker 2"), some("Speaker 4"), some("Speaker 5")]
    );
}

#[test]
fn who_is_alone_on_the_other_side_has_no_number() {
    let said = [voiced(0, 5, 0, "one"), voiced(6, 5, 0, "two")];
    assert_eq!(names(&conversation(MeetingType::Other, &said)), [None, None]);
}

#[test]
fn a_voice_that_captions_name_names_what_they_leave_open_and_is_less_sure() {
    let said = [
        voiced(10, 5, 0, LONG),
        voiced(20, 5, 0, LONG),
        voiced(30, 5, 0, "nothing that a caption shows"),
        voiced(40, 5, 640, "somebody else"),
    ];
    let mut meeting = conversation(MeetingType::Other, &said);
    meeting.show(caption(12, "Ana", LONG));
    meeting.show(caption(22, "Ana", LONG));
    assert_eq!(
        names(&meeting),
        [some("Ana"), some("Ana"), some("Ana"), some("Speaker 2")]
    );
    let read = meeting.with_page();
    let told: Vec<_> = read
        .utterances()
        .iter()
        .filter_map(|utterance| utterance.participant.as_ref())
        .map(|participant| (participant.told_by, participant.confidence))
        .collect();
    assert_eq!((told[0].0, told[2].0), (ToldBy::Page, ToldBy::Voice));
    assert!(told[2].1 < told[0].1 && told[2].1 < told[1].1, "{told:?}");
    // The live page has it too, also once the captions that told are long ago.
    meeting.advance(MeetingTime::from_ms(55_000));
    let live = meeting.live().attributed;
    let live: Vec<_> = live.iter().map(|told| told.participant.name.as_str()).collect();
    assert_eq!(live, ["Ana", "Speaker 2"]);
}

#[test]
fn a_caption_and_a_voice_that_disagree_name_nobody() {
    let said = [
        voiced(10, 5, 0, LONG),
        voiced(20, 5, 0, LONG),
        voiced(30, 5, 0, LONG),
        voiced(40, 5, 0, LONG),
        voiced(50, 3, 0, "but that is what i would rather not have said"),
    ];
    let mut meeting = conversation(MeetingType::Other, &said);
    for at_s in [12, 22, 32, 42] {
        meeting.show(caption(at_s, "Ana", LONG));
    }
    meeting.show(caption(51, "Ben", "But that is what I would rather not have said."));
    let ana = some("Ana");
    assert_eq!(names(&meeting), [ana.clone(), ana.clone(), ana.clone(), ana, None]);
}

#[test]
fn a_voice_that_captions_name_now_so_now_otherwise_is_nobodys() {
    let said = [
        voiced(10, 5, 0, LONG),
        voiced(20, 5, 0, LONG),
        voiced(30, 5, 0, "nothing that a caption shows"),
        voiced(40, 5, 640, "somebody else"),
        voiced(46, 5, 736, "and a third"),
    ];
    let mut meeting = conversation(MeetingType::Other, &said);
    meeting.show(caption(12, "Ana", LONG));
    meeting.show(caption(22, "Ben", LONG));
    assert_eq!(
        names(&meeting),
        [some("Ana"), some("Ben"), None, some("Speaker 2"), some("Speaker 3")]
    );
}

#[test]
fn a_segment_of_two_voices_is_nobodys() {
    let mut both = voiced(12, 4, 0, "both at once");
    both.voices = vec![
        VoiceSpan {
            span: span(12_000, 14_000),
            voice: VoiceLabel::first_heard_at(0),
        },
        VoiceSpan {
            span: span(14_000, 16_000),
            voice: VoiceLabel::first_heard_at(96),
        },
    ];
    let said = [voiced(0, 5, 0, "one"), voiced(6, 5, 96, "two"), both];
    assert_eq!(
        names(&conversation(MeetingType::Other, &said)),
        [some("Speaker 1"), some("Speaker 2"), None]
    );
}
