//! A recorded session as text: one line for each thing, times in seconds of the meeting, `#` before a remark.
//!
//! ```text
//! mode focus                                  what the coach knows: mode, type, goal, own wpm|lufs|pitch, booked (minutes), host
//! me 100-110 "so what do you think?"          a decided segment: who, when, and its words...
//! them 112-121 25 words every 12 until 300    ...or so many of no meaning, and all of it again at every so many seconds
//! me 130-140 20 words loudness -31 clipped 2  what it sounded like: loudness LUFS, clipped %, floor dBFS, pitch semitones
//! muted 140-150, echo 150-160                 a stretch without words (one a line)
//! present 10 Ann Lee, Bo Ray                  what the meeting's page shows
//! heard 20 Ann Lee
//! eyes 100 12.5 every 1 until 400             PERCLOS, percent
//! talking-muted 100 1.6                       for so many seconds
//! sharing 100 on
//! commitment 100 0.9 owner date               how sure, and what is named
//! says 130 N1 Slow down                       a nudge that must come
//! ```

use crate::coach::CoachSetup;
use crate::nudge::Nudge;
use crate::rule::Rule;
use crate::rules::Commitment;
use attune_engine::clock::{MeetingTime, SAMPLES_PER_MS, Span};
use attune_engine::signal::Signal;
use attune_engine::sound::{PitchSecond, Sound};
use attune_engine::speaker::{Speaker, Track};
use attune_engine::transcript::{Final, SegmentId, Word};
use std::str::FromStr;
use std::time::Duration;

/// Level of a voice in a recorded session that gives none, dBFS.
const VOICE_DBFS: f32 = -25.0;
/// Level of its room, dBFS.
const ROOM_DBFS: f32 = -65.0;
/// Voiced frames of 10 ms in a second of speech.
const VOICED: u16 = 60;

/// A session, and what must be said in it.
#[derive(Debug)]
pub(super) struct Script {
    pub(super) setup: CoachSetup,
    /// In the order in which they became known.
    pub(super) steps: Vec<Step>,
    pub(super) says: Vec<Said>,
}

/// Something that becomes known.
#[derive(Debug, Clone)]
pub(super) enum Step {
    /// Words are decided.
    Final(Box<Final>),
    /// The device or the session tells something.
    Signal(Signal),
    /// The meeting's page shows something.
    Shown(Signal),
    /// A language model found something.
    Committed(Commitment),
    /// The person shows their screen, or no longer does.
    Sharing(bool),
}

impl Step {
    /// Whether it outlives the node. What a language model finds will have to; the rest is told again, or over.
    pub(super) const fn is_kept(&self) -> bool {
        matches!(
            self,
            Self::Final(_) | Self::Shown(_) | Self::Committed(_) | Self::Signal(Signal::Eyes { .. })
        )
    }
}

/// A nudge, as far as a session says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Said {
    second: u64,
    pub(super) rule: Rule,
    headline: String,
}

impl Said {
    pub(super) fn of(nudge: &Nudge) -> Self {
        Self {
            second: nudge.at.as_ms() / 1000,
            rule: nudge.rule,
            headline: nudge.headline.clone(),
        }
    }
}

impl Script {
    /// Reads a session; the line that makes no sense, if one does not.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let mut script = Self {
            setup: CoachSetup {
                session: [25; 16],
                ..CoachSetup::default()
            },
            steps: Vec::new(),
            says: Vec::new(),
        };
        let mut timed: Vec<(MeetingTime, Step)> = Vec::new();
        let lines = text
            .lines()
            .map(|line| line.split('#').next().unwrap_or_default().trim());
        for line in lines.filter(|line| !line.is_empty()) {
            script.line(line, &mut timed).ok_or_else(|| line.to_owned())?;
        }
        timed.sort_by_key(|(at, _)| *at);
        script.steps = timed.into_iter().map(|(_, step)| step).collect();
        Ok(script)
    }

    fn line(&mut self, line: &str, timed: &mut Vec<(MeetingTime, Step)>) -> Option<()> {
        let (what, rest) = line.split_once(' ').unwrap_or((line, ""));
        let setup = &mut self.setup;
        match what {
            "mode" => setup.mode = rest.parse().ok()?,
            "type" => setup.meeting_type = rest.parse().ok()?,
            "goal" => setup.goal = Some(rest.parse().ok()?),
            "booked" => setup.booked = Some(60 * seconds(rest)?),
            "host" => setup.is_host = true,
            "own" => {
                let (which, value) = rest.split_once(' ')?;
                let own = match which {
                    "wpm" => &mut setup.own.wpm,
                    "lufs" => &mut setup.own.lufs,
                    "pitch" => &mut setup.own.pitch_st,
                    _ => return None,
                };
                *own = Some(value.parse().ok()?);
            }
            "says" => {
                let mut parts = rest.splitn(3, ' ');
                self.says.push(Said {
                    second: parts.next()?.parse().ok()?,
                    rule: parts.next()?.parse().ok()?,
                    headline: parts.next()?.to_owned(),
                });
            }
            _ => {
                let (once, repeats) = repeated(rest)?;
                for later in repeats {
                    timed.push(step(what, once, later)?);
                }
            }
        }
        Some(())
    }
}

/// A line without its `every … until …`, and by how much each of its times is later.
fn repeated(rest: &str) -> Option<(&str, Vec<Duration>)> {
    let Some((once, repeat)) = rest.split_once(" every ") else {
        return Some((rest, vec![Duration::ZERO]));
    };
    let (every, until) = repeat.split_once(" until ")?;
    let (every, until) = (seconds(every)?, seconds(until)?);
    let first = seconds(once.split([' ', '-']).next()?)?;
    let times = (0u32..).map(|index| every * index);
    Some((once, times.take_while(|later| first + *later <= until).collect()))
}

fn step(what: &str, rest: &str, later: Duration) -> Option<(MeetingTime, Step)> {
    let (when, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    let (from, to) = when.split_once('-').unwrap_or((when, when));
    let time = |text: &str| Some(MeetingTime::START.plus(seconds(text)? + later));
    let (start, at) = (time(from)?, time(to)?);
    let step = match what {
        "me" => Step::Final(Box::new(segment(Speaker::Me, start, at, rest)?)),
        "them" => Step::Final(Box::new(segment(Speaker::Them, start, at, rest)?)),
        "muted" => Step::Signal(Signal::Muted { start, at }),
        "echo" => Step::Signal(Signal::Echo { start, at }),
        "eyes" => Step::Signal(Signal::Eyes {
            at,
            perclos: Some(rest.parse().ok()?),
        }),
        "talking-muted" => Step::Signal(Signal::TalkingMuted {
            at,
            voice: seconds(rest)?,
        }),
        "present" => {
            let names: Vec<String> = rest.split(", ").map(str::to_owned).collect();
            Step::Shown(Signal::Present {
                at,
                names: names.into(),
            })
        }
        "heard" => Step::Shown(Signal::Heard {
            at,
            name: rest.to_owned(),
        }),
        "commitment" => Step::Committed(Commitment {
            at,
            certainty: rest.split(' ').next()?.parse().ok()?,
            has_owner: rest.contains("owner"),
            has_date: rest.contains("date"),
        }),
        "sharing" => Step::Sharing(rest == "on"),
        _ => return None,
    };
    Some((at, step))
}

fn segment(speaker: Speaker, start: MeetingTime, end: MeetingTime, rest: &str) -> Option<Final> {
    let (words, sound) = if let Some(quoted) = rest.strip_prefix('"') {
        let (words, sound) = quoted.split_once('"')?;
        (words.split_whitespace().map(str::to_owned).collect(), sound)
    } else {
        let (count, sound) = rest.split_once(" words")?;
        (meaningless(speaker, count.parse().ok()?), sound)
    };
    let (track, span) = (track_of(speaker), Span::new(start, end));
    Some(Final {
        segment: SegmentId::new(track, start.as_ms() * SAMPLES_PER_MS),
        track,
        speaker,
        span,
        words: spread(words, span),
        voiced: vec![span],
        model: "scripted/recorded".into(),
        flags: Vec::new(),
        sound: sound_of(sound.trim(), span.duration())?,
        voices: Vec::new(),
    })
}

const fn track_of(speaker: Speaker) -> Track {
    match speaker {
        Speaker::Them => Track::Tab,
        Speaker::Me | Speaker::Unknown => Track::Mic,
    }
}

/// Words that neither ask, hedge nor fill, and are the speaker's own.
fn meaningless(speaker: Speaker, count: usize) -> Vec<String> {
    let own: &[&str] = match speaker {
        Speaker::Them => &["granite", "lanterns", "orchards", "velvet", "summits"],
        Speaker::Me | Speaker::Unknown => &["harbors", "copper", "ledgers", "timber", "beacons"],
    };
    own.iter().cycle().take(count).map(|word| (*word).to_owned()).collect()
}

/// The words, evenly over the span.
fn spread(words: Vec<String>, span: Span) -> Vec<Word> {
    let (count, whole) = (words.len() as u32, span.duration());
    let at = |index: u32| span.start.plus(whole * index / count);
    let word = |(text, index): (String, u32)| Word {
        text,
        start: at(index),
        end: at(index + 1),
        confidence: 0.9,
    };
    words.into_iter().zip(0..).map(word).collect()
}

/// What `text` says that a segment of this length sounded like; `Some(None)` where it says nothing.
fn sound_of(text: &str, length: Duration) -> Option<Option<Box<Sound>>> {
    if text.is_empty() {
        return Some(None);
    }
    let samples = length.as_millis() as u32 * SAMPLES_PER_MS as u32;
    let mut sound = Sound {
        samples,
        floor_dbfs: Some(ROOM_DBFS),
        voice_dbfs: Some(VOICE_DBFS),
        ..Sound::default()
    };
    let mut parts = text.split(' ');
    while let Some(what) = parts.next() {
        let value: f32 = parts.next()?.parse().ok()?;
        match what {
            "loudness" => sound.loudness_lufs = vec![value; (length.as_millis() / 100) as usize],
            "clipped" => sound.clipped_samples = (samples as f32 * value / 100.0) as u32,
            "floor" => sound.floor_dbfs = Some(value),
            "pitch" => {
                sound.pitch = (0..length.as_secs() as u32)
                    .map(|second| PitchSecond {
                        second,
                        frames: VOICED,
                        mean_st: 10.0,
                        variance_st2: value * value,
                    })
                    .collect();
            }
            _ => return None,
        }
    }
    Some(Some(Box::new(sound)))
}

fn seconds(text: &str) -> Option<Duration> {
    f64::from_str(text)
        .ok()
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
}

#[test]
fn a_line_that_makes_no_sense_is_named() {
    for line in [
        "sing 10 a song",
        "me 10-20",
        "says 10 N99 Sing",
        "eyes 10 wide every 1 until 20",
        "mode loud",
    ] {
        let read = Script::read(&format!("mode focus\n{line} # a remark"));
        assert_eq!(read.err().as_deref(), Some(line));
    }
}
