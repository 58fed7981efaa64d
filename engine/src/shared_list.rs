//! A list that only grows, for state that is copied at every commit: a copy costs the same however long the list is.

use std::ops::{Index, Range};
use std::sync::Arc;

/// Values in a chunk: a copy takes at most so many, and the list of chunks is copied once in so many pushes. `[D]`
const CHUNK: usize = 64;

/// Values in the order in which they came. Copies share every chunk that is full; a full chunk is copied only where a value in it
/// is changed while another copy lives.
#[derive(Debug, Clone)]
pub(crate) struct SharedList<T> {
    full: Arc<Vec<Arc<Vec<T>>>>,
    /// The values that fill no chunk yet.
    open: Vec<T>,
}

impl<T> Default for SharedList<T> {
    fn default() -> Self {
        Self {
            full: Arc::default(),
            open: Vec::new(),
        }
    }
}

impl<T> SharedList<T> {
    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.full.len() * CHUNK + self.open.len()
    }

    /// The value at `place`, from 0, if there is one.
    pub(crate) fn get(&self, place: usize) -> Option<&T> {
        match self.full.get(place / CHUNK) {
            Some(chunk) => chunk.get(place % CHUNK),
            None => self.open.get(place - self.full.len() * CHUNK),
        }
    }

    /// The last value, if there is one.
    pub(crate) fn last(&self) -> Option<&T> {
        self.get(self.len().checked_sub(1)?)
    }

    /// All values.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.range(0..self.len())
    }

    /// The values at `places`.
    ///
    /// # Panics
    /// When it comes to one that there is none at.
    pub(crate) fn range(&self, places: Range<usize>) -> impl DoubleEndedIterator<Item = &T> {
        places.map(|place| &self[place])
    }

    /// The place of the first value for which `is_before` is false; all for which it is true come before it.
    pub(crate) fn partition_point(&self, is_before: impl Fn(&T) -> bool) -> usize {
        let before = |chunk: &Arc<Vec<T>>| chunk.last().is_some_and(&is_before);
        let chunks = self.full.partition_point(before);
        let within = self.full.get(chunks).map_or(&self.open, Arc::as_ref);
        chunks * CHUNK + within.partition_point(&is_before)
    }
}

impl<T: Clone> SharedList<T> {
    /// Adds a value.
    pub(crate) fn push(&mut self, value: T) {
        self.open.push(value);
        if self.open.len() == CHUNK {
            let full = std::mem::replace(&mut self.open, Vec::with_capacity(CHUNK));
            Arc::make_mut(&mut self.full).push(Arc::new(full));
        }
    }

    /// The value at `place`, to change it.
    pub(crate) fn get_mut(&mut self, place: usize) -> Option<&mut T> {
        let closed = self.full.len() * CHUNK;
        if place >= closed {
            return self.open.get_mut(place - closed);
        }
        let chunk = Arc::make_mut(&mut self.full).get_mut(place / CHUNK)?;
        Arc::make_mut(chunk).get_mut(place % CHUNK)
    }
}

impl<T> Index<usize> for SharedList<T> {
    type Output = T;

    fn index(&self, place: usize) -> &T {
        self.get(place).expect("invariant: places are asked for that there are")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn list(values: impl IntoIterator<Item = u32>) -> SharedList<u32> {
        let mut list = SharedList::default();
        values.into_iter().for_each(|value| list.push(value));
        list
    }

    proptest! {
        #[test]
        fn it_holds_what_a_vector_holds(values in prop::collection::vec(0u32..1_000, 0..300), limit in 0u32..1_000) {
            let mut sorted = values.clone();
            sorted.sort_unstable();
            let held = list(values.clone());
            prop_assert_eq!(held.last(), values.last());
            prop_assert_eq!(held.iter().copied().collect::<Vec<_>>(), values);
            let found = list(sorted.clone()).partition_point(|value| *value < limit);
            prop_assert_eq!(found, sorted.partition_point(|value| *value < limit));
        }

        #[test]
        fn what_is_done_to_a_copy_is_not_done_to_the_other(
            values in prop::collection::vec(0u32..1_000, 1..300),
            more in prop::collection::vec(0u32..1_000, 0..100),
            place in any::<prop::sample::Index>(),
        ) {
            let first = list(values.clone());
            let mut copy = first.clone();
            more.iter().for_each(|value| copy.push(*value));
            let place = place.index(values.len());
            *copy.get_mut(place).unwrap() = 5_000;
            let mut changed = [values.clone(), more].concat();
            changed[place] = 5_000;
            prop_assert_eq!(copy.iter().copied().collect::<Vec<_>>(), changed);
            prop_assert_eq!(first.iter().copied().collect::<Vec<_>>(), values);
        }
    }

    #[test]
    fn a_copy_shares_what_is_full() {
        let first = list(0..1_000);
        let copy = first.clone();
        assert!(std::ptr::eq(&raw const first[0], &raw const copy[0]));
        assert_eq!((first.len(), first.get(1_000)), (1_000, None));
    }
}
