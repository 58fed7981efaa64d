//! How much audio may be under way: the client's side of credit, without a clock or a socket.
//!
//! A track's *undecided* audio is what was sent above the sample that the server last said it had decided. `credit_ms`
//! counts from the last frame that the server has acknowledged, so that it, plus what is acknowledged but undecided, is
//! the window that the track's undecided audio must stay in.

use crate::protocol::Stream;
use std::collections::{BTreeMap, VecDeque};

/// The window of each audio track.
#[derive(Debug)]
pub(super) struct Window {
    tracks: BTreeMap<Stream, Track>,
    credit_ms: u32,
}

#[derive(Debug)]
struct Track {
    /// The 16 kHz sample before which everything is decided: what is sent below it only warms up.
    decided_16k: u64,
    /// Frames sent that are not decided, oldest first.
    undecided: VecDeque<Sent>,
    window_ms: u64,
}

#[derive(Debug, Clone, Copy)]
struct Sent {
    seq: u64,
    /// The 16 kHz sample after its last.
    end_16k: u64,
    ms: u32,
    acknowledged: bool,
}

impl Window {
    /// The window of a new connection: nothing is under way.
    pub(super) fn new(credit_ms: u32) -> Self {
        Self {
            tracks: BTreeMap::new(),
            credit_ms,
        }
    }

    /// Whether `ms` more of `stream` may be sent.
    pub(super) fn takes(&self, stream: Stream, ms: u32) -> bool {
        match self.tracks.get(&stream) {
            Some(track) => track.undecided_ms() + u64::from(ms) <= track.window_ms,
            None => ms <= self.credit_ms,
        }
    }

    /// A frame of `stream` is on its way; it ends at the 16 kHz sample `end_16k`.
    pub(super) fn sent(&mut self, stream: Stream, seq: u64, end_16k: u64, ms: u32) {
        let track = self.track(stream);
        if end_16k <= track.decided_16k {
            return;
        }
        track.undecided.push_back(Sent {
            seq,
            end_16k,
            ms,
            acknowledged: false,
        });
    }

    /// The frames of `stream` up to `seq` have arrived.
    pub(super) fn received(&mut self, stream: Stream, seq: u64) {
        if let Some(track) = self.tracks.get_mut(&stream) {
            let arrived = track.undecided.iter_mut().filter(|sent| sent.seq <= seq);
            arrived.for_each(|sent| sent.acknowledged = true);
        }
    }

    /// Everything of `stream` before the 16 kHz sample `sample` is decided.
    pub(super) fn committed(&mut self, stream: Stream, sample: u64) {
        let track = self.track(stream);
        track.decided_16k = track.decided_16k.max(sample);
        while track
            .undecided
            .front()
            .is_some_and(|sent| sent.end_16k <= track.decided_16k)
        {
            track.undecided.pop_front();
        }
    }

    fn track(&mut self, stream: Stream) -> &mut Track {
        let credit_ms = self.credit_ms;
        self.tracks.entry(stream).or_insert_with(|| Track {
            decided_16k: 0,
            undecided: VecDeque::new(),
            window_ms: u64::from(credit_ms),
        })
    }

    /// The server takes `credit_ms` beyond what it has acknowledged.
    pub(super) fn credit(&mut self, credit_ms: u32) {
        self.credit_ms = credit_ms;
        for track in self.tracks.values_mut() {
            let acknowledged = track.undecided.iter().filter(|sent| sent.acknowledged);
            let arrived_ms: u64 = acknowledged.map(|sent| u64::from(sent.ms)).sum();
            track.window_ms = arrived_ms + u64::from(credit_ms);
        }
    }
}

impl Track {
    fn undecided_ms(&self) -> u64 {
        self.undecided.iter().map(|sent| u64::from(sent.ms)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: u32 = 240;
    const SAMPLES: u64 = 3_840;

    fn send_while_taken(window: &mut Window, from: u64) -> u64 {
        let mut seq = from;
        while window.takes(Stream::Mic, FRAME) {
            window.sent(Stream::Mic, seq, (seq + 1) * SAMPLES, FRAME);
            seq += 1;
        }
        seq
    }

    #[test]
    fn audio_is_sent_up_to_the_credit_and_not_beyond() {
        let mut window = Window::new(2_400);
        assert_eq!(send_while_taken(&mut window, 0), 10);
    }

    #[test]
    fn what_is_decided_makes_room_again() {
        let mut window = Window::new(2_400);
        send_while_taken(&mut window, 0);
        window.received(Stream::Mic, 9);
        assert!(!window.takes(Stream::Mic, FRAME), "an ack is not a decision");
        window.committed(Stream::Mic, 4 * SAMPLES);
        assert_eq!(send_while_taken(&mut window, 10), 14);
    }

    #[test]
    fn a_lower_credit_counts_from_what_is_acknowledged() {
        let mut window = Window::new(2_400);
        send_while_taken(&mut window, 0);
        window.received(Stream::Mic, 4);
        window.credit(1_440);
        assert_eq!(
            send_while_taken(&mut window, 10),
            11,
            "5 arrived, 6 more fit, 5 of those are under way"
        );
    }

    #[test]
    fn no_credit_stops_one_track_and_not_the_other() {
        let mut window = Window::new(FRAME);
        window.sent(Stream::Mic, 0, SAMPLES, FRAME);
        assert!(!window.takes(Stream::Mic, FRAME));
        assert!(window.takes(Stream::Tab, FRAME));
    }

    #[test]
    fn what_only_warms_up_needs_no_credit() {
        let mut window = Window::new(FRAME);
        window.committed(Stream::Mic, 10 * SAMPLES);
        for seq in 0..10 {
            assert!(window.takes(Stream::Mic, FRAME));
            window.sent(Stream::Mic, seq, (seq + 1) * SAMPLES, FRAME);
        }
        assert_eq!(send_while_taken(&mut window, 10), 11);
    }

    #[test]
    fn a_skip_that_is_decided_gives_no_credit_of_its_own() {
        let mut window = Window::new(2_400);
        send_while_taken(&mut window, 0);
        window.committed(Stream::Mic, 300 * SAMPLES);
        assert_eq!(send_while_taken(&mut window, 300), 310);
    }
}
