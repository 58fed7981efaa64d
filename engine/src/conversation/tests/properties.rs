//! What must hold for any meeting.

use super::*;
use proptest::prelude::*;

/// Finals of both tracks, disjoint within each, in order of their ends.
fn meetings() -> impl Strategy<Value = Vec<Final>> {
    let texts = prop::sample::select(vec![
        "yeah",
        "so what do you think",
        "okay I'll send it friday",
        "do you mean it? Well",
        "um like five",
        "word word word",
        "right",
        "",
    ]);
    let piece = (0u64..4_000, 200u64..12_000, texts, any::<bool>());
    let track = |speaker: Speaker| {
        prop::collection::vec(piece.clone(), 0..25).prop_map(move |pieces| {
            let mut now = 0;
            let mut finals: Vec<Final> = Vec::new();
            for (pause_ms, length_ms, text, doubtful) in pieces {
                let start = now + pause_ms;
                now = start + length_ms;
                let mut decided = said_for(speaker, start, now, text);
                if doubtful && text == "right" {
                    decided.flags = vec![SegmentFlag::LowConfidence];
                }
                finals.push(decided);
            }
            finals
        })
    };
    (track(Me), track(Them)).prop_map(|(mine, theirs)| {
        let mut finals = [mine, theirs].concat();
        finals.sort_by_key(|decided| (decided.span.end, decided.track));
        finals
    })
}

/// The same speech with each word decided by itself.
fn word_by_word(finals: &[Final]) -> Vec<Final> {
    let each = finals.iter().flat_map(|decided| {
        decided.words.iter().map(|word| Final {
            flags: decided.flags.clone(),
            ..said_for(decided.speaker, word.start.as_ms(), word.end.as_ms(), &word.text)
        })
    });
    let mut words: Vec<Final> = each.collect();
    words.sort_by_key(|decided| (decided.span.end, decided.track));
    words
}

proptest! {
    #[test]
    fn words_fed_one_at_a_time_give_the_numbers_of_the_batch(finals in meetings()) {
        let words = word_by_word(&finals);
        let mut streamed = Conversation::new(setup(MeetingType::Discovery));
        for word in &words {
            streamed.observe(word);
            // Looked at after every word: what is worked out on the way changes nothing.
            streamed.measures();
        }
        let mut by_track = words.clone();
        by_track.sort_by_key(|decided| decided.track);
        let batch = conversation(MeetingType::Discovery, &by_track);
        prop_assert_eq!(streamed.turns(), batch.turns());
        prop_assert_eq!(streamed.measures(), batch.measures());
        // What rests on the times of words and voices alone does not know how they were cut into segments.
        let whole = conversation(MeetingType::Discovery, &finals).measures();
        for id in ["C1", "C3", "C4", "C23"] {
            let (one, other) = (streamed.measures(), whole.get(id).cloned());
            let one = one.get(id).cloned();
            prop_assert_eq!(one.and_then(|measure| measure.value), other.and_then(|measure| measure.value), "{}", id);
        }
    }

    #[test]
    fn streaming_equals_batch(finals in meetings()) {
        // Streaming: in the order of commits, looked at and copied all the time.
        let mut streamed = Conversation::new(setup(MeetingType::Discovery));
        for (index, decided) in finals.iter().enumerate() {
            let mut next = streamed.clone();
            next.observe(decided);
            let to_come = finals[index + 1..].iter().map(|later| later.span.start);
            next.advance(to_come.min().unwrap_or(decided.span.end));
            next.live();
            next.measures();
            streamed = next;
        }
        // Batch: one track after the other, looked at once.
        let mut by_track = finals.clone();
        by_track.sort_by_key(|decided| decided.track);
        let batch = conversation(MeetingType::Discovery, &by_track);
        prop_assert_eq!(streamed.utterances(), batch.utterances());
        prop_assert_eq!(streamed.turns(), batch.turns());
        prop_assert_eq!(streamed.measures(), batch.measures());
        prop_assert_eq!(streamed.now(), batch.now());
        // What is found on the way is what is found in the whole, at once.
        let mut anew = batch.clone();
        anew.find_anew();
        prop_assert_eq!(anew.utterances(), batch.utterances());
    }

    #[test]
    fn silences_told_one_by_one_or_as_one_change_nothing(
        finals in meetings(),
        pauses_ms in prop::collection::vec(prop::collection::vec(0u64..3_000, 0..4), 0..50),
    ) {
        // Live, silence is told as it passes; read back, only as far as the next final knew of it.
        let fold = |each: bool| {
            let mut meeting = Conversation::new(setup(MeetingType::Other));
            let mut signals = Vec::new();
            for (index, decided) in finals.iter().enumerate() {
                let mut to_ms = meeting.now().as_ms();
                let passed: Vec<u64> = pauses_ms
                    .get(index)
                    .into_iter()
                    .flatten()
                    .map(|pause_ms| {
                        to_ms += pause_ms;
                        to_ms
                    })
                    .collect();
                let told = if each { &passed[..] } else { &passed[passed.len().saturating_sub(1)..] };
                for to_ms in told {
                    meeting.advance(at(*to_ms));
                }
                signals.push((meeting.observe(decided), meeting.live()));
            }
            (signals, meeting)
        };
        let ((live, told), (read_back, rebuilt)) = (fold(true), fold(false));
        prop_assert_eq!(live, read_back);
        prop_assert_eq!(told.utterances(), rebuilt.utterances());
        prop_assert_eq!(told.now(), rebuilt.now());
    }

    #[test]
    fn the_last_turn_is_the_last_of_all_turns(finals in meetings(), repeats in 1usize..12) {
        // Long enough that the last turn is looked for in a part of the meeting alone.
        let length_ms = finals.last().map_or(0, |decided| decided.span.end.as_ms()) + 700;
        let mut meeting = Conversation::new(setup(MeetingType::Other));
        for repeat in 0..repeats as u64 {
            for decided in &finals {
                let (from_ms, to_ms) = (decided.span.start.as_ms(), decided.span.end.as_ms());
                let text: Vec<&str> = decided.words.iter().map(|word| word.text.as_str()).collect();
                let later_ms = repeat * length_ms;
                meeting.observe(&said_for(decided.speaker, later_ms + from_ms, later_ms + to_ms, &text.join(" ")));
            }
        }
        prop_assert_eq!(meeting.last_turn(), meeting.turns().pop());
    }

    #[test]
    fn every_utterance_has_the_floor_once_or_is_heard_under_anothers(finals in meetings()) {
        let meeting = conversation(MeetingType::Other, &finals);
        let mut seen = vec![0; meeting.utterances().len()];
        let turns = meeting.turns();
        for turn in &turns {
            for &index in &turn.utterances {
                seen[index] += 1;
                prop_assert_eq!(meeting.utterances()[index].speaker, turn.speaker);
            }
        }
        prop_assert!(seen.iter().all(|count| *count <= 1));
        prop_assert!(turns.windows(2).all(|pair| pair[0].span.start <= pair[1].span.start));
        // Only what others covered, or a short word between others' speech, is left without a turn.
        for (index, _) in seen.iter().enumerate().filter(|(_, count)| **count == 0) {
            let utterance = &meeting.utterances()[index];
            prop_assert!(meeting.utterances().iter().any(|other| other.speaker != utterance.speaker));
        }
    }
}
