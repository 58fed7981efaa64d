use super::*;
use crate::speaker::Track;
use proptest::prelude::*;

const fn at(ms: u64) -> MeetingTime {
    MeetingTime::from_ms(ms)
}

/// Words of 300 ms, one each half second from `from_ms` on.
fn words(from_ms: u64, text: &str) -> Vec<Word> {
    text.split_whitespace()
        .zip((from_ms..).step_by(500))
        .map(|(text, start)| Word {
            text: text.to_owned(),
            start: at(start),
            end: at(start + 300),
            confidence: 0.9,
        })
        .collect()
}

fn agreement() -> Agreement {
    Agreement::new(SegmentId::new(Track::Mic, 0))
}

/// Text with a bar behind what is stable.
fn shown(said: Option<Said>) -> Option<String> {
    said.map(|said| {
        let units: Vec<u16> = said.text.encode_utf16().collect();
        let (stable, rest) = units.split_at(said.stable_len as usize);
        format!(
            "{}|{}",
            String::from_utf16_lossy(stable),
            String::from_utf16_lossy(rest)
        )
    })
}

#[test]
fn words_settle_when_a_second_pass_hears_them_too_but_not_the_last_two() {
    let mut agreement = agreement();
    let first = agreement.take(&words(0, "we will ship the"), at(1_900));
    assert_eq!(shown(first).as_deref(), Some("|we will ship the"));
    let second = agreement.take(&words(0, "We will, ship a dash"), at(2_600));
    assert_eq!(shown(second).as_deref(), Some("We will, ship| a dash"));
    let third = agreement.take(&words(0, "we will ship a dashboard on friday"), at(3_600));
    assert_eq!(shown(third).as_deref(), Some("We will, ship a| dashboard on friday"));
}

#[test]
fn what_ends_within_half_a_second_of_the_edge_does_not_settle() {
    let mut agreement = agreement();
    agreement.take(&words(0, "so we go on now"), at(2_300));
    let said = agreement.take(&words(0, "so we go on now"), at(1_400)).unwrap();
    assert_eq!(shown(Some(said)).as_deref(), Some("so we| go on now"));
}

#[test]
fn a_pass_that_changes_nothing_says_nothing() {
    let mut agreement = agreement();
    assert_eq!(agreement.take(&[], at(700)), None);
    agreement.take(&words(0, "one two"), at(1_000));
    assert_eq!(agreement.take(&words(0, "one two"), at(1_100)), None);
}

#[test]
fn settled_words_that_are_placed_later_or_said_again_are_not_doubled() {
    let mut agreement = agreement();
    for _ in 0..2 {
        agreement.take(&words(0, "we ship on friday if it works"), at(3_500));
    }
    assert_eq!(agreement.settled().len(), 5);
    // The whole pass is 90 ms later, and "friday if" comes again.
    let said = agreement.take(&words(1_590, "friday if it works well"), at(4_500));
    assert_eq!(shown(said).as_deref(), Some("we ship on friday if it| works well"));
}

#[test]
fn long_speech_can_be_cut_after_a_sentence_or_in_a_pause_and_not_before_six_seconds() {
    let text = "we ship. on friday if it works and then we look at it again";
    let heard = |text: &str, to: u64| {
        let mut agreement = agreement();
        agreement.take(&words(0, text), at(to));
        agreement.take(&words(0, text), at(to));
        agreement.boundary(at(0))
    };
    assert_eq!(heard(text, 5_900), None);
    // "ship." lies within the first two seconds; the words are 200 ms apart.
    assert_eq!(heard(text, 7_500), Some(at(5_400)));
    assert_eq!(heard(&text.replace("works", "works."), 7_500), Some(at(3_400)));
    assert_eq!(heard("", 7_500), None);
}

#[test]
fn what_lies_behind_a_cut_goes_on_as_the_next_segment() {
    let mut before = agreement();
    for _ in 0..2 {
        before.take(&words(0, "we ship on friday and then we look"), at(5_000));
    }
    let (mut behind, said) = before.behind(at(1_900), SegmentId::new(Track::Mic, 30_400));
    assert_eq!(
        said.as_ref().map(|said| (said.segment.as_str(), said.revision)),
        Some(("mic-30400", 1))
    );
    assert_eq!(shown(said).as_deref(), Some("and then| we look"));
    let next = behind.take(&words(2_000, "and then we look at it"), at(6_000));
    assert_eq!(shown(next).as_deref(), Some("and then we look| at it"));
    let (_, nothing) = before.behind(at(60_000), SegmentId::new(Track::Mic, 960_000));
    assert_eq!(nothing, None);
}

proptest! {
    #[test]
    fn what_is_stable_never_changes_and_revisions_rise(
        passes in prop::collection::vec(prop::collection::vec("[abc]{1,2}", 0..12), 1..12),
    ) {
        let mut agreement = agreement();
        let mut stable = String::new();
        let mut revision = 0;
        for (step, pass) in passes.iter().enumerate() {
            let said = agreement.take(&words(0, &pass.join(" ")), at(700 * (step as u64 + 1)));
            let Some(said) = said else { continue };
            let now = &said.text[..said.stable_len as usize];
            prop_assert!(now.starts_with(&stable), "{now:?} after {stable:?}");
            prop_assert!(said.revision > revision);
            revision = said.revision;
            stable = now.to_owned();
        }
    }
}
