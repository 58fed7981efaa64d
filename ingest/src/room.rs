//! Room for sound that is not decided: what a node may hold of it in memory, and each tenant of that. Every connection may hold a
//! minute of a track, but not all of them at once: as the room fills, each is given less credit, so that clients hold what
//! the node cannot, and where it is full, what still comes closes its connection.

use crate::protocol::Limits;
use attune_engine::clock::SAMPLES_PER_MS;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use uuid::Uuid;

/// A millisecond of a track, at 16 kHz in 16 bits.
const BYTES_PER_MS: u64 = SAMPLES_PER_MS * 2;

/// Of a node's room, what one tenant may take: whoever else is there finds some.
const OF_A_TENANT: u64 = 2;

/// The room of a node.
#[derive(Debug)]
pub struct Room {
    most: AtomicU64,
    held: AtomicU64,
    tenants: Mutex<HashMap<Uuid, Arc<AtomicU64>>>,
}

/// What one connection holds of it; given back when dropped.
#[derive(Debug)]
pub struct Place {
    room: Arc<Room>,
    tenant: Uuid,
    of_tenant: Arc<AtomicU64>,
    held: u64,
}

impl Default for Room {
    fn default() -> Self {
        Self::of_bytes(Self::BYTES)
    }
}

impl Room {
    /// A gibibyte: a minute of each of 560 tracks.
    pub const BYTES: u64 = 1024 * 1024 * 1024;

    /// Room for so many bytes of sound.
    pub fn of_bytes(most: u64) -> Self {
        Self {
            most: AtomicU64::new(most),
            held: AtomicU64::new(0),
            tenants: Mutex::default(),
        }
    }

    /// From now on there is room for so many bytes.
    pub fn resize(&self, most: u64) {
        self.most.store(most, Ordering::Relaxed);
    }

    /// Bytes that are held now, and that may be.
    pub fn taken(&self) -> (u64, u64) {
        (self.held.load(Ordering::Relaxed), self.most.load(Ordering::Relaxed))
    }

    /// A place for a connection of `tenant`, which holds nothing yet.
    pub fn enter(self: &Arc<Self>, tenant: Uuid) -> Place {
        let of_tenant = Arc::clone(self.tenants().entry(tenant).or_default());
        Place {
            room: Arc::clone(self),
            tenant,
            of_tenant,
            held: 0,
        }
    }

    fn tenants(&self) -> MutexGuard<'_, HashMap<Uuid, Arc<AtomicU64>>> {
        self.tenants
            .lock()
            .expect("invariant: nothing panics while holding this lock")
    }
}

impl Place {
    /// The connection holds `ms` of sound now, over its tracks.
    pub(crate) fn holds(&mut self, ms: u64) {
        let bytes = ms.saturating_mul(BYTES_PER_MS);
        for counted in [&self.room.held, &*self.of_tenant] {
            // Wraps where less is held than before, and so comes out right.
            counted.fetch_add(bytes.wrapping_sub(self.held), Ordering::Relaxed);
        }
        self.held = bytes;
    }

    /// Of the `most_ms` that a track may hold, what it may now: all of it until half of the room is taken, then less, and
    /// nothing once there is none.
    pub(crate) fn allows_ms(&self, most_ms: u32) -> u32 {
        let (left, most) = self.left();
        let most_ms = u64::from(most_ms);
        let allowed = (u128::from(most_ms) * 2 * u128::from(left)).checked_div(u128::from(most));
        allowed.map_or(0, |ms| ms.min(u128::from(most_ms)) as u32)
    }

    /// What a track may hold before its connection is closed for it: what is in flight when credit runs out, and where there is
    /// room, the whole of its credit too. A client learns a second late that it may hold less, and is not at fault until then.
    pub(crate) fn most_ms(&self, limits: &Limits) -> u32 {
        let credit_ms = if self.is_full() { 0 } else { limits.undecided_ms };
        credit_ms + limits.over_credit_ms
    }

    /// There is none left.
    pub(crate) fn is_full(&self) -> bool {
        self.left().0 == 0
    }

    /// What is left, of how much: of the node's or of the tenant's, whichever is scarcer.
    fn left(&self) -> (u64, u64) {
        let (held, most) = self.room.taken();
        let (of_tenant, tenants_most) = (self.of_tenant.load(Ordering::Relaxed), most / OF_A_TENANT);
        // Both in the measure of the tenant's.
        let nodes = most.saturating_sub(held) / OF_A_TENANT;
        (nodes.min(tenants_most.saturating_sub(of_tenant)), tenants_most)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.holds(0);
        let mut tenants = self.room.tenants();
        // The map's own, and this one.
        if Arc::strong_count(&self.of_tenant) <= 2 {
            tenants.remove(&self.tenant);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MINUTE: u32 = 60_000;

    /// Room for so many minutes of a track.
    fn room_of(minutes: u64) -> Arc<Room> {
        Arc::new(Room::of_bytes(minutes * u64::from(MINUTE) * BYTES_PER_MS))
    }

    #[test]
    fn a_track_may_hold_its_minute_until_half_of_the_room_is_taken_and_then_less_and_less() {
        let room = room_of(100);
        let tenants: Vec<Uuid> = (0..4).map(|_| Uuid::now_v7()).collect();
        let mut places: Vec<Place> = tenants.iter().map(|&tenant| room.enter(tenant)).collect();
        let asked = room.enter(Uuid::now_v7());
        let mut told = Vec::new();
        for step in 0..=4 {
            told.push(asked.allows_ms(MINUTE));
            if let Some(place) = places.get_mut(step) {
                place.holds(25 * u64::from(MINUTE));
            }
        }
        assert_eq!(told, [60_000, 60_000, 60_000, 30_000, 0]);
        assert!(asked.is_full());
        drop(places.pop());
        assert_eq!(
            asked.allows_ms(MINUTE),
            30_000,
            "a place that is left gives its room back"
        );
        assert!(!asked.is_full());
    }

    #[test]
    fn a_tenant_takes_half_of_the_room_and_leaves_the_rest_to_others() {
        let room = room_of(100);
        let (greedy, other) = (Uuid::now_v7(), Uuid::now_v7());
        let mut places: Vec<Place> = (0..5).map(|_| room.enter(greedy)).collect();
        let neighbour = room.enter(other);
        for place in &mut places {
            place.holds(10 * u64::from(MINUTE));
        }
        assert!(places[0].is_full());
        assert_eq!(places[0].allows_ms(MINUTE), 0);
        assert_eq!(neighbour.allows_ms(MINUTE), MINUTE);
        places[0].holds(0);
        assert_eq!(places[1].allows_ms(MINUTE), 24_000, "a fifth of the tenant's is free");
    }

    #[test]
    fn who_has_left_is_forgotten() {
        let room = room_of(1);
        let tenant = Uuid::now_v7();
        let (mut first, second) = (room.enter(tenant), room.enter(tenant));
        first.holds(1_000);
        drop(first);
        assert_eq!(room.tenants().len(), 1);
        drop(second);
        assert!(room.tenants().is_empty());
        assert_eq!(room.taken().0, 0);
    }

    #[test]
    fn no_room_at_all_allows_nothing() {
        let place = Arc::new(Room::of_bytes(0)).enter(Uuid::nil());
        assert_eq!(place.allows_ms(MINUTE), 0);
        assert!(place.is_full());
    }

    proptest! {
        #[test]
        fn what_is_held_is_the_sum_of_what_every_connection_holds(
            steps in proptest::collection::vec((0_usize..6, proptest::option::of(0_u64..120_000)), 0..60),
        ) {
            let room = room_of(3);
            let tenants = [Uuid::now_v7(), Uuid::now_v7()];
            let mut places: [Option<Place>; 6] = std::array::from_fn(|_| None);
            let mut held = [0_u64; 6];
            for (number, ms) in steps {
                held[number] = ms.unwrap_or(0);
                match ms {
                    Some(ms) => places[number]
                        .get_or_insert_with(|| room.enter(tenants[number % 2]))
                        .holds(ms),
                    None => places[number] = None,
                }
                prop_assert_eq!(room.taken().0, held.iter().sum::<u64>() * BYTES_PER_MS);
                for (tenant, id) in tenants.iter().enumerate() {
                    let sum: u64 = held.iter().skip(tenant).step_by(2).sum();
                    let counted = room.tenants().get(id).map_or(0, |held| held.load(Ordering::Relaxed));
                    prop_assert_eq!(counted, sum * BYTES_PER_MS);
                }
            }
        }
    }
}
