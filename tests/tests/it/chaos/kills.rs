//! Kills at moments drawn by a seed, and how long it took until everybody was back.

use super::fleet::{Fleet, first_after};
use super::rig::Rig;
use attune_benches::quantile::{ms, quantile};
use std::time::{Duration, Instant};

/// When what was killed.
#[derive(Debug, Default)]
pub struct Kills {
    pub servers: Vec<Instant>,
    /// When it died, and when a new one answered.
    pub databases: Vec<(Instant, Instant)>,
}

impl Kills {
    /// Kills the server; a new one is started at once.
    pub async fn server(&mut self, rig: &mut Rig) {
        self.servers.push(rig.kill_server().await);
    }

    /// Kills the database; a new one is started at once.
    pub async fn database(&mut self, rig: &mut Rig) {
        self.databases.push(rig.kill_database().await);
    }

    /// Per kill of the server and session that was live: how long until the server had a frame that it had not had before.
    /// The last number is of those who never got that far, because another kill came first or they had nothing left to send.
    pub fn back(&self, fleet: &Fleet) -> (Vec<Duration>, usize) {
        let waits = |witness: &super::fleet::Witness, died: Instant| first_after(&witness.received, died);
        self.waits(self.servers.iter().copied(), fleet, waits)
    }

    /// The same of the database: how long until something more was durable.
    pub fn durable_again(&self, fleet: &Fleet) -> (Vec<Duration>, usize) {
        let waits = |witness: &super::fleet::Witness, died: Instant| first_after(&witness.committed, died);
        self.waits(self.databases.iter().map(|(died, _)| *died), fleet, waits)
    }

    fn waits(
        &self,
        kills: impl Iterator<Item = Instant>,
        fleet: &Fleet,
        wait: impl Fn(&super::fleet::Witness, Instant) -> Option<Duration>,
    ) -> (Vec<Duration>, usize) {
        let (mut waits, mut never) = (Vec::new(), 0);
        for died in kills {
            for session in &fleet.sessions {
                let witness = session.witness();
                let was_live = witness.connected.first().is_some_and(|(at, _)| *at < died);
                match wait(&witness, died) {
                    Some(waited) if was_live => waits.push(waited),
                    None if was_live => never += 1,
                    _ => {}
                }
            }
        }
        (waits, never)
    }

    /// Says how it went.
    pub fn print(&self, fleet: &Fleet) {
        for (what, (waits, never)) in [
            (
                "from a kill of the server to the next new frame received",
                self.back(fleet),
            ),
            (
                "from a kill of the database to the next commit",
                self.durable_again(fleet),
            ),
        ] {
            let at = |share| ms(quantile(&waits, share));
            println!(
                "  {what}: p50 {:.0} ms, p95 {:.0} ms, p99 {:.0} ms, max {:.0} ms; {} waits, {never} with nothing left to send",
                at(0.5),
                at(0.95),
                at(0.99),
                at(1.0),
                waits.len()
            );
        }
        let away: Vec<Duration> = (self.databases.iter())
            .map(|(died, again)| again.duration_since(*died))
            .collect();
        println!("  the database was away for {:.0} ms at most", ms(quantile(&away, 1.0)));
    }
}

/// `count` pauses of `mean`, each between a quarter of it and seven quarters, the same for the same seed.
pub fn pauses(seed: u64, count: usize, mean: Duration) -> Vec<Duration> {
    let mut random = seed;
    let mut share = || {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (random >> 40) as f64 / f64::from(1_u32 << 24)
    };
    (0..count).map(|_| mean.mul_f64(0.25 + 1.5 * share())).collect()
}
