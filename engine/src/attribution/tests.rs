use super::*;
use crate::conversation::Conversation;
use crate::meeting_type::MeetingType;
use crate::page::Shown;
use crate::spoken::{conversation, said, said_for};
use crate::transcript::Final;
use Speaker::{Me, Them};
use proptest::prelude::*;

fn caption(id: u32, at_ms: u64, speaker: &str, text: &str) -> Shown {
    Shown::Caption {
        id: id.to_string(),
        at: MeetingTime::from_ms(at_ms),
        speaker: speaker.into(),
        text: text.into(),
    }
}

fn speaking(at_ms: u64, names: &[&str]) -> Shown {
    Shown::Speaking {
        at: MeetingTime::from_ms(at_ms),
        names: names.iter().map(|name| (*name).to_owned()).collect(),
    }
}

fn page(shown: Vec<Shown>) -> Page {
    let mut page = Page::default();
    shown.into_iter().for_each(|shown| page.show(shown));
    page
}

fn attributed(finals: &[Final], page: &Page) -> Vec<Option<(String, f32)>> {
    let meeting: Conversation = conversation(MeetingType::Other, finals);
    let own = own_names(page, meeting.utterances());
    let participants = meeting
        .utterances()
        .iter()
        .map(|utterance| participant(page, utterance, &own));
    participants
        .map(|participant| Some((participant.as_ref()?.name.clone(), participant?.confidence)))
        .collect()
}

fn names(finals: &[Final], page: &Page) -> Vec<Option<String>> {
    attributed(finals, page)
        .into_iter()
        .map(|found| Some(found?.0))
        .collect()
}

#[test]
fn a_caption_in_other_words_two_seconds_late_names_who_spoke() {
    let said = [
        said(Them, 10_000, "we should really ship the release before friday"),
        said(Them, 14_000, "i would rather wait until testing has finished"),
    ];
    let page = page(vec![
        caption(1, 12_000, "Ana", "We should really ship this release before Friday."),
        caption(2, 16_000, "Ben", "I'd rather wait until testing is finished."),
    ]);
    assert_eq!(names(&said, &page), [Some("Ana".to_owned()), Some("Ben".to_owned())]);
}

#[test]
fn confidence_is_the_share_of_evidence() {
    // 4 s of voice marked as Ana's, seen 0.3 s later: 4 / (4 + 0.625).
    let said = [said_for(Them, 10_000, 14_000, "nothing that a caption shows")];
    let found = attributed(&said, &page(vec![speaking(10_000, &["Ana"]), speaking(20_000, &[])]));
    assert!((found[0].as_ref().unwrap().1 - 4.0 / 4.625).abs() < 1e-4, "{found:?}");
    // The first 3.3 s: 3.3 − 0.3 for Ana, 1 s for Ben: 3 / (4 + 0.625).
    let turned = attributed(
        &said,
        &page(vec![speaking(10_000, &["Ana"]), speaking(13_300, &["Ben"])]),
    );
    assert!((turned[0].as_ref().unwrap().1 - 3.0 / 4.625).abs() < 1e-4, "{turned:?}");
}

#[test]
fn nobody_is_named_where_the_page_does_not_tell() {
    let said_so = [said_for(Them, 10_000, 14_000, "we should ship it")];
    assert_eq!(names(&said_so, &Page::default()), [None]);
    let both = page(vec![speaking(9_000, &["Ana", "Ben"])]);
    assert_eq!(names(&said_so, &both), [None]);
    let brief = [said(Them, 10_000, "yes exactly")];
    assert_eq!(names(&brief, &page(vec![speaking(9_000, &["Ana"])])), [None]);
    let long_gone = page(vec![caption(1, 2_000, "Ana", "we should ship it")]);
    assert_eq!(names(&said_so, &long_gone), [None]);
}

#[test]
fn my_own_name_is_refused_on_the_tab() {
    let them = [said_for(Them, 10_000, 14_000, "we should really ship the release")];
    let mut shown = vec![caption(1, 11_000, "You", "we should really ship the release")];
    assert_eq!(names(&them, &page(shown.clone())), [None]);
    // Another language's word for me, told by who is shown when I am heard.
    shown = vec![
        speaking(0, &["Du"]),
        speaking(8_000, &[]),
        caption(1, 11_000, "Du", "we should really ship the release before friday"),
    ];
    let meeting = [said_for(Me, 0, 8_000, "hello everybody"), them[0].clone()];
    assert_eq!(names(&meeting, &page(shown)), [None, None]);
}

#[test]
fn what_i_said_is_nobody_elses_whatever_the_page_shows() {
    let mine = [said_for(Me, 10_000, 14_000, "we should ship it")];
    assert_eq!(names(&mine, &page(vec![speaking(9_000, &["Ana"])])), [None]);
}

proptest! {
    #[test]
    fn the_order_in_which_captions_came_makes_no_difference(order in Just((0..6usize).collect::<Vec<_>>()).prop_shuffle()) {
        let shown = [
            caption(1, 12_000, "Ana", "We should really ship this release before Friday."),
            caption(2, 16_000, "Ben", "I'd rather wait until testing is finished."),
            speaking(10_300, &["Ana"]),
            speaking(12_400, &["Ana", "Ben"]),
            speaking(14_100, &["Ben"]),
            speaking(18_000, &[]),
        ];
        let said = [
            said(Them, 10_000, "we should really ship the release before friday"),
            said(Them, 14_000, "i would rather wait until testing has finished"),
        ];
        let shuffled = order.into_iter().map(|index| shown[index].clone()).collect();
        prop_assert_eq!(attributed(&said, &page(shuffled)), attributed(&said, &page(shown.to_vec())));
    }

    #[test]
    fn confidence_stays_between_its_limits(marks in prop::collection::vec((0u64..20_000, 0usize..4), 0..20)) {
        let all = ["Ana", "Ben", "Cem"];
        let shown = marks.into_iter().map(|(ms, count)| speaking(ms, &all[..count.min(3)])).collect();
        for (_, confidence) in attributed(&[said_for(Them, 4_000, 12_000, "anything")], &page(shown)).into_iter().flatten() {
            prop_assert!((NAMED..=1.0).contains(&confidence));
        }
    }
}
