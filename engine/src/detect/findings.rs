//! What was found so far, in the order in which it was judged. It is copied whenever a meeting is looked at as though it ended
//! now, so copies share what is old, and what ended lately is found without looking at the rest.

use super::{Asked, Detections, Event, Interruption, Promise};
use crate::clock::{MeetingTime, Span};
use crate::shared_list::SharedList;

/// Something with an end.
pub(crate) trait Ends {
    /// When it ends.
    fn end(&self) -> MeetingTime;
}

impl Ends for Event {
    fn end(&self) -> MeetingTime {
        self.span.end
    }
}

impl Ends for Asked {
    fn end(&self) -> MeetingTime {
        self.event.span.end
    }
}

impl Ends for Promise {
    fn end(&self) -> MeetingTime {
        self.event.span.end
    }
}

/// Findings of one kind.
#[derive(Debug, Clone)]
pub(crate) struct Events<T> {
    found: SharedList<T>,
    /// Of each: when it and all before it had ended. They rise, so that one can be looked for.
    ended: SharedList<MeetingTime>,
}

impl<T> Default for Events<T> {
    fn default() -> Self {
        Self {
            found: SharedList::default(),
            ended: SharedList::default(),
        }
    }
}

impl<T: Ends + Clone> Events<T> {
    /// Notes one more, and says at which place.
    pub(super) fn push(&mut self, found: T) -> usize {
        let before = self.ended.last().copied().unwrap_or_default();
        self.ended.push(found.end().max(before));
        self.found.push(found);
        self.found.len() - 1
    }

    /// Changes the one at `place`, which may then end later, not earlier.
    pub(super) fn change(&mut self, place: usize, change: impl FnOnce(&mut T)) {
        let Some(found) = self.found.get_mut(place) else {
            return;
        };
        change(found);
        let end = found.end();
        for later in place..self.ended.len() {
            match self.ended.get_mut(later) {
                Some(ended) if *ended < end => *ended = end,
                _ => break,
            }
        }
    }

    /// Those that end at `from` or later.
    pub(crate) fn since(&self, from: MeetingTime) -> impl Iterator<Item = &T> {
        let first = self.ended.partition_point(|ended| *ended < from);
        let recent = self.found.range(first..self.found.len());
        recent.filter(move |found| found.end() >= from)
    }

    fn sorted(&self, by: impl Fn(&T) -> &Event) -> Vec<T> {
        let mut all: Vec<T> = self.found.iter().cloned().collect();
        all.sort_by_key(|found| {
            let event = by(found);
            (event.span.start, event.speaker, event.span.end)
        });
        all
    }
}

impl Events<Event> {
    /// Notes `event`; where it goes on as the one at a place, that one becomes longer. Says at which place it is.
    pub(super) fn add(&mut self, event: Event, goes_on: Option<usize>) -> usize {
        match goes_on {
            Some(place) => {
                self.change(place, |earlier| *earlier = earlier.to(&event));
                place
            }
            None => self.push(event),
        }
    }

    fn all(&self) -> Vec<Event> {
        self.sorted(|event| event)
    }
}

impl Event {
    /// The event that goes on as far as `other` does.
    pub(super) fn to(self, other: &Self) -> Self {
        Self {
            span: Span::new(self.span.start, other.span.end),
            last: other.last,
            ..self
        }
    }
}

/// Everything found so far, but for what waits for the end. As [`Detections`] has it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Findings {
    pub(super) words: Vec<usize>,
    pub(crate) questions: Events<Asked>,
    pub(crate) fillers: Events<Event>,
    pub(super) markers: Events<Event>,
    pub(crate) lexical: Events<Event>,
    pub(crate) backchannels: Events<Event>,
    pub(super) interruptions: SharedList<Interruption>,
    pub(super) suggestions: Events<Event>,
    pub(super) offers: Events<Event>,
    pub(crate) commitments: Events<Promise>,
    pub(super) hedges: Events<Event>,
}

impl Findings {
    /// The same in order of time.
    pub(super) fn detections(&self) -> Detections {
        let mut interruptions: Vec<Interruption> = self.interruptions.iter().copied().collect();
        interruptions.sort_by_key(|cut| (cut.at, cut.of, cut.by));
        Detections {
            words: self.words.clone(),
            questions: self.questions.sorted(|asked| &asked.event),
            fillers: self.fillers.all(),
            markers: self.markers.all(),
            lexical: self.lexical.all(),
            backchannels: self.backchannels.all(),
            interruptions,
            suggestions: self.suggestions.all(),
            offers: self.offers.all(),
            commitments: self.commitments.sorted(|promise| &promise.event),
            hedges: self.hedges.all(),
            ..Detections::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn event(start_ms: u64, end_ms: u64) -> Event {
        Event {
            speaker: 0,
            span: Span::new(MeetingTime::from_ms(start_ms), MeetingTime::from_ms(end_ms)),
            first: 0,
            last: 0,
        }
    }

    proptest! {
        #[test]
        fn those_since_a_moment_are_all_that_end_there_or_later(
            drawn in prop::collection::vec((0u64..10_000, 0u64..3_000, prop::option::of(any::<prop::sample::Index>())), 0..200),
            from_ms in 0u64..15_000,
        ) {
            let mut events = Events::default();
            let mut plain: Vec<Event> = Vec::new();
            for (start_ms, long_ms, grows) in drawn {
                let next = event(start_ms, start_ms + long_ms);
                match grows.filter(|_| !plain.is_empty()).map(|grows| grows.index(plain.len())) {
                    Some(place) => {
                        let end_ms = plain[place].span.end.as_ms() + long_ms;
                        let grown = event(start_ms, end_ms);
                        events.add(grown, Some(place));
                        plain[place] = plain[place].to(&grown);
                    }
                    None => {
                        prop_assert_eq!(events.add(next, None), plain.len());
                        plain.push(next);
                    }
                }
            }
            let from = MeetingTime::from_ms(from_ms);
            plain.retain(|event| event.span.end >= from);
            prop_assert_eq!(events.since(from).copied().collect::<Vec<_>>(), plain);
        }
    }
}
