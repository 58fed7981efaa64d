//! Who is recognised next. Knows no thread and no clock, so that it can be replayed.
//!
//! Words that decide something come first: the earliest due of them while all can be done in time, and once some are
//! overdue those of the session that has had the least of the recognizers (start-time fair queueing, Goyal et al. 1996).
//! Partials get what is left: half of the time that finals leave idle, and they stop when a final needs their worker. What is
//! heard again, of meetings that are over, waits for an hour when nobody is there, and stops for either.

use super::costs::Costs;
use super::job::{Job, Purpose, TRIES};
use super::ladder::{Ladder, Step};
use super::spare::Spare;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::time::Instant;
use uuid::Uuid;

/// Segments that may wait over all connections. At 4 s each that is over an hour of speech for a worker at real time:
/// what is beyond waits with its connection, whose credit runs out.
const WAITING_SEGMENTS: usize = 1_024;

/// Segments that wait when nobody new is let in: those who are here can still fill the rest.
pub(super) const OVERLOADED_SEGMENTS: usize = WAITING_SEGMENTS / 4 * 3;

/// Partials that may wait: one of both tracks of 1,024 connections.
const WAITING_PARTIALS: usize = 2_048;

/// Passages that may wait to be heard again: a meeting brings one at a time.
const WAITING_AGAIN: usize = 64;

/// Nothing was asked for live for this long: nobody is heard. Where a whole meeting reads for longer, a recognizer that
/// cannot stop keeps its next words waiting once.
const NOBODY_LIVE: Duration = Duration::from_secs(60);

/// What has waited this long goes first, whatever its session has had.
const STARVED_AFTER: Duration = Duration::from_secs(5);

/// A partial that will be done in less than this is not stopped for a final.
const NEARLY_DONE: Duration = Duration::from_millis(80);

/// Shares of sessions are remembered for this many; more, and those that wait for nothing are forgotten.
const REMEMBERED: usize = 4_096;

/// A job in the queue, with the place for its answer.
pub(crate) struct Waiting<A> {
    pub(crate) job: Job,
    pub(crate) answer: A,
    arrived: Instant,
    /// Ties are done in order of arrival.
    arrival: u64,
    tries: u32,
    /// The worker that failed on it.
    failed_on: Option<usize>,
}

/// A job for a worker.
pub(crate) struct Taken<A> {
    pub(crate) waiting: Waiting<A>,
    /// Set when a final needs the worker.
    pub(crate) stop: Arc<AtomicBool>,
    /// The smaller model is to write it.
    pub(crate) smaller: bool,
}

/// What a worker is at.
struct Running {
    session: Uuid,
    purpose: Purpose,
    audio: Duration,
    until: Instant,
    predicted: Duration,
    stop: Arc<AtomicBool>,
}

/// What a session has had of the recognizers.
#[derive(Default)]
struct Share {
    /// Seconds of a worker, ahead of those who came later.
    had: f64,
    waiting: usize,
    running: usize,
}

/// What was done for one purpose.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Done {
    /// Recognitions.
    pub jobs: u64,
    /// How long what was recognised lasts.
    pub audio: Duration,
    /// How long it took.
    pub took: Duration,
}

/// How busy the recognizers are, and what they have done since they were started.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Load {
    /// What has been given up.
    pub step: Step,
    /// How long the segment that has waited longest has waited.
    pub lag: Duration,
    /// Segments that wait.
    pub waiting: usize,
    /// Partials that wait.
    pub partials_waiting: usize,
    /// Done, for decisions.
    pub finals: Done,
    /// Done, for decisions that were expected; also those that did not come.
    pub likely: Done,
    /// Done, to be shown.
    pub partials: Done,
    /// Done, of meetings that are over.
    pub again: Done,
    /// Asked for and not done, because nobody waited any more or something was more urgent.
    pub stopped: u64,
    /// Partials that a worker left unfinished because a final needed it.
    pub partials_aborted: u64,
    /// Tries that failed.
    pub failed: u64,
}

/// The queue of a pool.
pub(crate) struct Queue<A> {
    waiting: Vec<Waiting<A>>,
    partials: Vec<Waiting<A>>,
    /// To be heard again, in order of arrival.
    again: Vec<Waiting<A>>,
    /// When anything was last asked for live; none before the first.
    live_at: Option<Instant>,
    /// Cancelled or displaced: to be told so.
    stopped: Vec<Waiting<A>>,
    running: Vec<Option<Running>>,
    shares: HashMap<Uuid, Share>,
    /// What the session served last had had: nobody who comes back begins below it.
    floor: f64,
    arrivals: u64,
    costs: Costs,
    spare: Spare,
    ladder: Ladder,
    /// Nobody waits live: nothing is given up.
    patient: bool,
    done: BTreeMap<Purpose, Done>,
    stops: u64,
    aborted: u64,
    failed: u64,
}

impl<A> Queue<A> {
    pub(crate) fn new(workers: usize, patient: bool, now: Instant) -> Self {
        Self {
            waiting: Vec::new(),
            partials: Vec::new(),
            again: Vec::new(),
            live_at: None,
            stopped: Vec::new(),
            running: (0..workers).map(|_| None).collect(),
            shares: HashMap::new(),
            floor: 0.0,
            arrivals: 0,
            costs: Costs::default(),
            spare: Spare::new(workers, now),
            ladder: Ladder::default(),
            patient,
            done: BTreeMap::new(),
            stops: 0,
            aborted: 0,
            failed: 0,
        }
    }

    /// Takes a job in.
    ///
    /// # Errors
    /// Hands it back while too many wait.
    pub(crate) fn push(&mut self, job: Job, answer: A, now: Instant) -> Result<(), Job> {
        let purpose = job.purpose;
        let (waits, most) = match purpose {
            Purpose::Final | Purpose::Likely => (self.waiting.len(), WAITING_SEGMENTS),
            Purpose::Again => (self.again.len(), WAITING_AGAIN),
            // One that is too many is stopped, not refused.
            Purpose::Partial => (0, 1),
        };
        if waits >= most {
            return Err(job);
        }
        self.enter(job.session);
        let arrival = self.arrivals;
        self.arrivals += 1;
        let waiting = Waiting {
            job,
            answer,
            arrived: now,
            arrival,
            tries: 0,
            failed_on: None,
        };
        match purpose {
            Purpose::Again => self.again.push(waiting),
            Purpose::Partial => self.push_partial(waiting),
            Purpose::Final | Purpose::Likely => self.waiting.push(waiting),
        }
        if purpose != Purpose::Again {
            self.live_at = Some(now);
            self.make_room(purpose, now);
        }
        self.observe(now);
        Ok(())
    }

    /// The newest partial of a track replaces the one that waits.
    fn push_partial(&mut self, waiting: Waiting<A>) {
        let slot = waiting.job.slot();
        let same = self.partials.iter().position(|other| other.job.slot() == slot);
        if let Some(index) = same {
            let older = std::mem::replace(&mut self.partials[index], waiting);
            self.stop(older);
        } else if self.partials.len() < WAITING_PARTIALS {
            self.partials.push(waiting);
        } else {
            self.stop(waiting);
        }
    }

    /// If what is asked for live would have to wait for a worker, stops what is heard again; and for a final, where there is
    /// nothing of that, the partial that is furthest from its end.
    fn make_room(&mut self, purpose: Purpose, now: Instant) {
        if self.running.iter().any(Option::is_none) {
            return;
        }
        let mut again = self
            .running
            .iter()
            .flatten()
            .filter(|running| running.purpose == Purpose::Again && !running.stop.load(Ordering::Relaxed));
        if let Some(running) = again.next() {
            running.stop.store(true, Ordering::Relaxed);
            return;
        }
        if purpose == Purpose::Partial {
            return;
        }
        let left = |running: &Running| running.until.saturating_duration_since(now);
        let partials = self.running.iter().flatten().filter(|running| {
            let stopped = running.stop.load(Ordering::Relaxed);
            running.purpose == Purpose::Partial && !stopped && left(running) > NEARLY_DONE
        });
        if let Some(running) = partials.max_by_key(|running| left(running)) {
            running.stop.store(true, Ordering::Relaxed);
        }
    }

    /// The next job for a worker, if there is one that it may do now.
    pub(crate) fn next(&mut self, worker: usize, now: Instant) -> Option<Taken<A>> {
        self.observe(now);
        self.drop_cancelled();
        let waiting = match self.next_final(worker, now) {
            Some(index) => self.waiting.swap_remove(index),
            None => match self.next_partial(worker, now) {
                Some(partial) => partial,
                None => self.next_again(worker, now)?,
            },
        };
        let Waiting { job, .. } = &waiting;
        let audio = job.audio();
        let predicted = self.costs.predict(job.purpose, audio);
        let stop = Arc::new(AtomicBool::new(false));
        let share = self.shares.entry(job.session).or_default();
        // Who is heard again has had time that nobody wanted: it is no measure for those who are heard live.
        if job.purpose != Purpose::Again {
            self.floor = self.floor.max(share.had);
        }
        share.had += predicted.as_secs_f64();
        share.waiting = share.waiting.saturating_sub(1);
        share.running += 1;
        self.running[worker] = Some(Running {
            session: job.session,
            purpose: job.purpose,
            audio,
            until: now + predicted,
            predicted,
            stop: Arc::clone(&stop),
        });
        Some(Taken {
            smaller: matches!(job.purpose, Purpose::Final | Purpose::Likely) && self.step() >= Step::SmallerModel,
            waiting,
            stop,
        })
    }

    fn next_final(&self, worker: usize, now: Instant) -> Option<usize> {
        let mine = |waiting: &Waiting<A>| self.running.len() == 1 || waiting.failed_on != Some(worker);
        let candidates = self.waiting.iter().enumerate().filter(|(_, waiting)| mine(waiting));
        let key = |waiting: &Waiting<A>| {
            let share = self.shares.get(&waiting.job.session);
            // No session has two workers while another waits for one.
            let is_served = share.is_some_and(|share| share.running > 0);
            let had = share.map_or(0.0, |share| share.had);
            let starved = now.saturating_duration_since(waiting.arrived) >= STARVED_AFTER;
            let urgency = match (starved, now > waiting.job.due) {
                (true, _) => 0,
                (false, true) => 1,
                (false, false) => 2,
            };
            // In microseconds, to be compared.
            let had = if urgency == 2 { 0 } else { (had * 1e6) as u64 };
            (is_served, urgency, had, waiting.job.due, waiting.arrival)
        };
        candidates
            .min_by_key(|(_, waiting)| key(waiting))
            .map(|(index, _)| index)
    }

    /// A partial, of the session that has had the least, where time is left for it.
    fn next_partial(&mut self, worker: usize, now: Instant) -> Option<Waiting<A>> {
        if self.step() >= Step::NoPartials {
            for partial in std::mem::take(&mut self.partials) {
                self.stop(partial);
            }
            return None;
        }
        let had = |waiting: &Waiting<A>| self.shares.get(&waiting.job.session).map_or(0.0, |share| share.had);
        let key = |waiting: &Waiting<A>| ((had(waiting) * 1e6) as u64, waiting.arrival);
        let mine = |waiting: &Waiting<A>| self.running.len() == 1 || waiting.failed_on != Some(worker);
        let candidates = self.partials.iter().enumerate().filter(|(_, waiting)| mine(waiting));
        let (index, waiting) = candidates.min_by_key(|(_, waiting)| key(waiting))?;
        let predicted = self.costs.predict(Purpose::Partial, waiting.job.audio());
        if !self.spare.allows(predicted, now) {
            return None;
        }
        Some(self.partials.swap_remove(index))
    }

    /// A passage to hear again, where nobody is heard live: nothing waits, nothing was asked for lately, or more than half of
    /// the workers would still be idle. Recognizers that cannot stop in the middle, as PocketSphinx, so seldom keep anyone
    /// waiting.
    fn next_again(&mut self, worker: usize, now: Instant) -> Option<Waiting<A>> {
        let idle = self.running.iter().filter(|running| running.is_none()).count();
        let nobody = self
            .live_at
            .is_none_or(|at| now.saturating_duration_since(at) >= NOBODY_LIVE);
        let many_idle = idle.saturating_sub(1) > self.running.len() / 2;
        if !(self.waiting.is_empty() && self.partials.is_empty() && (nobody || many_idle)) {
            return None;
        }
        let mine = |waiting: &Waiting<A>| self.running.len() == 1 || waiting.failed_on != Some(worker);
        let index = self.again.iter().position(mine)?;
        Some(self.again.remove(index))
    }

    /// A worker is done with what it took, after so long; `stopped` if it was told to before the end.
    pub(crate) fn done(&mut self, worker: usize, took: Duration, stopped: bool, now: Instant) {
        let Some(running) = self.running.get_mut(worker).and_then(Option::take) else {
            return;
        };
        if !stopped {
            self.costs.learn(running.purpose, running.audio, took);
        }
        match running.purpose {
            Purpose::Partial => self.spare.spend(took, now),
            Purpose::Final | Purpose::Likely => self.spare.busy(took, now),
            // Nobody was there whom it took time from.
            Purpose::Again => {}
        }
        if let Some(share) = self.shares.get_mut(&running.session) {
            share.running = share.running.saturating_sub(1);
            share.had = (share.had + took.as_secs_f64() - running.predicted.as_secs_f64()).max(0.0);
        }
        self.aborted += u64::from(stopped && running.purpose == Purpose::Partial);
        let done = self.done.entry(running.purpose).or_default();
        done.jobs += u64::from(!stopped);
        done.audio += if stopped { Duration::ZERO } else { running.audio };
        done.took += took;
        self.observe(now);
    }

    /// The worker failed on a job: another try, on another worker where there is one. Hands it back where it has had all.
    pub(crate) fn retry(&mut self, worker: usize, mut waiting: Waiting<A>) -> Option<Waiting<A>> {
        self.failed += 1;
        waiting.tries += 1;
        if waiting.tries >= TRIES || waiting.job.purpose == Purpose::Partial {
            return Some(waiting);
        }
        waiting.failed_on = Some(worker);
        self.enter(waiting.job.session);
        match waiting.job.purpose {
            Purpose::Again => self.again.push(waiting),
            Purpose::Final | Purpose::Likely | Purpose::Partial => self.waiting.push(waiting),
        }
        None
    }

    /// Jobs that nobody waits for any more, to be told so.
    pub(crate) fn take_stopped(&mut self) -> Vec<Waiting<A>> {
        self.drop_cancelled();
        std::mem::take(&mut self.stopped)
    }

    /// Something waits that no worker may do yet: look again a little later.
    pub(crate) fn has_patience(&self) -> bool {
        !(self.partials.is_empty() && self.again.is_empty())
    }

    /// How it keeps up at `now`.
    pub(crate) fn load(&mut self, now: Instant) -> Load {
        self.observe(now);
        let of = |purpose| self.done.get(&purpose).copied().unwrap_or_default();
        Load {
            step: self.step(),
            lag: self.lag(now),
            waiting: self.waiting.len(),
            partials_waiting: self.partials.len(),
            finals: of(Purpose::Final),
            likely: of(Purpose::Likely),
            partials: of(Purpose::Partial),
            again: of(Purpose::Again),
            stopped: self.stops,
            partials_aborted: self.aborted,
            failed: self.failed,
        }
    }

    /// What has been given up.
    pub(crate) const fn step(&self) -> Step {
        self.ladder.step()
    }

    fn observe(&mut self, now: Instant) {
        if !self.patient {
            let lag = self.lag(now);
            self.ladder.observe(lag, now);
        }
    }

    /// How long the segment that has waited longest has waited for a worker.
    fn lag(&self, now: Instant) -> Duration {
        let waited = |waiting: &Waiting<A>| now.saturating_duration_since(waiting.arrived);
        self.waiting.iter().map(waited).max().unwrap_or_default()
    }

    fn enter(&mut self, session: Uuid) {
        if self.shares.len() >= REMEMBERED {
            self.shares.retain(|_, share| share.waiting + share.running > 0);
        }
        let floor = self.floor;
        let share = self.shares.entry(session).or_default();
        if share.waiting + share.running == 0 {
            share.had = share.had.max(floor);
        }
        share.waiting += 1;
    }

    fn stop(&mut self, waiting: Waiting<A>) {
        self.stops += 1;
        if let Some(share) = self.shares.get_mut(&waiting.job.session) {
            share.waiting = share.waiting.saturating_sub(1);
        }
        self.stopped.push(waiting);
    }

    fn drop_cancelled(&mut self) {
        for of in [Purpose::Final, Purpose::Partial, Purpose::Again] {
            let mut index = 0;
            loop {
                let queue = match of {
                    Purpose::Partial => &mut self.partials,
                    Purpose::Again => &mut self.again,
                    Purpose::Final | Purpose::Likely => &mut self.waiting,
                };
                let Some(waiting) = queue.get(index) else { break };
                if waiting.job.cancel.is_cancelled() {
                    let waiting = queue.swap_remove(index);
                    self.stop(waiting);
                } else {
                    index += 1;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
