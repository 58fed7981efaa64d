//! What is a statement, whose it is, and where it has its grounds.

use super::*;
use crate::attribution::{Participant, ToldBy};
use crate::conversation::Setup;
use crate::meeting_type::MeetingType;
use crate::speaker::Speaker::{Me, Them, Unknown};
use crate::speaker::Track;
use crate::spoken::{conversation, filling, said, said_for, setup};

fn found(conversation: &Conversation) -> Statements {
    find(conversation, Language::English)
}

#[test]
fn a_promise_has_the_owner_and_the_day_that_were_spoken_and_leads_to_its_words() {
    let meeting = conversation(
        MeetingType::Other,
        &[
            said(Me, 0, "I'll send you the figures by Friday."),
            said(Them, 20_000, "I will write to the supplier."),
        ],
    );
    let actions = found(&meeting).actions;
    let told: Vec<_> = actions
        .iter()
        .map(|action| (action.by.speaker, action.owner.is_some(), action.due.as_deref()))
        .collect();
    assert_eq!(told, [(Me, true, Some("by friday")), (Them, true, None)]);
    assert_eq!(actions[0].text, "I'll send you the figures by Friday.");
    for (action, said) in actions.iter().zip(meeting.utterances()) {
        assert_eq!(action.source.utterances, std::slice::from_ref(&said.id));
        assert!(action.source.span.start >= said.span.start && action.source.span.end <= said.span.end);
    }
}

#[test]
fn a_name_that_the_page_shows_is_the_owner_s() {
    let mut meeting = conversation(
        MeetingType::Other,
        &[said(Them, 10_000, "I'll call the supplier on Monday.")],
    );
    Arc::make_mut(&mut meeting.utterances[0]).participant = Some(Participant {
        name: "Ana".to_owned(),
        confidence: 0.95,
        told_by: ToldBy::default(),
    });
    let actions = found(&meeting).actions;
    assert_eq!(
        actions[0].owner.as_ref().and_then(|who| who.name.as_deref()),
        Some("Ana")
    );
}

#[test]
fn a_question_that_nobody_answers_is_open_and_one_that_is_answered_is_not() {
    let meeting = conversation(
        MeetingType::Other,
        &[
            said(Me, 0, "What does the licence cost us every year?"),
            said(Them, 5_000, "Right."),
            said(Me, 40_000, "Who is going to pay for the licence?"),
            said(Them, 44_000, "That is on us, we have it in the budget."),
        ],
    );
    let open = found(&meeting).open_questions;
    let texts: Vec<_> = open.iter().map(|question| question.text.as_str()).collect();
    assert_eq!(texts, ["What does the licence cost us every year?"]);
    assert_eq!((open[0].by.speaker, open[0].source.utterances.len()), (Me, 1));
}

#[test]
fn what_cannot_be_told_says_why() {
    let parts = |statements: &Statements| {
        let parts = statements.missing.iter().map(|missing| missing.part.clone());
        parts.collect::<Vec<_>>()
    };
    let meeting = conversation(MeetingType::Other, &[said(Me, 0, "I'll send it by Friday.")]);
    assert_eq!(parts(&found(&meeting)), ["summary", "topics", "risks"]);
    let other = find(&meeting, Language::Other);
    assert!(other.actions.is_empty() && parts(&other).contains(&"actions".to_owned()));
    let mut alone = Conversation::new(Setup {
        tracks: vec![Track::Mic],
        ..setup(MeetingType::Other)
    });
    alone.observe(&said(Unknown, 0, "What does the licence cost us every year?"));
    let alone = found(&alone);
    assert!(alone.open_questions.is_empty() && parts(&alone).contains(&"open_questions".to_owned()));
}

#[test]
fn words_that_cannot_be_trusted_are_nobody_s_promise() {
    let mut doubtful = said(Me, 0, "I'll send you the figures by Friday.");
    doubtful.flags.push(crate::transcript::SegmentFlag::LowConfidence);
    let statements = found(&conversation(MeetingType::Other, &[doubtful]));
    assert!(statements.actions.is_empty());
    assert_eq!(statements.people.len(), 1, "but somebody spoke");
}

#[test]
fn a_turn_of_fifty_thousand_words_is_read_in_a_moment() {
    let meeting = conversation(
        MeetingType::Other,
        &[
            said_for(Me, 0, 3_600_000, &filling(50_000)),
            said(Them, 0, "What is it?"),
        ],
    );
    assert_eq!(found(&meeting).people.len(), 2);
}
