//! One track on its way from samples to segments. Sans I/O: the caller asks for the next frame, has it judged by
//! voice activity, and hands the probability back. How the samples were cut into pushes makes no difference.

use crate::clock::SAMPLES_PER_MS;
pub use crate::segmenter::CUT_REACH;
use crate::segmenter::{FRAME, Segmenter, Step, Stretch};
use crate::speaker::Track;
use crate::transcript::{SegmentFlag, SegmentId};
use crate::voice::{VOICE_FRAME_SAMPLES, VoiceState};
use std::collections::VecDeque;

/// Left context given to a short segment, so that a recognizer has something to hear.
const SHORT_CONTEXT: u64 = 2_000 * SAMPLES_PER_MS;
/// The same after a long silence, where it holds no speech: with the pre-roll a second, so that a recognizer hears the room.
const SILENT_CONTEXT: u64 = 600 * SAMPLES_PER_MS;
/// Audio from before a cut that is heard again, so that a word astride it is whole in one of the two.
const CUT_OVERLAP: u64 = 300 * SAMPLES_PER_MS;
/// Real audio after a cut that is heard with the segment it ends, as far as it is there: speech goes on, and a word is
/// understood by what follows it.
const CUT_POST_ROLL: u64 = 1_000 * SAMPLES_PER_MS;
/// Below this mean square (-60 dBFS) a frame is as good as silent.
const QUIET_LEVEL: f32 = 1e-6;
/// Room for what is held while nobody speaks: left context, pre-roll, a frame and a push of 240 ms, as 44 KiB.
const IDLE_SAMPLES: usize = 22 * 1024;
/// What room is added to hold speech. Doubled room would be a third of a megabyte more than the longest segment takes.
const MORE_SAMPLES: usize = 2 * 1000 * SAMPLES_PER_MS as usize;
/// Silence after which the room that speech took is given back.
const GIVE_BACK_AFTER: u64 = 30_000 * SAMPLES_PER_MS;
/// Frames of quiet after which voice activity is not asked any more: 1 s.
const GATE_AFTER: u32 = 1_000 / 32;
/// Frames of quiet after which the model starts afresh: 5 s.
const RESET_AFTER: u32 = 5_000 / 32;

/// What listening brought about, in order of time.
#[derive(Debug, Clone, PartialEq)]
pub enum Heard {
    /// A voice began at this sample.
    SpeechStarted {
        /// 16 kHz sample of the session.
        sample: u64,
    },
    /// The voice fell silent at this sample, at least 250 ms ago.
    SpeechEnded {
        /// 16 kHz sample of the session.
        sample: u64,
    },
    /// The voice fell silent, and this will be the segment unless it goes on: what is recognised of it now need not be waited
    /// for later. Decides nothing.
    Likely(Segment),
    /// A segment is complete and waits to be recognised.
    Segment(Segment),
}

/// A stretch of speech with the audio to recognise it from. Sample numbers are 16 kHz samples of the session.
#[derive(Debug, Clone, PartialEq)]
pub struct Segment {
    /// Its name for good.
    pub id: SegmentId,
    /// Where it came in.
    pub track: Track,
    /// First sample that it decides.
    pub from_sample: u64,
    /// First sample that it no longer decides. Segments of a track never overlap.
    pub to_sample: u64,
    /// What to recognise: the segment, and around it pre-roll, left context and post-roll.
    pub audio: Vec<i16>,
    /// The sample that `audio` begins with.
    pub audio_from_sample: u64,
    /// How many samples of `audio` lie before `from_sample`: heard, but decided elsewhere.
    pub context: usize,
    /// Where a voice was heard, inside the segment, in order, disjoint.
    pub voiced: Vec<(u64, u64)>,
    /// Mean probability of a voice in its voiced frames, 0 to 1.
    pub voice: f32,
    /// How it came about.
    pub flags: Vec<SegmentFlag>,
}

/// Listens to one track.
#[derive(Debug)]
pub struct Listener {
    track: Track,
    segmenter: Segmenter,
    state: VoiceState,
    /// Audio from `ring_from` on, allocated with the first push: 1.4 s while nobody speaks, at most about 18 s else: a
    /// segment, its context and what waits to be judged.
    ring: VecDeque<i16>,
    ring_from: u64,
    /// Frames in a row below [`QUIET_LEVEL`].
    quiet_frames: u32,
    /// A voice was heard since it began, or since the last skip.
    spoke: bool,
    /// Mean square of the frame that was handed out and waits for its probability.
    asked: Option<f32>,
}

impl Listener {
    /// Listens to `track` from its sample `first_sample` on.
    pub fn new(track: Track, first_sample: u64) -> Self {
        Self::resumed(track, first_sample, first_sample)
    }

    /// Listens again from `first_sample`, where everything below `decided` is decided already: that part warms up voice
    /// activity and left context and makes no segment.
    pub fn resumed(track: Track, first_sample: u64, decided: u64) -> Self {
        // Frames lie on the session's own grid, so that a resume sees the same frames as the run before.
        let on_grid = first_sample.next_multiple_of(FRAME);
        Self {
            track,
            segmenter: Segmenter::new(on_grid, decided),
            state: VoiceState::default(),
            ring: VecDeque::new(),
            ring_from: first_sample,
            quiet_frames: 0,
            spoke: false,
            asked: None,
        }
    }

    /// How many samples it has been silent for: not one frame of -60 dBFS or more, and no voice. Begins anew at a skip.
    pub fn silent_samples(&self) -> u64 {
        if self.segmenter.is_open() {
            return 0;
        }
        u64::from(self.quiet_frames) * FRAME
    }

    /// Takes the next 16 kHz mono samples. They continue where the last push or skip ended.
    pub fn push(&mut self, samples: &[i16]) {
        let needed = self.ring.len() + samples.len();
        if self.ring.capacity() < IDLE_SAMPLES.max(needed) {
            let more = if needed > IDLE_SAMPLES { MORE_SAMPLES } else { 0 };
            self.ring
                .reserve_exact(IDLE_SAMPLES.max(needed) + more - self.ring.len());
        }
        self.ring.extend(samples);
    }

    /// Declares everything up to `sample` skipped: an open segment ends here, and listening goes on at `sample`.
    /// Samples that are not judged yet (less than a frame, if every frame was asked for) are part of the skip.
    pub fn skip_to(&mut self, sample: u64) -> Vec<Heard> {
        let heard = self.finish();
        let sample = sample.max(self.received());
        self.segmenter.jump(sample.next_multiple_of(FRAME));
        self.ring.clear();
        self.ring_from = sample;
        self.state = VoiceState::default();
        self.quiet_frames = 0;
        // Whoever resumes behind the skip knows nothing of a voice before it.
        self.spoke = false;
        heard
    }

    /// The next full frame that waits for its probability, -1 to 1; hand it back with [`Listener::decide`] before asking
    /// again. Frames of digital silence are judged here, without voice activity.
    pub fn next_frame(&mut self) -> Option<[f32; VOICE_FRAME_SAMPLES]> {
        loop {
            let frame = self.frame_at(self.segmenter.at())?;
            let level = frame.iter().map(|s| s * s).sum::<f32>() / FRAME as f32;
            if self.asked.is_none() {
                self.quiet_frames = if level < QUIET_LEVEL { self.quiet_frames + 1 } else { 0 };
            }
            if self.quiet_frames <= GATE_AFTER || self.segmenter.is_open() {
                self.asked = Some(level);
                return Some(frame);
            }
            if self.quiet_frames == RESET_AFTER {
                self.state = VoiceState::default();
            }
            // Nothing is open and silence opens nothing, so there is nothing to tell.
            self.segmenter.step(0.0, level);
            self.forget();
        }
    }

    /// The track's memory in the voice activity model.
    pub fn voice_state(&mut self) -> &mut VoiceState {
        &mut self.state
    }

    /// Takes the probability of a voice, 0 to 1, in the frame that [`Listener::next_frame`] gave. Without such a frame
    /// nothing happens.
    pub fn decide(&mut self, probability: f32) -> Vec<Heard> {
        let Some(level) = self.asked.take() else {
            return Vec::new();
        };
        let steps = self.segmenter.step(probability, level);
        let heard = self.heard_in(steps);
        self.forget();
        heard
    }

    /// The segment that is open, as far as it has been judged: for what it says so far. Decides nothing.
    pub fn open(&self) -> Option<Segment> {
        self.segmenter.open().map(|stretch| self.segment_of(stretch))
    }

    /// Where the open segment begins; none where nobody speaks.
    pub fn open_from(&self) -> Option<u64> {
        self.segmenter.is_open().then(|| self.segmenter.frontier())
    }

    /// Where the last voice in the open segment ended; none where nobody speaks.
    pub fn voice_end(&self) -> Option<u64> {
        self.segmenter.voice_end()
    }

    /// Cuts the open segment at the quietest point within [`CUT_REACH`] of `sample`, so that its beginning need not wait for
    /// its end.
    /// Nothing happens while a frame is being judged, or where there is no such point.
    pub fn cut_near(&mut self, sample: u64) -> Vec<Heard> {
        if self.asked.is_some() {
            return Vec::new();
        }
        let steps = self.segmenter.cut_near(sample);
        self.heard_in(steps)
    }

    /// Ends the track: closes the open segment with what there is.
    pub fn finish(&mut self) -> Vec<Heard> {
        self.asked = None;
        let steps = self.segmenter.close(self.received());
        self.heard_in(steps)
    }

    /// Every sample below it is silence or inside a segment that was given out.
    pub fn frontier(&self) -> u64 {
        self.segmenter.frontier()
    }

    /// No segment still to come ends before it, unless [`Listener::cut_near`] is asked for it.
    pub fn next_end(&self) -> u64 {
        self.segmenter.next_end()
    }

    /// Samples judged by voice activity so far, as the sample that the next frame begins with.
    pub fn heard(&self) -> u64 {
        self.segmenter.at()
    }

    /// The sample that the next push begins with.
    pub fn received(&self) -> u64 {
        self.ring_from + self.ring.len() as u64
    }

    /// Bytes of audio held.
    pub fn held_bytes(&self) -> usize {
        self.ring.capacity() * size_of::<i16>()
    }

    fn frame_at(&self, start: u64) -> Option<[f32; VOICE_FRAME_SAMPLES]> {
        if start + FRAME > self.received() {
            return None;
        }
        let from = usize::try_from(start.checked_sub(self.ring_from)?).ok()?;
        let mut frame = [0.0; VOICE_FRAME_SAMPLES];
        for (to, sample) in frame.iter_mut().zip(self.ring.range(from..)) {
            *to = f32::from(*sample) / 32_768.0;
        }
        Some(frame)
    }

    /// Drops audio that no segment can want any more.
    fn forget(&mut self) {
        self.spoke |= self.segmenter.is_open();
        let silent = !self.spoke || self.segmenter.is_long_silent();
        let context = if silent { SILENT_CONTEXT } else { SHORT_CONTEXT };
        let wanted = self.segmenter.wanted_from().saturating_sub(context);
        let gone = wanted.saturating_sub(self.ring_from).min(self.ring.len() as u64);
        if gone >= FRAME {
            self.ring.drain(..gone as usize);
            self.ring_from += gone;
        }
        if self.ring.capacity() > IDLE_SAMPLES && self.segmenter.silence() > GIVE_BACK_AFTER {
            self.ring.shrink_to(IDLE_SAMPLES);
        }
    }

    fn heard_in(&self, steps: Vec<Step>) -> Vec<Heard> {
        steps
            .into_iter()
            .map(|step| match step {
                Step::Started { sample } => Heard::SpeechStarted { sample },
                Step::Ended { sample } => Heard::SpeechEnded { sample },
                Step::Likely(stretch) => Heard::Likely(self.segment_of(stretch)),
                Step::Closed(stretch) => Heard::Segment(self.segment_of(stretch)),
            })
            .collect()
    }

    fn segment_of(&self, stretch: Stretch) -> Segment {
        let mut flags = Vec::new();
        let short = stretch.is_short();
        if short {
            flags.push(SegmentFlag::Short);
        }
        if stretch.cut || stretch.after_cut {
            flags.push(SegmentFlag::ForcedCut);
        }
        let context = match (short, stretch.after_cut) {
            (true, _) if stretch.after_silence => SILENT_CONTEXT,
            (true, _) => SHORT_CONTEXT,
            (false, true) => CUT_OVERLAP,
            (false, false) => 0,
        };
        let after = if stretch.cut { CUT_POST_ROLL } else { 0 };
        let audio_from = stretch.from.saturating_sub(context).max(self.ring_from);
        // What is not judged yet is no part of it: how much of that there is depends on how the samples arrived.
        let audio_to = (stretch.to + after).min(self.segmenter.at().max(stretch.to));
        let range = (audio_from - self.ring_from) as usize..(audio_to - self.ring_from) as usize;
        Segment {
            id: SegmentId::new(self.track, stretch.from),
            track: self.track,
            from_sample: stretch.from,
            to_sample: stretch.to,
            audio: self.ring.range(range).copied().collect(),
            audio_from_sample: audio_from,
            context: (stretch.from - audio_from) as usize,
            voiced: stretch.voiced,
            voice: stretch.voice,
            flags,
        }
    }
}

#[cfg(test)]
mod tests;
