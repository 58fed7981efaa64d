//! What is recorded: tracks and cues on a time line, in the order in which a live capture would hand them over.

use super::encode::{EncodeError, TrackEncoder};
use crate::protocol::{
    Caption, ClientControl, Coaching, CoachingChange, Codec, FRAME_MS, Insight, Mark, OffTheRecord, Pause, SkipReason,
    TrackDeclaration,
};
use attune_engine::speaker::Track;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A meeting to be played to the server.
#[derive(Debug, Clone)]
pub struct Recording {
    /// The language spoken, as a BCP 47 tag.
    pub language: String,
    /// The kind of meeting, where it differs from the meeting's own.
    pub meeting_type: Option<String>,
    /// Names and words to expect, the most important first; see [`crate::protocol::Hello::glossary`].
    pub glossary: Vec<String>,
    /// One or two tracks, each once.
    pub tracks: Vec<TrackAudio>,
    /// What else happens, in order of time.
    pub cues: Vec<Cue>,
    /// How many times faster than real time; above zero.
    pub speed: f64,
}

/// The sound of one track, from the session's start.
#[derive(Debug, Clone)]
pub struct TrackAudio {
    /// Which track.
    pub track: Track,
    /// How it is sent.
    pub codec: Codec,
    /// Samples a second; one of the codec's rates.
    pub rate_hz: u32,
    /// One channel.
    pub samples: Arc<[i16]>,
}

/// Something that happens during a recording.
#[derive(Debug, Clone)]
pub struct Cue {
    /// When, from the session's start.
    pub at_ms: u64,
    /// What.
    pub what: What,
}

/// What happens.
#[derive(Debug, Clone)]
pub enum What {
    /// The person marks the moment.
    Mark(Option<String>),
    /// The person goes off the record, or back on. Nothing is captured in between.
    OffTheRecord(bool),
    /// The person pauses the coaching, or goes on. Nothing is captured in between.
    Pause(bool),
    /// The coach is told something.
    Coaching(CoachingChange),
    /// The person changes a consent.
    ConsentChanged,
    /// The device interpreted a second.
    Insight(Insight),
    /// The page showed something.
    Caption(Caption),
}

/// What a capture hands over.
#[derive(Debug)]
pub(super) enum Captured {
    /// A frame of a track.
    Audio {
        track: Track,
        first_sample: u64,
        samples: u64,
        payload: Vec<u8>,
        /// Why there is nothing between this frame and the one before, where there is nothing.
        hole: SkipReason,
    },
    /// A track has no more frames; it ends at this sample.
    TrackEnd {
        track: Track,
        sample: u64,
        hole: SkipReason,
    },
    Control(ClientControl),
    Insight(Insight),
    Caption(Caption),
    /// Everything is captured.
    End,
}

/// A thing captured, and when it is there.
#[derive(Debug)]
pub(super) struct Due {
    pub(super) at_ms: u64,
    pub(super) what: Captured,
}

impl Recording {
    /// How its tracks are captured.
    pub(super) fn declarations(&self) -> Vec<TrackDeclaration> {
        let declare = |audio: &TrackAudio| TrackDeclaration {
            track: audio.track,
            codec: audio.codec,
            rate_hz: audio.rate_hz,
        };
        self.tracks.iter().map(declare).collect()
    }
}

/// Plays a recording: frames, as each ends, and cues, merged by time. Blocks for encoding; waits for nothing.
pub(super) struct Playback {
    tracks: Vec<Playing>,
    cues: std::vec::IntoIter<Cue>,
    cue: Option<Cue>,
    /// Nothing before this is handed over again: it is in the buffer.
    from_ms: u64,
    paused: bool,
    off_the_record: bool,
    /// When capture was last withheld, and why: a frame that began before is withheld whole.
    withheld_until: Option<(u64, SkipReason)>,
}

struct Playing {
    audio: TrackAudio,
    encoder: TrackEncoder,
    /// The next frame, counted from the start.
    frame: u64,
    /// Samples below this are in the buffer or with the server.
    from_sample: u64,
    hole: SkipReason,
    ended: bool,
}

impl Playback {
    /// Plays `recording`. Frames that begin below a track's sample of `from`, and cues below `from_ms` or the end of what
    /// `from` leaves out, are in the buffer already.
    ///
    /// # Errors
    /// When a track's codec does not have its rate.
    pub(super) fn new(
        recording: &Recording,
        from: &BTreeMap<Track, u64>,
        mut from_ms: u64,
    ) -> Result<Self, EncodeError> {
        let mut tracks = Vec::new();
        for audio in &recording.tracks {
            let from_sample = from.get(&audio.track).copied().unwrap_or(0);
            from_ms = from_ms.max(from_sample * 1000 / u64::from(audio.rate_hz));
            tracks.push(Playing {
                encoder: TrackEncoder::new(audio.codec, audio.rate_hz)?,
                audio: audio.clone(),
                frame: 0,
                from_sample,
                hole: SkipReason::NotCaptured,
                ended: false,
            });
        }
        let mut cues = recording.cues.clone();
        cues.sort_by_key(|cue| cue.at_ms);
        let mut cues = cues.into_iter();
        let cue = cues.next();
        Ok(Self {
            tracks,
            cues,
            cue,
            from_ms,
            paused: false,
            off_the_record: false,
            withheld_until: None,
        })
    }

    /// The next thing captured; nothing when all tracks and cues are through.
    ///
    /// # Errors
    /// When the encoder refuses.
    pub(super) fn next(&mut self) -> Result<Option<Due>, EncodeError> {
        loop {
            let playing = self.tracks.iter().enumerate().filter(|(_, playing)| !playing.ended);
            let frame = playing.map(|(index, playing)| (playing.due_ms(), index)).min();
            let cue_is_next = match (&self.cue, frame) {
                // A gesture at the very end of a frame comes too late for it.
                (Some(cue), Some((due_ms, _))) => cue.at_ms < due_ms,
                (cue, None) => cue.is_some(),
                (None, Some(_)) => false,
            };
            let due = match (cue_is_next, frame) {
                (true, _) => self.next_cue(),
                (false, Some((_, index))) => self.next_frame(index)?,
                (false, None) => return Ok(None),
            };
            if due.is_some() {
                return Ok(due);
            }
        }
    }

    fn next_frame(&mut self, index: usize) -> Result<Option<Due>, EncodeError> {
        let withheld = self.withheld();
        let withheld_until = self.withheld_until;
        let playing = &mut self.tracks[index];
        let at_ms = playing.due_ms();
        let frame_samples = playing.encoder.frame_samples();
        let first = playing.frame as usize * frame_samples;
        let total = playing.audio.samples.len();
        let due = |what| Ok(Some(Due { at_ms, what }));
        if first >= total {
            playing.ended = true;
            return due(Captured::TrackEnd {
                track: playing.audio.track,
                sample: total as u64,
                hole: playing.hole,
            });
        }
        playing.frame += 1;
        let began_ms = first as u64 * 1000 / u64::from(playing.audio.rate_hz);
        let began_withheld = withheld_until
            .filter(|(until_ms, _)| began_ms < *until_ms)
            .map(|(_, reason)| reason);
        if let Some(reason) = withheld.or(began_withheld) {
            playing.hole = reason;
            return Ok(None);
        }
        if (first as u64) < playing.from_sample {
            return Ok(None);
        }
        let samples = &playing.audio.samples[first..total.min(first + frame_samples)];
        let (payload, samples) = playing.encoder.encode(samples)?;
        due(Captured::Audio {
            track: playing.audio.track,
            first_sample: first as u64,
            samples,
            payload,
            hole: playing.hole,
        })
    }

    fn next_cue(&mut self) -> Option<Due> {
        let Cue { at_ms, what } = std::mem::replace(&mut self.cue, self.cues.next())?;
        let was_withheld = self.withheld();
        let what = match what {
            What::Mark(note) => Captured::Control(ClientControl::Mark(Mark { at_ms, note })),
            What::OffTheRecord(on) => {
                self.off_the_record = on;
                let from_sample = if on { self.samples_at(at_ms) } else { BTreeMap::new() };
                Captured::Control(ClientControl::OffTheRecord(OffTheRecord { on, from_sample }))
            }
            What::Pause(on) => {
                self.paused = on;
                Captured::Control(ClientControl::Pause(Pause { on }))
            }
            What::Coaching(change) => Captured::Control(ClientControl::Coaching(Coaching { at_ms, change })),
            What::ConsentChanged => Captured::Control(ClientControl::ConsentChanged {}),
            What::Insight(insight) => Captured::Insight(insight),
            What::Caption(caption) => Captured::Caption(caption),
        };
        if let (Some(reason), None) = (was_withheld, self.withheld()) {
            self.withheld_until = Some((at_ms, reason));
        }
        // What the camera saw and the page showed is withheld like what was said.
        let content = matches!(what, Captured::Insight(_) | Captured::Caption(_));
        let handed_over = at_ms >= self.from_ms && !(content && was_withheld.is_some());
        handed_over.then_some(Due { at_ms, what })
    }

    fn samples_at(&self, at_ms: u64) -> BTreeMap<Track, u64> {
        let sample = |playing: &Playing| (playing.audio.track, at_ms * u64::from(playing.audio.rate_hz) / 1000);
        self.tracks.iter().map(sample).collect()
    }

    fn withheld(&self) -> Option<SkipReason> {
        if self.off_the_record {
            Some(SkipReason::OffTheRecord)
        } else {
            self.paused.then_some(SkipReason::Paused)
        }
    }
}

impl Playing {
    /// When the next frame has been captured to its end.
    fn due_ms(&self) -> u64 {
        let total_ms = (self.audio.samples.len() as u64 * 1000).div_ceil(u64::from(self.audio.rate_hz));
        ((self.frame + 1) * u64::from(FRAME_MS)).min(total_ms)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn recording(ms: [u64; 2], cues: Vec<Cue>) -> Recording {
        let audio = |track, ms: u64| TrackAudio {
            track,
            codec: Codec::PcmS16le,
            rate_hz: 16_000,
            samples: (0..ms * 16).map(|n| n as i16).collect(),
        };
        Recording {
            language: "en".to_owned(),
            meeting_type: None,
            glossary: Vec::new(),
            tracks: vec![audio(Track::Mic, ms[0]), audio(Track::Tab, ms[1])],
            cues,
            speed: 1.0,
        }
    }

    fn play(recording: &Recording, from: &BTreeMap<Track, u64>, from_ms: u64) -> Vec<Due> {
        let mut playback = Playback::new(recording, from, from_ms).unwrap();
        std::iter::from_fn(|| playback.next().unwrap()).collect()
    }

    fn frames(played: &[Due], of: Track) -> Vec<(u64, u64, SkipReason)> {
        let frame = |due: &Due| match &due.what {
            Captured::Audio {
                track,
                first_sample,
                samples,
                hole,
                ..
            } if *track == of => Some((*first_sample, *samples, *hole)),
            _ => None,
        };
        played.iter().filter_map(frame).collect()
    }

    #[test]
    fn frames_of_both_tracks_come_in_order_of_time_and_hold_every_sample() {
        let played = play(&recording([1_000, 600], vec![]), &BTreeMap::new(), 0);
        assert!(played.is_sorted_by_key(|due| due.at_ms));
        for (track, total) in [(Track::Mic, 16_000), (Track::Tab, 9_600)] {
            let mut next = 0;
            for (first, samples, _) in frames(&played, track) {
                assert_eq!(first, next);
                next += samples;
            }
            assert_eq!(next, total);
        }
        let ends = played
            .iter()
            .filter(|due| matches!(due.what, Captured::TrackEnd { .. }));
        assert_eq!(ends.count(), 2);
    }

    #[test]
    fn nothing_is_captured_off_the_record_not_even_the_frame_that_had_begun() {
        let off = |at_ms, on| Cue {
            at_ms,
            what: What::OffTheRecord(on),
        };
        let played = play(
            &recording([2_400, 0], vec![off(500, true), off(1_000, false)]),
            &BTreeMap::new(),
            0,
        );
        let firsts: Vec<_> = frames(&played, Track::Mic)
            .iter()
            .map(|frame| (frame.0 / 3_840, frame.2))
            .collect();
        let off = SkipReason::OffTheRecord;
        let on = SkipReason::NotCaptured;
        assert_eq!(
            firsts,
            [(0, on), (1, on), (5, off), (6, off), (7, off), (8, off), (9, off)]
        );
    }

    #[test]
    fn a_later_start_leaves_out_what_is_kept_already() {
        let mark = |at_ms| Cue {
            at_ms,
            what: What::Mark(None),
        };
        let from = BTreeMap::from([(Track::Mic, 7_680), (Track::Tab, 3_840)]);
        let played = play(&recording([1_000, 1_000], vec![mark(100), mark(490)]), &from, 0);
        assert_eq!(frames(&played, Track::Mic)[0].0, 7_680);
        assert_eq!(frames(&played, Track::Tab)[0].0, 3_840);
        let marks = |played: &[Due]| {
            let marks = played.iter().filter(|due| matches!(due.what, Captured::Control(_)));
            marks.count()
        };
        assert_eq!(marks(&played), 1);
        // The last cue was kept before any audio that came after it.
        let played = play(&recording([1_000, 1_000], vec![mark(100), mark(490)]), &from, 491);
        assert_eq!(marks(&played), 0);
    }
}
