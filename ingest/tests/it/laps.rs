//! How long words take, as a connection times it.

use crate::line::{Line, Tape};
use crate::meeting::{Script, said};
use attune_engine::speaker::Track::Mic;
use attune_ingest::hearing::Purpose;
use attune_ingest::memory::Memory;
use attune_ingest::ports::Lap;
use attune_ingest::protocol::ServerEvent;
use std::time::Duration;
use tokio::time::Instant;
use uuid::Uuid;

#[test]
fn words_count_from_when_the_last_sound_of_their_speech_came_in() {
    const FRAME: Duration = Duration::from_millis(240);
    let memory = Memory::default();
    let mut line = Line::connect(&memory, Uuid::from_u128(77), 1, Instant::now());
    let script = Script {
        said: vec![
            said(Mic, 500, &[3, 5, 7, 4, 6, 8, 9, 3]),
            said(Mic, 6_000, &[9, 4, 5, 8, 3, 6]),
        ],
        length_ms: 12_000,
    };
    let mut laps = Vec::new();
    for (prefix, payload) in &Tape::of(&script, &[240]).frames {
        line.send(prefix, payload);
        line.settle();
        laps.extend(line.session.take_laps());
        // Both tracks send one at a time.
        line.now += FRAME / 2;
    }
    let count = |is: fn(&ServerEvent) -> bool| line.events.iter().filter(|told| is(&told.event)).count();
    let after = |of: fn(&Lap) -> Option<Duration>| laps.iter().filter_map(of).collect::<Vec<_>>();

    let finals = after(|lap| match lap {
        Lap::Final(after) => Some(*after),
        _ => None,
    });
    assert_eq!(finals.len(), count(|event| matches!(event, ServerEvent::Final(_))));
    // The frame with the last sound, 550 ms of silence, and the frame with the end of that; the test's clock runs a little fast.
    for after in &finals {
        let expected = Duration::from_millis(300)..=Duration::from_millis(1_300);
        assert!(expected.contains(after), "{after:?}");
    }

    let partials = after(|lap| match lap {
        Lap::Partial(after) => Some(*after),
        _ => None,
    });
    assert_eq!(partials.len(), count(|event| matches!(event, ServerEvent::Partial(_))));
    assert!(!partials.is_empty());
    assert!(partials.iter().all(|after| *after <= FRAME + FRAME), "{partials:?}");

    let recognized = |wanted: Purpose| {
        laps.iter().any(|lap| {
            matches!(lap, Lap::Recognized { model, purpose, audio, .. }
                if model == "tones/tones" && *purpose == wanted && !audio.is_zero())
        })
    };
    assert!(recognized(Purpose::Partial) && recognized(Purpose::Likely));
}
