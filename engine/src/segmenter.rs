//! From voice probabilities to segments: where one begins, where it ends, where long speech is cut.
//!
//! Counts in frames of 32 ms on the session's own grid, so that how the samples arrived cannot matter. It never sees a
//! sample, only each frame's probability of a voice and its level.

mod cut;

pub use cut::CUT_REACH;

use crate::clock::SAMPLES_PER_MS;
use crate::voice::VOICE_FRAME_SAMPLES;
use cut::{CUT_WINDOW, Frames, Seen};

/// Samples of one frame.
pub(crate) const FRAME: u64 = VOICE_FRAME_SAMPLES as u64;

/// Two of three frames at or above this begin speech: one alone is a click.
const ENTER: f32 = 0.5;
/// Below this a frame counts as silence. Lower than [`ENTER`], so that speech does not flicker at the edge.
const LEAVE: f32 = 0.35;
/// Audio before the onset that belongs to the segment: a soft consonant starts before the model is sure.
const PRE_ROLL: u64 = 300 * SAMPLES_PER_MS;
/// The same after a long silence, where the model wakes up more slowly.
const PRE_ROLL_AFTER_SILENCE: u64 = 400 * SAMPLES_PER_MS;
/// What counts as a long silence.
const LONG_SILENCE: u64 = 2000 * SAMPLES_PER_MS;
/// Silence after which speech is said to have ended; the segment may still go on.
const SOFT_END: u64 = 250 * SAMPLES_PER_MS;
/// Silence that closes a segment.
const HARD_END: u64 = 550 * SAMPLES_PER_MS;
/// Silence that closes a short segment: a next onset within it joins, because short windows make recognizers invent.
const HARD_END_SHORT: u64 = 700 * SAMPLES_PER_MS;
/// Real audio kept after the voice; more of it invites closing phrases that nobody said.
const POST_ROLL: u64 = 120 * SAMPLES_PER_MS;
/// Less voice than this is a click or a cough, not speech.
const MIN_VOICE: u64 = 120 * SAMPLES_PER_MS;
/// Less voice than this makes a segment short.
const SHORT_VOICE: u64 = 1200 * SAMPLES_PER_MS;
/// From this length on a pause inside the segment is taken as a cut.
const CUT_FROM: u64 = 9_000 * SAMPLES_PER_MS;
/// At this length a cut is made wherever it is quietest.
const CUT_AT: u64 = 14_000 * SAMPLES_PER_MS;
/// How far a smoothed probability must fall to be a pause worth cutting at before [`CUT_AT`].
const CUT_DIP: f32 = 0.5;

/// A stretch of speech that ended, in samples of the session.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Stretch {
    pub(crate) from: u64,
    pub(crate) to: u64,
    pub(crate) voiced: Vec<(u64, u64)>,
    /// Mean probability of a voice in its voiced frames, 0 to 1.
    pub(crate) voice: f32,
    /// It begins at a cut, so its start is inside speech.
    pub(crate) after_cut: bool,
    /// It ends at a cut.
    pub(crate) cut: bool,
    /// Nobody had spoken for long before it.
    pub(crate) after_silence: bool,
}

impl Stretch {
    /// Less than 1.2 s of voice.
    pub(crate) fn is_short(&self) -> bool {
        voice_of(&self.voiced) < SHORT_VOICE
    }
}

/// What a frame brought about.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Step {
    Started {
        sample: u64,
    },
    Ended {
        sample: u64,
    },
    /// What will be closed if the voice stays silent.
    Likely(Stretch),
    Closed(Stretch),
}

/// Speech that has begun and not been closed.
#[derive(Debug)]
struct Open {
    from: u64,
    after_cut: bool,
    after_silence: bool,
    voiced: Vec<(u64, u64)>,
    /// Samples of voice in the part of it that was decided before a resume, until the voice goes on.
    decided_voice: u64,
    /// Where the last voiced frame ended.
    voice_end: u64,
    /// The soft end was announced.
    soft: bool,
    frames: Frames,
}

impl Open {
    /// It as a stretch that ends at `to`.
    fn stretch(&self, to: u64, cut: bool) -> Stretch {
        Stretch {
            from: self.from,
            to,
            voiced: self.voiced.clone(),
            voice: self.frames.mean_voice(LEAVE),
            after_cut: self.after_cut,
            cut,
            after_silence: self.after_silence,
        }
    }

    /// Less than a click's worth of voice, and not the rest of what was cut.
    fn is_click(&self) -> bool {
        let rest_of_speech = self.after_cut && !self.voiced.is_empty();
        voice_of(&self.voiced) < MIN_VOICE && !rest_of_speech
    }
}

/// The segmenter of one track.
#[derive(Debug)]
pub(crate) struct Segmenter {
    /// Where the next frame begins.
    at: u64,
    /// Everything before belongs to an earlier segment, or was decided before a resume.
    floor: u64,
    /// The last three frames: their start and whether they were voiced.
    last: [(u64, bool); 3],
    /// End of the last voice heard, for the length of a silence.
    quiet_since: u64,
    open: Option<Open>,
    /// Samples below it were decided before a resume: they warm up and make no segment.
    decided: u64,
}

impl Segmenter {
    /// A segmenter whose next frame begins at `at`; what lies below `decided` makes no segment.
    pub(crate) fn new(at: u64, decided: u64) -> Self {
        Self {
            at,
            floor: at,
            last: [(at, false); 3],
            quiet_since: at,
            open: None,
            decided,
        }
    }

    /// Takes the next frame's probability and its level (mean square).
    pub(crate) fn step(&mut self, probability: f32, level: f32) -> Vec<Step> {
        let start = self.at;
        let end = start + FRAME;
        self.at = end;
        self.last = [self.last[1], self.last[2], (start, probability >= ENTER)];
        let mut steps = Vec::new();
        self.cross_decided(start);
        match self.open.take() {
            None => self.listen_for_onset(probability, level, &mut steps),
            Some(open) => self.go_on(
                open,
                Seen {
                    end,
                    probability,
                    level,
                },
                &mut steps,
            ),
        }
        steps.retain(|step| self.is_news(step));
        steps
    }

    /// Cuts open speech at the quietest point near `sample`; nothing happens where there is none.
    pub(crate) fn cut_near(&mut self, sample: u64) -> Vec<Step> {
        let mut steps = Vec::new();
        let place = self.open.as_ref().and_then(|open| {
            let (cut, _) = open.frames.quietest_near(sample)?;
            let leaves_voice = open.voiced.iter().any(|&(_, to)| to > cut);
            (cut > open.from && leaves_voice && !open.soft).then_some(cut)
        });
        if let (Some(cut), Some(open)) = (place, self.open.take_if(|_| place.is_some())) {
            self.cut(open, cut, &mut steps);
        }
        steps.retain(|step| self.is_news(step));
        steps
    }

    /// Closes what is open at `end`, for the end of the track or a skip.
    pub(crate) fn close(&mut self, end: u64) -> Vec<Step> {
        let mut steps = Vec::new();
        if end > self.decided {
            self.leave_decided_behind();
        }
        if let Some(open) = self.open.take() {
            if !open.soft {
                steps.push(Step::Ended {
                    sample: open.voice_end.min(end),
                });
            }
            let to = (open.voice_end + POST_ROLL).min(end);
            self.finish(open, to, false, &mut steps);
        }
        steps.retain(|step| self.is_news(step));
        steps
    }

    /// Moves to `sample` without frames, after [`Segmenter::close`].
    pub(crate) fn jump(&mut self, sample: u64) {
        self.at = sample;
        self.floor = self.floor.max(sample);
        self.last = [(sample, false); 3];
        self.quiet_since = sample;
    }

    /// Every sample below it is silence or inside a closed segment.
    pub(crate) fn frontier(&self) -> u64 {
        match &self.open {
            Some(open) => open.from,
            None => self.floor.max(self.earliest_onset()),
        }
    }

    /// The frontier as it would be if nothing had been decided: what is heard before a segment does not depend on that.
    pub(crate) fn wanted_from(&self) -> u64 {
        self.open.as_ref().map_or(self.earliest_onset(), |open| open.from)
    }

    /// An onset can still be found up to three frames back, and takes its pre-roll with it.
    fn earliest_onset(&self) -> u64 {
        self.at.saturating_sub(3 * FRAME + PRE_ROLL_AFTER_SILENCE)
    }

    /// No stretch still to come ends before it, unless [`Segmenter::cut_near`] is asked for it.
    pub(crate) fn next_end(&self) -> u64 {
        let Some(open) = &self.open else {
            // A voice that is still to begin ends later.
            return self.at;
        };
        let falls_silent = (open.voice_end + POST_ROLL).min(self.at);
        let cut = (open.from + CUT_FROM).max(self.at) - CUT_WINDOW;
        falls_silent.min(cut)
    }

    /// The next speech begins after a long silence, even if its onset lies in the last three frames.
    pub(crate) fn is_long_silent(&self) -> bool {
        self.silence() > LONG_SILENCE + 3 * FRAME
    }

    /// Speech has begun and is not closed.
    pub(crate) const fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Where the next frame begins.
    pub(crate) fn at(&self) -> u64 {
        self.at
    }

    /// How long nobody has spoken, in samples.
    pub(crate) fn silence(&self) -> u64 {
        let since = self.open.as_ref().map_or(self.quiet_since, |_| self.at);
        self.at.saturating_sub(since)
    }

    /// Whether it is about what was not decided before a resume.
    fn is_news(&self, step: &Step) -> bool {
        match step {
            Step::Started { sample } | Step::Ended { sample } => *sample >= self.decided,
            Step::Likely(stretch) | Step::Closed(stretch) => stretch.to > self.decided,
        }
    }

    /// A speech that was open where the decided part ends begins anew there. One that had already fallen silent may have been
    /// closed in the run before, or cut in a pause: which of both is known by whether its voice goes on before silence closes it.
    fn cross_decided(&mut self, start: u64) {
        if start >= self.decided && start < self.decided + FRAME {
            self.leave_decided_behind();
        }
    }

    fn leave_decided_behind(&mut self) {
        self.floor = self.floor.max(self.decided);
        if let Some(open) = &mut self.open
            && open.from < self.decided
        {
            open.from = self.decided;
            // What was decided is speech that goes on, however long the silence before it.
            open.after_cut = true;
            open.after_silence = false;
            open.decided_voice = voice_of(&open.voiced);
            open.voiced = clip(&open.voiced, self.decided, u64::MAX);
            if !open.voiced.is_empty() {
                open.decided_voice = 0;
            }
            open.frames = open.frames.split_off(self.decided);
        }
    }

    fn listen_for_onset(&mut self, probability: f32, level: f32, steps: &mut Vec<Step>) {
        if self.last.iter().filter(|(_, voiced)| *voiced).count() < 2 {
            return;
        }
        let onset = self
            .last
            .iter()
            .find(|(_, voiced)| *voiced)
            .map_or(self.at, |(start, _)| *start);
        let after_silence = onset.saturating_sub(self.quiet_since) > LONG_SILENCE;
        let pre_roll = if after_silence {
            PRE_ROLL_AFTER_SILENCE
        } else {
            PRE_ROLL
        };
        steps.push(Step::Started { sample: onset });
        let end = self.at;
        self.open = Some(Open {
            from: onset.saturating_sub(pre_roll).max(self.floor),
            after_cut: false,
            after_silence,
            voiced: vec![(onset.max(self.floor), end)],
            decided_voice: 0,
            voice_end: end,
            soft: false,
            frames: Frames::starting_with(Seen {
                end,
                probability,
                level,
            }),
        });
    }

    fn go_on(&mut self, mut open: Open, seen: Seen, steps: &mut Vec<Step>) {
        if seen.probability >= LEAVE {
            extend(&mut open.voiced, seen.end - FRAME, seen.end);
            open.voice_end = seen.end;
            open.decided_voice = 0;
            if open.soft {
                steps.push(Step::Started {
                    sample: seen.end - FRAME,
                });
                open.soft = false;
            }
        }
        let silence = seen.end - open.voice_end;
        let voice = voice_of(&open.voiced) + open.decided_voice;
        if silence >= SOFT_END && !open.soft {
            open.soft = true;
            steps.push(Step::Ended { sample: open.voice_end });
            if !open.is_click() {
                steps.push(Step::Likely(open.stretch(open.voice_end + POST_ROLL, false)));
            }
        }
        let hard_end = if voice < SHORT_VOICE { HARD_END_SHORT } else { HARD_END };
        if silence >= hard_end {
            let to = open.voice_end + POST_ROLL;
            return self.finish(open, to, false, steps);
        }
        open.frames.push(seen);
        let length = seen.end - open.from;
        let Some((cut, quietest)) = (length >= CUT_FROM).then(|| open.frames.quietest()).flatten() else {
            self.open = Some(open);
            return;
        };
        if length < CUT_AT && (quietest >= CUT_DIP || silence > 0) {
            self.open = Some(open);
            return;
        }
        self.cut(open, cut, steps);
    }

    /// Ends the open segment at `cut` and begins the next one there.
    fn cut(&mut self, mut open: Open, cut: u64, steps: &mut Vec<Step>) {
        let next = Open {
            from: cut,
            after_cut: true,
            after_silence: false,
            voiced: clip(&open.voiced, cut, u64::MAX),
            decided_voice: 0,
            voice_end: open.voice_end,
            soft: open.soft,
            frames: open.frames.split_off(cut),
        };
        let ended = Open {
            voiced: clip(&open.voiced, 0, cut),
            ..open
        };
        self.finish(ended, cut, true, steps);
        self.open = Some(next);
    }

    fn finish(&mut self, open: Open, to: u64, cut: bool, steps: &mut Vec<Step>) {
        self.quiet_since = open.voice_end;
        let nothing = if cut { open.voiced.is_empty() } else { open.is_click() };
        if nothing {
            return;
        }
        self.floor = to;
        self.last = [(self.at, false); 3];
        steps.push(Step::Closed(open.stretch(to, cut)));
    }

    /// Where the last voice in open speech ended; none where nobody speaks.
    pub(crate) fn voice_end(&self) -> Option<u64> {
        self.open.as_ref().map(|open| open.voice_end)
    }

    /// What is open, as a stretch that ends with the last frame.
    pub(crate) fn open(&self) -> Option<Stretch> {
        let open = self.open.as_ref().filter(|open| !open.voiced.is_empty())?;
        (self.at > self.decided).then(|| open.stretch(self.at, false))
    }
}

fn voice_of(voiced: &[(u64, u64)]) -> u64 {
    voiced.iter().map(|(from, to)| to - from).sum()
}

fn extend(voiced: &mut Vec<(u64, u64)>, from: u64, to: u64) {
    match voiced.last_mut() {
        Some(last) if last.1 >= from => last.1 = to,
        _ => voiced.push((from, to)),
    }
}

fn clip(voiced: &[(u64, u64)], from: u64, to: u64) -> Vec<(u64, u64)> {
    voiced
        .iter()
        .map(|&(a, b)| (a.max(from), b.min(to)))
        .filter(|(a, b)| a < b)
        .collect()
}
