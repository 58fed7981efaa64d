//! What happens to a world, and when: drawn by its seed.

use super::{CLIENT, SERVER};
use std::ops::Range;
use std::time::Duration;
use turmoil::Sim;

/// A seed's own dice.
pub struct Chance(u64);

impl Chance {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// One of `range`, each as likely as the others.
    pub fn within(&mut self, range: Range<u64>) -> u64 {
        range.start + self.next() % (range.end - range.start)
    }

    /// True one time in `times`.
    pub fn one_in(&mut self, times: u64) -> bool {
        self.within(0..times) == 0
    }

    /// SplitMix64: every seed gives another sequence, those of neighbours too.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

/// Something that begins, and is over after a while.
#[derive(Debug, Clone, Copy)]
pub enum Fault {
    /// Nothing gets through, and what is sent is lost.
    Partition(Duration),
    /// Nothing gets to the server.
    Mute(Duration),
    /// Nothing gets to the client.
    Deaf(Duration),
    /// Nothing gets through, and everything does afterwards.
    Hold(Duration),
    /// The server dies, and is gone for a while.
    ServerDies(Duration),
    /// The client's process dies, and its buffer stays.
    ClientDies(Duration),
}

/// What becomes of a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommitFault {
    /// The server dies before it is durable.
    DiesBefore,
    /// The server dies once it is durable and nobody knows.
    DiesAfter,
    /// It is durable, and the answer is lost: it is offered again.
    AnswerLost,
    /// The store does not answer: it is offered again.
    Refused,
}

/// Everything that happens to one world.
#[derive(Debug)]
pub struct Faults {
    pub due: Vec<(Duration, Fault)>,
    /// By the number of the commit, counted over all servers.
    pub commits: Vec<(u64, CommitFault)>,
    /// Now and then a message is lost, and its connection with it.
    pub loses: bool,
}

impl Faults {
    pub fn draw(chance: &mut Chance) -> Self {
        let due = (0..chance.within(1..5)).map(|_| {
            let at = Duration::from_millis(chance.within(0..9_000));
            (at, Fault::draw(chance))
        });
        let due = due.collect();
        let commits = (0..chance.within(0..4)).map(|_| {
            let fault = match chance.within(0..4) {
                0 => CommitFault::DiesBefore,
                1 => CommitFault::DiesAfter,
                2 => CommitFault::AnswerLost,
                _ => CommitFault::Refused,
            };
            (chance.within(1..12), fault)
        });
        Self {
            due,
            commits: commits.collect(),
            loses: chance.one_in(5),
        }
    }
}

impl Fault {
    fn draw(chance: &mut Chance) -> Self {
        // Now and then for longer than anybody believes in a silent connection.
        let lasts = match chance.one_in(12) {
            true => chance.within(61_000..90_000),
            false => chance.within(50..6_000),
        };
        let lasts = Duration::from_millis(lasts);
        match chance.within(0..6) {
            0 => Self::Partition(lasts),
            1 => Self::Mute(lasts),
            2 => Self::Deaf(lasts),
            3 => Self::Hold(lasts),
            4 => Self::ServerDies(lasts),
            _ => Self::ClientDies(lasts),
        }
    }

    pub const fn lasts(self) -> Duration {
        match self {
            Self::Partition(lasts)
            | Self::Mute(lasts)
            | Self::Deaf(lasts)
            | Self::Hold(lasts)
            | Self::ServerDies(lasts)
            | Self::ClientDies(lasts) => lasts,
        }
    }

    pub fn begin(self, sim: &mut Sim<'_>) {
        match self {
            Self::Partition(_) => sim.partition(CLIENT, SERVER),
            Self::Mute(_) => sim.partition_oneway(CLIENT, SERVER),
            Self::Deaf(_) => sim.partition_oneway(SERVER, CLIENT),
            Self::Hold(_) => sim.hold(CLIENT, SERVER),
            Self::ServerDies(_) => kill(sim, SERVER),
            Self::ClientDies(_) => kill(sim, CLIENT),
        }
    }

    pub fn end(self, sim: &mut Sim<'_>) {
        match self {
            Self::Partition(_) => sim.repair(CLIENT, SERVER),
            Self::Mute(_) => sim.repair_oneway(CLIENT, SERVER),
            Self::Deaf(_) => sim.repair_oneway(SERVER, CLIENT),
            Self::Hold(_) => sim.release(CLIENT, SERVER),
            Self::ServerDies(_) => revive(sim, SERVER),
            Self::ClientDies(_) => revive(sim, CLIENT),
        }
    }
}

/// One that is dead already stays so.
fn kill(sim: &mut Sim<'_>, host: &str) {
    if sim.is_host_running(host) {
        sim.crash(host);
    }
}

fn revive(sim: &mut Sim<'_>, host: &str) {
    if !sim.is_host_running(host) {
        sim.bounce(host);
    }
}
