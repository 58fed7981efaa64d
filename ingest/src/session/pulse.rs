//! What is said once a second: measures, how the server keeps up, and how far the end is. What the node gives up is said
//! at once.

use crate::hearing::Step;
use crate::lanes::{Lane, Lanes};
use crate::protocol::{Account, Level, ServerEvent, Trouble};
use attune_engine::speaker::Track;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;
use tokio::time::Instant;

const EVERY: Duration = Duration::from_secs(1);

/// Beats after which troubles that stand are told again, for readers who came since.
const TROUBLES_AGAIN: u32 = 10;

/// Words that are this much overdue make the server lag; it no longer does once none are overdue.
const LAGS_AFTER: Duration = Duration::from_millis(2500);

/// What is said once a second, as far as it has changed.
#[derive(Debug)]
pub(super) struct Pulse {
    next: Instant,
    waiting: VecDeque<ServerEvent>,
    measures: Option<ServerEvent>,
    status: Option<ServerEvent>,
    level: Level,
    /// What the node has given up, and what of that is told.
    step: Step,
    told_step: Step,
    samples: BTreeMap<Track, Account>,
    sink: bool,
    troubles: Vec<Trouble>,
    told_troubles: Vec<Trouble>,
    /// Beats since troubles were told.
    told_beats_ago: u32,
}

impl Pulse {
    pub(super) fn new(samples: BTreeMap<Track, Account>, sink: bool, now: Instant) -> Self {
        Self {
            next: now + EVERY,
            waiting: VecDeque::new(),
            measures: None,
            status: None,
            level: Level::Normal,
            step: Step::All,
            told_step: Step::All,
            samples,
            sink,
            troubles: Vec::new(),
            told_troubles: Vec::new(),
            told_beats_ago: 0,
        }
    }

    /// What the node has given up; waits for no beat.
    pub(super) const fn see_step(&mut self, step: Step) {
        self.step = step;
    }

    pub(super) const fn step(&self) -> Step {
        self.step
    }

    /// What stands against the tracks, for the next beat.
    pub(super) fn troubles(&mut self, troubles: Vec<Trouble>) {
        self.troubles = troubles;
    }

    /// What became of every sample that is committed, for the next beat.
    pub(super) fn account(&mut self, samples: BTreeMap<Track, Account>) {
        self.samples = samples;
    }

    /// Newer measures, for the next beat.
    pub(super) fn measures(&mut self, measures: Option<ServerEvent>) {
        if measures.is_some() {
            self.measures = measures;
        }
    }

    pub(super) const fn due(&self) -> Instant {
        self.next
    }

    pub(super) fn is_due(&self, now: Instant) -> bool {
        !self.waiting.is_empty() || now >= self.next || self.has_stepped()
    }

    /// The next event of this beat.
    /// `held_ms` is what a sink holds of a track; it has no lanes. `most_ms` is what a track may hold.
    pub(super) fn take(
        &mut self,
        lanes: &Lanes,
        held_ms: u64,
        most_ms: u32,
        ending: bool,
        now: Instant,
    ) -> Option<ServerEvent> {
        if self.waiting.is_empty() {
            if now >= self.next {
                self.next = now + EVERY;
                self.beat(lanes, held_ms, most_ms, ending, now);
            } else if self.has_stepped() {
                self.status(lanes, held_ms, most_ms, now);
            }
        }
        self.waiting.pop_front()
    }

    fn has_stepped(&self) -> bool {
        self.step != self.told_step
    }

    fn beat(&mut self, lanes: &Lanes, held_ms: u64, most_ms: u32, ending: bool, now: Instant) {
        self.waiting.extend(self.measures.take());
        self.status(lanes, held_ms, most_ms, now);
        self.told_beats_ago += 1;
        let again = !self.troubles.is_empty() && self.told_beats_ago >= TROUBLES_AGAIN;
        if self.troubles != self.told_troubles || again {
            self.told_beats_ago = 0;
            self.told_troubles.clone_from(&self.troubles);
            self.waiting.push_back(ServerEvent::Troubles {
                troubles: self.troubles.clone(),
            });
        }
        if ending {
            let left_ms = lanes.iter().map(Lane::undecided_ms).max().unwrap_or(0);
            self.waiting.push_back(ServerEvent::Ending { left_ms });
        }
    }

    /// How the server keeps up, where that is news.
    fn status(&mut self, lanes: &Lanes, held_ms: u64, most_ms: u32, now: Instant) {
        let most = |of: fn(&Lane) -> u64| lanes.iter().map(of).max().unwrap_or(0);
        let credit_ms = match self.step {
            Step::Deferred => 0,
            _ => u64::from(most_ms).saturating_sub(most(Lane::undecided_ms).max(held_ms)) as u32,
        };
        self.told_step = self.step;
        let overdue = lanes
            .iter()
            .filter_map(Lane::oldest_due)
            .map(|due| now.saturating_duration_since(due))
            .max()
            .unwrap_or_default();
        self.level = match self.level {
            _ if credit_ms == 0 => Level::Overloaded,
            _ if overdue > LAGS_AFTER => Level::Lagging,
            Level::Lagging | Level::Overloaded if !overdue.is_zero() => Level::Lagging,
            _ => Level::Normal,
        };
        let status = ServerEvent::Status {
            level: self.level,
            lag_ms: most(Lane::lag_ms),
            credit_ms,
            step: self.step.number(),
            samples: self.samples.clone(),
            sink: self.sink,
        };
        if self.status.as_ref() != Some(&status) {
            self.status = Some(status.clone());
            self.waiting.push_back(status);
        }
    }
}
