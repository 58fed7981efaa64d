//! A meeting as it goes by in a terminal: what was said by whom, the one thing to do now, and how much of it is safe.

use super::terminal::{self, Ink, ink, line};
use crate::render::clock;
use attune_engine::live::LiveMeasures;
use attune_engine::speaker::{Speaker, Track};
use attune_ingest::client::ClientEvent;
use attune_ingest::protocol::{Level, ServerEvent, Stream, Trouble, TroubleKind};
use indicatif::ProgressBar;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::io::{self, IsTerminal};

/// Where no one looks at a bar, a line every so much of the meeting says how far it is.
const LINE_EVERY_MS: u64 = 30_000;

/// 16 kHz samples in a millisecond: what `committed` counts in.
const SAMPLES_PER_MS: u64 = attune_engine::clock::SAMPLES_PER_MS;

/// Shows a meeting, and remembers what is asked about it afterwards.
#[derive(Debug)]
pub(super) struct Watch {
    bar: ProgressBar,
    has_bar: bool,
    /// Per audio track, the meeting time before which everything is committed.
    saved_ms: BTreeMap<Stream, u64>,
    measures: LiveMeasures,
    told_to_ms: u64,
    told_ending: bool,
    level: Option<Level>,
    troubles: Vec<Trouble>,
}

impl Watch {
    /// For a meeting of `tracks` that lasts `length_ms`.
    pub(super) fn new(tracks: impl IntoIterator<Item = Track>, length_ms: u64) -> Self {
        let has_bar = io::stdout().is_terminal() && io::stderr().is_terminal();
        Self {
            bar: if has_bar {
                terminal::meeting_bar(length_ms)
            } else {
                ProgressBar::hidden()
            },
            has_bar,
            saved_ms: tracks.into_iter().map(|track| (Stream::from(track), 0)).collect(),
            measures: LiveMeasures::default(),
            told_to_ms: 0,
            told_ending: false,
            level: None,
            troubles: Vec::new(),
        }
    }

    /// Everything before this is decided and durable on every track, in milliseconds.
    pub(super) fn saved_ms(&self) -> u64 {
        self.saved_ms.values().copied().min().unwrap_or(0)
    }

    /// Shows what happened.
    pub(super) fn on(&mut self, event: &ClientEvent) {
        match event {
            ClientEvent::Connected { epoch, welcome } => {
                if *epoch > 1 {
                    self.say(ink(Ink::Dim, "      connected again"));
                }
                // What an earlier connection saved is not told of again.
                for (stream, position) in &welcome.streams {
                    self.on_saved(*stream, position.decided_sample);
                }
            }
            ClientEvent::Disconnected { reason, retry_in } => self.say(ink(
                Ink::Yellow,
                format_args!(
                    "      no connection ({reason}); what was said is kept, trying again in {} s",
                    retry_in.as_secs().max(1)
                ),
            )),
            ClientEvent::Deferred => {
                // The status that says so says no more than this.
                self.level = Some(Level::Overloaded);
                self.say(ink(
                    Ink::Yellow,
                    "         words are late: the server is busy, and what is said is kept here until it is not",
                ));
            }
            ClientEvent::Draining => self.say(ink(
                Ink::Dim,
                "         the server has time again: what was kept is on its way",
            )),
            ClientEvent::Server(envelope) => self.on_server(&envelope.event),
            _ => {}
        }
    }

    fn on_server(&mut self, event: &ServerEvent) {
        match event {
            ServerEvent::Final(decided) => {
                let text: Vec<_> = decided.words.iter().map(|word| word.text.as_str()).collect();
                if !text.is_empty() {
                    self.say(spoken(decided.speaker, decided.span.start.as_ms(), &text.join(" ")));
                }
            }
            ServerEvent::Nudge(nudge) => self.say(ink(
                Ink::Yellow,
                format_args!(
                    "{:>7}  ▶ {}: {} [{}]",
                    clock(nudge.at_ms),
                    nudge.headline,
                    nudge.evidence,
                    nudge.rule
                ),
            )),
            ServerEvent::Gap(gap) => self.say(ink(
                Ink::Red,
                format_args!(
                    "{:>7}  lost on {} until {}: {}",
                    clock(gap.t0_ms),
                    gap.track.as_str(),
                    clock(gap.t1_ms),
                    gap.reason
                ),
            )),
            ServerEvent::Suppressed(suppressed) => self.say(ink(
                Ink::Dim,
                format_args!(
                    "{:>7}  nothing was said on {}: {}",
                    clock(suppressed.t0_ms),
                    suppressed.track.as_str(),
                    suppressed.reason
                ),
            )),
            ServerEvent::Committed { stream, sample, .. } => self.on_saved(*stream, *sample),
            ServerEvent::Measures { measures, .. } => {
                if let Ok(measures) = serde_json::from_value(measures.clone()) {
                    self.measures = measures;
                    self.tell_progress();
                }
            }
            ServerEvent::Status { level, lag_ms, .. } => self.on_level(*level, *lag_ms),
            ServerEvent::Troubles { troubles } => self.on_troubles(troubles),
            ServerEvent::Ending { left_ms } if *left_ms > 0 && !self.told_ending => {
                self.told_ending = true;
                self.say(ink(
                    Ink::Dim,
                    format_args!("         the last {} s are being decided", left_ms.div_ceil(1000)),
                ));
            }
            ServerEvent::Error(notice) => self.say(ink(Ink::Red, format_args!("         {}", notice.message))),
            _ => {}
        }
    }

    /// Everything of `stream` before `sample` is decided and durable.
    fn on_saved(&mut self, stream: Stream, sample: u64) {
        if let Some(saved) = self.saved_ms.get_mut(&stream) {
            *saved = (*saved).max(sample / SAMPLES_PER_MS);
            self.tell_progress();
        }
    }

    fn on_level(&mut self, level: Level, lag_ms: u64) {
        let before = self.level.replace(level);
        if before == Some(level) || (before.is_none() && level == Level::Normal) {
            return;
        }
        self.say(match level {
            Level::Normal => ink(Ink::Dim, "         the server keeps up again"),
            Level::Lagging => ink(
                Ink::Dim,
                format_args!("         words come {} s late", lag_ms.div_ceil(1000)),
            ),
            Level::Overloaded => ink(Ink::Dim, "         the server is busy: audio waits here"),
        });
    }

    /// Each trouble once, while it stands.
    fn on_troubles(&mut self, troubles: &[Trouble]) {
        for trouble in troubles.iter().filter(|trouble| !self.troubles.contains(trouble)) {
            self.say(ink(
                Ink::Red,
                format_args!(
                    "{:>7}  {} {}",
                    clock(trouble.since_ms),
                    trouble.track.as_str(),
                    match trouble.kind {
                        TroubleKind::Silent => "has been silent for a minute: is it muted?",
                        TroubleKind::Changed => "is captured from another device",
                        TroubleKind::Denied => "may not be captured: allow it, and begin again",
                        TroubleKind::Ended => "is no longer captured",
                    }
                ),
            ));
        }
        self.troubles = troubles.to_vec();
    }

    /// The bar, or now and then a line.
    fn tell_progress(&mut self) {
        let saved_ms = self.saved_ms();
        if self.has_bar {
            self.bar.set_position(saved_ms / 1000);
            self.bar
                .set_message(format!("saved to {}{}", clock(saved_ms), shown(&self.measures)));
        } else if saved_ms >= self.told_to_ms + LINE_EVERY_MS {
            self.told_to_ms = saved_ms;
            self.say_saved(saved_ms);
        }
    }

    fn say(&self, text: impl Display) {
        self.bar.suspend(|| line(text));
    }

    /// Takes the bar away; the last word is how much is safe.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
        if self.saved_ms() != self.told_to_ms {
            self.say_saved(self.saved_ms());
        }
    }

    fn say_saved(&self, saved_ms: u64) {
        self.say(ink(
            Ink::Dim,
            format_args!("{:>7}  saved to {}{}", "", clock(saved_ms), shown(&self.measures)),
        ));
    }
}

/// One stretch of speech as a line.
fn spoken(speaker: Speaker, at_ms: u64, text: &str) -> String {
    let who = match speaker {
        Speaker::Me => ink(Ink::Green, "me  "),
        Speaker::Them => ink(Ink::Blue, "them"),
        Speaker::Unknown => ink(Ink::Bold, "    "),
    };
    format!("{:>7}  {who}  {text}", clock(at_ms))
}

/// The measures that are there, for the end of a line.
fn shown(measures: &LiveMeasures) -> String {
    let mut shown = String::new();
    if let Some(share) = measures.talk_share_me {
        shown.push_str(&format!(" · you {:.0} %", share * 100.0));
    }
    if let Some(wpm) = measures.pace_wpm {
        shown.push_str(&format!(" · {wpm:.0} words/min"));
    }
    if let Some(fillers) = measures.fillers_per_min {
        shown.push_str(&format!(" · {fillers:.1} fillers/min"));
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use attune_ingest::protocol::{Limits, StreamPosition, Welcome};

    #[test]
    fn a_meeting_is_as_safe_as_its_least_safe_track() {
        let mut watch = Watch::new([Track::Mic, Track::Tab], 60_000);
        let committed = |stream, sample| ServerEvent::Committed {
            stream,
            sample,
            release_seq: 0,
        };
        watch.on_server(&committed(Stream::Mic, 160_000));
        assert_eq!(watch.saved_ms(), 0);
        watch.on_server(&committed(Stream::Tab, 80_000));
        assert_eq!(watch.saved_ms(), 5_000);
        // The control stream is committed too, but nothing of it is heard.
        watch.on_server(&committed(Stream::Control, 0));
        assert_eq!(watch.saved_ms(), 5_000);
    }

    #[test]
    fn what_was_saved_before_a_connection_was_lost_counts_on_the_next() {
        let mut watch = Watch::new([Track::Mic, Track::Tab], 60_000);
        let position = |decided_sample| StreamPosition {
            decided_sample,
            ..StreamPosition::default()
        };
        let streams = [(Stream::Mic, position(160_000)), (Stream::Tab, position(320_000))];
        watch.on(&ClientEvent::Connected {
            epoch: 2,
            welcome: Box::new(Welcome {
                streams: streams.into(),
                credit_ms: 0,
                limits: Limits::default(),
                ended: false,
                sink: false,
            }),
        });
        assert_eq!(watch.saved_ms(), 10_000);
    }

    #[test]
    fn only_measures_that_are_there_are_shown() {
        let mut measures = LiveMeasures::default();
        assert_eq!(shown(&measures), "");
        measures.talk_share_me = Some(0.687);
        measures.pace_wpm = Some(151.6);
        assert_eq!(shown(&measures), " · you 69 % · 152 words/min");
    }
}
