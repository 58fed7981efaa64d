//! What stands against a track, as the client is told it.

use crate::line::{Line, Tape};
use crate::meeting::{Script, said};
use attune_engine::speaker::Track::{self, Mic, Tab};
use attune_ingest::memory::Memory;
use attune_ingest::protocol::{
    ClientControl, PcmFrame, ServerEvent, Skip, SkipClass, SkipReason, TrackTrouble, Trouble, TroubleKind,
};
use std::time::Duration;
use tokio::time::Instant;
use uuid::Uuid;

const FRAME_SAMPLES: u64 = 3_840;
const FRAME_MS: u64 = 240;

fn connect() -> Line {
    Line::connect(&Memory::default(), Uuid::from_u128(79), 1, Instant::now())
}

/// `seconds` of both tracks from `from_s` on, side by side, in which those of `speaking` say a word every 2 s.
fn minute(tape: &mut Tape, from_s: u64, seconds: u64, speaking: &[Track]) {
    let frames = seconds * 1000 / FRAME_MS;
    let sounds = [Mic, Tab].map(|track| {
        let words = (0..seconds / 2).map(|index| said(track, 500 + index * 2_000, &[4]));
        let script = Script {
            said: words.filter(|said| speaking.contains(&said.track)).collect(),
            length_ms: frames * FRAME_MS,
        };
        (track, script.sound(track))
    });
    let first = from_s * 1000 / FRAME_MS;
    for frame in 0..frames {
        for (track, sound) in &sounds {
            let samples = &sound[(frame * FRAME_SAMPLES) as usize..][..FRAME_SAMPLES as usize];
            let (at, at_ms) = ((first + frame) * FRAME_SAMPLES, (first + frame) * FRAME_MS);
            tape.audio(*track, at, at_ms as u32, PcmFrame::encode(samples));
        }
    }
}

/// What the client was told, each change once.
fn told(line: &Line) -> Vec<Vec<Trouble>> {
    let told = line.events.iter().filter_map(|envelope| match &envelope.event {
        ServerEvent::Troubles { troubles } => Some(troubles.clone()),
        _ => None,
    });
    let mut told: Vec<_> = told.collect();
    told.dedup();
    told
}

/// Sends a tape as fast as it was said.
fn play(line: &mut Line, tape: &Tape) {
    for (prefix, payload) in &tape.frames {
        line.send(prefix, payload);
        line.settle();
        line.now += Duration::from_millis(FRAME_MS / 2);
    }
    line.wait(Duration::from_secs(3));
    assert_eq!(line.closed(), None);
}

fn played(tape: &Tape) -> Line {
    let mut line = connect();
    play(&mut line, tape);
    line
}

#[test]
fn a_microphone_that_is_silent_for_a_minute_while_others_speak_is_told_until_it_sounds() {
    let mut tape = Tape::default();
    minute(&mut tape, 0, 72, &[Tab]);
    let mut line = played(&tape);
    let silent = Trouble {
        track: Mic,
        kind: TroubleKind::Silent,
        since_ms: 0,
    };
    assert_eq!(told(&line), [vec![silent]]);

    let mut more = tape.clone();
    more.frames.clear();
    minute(&mut more, 72, 6, &[Mic, Tab]);
    play(&mut line, &more);
    assert_eq!(told(&line), [vec![silent], vec![]]);
}

#[test]
fn a_pause_of_everybody_is_no_trouble_and_neither_is_a_short_one() {
    for (seconds, speaking) in [(72, &[][..]), (48, &[Tab][..])] {
        let mut tape = Tape::default();
        minute(&mut tape, 0, seconds, speaking);
        assert_eq!(told(&played(&tape)), Vec::<Vec<Trouble>>::new(), "{seconds} s");
    }
}

#[test]
fn a_muted_microphone_is_not_silent() {
    let mut tape = Tape::default();
    tape.control(&ClientControl::Skip(Skip {
        track: Mic,
        from_sample: 0,
        to_sample: 72 * 16_000,
        class: SkipClass::Withheld,
        reason: SkipReason::Muted,
    }));
    let mut both = Tape::default();
    minute(&mut both, 0, 72, &[Tab]);
    let tab = both
        .frames
        .into_iter()
        .filter(|(prefix, _)| prefix.stream.track() == Some(Tab));
    tape.frames.extend(tab);
    assert_eq!(told(&played(&tape)), Vec::<Vec<Trouble>>::new());
}

#[test]
fn what_a_client_says_of_a_track_stands_until_sound_of_it_comes() {
    let mut tape = Tape::default();
    let denied = TrackTrouble {
        track: Tab,
        kind: TroubleKind::Denied,
        at_ms: 0,
    };
    tape.control(&ClientControl::Trouble(denied));
    let mut line = played(&tape);
    let stands = Trouble {
        track: Tab,
        kind: TroubleKind::Denied,
        since_ms: 0,
    };
    assert_eq!(told(&line), [vec![stands]]);

    let mut more = Tape::default();
    more.audio(Tab, 0, 0, PcmFrame::encode(&[0; FRAME_SAMPLES as usize]));
    play(&mut line, &more);
    assert_eq!(told(&line), [vec![stands], vec![]]);
}

#[test]
fn a_change_of_device_is_shown_for_a_minute_of_the_meeting() {
    let mut tape = Tape::default();
    let changed = TrackTrouble {
        track: Mic,
        kind: TroubleKind::Changed,
        at_ms: 6_000,
    };
    minute(&mut tape, 0, 6, &[Mic, Tab]);
    tape.control(&ClientControl::Trouble(changed));
    let mut line = played(&tape);
    let shown = Trouble {
        track: Mic,
        kind: TroubleKind::Changed,
        since_ms: 6_000,
    };
    assert_eq!(told(&line), [vec![shown]]);

    let mut more = tape.clone();
    more.frames.clear();
    minute(&mut more, 6, 66, &[Mic, Tab]);
    play(&mut line, &more);
    assert_eq!(told(&line), [vec![shown], vec![]]);
}
