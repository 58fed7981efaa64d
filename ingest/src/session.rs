//! One connection's side of a session, without any I/O: sealed messages, answers of models and outcomes of transactions
//! go in; events, batches and work for the models come out. Time is what the caller says it is.
//!
//! What reaches a person as decided has been committed: numbered events leave only after the transaction that numbered
//! them, and `committed` names only what is durable.

mod acks;
mod commits;
mod controls;
mod events;
mod frames;
mod intake;
mod keeping;
mod laps;
mod pulse;
mod rate;
mod sink;
mod troubles;

use crate::hearing::{Ahead, Answer, Step};
use crate::lanes::{Class, Lane, Lanes};
use crate::ports::{Committed, ConsentRefused, LedgerError, Pressure, Resumption};
use crate::protocol::{
    CloseCode, Envelope, Hello, Insight, Limits, SampleClass, ServerEvent, Stream, StreamPosition, Welcome,
};
use crate::room::Place;
use crate::seal::Opener;
use acks::Acks;
use attune_engine::listener::Listener;
use attune_engine::recognize::RecognizerInfo;
use attune_engine::speaker::Track;
use commits::Commits;
use controls::Controls;
use frames::refuse;
use intake::Intake;
use laps::Laps;
use pulse::Pulse;
use rate::Rate;
use sink::Sink;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;
use tokio::time::Instant;
use tracing::warn;
use troubles::Troubles;

pub use crate::lanes::Task;
pub use commits::ToLedger;

/// How long a connection that is to be made anew waits for a quiet moment.
pub(crate) const QUIET_WITHIN: Duration = Duration::from_secs(10);

/// How long the last batch may take once consent is withdrawn.
const WITHDRAW_WITHIN: Duration = Duration::from_secs(1);

/// What the end of a segment takes that nothing is wrong with: 700 ms of silence after little voice, and a frame of 240 ms.
const CLOSES_WITHIN: Duration = Duration::from_millis(940);

/// How long nothing may happen before a connection looks up.
const IDLE: Duration = Duration::from_secs(5);

/// Where the connection is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Live,
    /// To be closed with 1012 at a quiet moment, or when `leave_by` has come.
    Leaving,
    /// `end` was heard: all before it is being decided, until `leave_by` where there is one.
    Ending,
    /// All is decided and durable; the report is awaited.
    Ended,
    /// Consent is withdrawn: nothing more is taken; closes when that is durable, or then.
    Withdrawn(Instant),
}

/// What a session begins with.
#[derive(Debug)]
pub struct Start<'a> {
    /// The connection's number.
    pub epoch: u64,
    /// Opens its frames.
    pub opener: Opener,
    /// What the client said of itself.
    pub hello: &'a Hello,
    /// Where the session stands.
    pub resumption: &'a Resumption,
    /// What the connection may cost.
    pub limits: Limits,
    /// Its room for sound that is not decided.
    pub place: Place,
    /// Who writes the words.
    pub recognizer: RecognizerInfo,
    /// What is recognised before it decides anything.
    pub ahead: Ahead,
    /// Now.
    pub now: Instant,
}

/// One connection's side of a session.
#[derive(Debug)]
pub struct Session {
    epoch: u64,
    opener: Opener,
    limits: Limits,
    place: Place,
    rate: Rate,
    acks: Acks,
    intakes: BTreeMap<Track, Intake>,
    lanes: Lanes,
    controls: Controls,
    commits: Commits,
    pulse: Pulse,
    laps: Laps,
    troubles: Troubles,
    /// Frames are checked and not heard: there are no lanes then.
    sink: Option<Sink>,
    insight: Option<Insight>,
    /// The person chose to keep the audio.
    keep_audio: bool,
    phase: Phase,
    /// When it closes with 1012 at the latest.
    leave_by: Option<Instant>,
    /// The batch in flight is the last: what comes after it is still the client's.
    parting: bool,
    /// Consent is being looked up: nothing is committed until that is known.
    doubted: bool,
    closing: Option<CloseCode>,
    outbox: VecDeque<Envelope>,
}

impl Session {
    /// The session, with its `welcome` as the first event.
    ///
    /// # Errors
    /// When the tracks do not go on where they stood.
    pub fn start(start: Start<'_>) -> Result<Self, CloseCode> {
        let Start {
            epoch,
            opener,
            hello,
            resumption,
            limits,
            place,
            recognizer,
            ahead,
            now,
        } = start;
        let mut session = Self {
            epoch,
            opener,
            limits,
            place,
            rate: Rate::new(&limits, now),
            acks: Acks::default(),
            intakes: BTreeMap::new(),
            laps: Laps::new(recognizer.label()),
            lanes: Lanes::new(recognizer, ahead),
            controls: Controls::resumed(resumption.streams.get(&Stream::Control)),
            commits: Commits::resumed(&resumption.streams, now),
            pulse: Pulse::new(resumption.samples.clone(), resumption.sink, now),
            troubles: Troubles::default(),
            sink: resumption.sink.then(|| Sink::open(&hello.tracks, &resumption.streams)),
            insight: None,
            keep_audio: resumption.keep_audio,
            phase: Phase::Live,
            leave_by: None,
            parting: false,
            doubted: false,
            closing: None,
            outbox: VecDeque::new(),
        };
        for declared in hello.tracks.iter().filter(|_| !resumption.sink) {
            let position = resumption.streams.get(&Stream::from(declared.track));
            let (intake, lane) =
                Intake::open(*declared, position, resumption.keep_audio, now).map_err(|error| refuse(&error))?;
            session.intakes.insert(declared.track, intake);
            session.lanes.add(lane);
        }
        for said in &resumption.said {
            session.lanes.recall(said);
        }
        for (stream, position) in &resumption.streams {
            session.opener.expect(*stream, position.release_seq);
        }
        let streams = resumption.streams.values().map(|position| {
            let sound = position.stream.track().is_some();
            let place = StreamPosition {
                resume_seq: position.release_seq,
                resume_sample: position.release_first_sample,
                decided_sample: if sound { position.decided_sample } else { 0 },
            };
            (position.stream, place)
        });
        let welcome = Welcome {
            streams: streams.collect(),
            credit_ms: session.place.allows_ms(limits.undecided_ms),
            limits,
            ended: resumption.ended,
            sink: resumption.sink,
        };
        session.tell(ServerEvent::Welcome(welcome));
        if resumption.ended {
            session.close(CloseCode::Ended);
        }
        Ok(session)
    }

    /// An answer of the models.
    pub fn on_answer(&mut self, answer: Answer, now: Instant) {
        let pass = self.lap_answer(&answer);
        match self.lanes.on_answer(answer, now) {
            Ok(shown) => {
                if let Some(pass) = pass {
                    self.lap_shown(&pass, &shown, now);
                }
                self.tell_shown(shown);
            }
            // Nothing that is not committed is lost: the client has it, and another connection hears it anew.
            Err(deaf) => {
                warn!(error = %deaf, "closing a connection that cannot be heard");
                self.close(CloseCode::Resume);
            }
        }
    }

    /// A listener with frames to judge.
    pub fn take_trip(&mut self, now: Instant) -> Option<(Track, Box<Listener>)> {
        let mut shown = Vec::new();
        let trip = self.lanes.take_trip(now, &mut shown);
        self.tell_shown(shown);
        trip
    }

    /// A listener that found no place to be judged.
    pub fn stay(&mut self, track: Track, listener: Box<Listener>) {
        self.lanes.stay(track, listener);
    }

    /// What the node has given up. The client is told at once where that has changed.
    pub fn see_step(&mut self, step: Step, now: Instant) {
        self.pulse.see_step(step);
        if step == Step::Deferred || self.place.is_full() {
            // Their clients send nothing because they were told so.
            self.intakes.values_mut().for_each(|intake| intake.still_since = now);
        }
    }

    /// Something to recognise.
    pub fn take_task(&mut self, now: Instant) -> Option<Task> {
        self.lanes.take_task(self.pulse.step(), now)
    }

    /// A task that found no place to be recognised.
    pub fn keep(&mut self, task: Task) {
        self.lanes.keep(task);
    }

    /// What the ledger is to do next, once it has done what it was told before.
    pub fn take_work(&mut self, now: Instant) -> Option<ToLedger> {
        if self.closing.is_some() || self.doubted || self.phase == Phase::Ended {
            return None;
        }
        self.commits.release(&mut self.lanes, &self.intakes, now);
        let hurry = match self.phase {
            Phase::Live | Phase::Ended => false,
            Phase::Leaving => self.is_due(now) || self.lanes.is_quiet(),
            Phase::Ending => self.lanes.is_over(),
            Phase::Withdrawn(_) => true,
        };
        let batch = self.commits.take_batch(
            &mut self.lanes,
            &self.intakes,
            &self.controls,
            self.sink.as_ref(),
            hurry,
            now,
        );
        if let Some(mut batch) = batch {
            batch.kept = self.take_kept(&batch);
            self.lap_batch(&batch);
            batch.pressure = self.pressure(now);
            self.parting = hurry && self.phase == Phase::Leaving;
            return Some(ToLedger::Commit(Box::new(batch)));
        }
        if self.commits.in_flight() || !hurry {
            return None;
        }
        match self.phase {
            Phase::Ending => {
                self.commits.ending();
                Some(ToLedger::End)
            }
            Phase::Leaving => {
                self.close(CloseCode::Resume);
                None
            }
            Phase::Withdrawn(_) => {
                self.close(CloseCode::Consent);
                None
            }
            Phase::Live | Phase::Ended => None,
        }
    }

    /// How the node keeps up: by words that are overdue, and by those that just came.
    fn pressure(&self, now: Instant) -> Pressure {
        let overdue = self.lanes.iter().filter_map(Lane::oldest_due);
        let overdue = overdue
            .map(|due| now.saturating_duration_since(due))
            .max()
            .unwrap_or_default();
        let step = self.pulse.step();
        Pressure {
            lag: overdue.max(self.lap_waited(now).saturating_sub(CLOSES_WITHIN)),
            // Three seconds late, as far as a nudge may be.
            is_pressed: step >= Step::NoPartials,
        }
    }

    /// The batch that was handed over last is durable.
    pub fn on_committed(&mut self, mut committed: Committed, measures: Option<ServerEvent>, now: Instant) {
        self.lap_committed(now);
        self.pulse.account(std::mem::take(&mut committed.samples));
        let positions = self.commits.on_committed();
        for position in &positions {
            if let Some(track) = position.stream.track()
                && let (Some(intake), Some(lane)) = (self.intakes.get_mut(&track), self.lanes.get_mut(track))
            {
                lane.on_committed(position.decided_sample);
                intake.release(position.release_seq);
            }
            if position.stream == Stream::Control {
                self.controls.release(position.release_seq);
            }
            if let Some(sink) = &mut self.sink {
                sink.on_committed(position);
            }
        }
        self.take_room();
        self.tell_numbered(committed);
        for position in positions {
            let sounds = position.stream.track().is_some();
            self.tell(ServerEvent::Committed {
                stream: position.stream,
                sample: if sounds { position.decided_sample } else { 0 },
                release_seq: position.release_seq,
            });
        }
        self.pulse.measures(measures);
        if self.parting && self.phase == Phase::Leaving {
            self.close(CloseCode::Resume);
        }
    }

    /// The ledger has ended the session.
    pub fn on_ended(&mut self, committed: Committed, measures: Option<ServerEvent>) {
        self.phase = Phase::Ended;
        self.tell_numbered(committed);
        self.pulse.measures(measures);
        if self.leave_by.is_some() {
            self.close(CloseCode::Ended);
        }
    }

    /// The report is made, or is not waited for any longer.
    pub fn on_report(&mut self, ready: Option<ServerEvent>) {
        if let Some(event) = ready {
            self.tell(event);
        }
        self.close(CloseCode::Ended);
    }

    /// The ledger refused for good, or has been failing for too long.
    pub fn on_ledger_error(&mut self, error: &LedgerError) {
        self.close(match error {
            LedgerError::Fenced => CloseCode::TakenOver,
            LedgerError::Closed => CloseCode::Ended,
            LedgerError::Withdrawn => CloseCode::Consent,
            LedgerError::Unavailable(_) => CloseCode::Resume,
        });
    }

    /// Says how much sound it holds.
    fn take_room(&mut self) {
        self.place.holds(self.lanes.iter().map(Lane::undecided_ms).sum());
    }

    /// Somebody other than the client says that consent has changed.
    pub fn consent_changed(&mut self) {
        self.controls.consent_changed();
    }

    /// Whether consent is to be looked up; asked once for each change.
    pub fn take_consent_check(&mut self) -> bool {
        let asked = self.controls.take_consent_check();
        self.doubted |= asked;
        asked
    }

    /// What the look-up said. Where consent is withdrawn, whatever is not committed is destroyed and nothing more taken.
    pub fn on_consent(&mut self, checked: Result<(), ConsentRefused>, now: Instant) {
        self.doubted = false;
        match checked {
            Ok(()) => self.leave(now + QUIET_WITHIN),
            Err(ConsentRefused::Missing) => {
                self.phase = Phase::Withdrawn(now + WITHDRAW_WITHIN);
                self.commits.withdraw(
                    &mut self.lanes,
                    Class {
                        class: SampleClass::Withheld,
                        reason: "consent",
                    },
                );
            }
            // Not knowing is no consent to go on with: the next connection asks again before it records.
            Err(ConsentRefused::Unavailable(cause)) => {
                warn!(error = %cause, "consent could not be looked up");
                self.close(CloseCode::Resume);
            }
        }
    }

    /// Closes with 1012 at the next quiet moment and at the latest `by` then: the node goes, or the keys are due. What is
    /// ending is waited for as long; what has ended closes at once, without its report.
    pub fn leave(&mut self, by: Instant) {
        self.leave_by = Some(self.leave_by.map_or(by, |sooner| sooner.min(by)));
        match self.phase {
            Phase::Live => self.phase = Phase::Leaving,
            Phase::Ended => self.close(CloseCode::Ended),
            Phase::Leaving | Phase::Ending | Phase::Withdrawn(_) => {}
        }
    }

    /// Time has come to [`Session::wake_at`].
    pub fn on_time(&mut self, now: Instant) {
        match self.phase {
            Phase::Withdrawn(by) if now >= by => self.close(CloseCode::Consent),
            // The client says `end` again on its next connection.
            Phase::Ending if self.is_due(now) => self.close(CloseCode::Resume),
            _ => {}
        }
    }

    fn is_due(&self, now: Instant) -> bool {
        self.leave_by.is_some_and(|by| now >= by)
    }

    /// When there is something to do although nothing came in. `sendable` says that the socket takes events.
    pub fn wake_at(&self, sendable: bool, now: Instant) -> Instant {
        let events = sendable.then(|| self.pulse.due().min(self.acks.due().unwrap_or(self.pulse.due())));
        let idle = !self.commits.in_flight() && !self.doubted;
        let end = match self.phase {
            Phase::Withdrawn(by) => Some(by),
            Phase::Leaving => self.leave_by.filter(|_| idle),
            Phase::Ending => self.leave_by,
            Phase::Live | Phase::Ended => None,
        };
        let batch = idle.then(|| self.commits.due());
        let stalled = self.commits.stalled_until(&self.intakes, now);
        let first = [events, end, batch, stalled].into_iter().flatten().min();
        // What is due now and cannot be done yet is looked at again, not spun on.
        first.unwrap_or(now + IDLE).max(now + Duration::from_millis(1))
    }

    /// Frames are checked and not heard.
    pub const fn is_sink(&self) -> bool {
        self.sink.is_some()
    }

    /// Nothing more is taken in: [`Session::closing`] says why.
    pub const fn is_closing(&self) -> bool {
        self.closing.is_some()
    }

    /// Waits for the report.
    pub fn awaits_report(&self) -> bool {
        self.phase == Phase::Ended && self.closing.is_none()
    }
}
