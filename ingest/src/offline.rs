//! Recordings heard without a server: the same listeners, voice activity and recognizers as a live session, with the same
//! result for the same samples.

use crate::hearing::{Ahead, Answer, Hearing, HearingError, Job, MayLeave, Step, Worker};
use crate::lanes::{Deaf, Lane, Lanes, Task};
use crate::ports::Decided;
use attune_engine::clock::MeetingTime;
use attune_engine::recognize::RecognizerInfo;
use attune_engine::speaker::{Speaker, Track};
use attune_engine::transcript::Final;
use attune_engine::voice::VoiceActivity;
use attune_engine::voices::VoicesHeard;
use tokio::sync::mpsc;
use tokio::time::Instant;
use uuid::Uuid;

/// Samples that a track takes in at a time: what one trip to the voice activity thread judges.
const STEP_SAMPLES: usize = 32 * 512;

/// How far a track may be ahead of another, in samples: half a minute. What is known of the one is then there when the other
/// is decided.
const ABREAST_SAMPLES: usize = 30 * 16_000;

/// Segments that wait for each recognizer before listening goes on: enough that none is ever idle.
const AHEAD: usize = 4;

/// One channel of a recording.
#[derive(Debug, Clone, PartialEq)]
pub struct Channel {
    /// Where it stands in the result; each once.
    pub track: Track,
    /// Whom it carries: unknown, where one channel carries everybody.
    pub speaker: Speaker,
    /// 16 kHz samples.
    pub samples: Vec<i16>,
}

/// What was heard.
#[derive(Debug, Clone, PartialEq)]
pub struct Heard {
    /// Every sample in one class, in the order in which a live session would have committed them.
    pub decided: Vec<Decided>,
    /// Who wrote the words.
    pub recognizer: RecognizerInfo,
    /// Whether the others' voices were told apart.
    pub voices: VoicesHeard,
}

/// How far listening is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listening {
    /// Everything before this is decided.
    pub decided: MeetingTime,
    /// The end.
    pub end: MeetingTime,
}

/// Why a recording was not heard.
#[derive(Debug, thiserror::Error)]
pub enum OfflineError {
    /// The models did not start.
    #[error(transparent)]
    Start(#[from] HearingError),
    /// Voice activity failed in the middle of it.
    #[error("voice activity failed on {}", .0.as_str())]
    Voice(Track),
}

impl Heard {
    /// The decided segments, in order.
    pub fn finals(&self) -> impl Iterator<Item = &Final> {
        self.decided.iter().filter_map(|decided| decided.outcome.as_ref())
    }
}

/// Hears the channels of a recording with as many workers as there are. Blocks until all is decided, so not on an
/// async worker; `progress` is called as it goes on. Only where it `may_leave` is it sent to a recognizer elsewhere.
///
/// # Errors
/// When the models do not start, or voice activity fails. Speech that no recognizer can decode is decided as a gap.
pub fn analyze(
    channels: Vec<Channel>,
    voice: Box<dyn VoiceActivity>,
    workers: impl IntoIterator<Item = impl Into<Worker>>,
    may_leave: &MayLeave,
    progress: &mut dyn FnMut(Listening),
) -> Result<Heard, OfflineError> {
    let workers: Vec<Worker> = workers.into_iter().map(Into::into).collect();
    let ahead = workers.len() * AHEAD;
    let hearing = Hearing::start_patient(voice, workers)?;
    let mut lanes = Lanes::new(hearing.info().clone(), Ahead::Nothing);
    let mut fed: Vec<Fed> = channels
        .into_iter()
        .map(|channel| Fed::begin(channel, &mut lanes))
        .collect();
    let end = fed
        .iter()
        .map(|fed| MeetingTime::from_sample(fed.samples.len() as u64))
        .max();
    let end = end.unwrap_or_default();
    // A listener of each track and what the recognizers have in hand: there is always place for an answer.
    let (answers, mut answered) = mpsc::channel(fed.len() + ahead);
    let mut decided = Vec::new();
    let mut told = MeetingTime::START;
    loop {
        if lanes.waiting() < ahead {
            // Not the one ahead of the other, and none ahead of its words: how loud it was is not known for ever.
            let behind = fed.iter().filter(|fed| !fed.finished).map(|fed| fed.at).min();
            let settled = lanes.settled_to().as_sample() as usize;
            for fed in &mut fed {
                if fed.at <= behind.unwrap_or(0).min(settled) + ABREAST_SAMPLES {
                    fed.feed(&mut lanes);
                }
            }
        }
        hand_out(&mut lanes, &hearing, may_leave, &answers);
        lanes.release(|_| false, &mut decided);
        if lanes.is_over() {
            break;
        }
        let answer = answered.blocking_recv().expect("invariant: a sender is kept here");
        lanes
            .on_answer(answer, Instant::now())
            .map_err(|Deaf(track)| OfflineError::Voice(track))?;
        // What waits for nothing any more leaves before it is asked how far things are: nothing else may be under way.
        lanes.release(|_| false, &mut decided);
        let now = lanes.settled_to();
        if now > told {
            told = now;
            progress(Listening { decided: now, end });
        }
    }
    lanes.settle(&mut decided);
    progress(Listening { decided: end, end });
    Ok(Heard {
        decided,
        recognizer: hearing.info().clone(),
        voices: hearing.voices(),
    })
}

/// A channel on its way in.
struct Fed {
    track: Track,
    samples: Vec<i16>,
    at: usize,
    finished: bool,
}

impl Fed {
    fn begin(channel: Channel, lanes: &mut Lanes) -> Self {
        lanes.add(Lane::resumed(channel.track, channel.speaker, 0, 0, None));
        Self {
            track: channel.track,
            samples: channel.samples,
            at: 0,
            finished: false,
        }
    }

    /// The next step, once the one before is judged.
    fn feed(&mut self, lanes: &mut Lanes) {
        let Some(lane) = lanes.get_mut(self.track) else { return };
        if self.finished || !lane.is_judged() {
            return;
        }
        let to = (self.at + STEP_SAMPLES).min(self.samples.len());
        lane.push(self.samples[self.at..to].to_vec());
        self.at = to;
        if self.at == self.samples.len() {
            lane.finish();
            self.finished = true;
        }
    }
}

fn hand_out(lanes: &mut Lanes, hearing: &Hearing, may_leave: &MayLeave, answers: &mpsc::Sender<Answer>) {
    let mut shown = Vec::new();
    while let Ok(place) = answers.clone().try_reserve_owned() {
        let now = Instant::now();
        if let Some((track, listener)) = lanes.take_trip(now, &mut shown) {
            if let Err(listener) = hearing.judge(track, listener, place) {
                lanes.stay(track, listener);
                return;
            }
        } else if let Some(task) = lanes.take_task(Step::All, now) {
            if let Err(job) = hearing.recognize(job_of(task, may_leave), place) {
                lanes.keep(job.into());
                return;
            }
        } else {
            return;
        }
    }
}

/// The job of a recording, which competes with no session.
fn job_of(task: Task, may_leave: &MayLeave) -> Job {
    Job {
        session: Uuid::nil(),
        segment: task.segment,
        purpose: task.purpose,
        due: task.due,
        prompt: String::new(),
        may_leave: may_leave.clone(),
        cancel: task.cancel,
    }
}
