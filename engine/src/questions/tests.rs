//! Questions with and without punctuation, and statements that look like them.

use super::*;
use crate::meeting_type::MeetingType;
use crate::speaker::Speaker::Me;
use crate::spoken::{conversation, said};
use rstest::rstest;

/// What the detectors make of `text`, said by itself.
fn asked(text: &str) -> Option<QuestionKind> {
    let meeting = conversation(MeetingType::Other, &[said(Me, 0, text)]);
    meeting.utterances().first().and_then(|utterance| utterance.question)
}

#[rstest]
#[case("Marcus, how did the call with Northwind go yesterday?")]
#[case("What did they say about the price?")]
#[case("How long would you need for the test?")]
#[case("What would you write instead?")]
#[case("And what about the old customers?")]
#[case("Why is that?")]
#[case("Okay, what's the plan?")]
#[case("So tell me about the launch.")]
#[case("Walk me through it.")]
#[case("Um, what happened then?")]
fn open_questions_are_found_with_and_without_punctuation(#[case] text: &str) {
    assert_eq!(asked(text), Some(QuestionKind::Open), "{text}");
    let bare = unpunctuated(text);
    assert_eq!(asked(&bare), Some(QuestionKind::Open), "{bare}");
}

#[rstest]
#[case("Did you tell her about the annual discount?")]
#[case("Is the discount already in the billing system?")]
#[case("Can you say the last part again?")]
#[case("Could we ask for less?")]
#[case("Is there anything that I forgot?")]
#[case("How many customers have we lost?")]
#[case("When do we ship?")]
#[case("Which of these do you like?")]
#[case("Who is on the call?")]
#[case("It works on the phone, doesn't it?")]
#[case("The table is small, do you want to see it?")]
#[case("Do you have a minute?")]
#[case("Have you seen the numbers?")]
fn closed_questions_are_found_with_and_without_punctuation(#[case] text: &str) {
    assert_eq!(asked(text), Some(QuestionKind::Closed), "{text}");
    let bare = unpunctuated(text);
    assert_eq!(asked(&bare), Some(QuestionKind::Closed), "{bare}");
}

#[rstest]
#[case("What is left now is the billing change.")]
#[case("What we need is a plan.")]
#[case("I know how the call went.")]
#[case("Most people stop at step four, where they have to connect their calendar.")]
#[case("When we started in January the plan was to ship.")]
#[case("Have a good day.")]
#[case("Which is good.")]
#[case("We want to have you on the team.")]
#[case("Let me explain where we are with the launch.")]
#[case("Had I known it I would have called.")]
#[case("That is what we can do, you know.")]
#[case("The report they were looking for is here.")]
#[case("Will be recorded next Tuesday.")]
#[case("")]
fn statements_are_not_questions_with_or_without_punctuation(#[case] text: &str) {
    assert_eq!(asked(text), None, "{text}");
    let bare = unpunctuated(text);
    assert_eq!(asked(&bare), None, "{bare}");
}

#[rstest]
#[case("Do the tests first.")]
#[case("I would like to hear what you think.")]
fn of_some_statements_only_punctuation_tells_that_they_are_none(#[case] text: &str) {
    assert_eq!(asked(text), None, "{text}");
    assert!(
        asked(&unpunctuated(text)).is_some(),
        "mended: move it to the statements"
    );
}

#[test]
fn a_question_mark_makes_a_statement_a_closed_question() {
    assert_eq!(asked("You tried it on Friday?"), Some(QuestionKind::Closed));
    assert_eq!(asked("You tried it on Friday."), None);
}

#[test]
fn a_question_after_a_pause_is_found_where_the_words_before_are_no_question() {
    let after_a_pause = |before: &str, after: &str| {
        let meeting = conversation(MeetingType::Other, &[said(Me, 0, before), said(Me, 5_000, after)]);
        meeting.utterances()[1].question
    };
    assert_eq!(
        after_a_pause("nobody needed any help", "will it be ready"),
        Some(QuestionKind::Closed)
    );
    assert_eq!(
        after_a_pause("you wanted to say something", "what is on your mind"),
        Some(QuestionKind::Open)
    );
    assert_eq!(
        after_a_pause("people stop at step four", "where they have to connect"),
        None
    );
}

#[test]
fn of_two_questions_the_open_one_counts() {
    assert_eq!(asked("Is it done? Why not?"), Some(QuestionKind::Open));
}

fn unpunctuated(text: &str) -> String {
    text.to_lowercase().replace([',', '.', '?', '!'], "")
}
