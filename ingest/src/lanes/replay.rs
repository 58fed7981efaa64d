//! Sessions replayed under a clock that is moved by hand: real listeners, lanes and queue, a recognizer that knows the
//! script, workers that take as long as they are told. What a person would see, and when, to the tick.

use super::{Class, Lane, Lanes, Shown};
use crate::hearing::queue::{Queue, Taken};
use crate::hearing::{Ahead, Answer, Job, MayLeave, NoWords, Purpose};
use crate::ports::Decided;
use crate::protocol::SampleClass;
use attune_engine::clock::SAMPLES_PER_MS;
use attune_engine::listener::Segment;
use attune_engine::recognize::{Recognition, RecognizedWord, RecognizerInfo};
use attune_engine::speaker::{Speaker, Track};
use std::fmt::Write;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::time::Instant;
use uuid::Uuid;

/// How far the clock moves at a time: what a client captures at once.
pub(crate) const TICK_MS: u64 = 20;

/// A word and when it was said.
pub(crate) type Word = (&'static str, u64, u64);

/// What a recognition costs: so much, and so much for each second of audio.
#[derive(Clone, Copy)]
struct Cost {
    fixed_ms: u64,
    per_s_ms: u64,
}

/// base.en and tiny.en, about, on a core of the reference machine.
const FINAL: Cost = Cost {
    fixed_ms: 80,
    per_s_ms: 120,
};
const PARTIAL: Cost = Cost {
    fixed_ms: 40,
    per_s_ms: 50,
};

struct Replay {
    queue: Queue<usize>,
    workers: Vec<Option<(Taken<usize>, u64, u64)>>,
    sessions: Vec<Session>,
    begin: Instant,
    now_ms: u64,
    /// Everything costs so many times as much.
    times: u64,
    /// A worker that trips over everything it begins from this moment on.
    broken: Option<(usize, u64)>,
}

struct Session {
    lanes: Lanes,
    scripts: Vec<(Track, Vec<Word>)>,
    log: String,
    finals: Vec<(u64, Decided)>,
    partials: usize,
}

impl Replay {
    /// Sessions of a microphone each.
    fn new(workers: usize, scripts: &[&[Word]]) -> Self {
        let sessions = scripts.iter().map(|words| vec![(Track::Mic, words.to_vec())]);
        Self::of(workers, sessions.collect())
    }

    fn of(workers: usize, sessions: Vec<Vec<(Track, Vec<Word>)>>) -> Self {
        let info = RecognizerInfo {
            name: "scripted".to_owned(),
            version: "1".to_owned(),
            model: "script".to_owned(),
            languages: vec!["en".to_owned()],
            writes_fillers: true,
            weakness: String::new(),
        };
        let begin = Instant::now();
        let session = |scripts: Vec<(Track, Vec<Word>)>| {
            let mut lanes = Lanes::new(info.clone(), Ahead::Shown);
            for (track, _) in &scripts {
                let speaker = if *track == Track::Mic {
                    Speaker::Me
                } else {
                    Speaker::Them
                };
                lanes.add(Lane::resumed(*track, speaker, 0, 0, None));
            }
            Session {
                lanes,
                scripts,
                log: String::new(),
                finals: Vec::new(),
                partials: 0,
            }
        };
        Self {
            queue: Queue::new(workers, false, begin),
            workers: (0..workers).map(|_| None).collect(),
            sessions: sessions.into_iter().map(session).collect(),
            begin,
            now_ms: 0,
            times: 1,
            broken: None,
        }
    }

    fn now(&self) -> Instant {
        self.begin + Duration::from_millis(self.now_ms)
    }

    /// Plays the scripts to their end, and on until every word is there.
    fn play(mut self, to_ms: u64) -> Self {
        while self.now_ms < to_ms || self.sessions.iter().any(|session| session.lanes.waiting() > 0) {
            self.tick(self.now_ms < to_ms);
            assert!(self.now_ms < 10 * to_ms, "it never ends");
        }
        self
    }

    fn tick(&mut self, sounds: bool) {
        self.now_ms += TICK_MS;
        if sounds {
            (0..self.sessions.len()).for_each(|index| self.hear(index));
        }
        self.hand_out();
        self.work();
        self.release();
    }

    /// The next tick of sound, judged at once.
    fn hear(&mut self, index: usize) {
        let (now_ms, now) = (self.now_ms, self.now());
        let session = &mut self.sessions[index];
        for (track, words) in &session.scripts {
            let sound = sound(words, now_ms - TICK_MS);
            session.lanes.get_mut(*track).unwrap().push(sound);
        }
        let mut shown = Vec::new();
        while let Some((track, mut listener)) = session.lanes.take_trip(now, &mut shown) {
            let mut heard = Vec::new();
            while listener.next_frame().is_some() {
                let at = listener.heard() / SAMPLES_PER_MS;
                let voice = session
                    .words(track)
                    .iter()
                    .any(|&(_, from, to)| from < at + 32 && at < to);
                heard.extend(listener.decide(if voice { 0.95 } else { 0.02 }));
            }
            let answer = Answer::Judged {
                track,
                listener,
                heard,
                drained: true,
            };
            shown.extend(session.lanes.on_answer(answer, now).unwrap());
        }
        session.show(now_ms, shown);
    }

    fn hand_out(&mut self) {
        let now = self.now();
        for (index, session) in self.sessions.iter_mut().enumerate() {
            while let Some(task) = session.lanes.take_task(self.queue.step(), now) {
                let job = Job {
                    session: Uuid::from_u128(index as u128 + 1),
                    segment: task.segment,
                    purpose: task.purpose,
                    due: task.due,
                    prompt: String::new(),
                    may_leave: MayLeave::never(),
                    cancel: task.cancel,
                };
                assert!(self.queue.push(job, index, now).is_ok());
            }
        }
    }

    fn work(&mut self) {
        let now = self.now();
        for worker in 0..self.workers.len() {
            if let Some((taken, began, until)) = self.workers[worker].take() {
                let stopped = taken.stop.load(Ordering::Relaxed) || taken.waiting.job.cancel.is_cancelled();
                if !stopped && until > self.now_ms {
                    self.workers[worker] = Some((taken, began, until));
                    continue;
                }
                let took = Duration::from_millis(self.now_ms - began);
                self.queue.done(worker, took, stopped, now);
                self.finish(worker, taken, stopped, took);
            }
            if let Some(taken) = self.queue.next(worker, now) {
                let cost = match taken.waiting.job.purpose {
                    Purpose::Partial => PARTIAL,
                    Purpose::Final | Purpose::Likely | Purpose::Again => FINAL,
                };
                let audio_ms = taken.waiting.job.segment.audio.len() as u64 / SAMPLES_PER_MS;
                let ms = (cost.fixed_ms + cost.per_s_ms * audio_ms / 1_000) * self.times;
                self.workers[worker] = Some((taken, self.now_ms, self.now_ms + ms));
            }
        }
        for waiting in self.queue.take_stopped() {
            let index = waiting.answer;
            self.answer(index, waiting.job, Err(NoWords::Stopped), Duration::ZERO);
        }
    }

    fn finish(&mut self, worker: usize, taken: Taken<usize>, stopped: bool, took: Duration) {
        let index = taken.waiting.answer;
        let trips = self
            .broken
            .is_some_and(|(broken, from_ms)| broken == worker && self.now_ms >= from_ms);
        if trips && !stopped {
            if let Some(given_up) = self.queue.retry(worker, taken.waiting) {
                self.answer(index, given_up.job, Err(NoWords::GaveUp), took);
            }
            return;
        }
        let job = taken.waiting.job;
        let outcome = if stopped {
            Err(NoWords::Stopped)
        } else {
            Ok(recognize(self.sessions[index].words(job.segment.track), &job.segment))
        };
        self.answer(index, job, outcome, took);
    }

    fn answer(&mut self, index: usize, job: Job, outcome: Result<Recognition, NoWords>, took: Duration) {
        let now = self.now();
        let answer = Answer::Recognized {
            segment: job.segment,
            purpose: job.purpose,
            outcome,
            took,
        };
        let session = &mut self.sessions[index];
        let shown = session.lanes.on_answer(answer, now).unwrap();
        session.show(self.now_ms, shown);
    }

    fn release(&mut self) {
        for session in &mut self.sessions {
            let mut out = Vec::new();
            session.lanes.release(|_| false, &mut out);
            for decided in out {
                let Some(words) = &decided.outcome else { continue };
                let text: Vec<&str> = words.words.iter().map(|word| word.text.as_str()).collect();
                writeln!(
                    session.log,
                    "{:>6} final   {} {}-{} {}",
                    self.now_ms,
                    words.segment.as_str(),
                    words.span.start.as_ms(),
                    words.span.end.as_ms(),
                    text.join(" ")
                )
                .unwrap();
                session.finals.push((self.now_ms, decided));
            }
        }
    }
}

impl Session {
    fn show(&mut self, now_ms: u64, shown: Vec<Shown>) {
        for shown in shown {
            match shown {
                Shown::Speech { state, at, .. } => writeln!(self.log, "{now_ms:>6} {state:?} at {}", at.as_ms()),
                Shown::Partial(partial) => {
                    self.partials += 1;
                    let (stable, rest) = partial.text.split_at(partial.stable_len as usize);
                    let id = partial.segment.as_str();
                    writeln!(
                        self.log,
                        "{now_ms:>6} partial {id} {} {stable}|{rest}",
                        partial.revision
                    )
                }
            }
            .unwrap();
        }
    }

    fn words(&self, track: Track) -> &[Word] {
        let script = self.scripts.iter().find(|(of, _)| *of == track);
        script.map_or(&[], |(_, words)| words)
    }

    fn texts(&self, track: Track) -> Vec<&str> {
        let finals = self.finals.iter().filter(|(_, decided)| decided.track == track);
        finals
            .filter_map(|(_, decided)| decided.outcome.as_ref())
            .flat_map(|words| words.words.iter().map(|word| word.text.as_str()))
            .collect()
    }

    /// How long after the end of its speech each final came.
    fn latencies_ms(&self) -> Vec<u64> {
        let end = |decided: &Decided| {
            let voiced = decided.outcome.as_ref().and_then(|words| words.voiced.last());
            voiced.map_or(decided.span.end, |voiced| voiced.end).as_ms()
        };
        self.finals.iter().map(|(at, decided)| at - end(decided)).collect()
    }

    fn assert_every_word_once(&self) {
        for (track, words) in &self.scripts {
            let said: Vec<&str> = words.iter().map(|(text, _, _)| *text).collect();
            assert_eq!(self.texts(*track), said, "{}", self.log);
        }
        assert!(
            self.finals.is_sorted_by_key(|(_, decided)| decided.span.end),
            "{}",
            self.log
        );
    }
}

/// A tick of sound from `from_ms` on: each word swells and fades, as a voice does, and a room is behind it.
pub(crate) fn sound(words: &[Word], from_ms: u64) -> Vec<i16> {
    let level = |ms: u64| {
        let said = words.iter().find(|(_, from, to)| (*from..*to).contains(&ms));
        said.map_or(60, |(_, from, to)| 200 + 8_000 * (ms - from).min(to - ms) / (to - from))
    };
    let sample = |index: u64| {
        let level = level(from_ms + index / SAMPLES_PER_MS) as i16;
        if index % 80 < 40 { level } else { -level }
    };
    (0..TICK_MS * SAMPLES_PER_MS).map(sample).collect()
}

/// What is said in a segment: the words whose middle its audio holds.
pub(crate) fn recognize(words: &[Word], segment: &Segment) -> Recognition {
    let from = segment.audio_from_sample / SAMPLES_PER_MS;
    let to = from + segment.audio.len() as u64 / SAMPLES_PER_MS;
    let inside = words
        .iter()
        .filter(|(_, start, end)| (from..to).contains(&u64::midpoint(*start, *end)));
    Recognition {
        words: inside
            .map(|&(text, start, end)| RecognizedWord {
                text: text.to_owned(),
                start_ms: start.saturating_sub(from) as u32,
                end_ms: (end.min(to) - from) as u32,
                confidence: 0.9,
            })
            .collect(),
        ..Recognition::default()
    }
}

/// `text` said from `from_ms` on, a word each 320 ms; a full stop takes 200 ms more.
pub(crate) fn say(from_ms: u64, text: &'static str) -> Vec<Word> {
    let mut at = from_ms;
    let word = |text: &'static str| {
        let word = (text, at, at + 300);
        at += if text.ends_with('.') { 520 } else { 320 };
        word
    };
    text.split(' ').map(word).collect()
}

const MONOLOGUE: &str = "so the plan for this week is simple. we finish the report first and then we look at the numbers. \
    after that we talk to the team about what is next and who can help. nobody has to stay late for it.";

#[test]
fn a_question_and_a_monologue_as_a_person_sees_them() {
    let mut words = say(500, "what do you think.");
    words.extend(say(4_000, MONOLOGUE));
    let replay = Replay::new(2, &[&words]).play(24_000);
    let session = &replay.sessions[0];
    session.assert_every_word_once();
    let golden = include_str!("replay/monologue.txt");
    assert_eq!(session.log, golden, "\n{}", session.log);
}

#[test]
fn words_are_there_soon_after_the_hard_end_because_they_were_begun_at_the_soft_one() {
    let words: Vec<Word> = (0..8)
        .flat_map(|turn| say(500 + turn * 4_000, "we could ship it on friday."))
        .collect();
    let mut replay = Replay::new(2, &[&words]).play(34_000);
    let session = &replay.sessions[0];
    session.assert_every_word_once();
    let latencies = session.latencies_ms();
    // 550 ms of silence close a segment; recognising it took 370 ms from 250 ms on.
    assert!(latencies.iter().all(|ms| *ms <= 640), "{latencies:?}");
    let now = replay.now();
    assert!(replay.queue.load(now).likely.jobs >= 8);
}

#[test]
fn at_twice_the_load_partials_go_and_every_word_still_comes_and_no_session_waits_much_longer() {
    let turns = |session: u64| -> Vec<Word> {
        let turn = |turn: u64| {
            say(
                500 + 600 * session + turn * 5_000,
                "we could ship it on friday if it all works.",
            )
        };
        (0..10).flat_map(turn).collect()
    };
    let scripts: Vec<Vec<Word>> = (0..8).map(turns).collect();
    let mut replay = Replay::new(2, &scripts.iter().map(Vec::as_slice).collect::<Vec<_>>());
    // A segment of 4 s takes 2.2 s: eight in 5 s are 1.8 times what two workers can do.
    replay.times = 4;
    let replay = replay.play(60_000);
    let mut means = Vec::new();
    for session in &replay.sessions {
        session.assert_every_word_once();
        let latencies = session.latencies_ms();
        means.push(latencies.iter().sum::<u64>() / latencies.len() as u64);
    }
    let (most, least) = (means.iter().max().unwrap(), means.iter().min().unwrap());
    assert!(*most as f64 / *least as f64 <= 1.5, "mean latencies {means:?} ms");
    let partials: usize = replay.sessions.iter().map(|session| session.partials).sum();
    let alone = Replay::new(2, &[scripts[0].as_slice()]).play(60_000).sessions[0].partials;
    assert!(
        partials < alone,
        "{partials} of eight overloaded, {alone} of one that is not"
    );
}

#[test]
fn finals_of_two_tracks_leave_in_order_of_time_and_wait_only_for_what_ends_earlier() {
    let monologue = say(500, MONOLOGUE);
    let asides: Vec<Word> = (0..5)
        .flat_map(|turn| say(1_900 + turn * 2_700, "yes that is right."))
        .collect();
    let session = vec![(Track::Mic, asides), (Track::Tab, monologue)];
    let replay = Replay::of(2, vec![session]).play(24_000);
    let session = &replay.sessions[0];
    session.assert_every_word_once();
    let of = |track: Track| session.finals.iter().filter(move |(_, decided)| decided.track == track);
    let mut soon = 0;
    for (at, decided) in of(Track::Mic) {
        // A final holds 120 ms behind the voice, and a short segment closes after 700 ms.
        if at - decided.span.end.as_ms() <= 700 {
            soon += 1;
            continue;
        }
        // The monologue is cut before its end, and that part was still being recognised.
        let held_up = of(Track::Tab).any(|(then, cut)| then == at && cut.span.end <= decided.span.end);
        assert!(held_up, "{}", session.log);
    }
    assert!(soon >= 3 && of(Track::Mic).count() == 5, "{}", session.log);
}

#[test]
fn a_worker_that_trips_loses_no_word() {
    let mut words = say(500, "what do you think.");
    words.extend(say(4_000, MONOLOGUE));
    let mut replay = Replay::new(2, &[&words]);
    replay.broken = Some((0, 3_000));
    let replay = replay.play(24_000);
    replay.sessions[0].assert_every_word_once();
}

#[test]
fn what_is_shown_of_speech_that_goes_off_the_record_is_taken_back() {
    let mut replay = Replay::new(2, &[&say(500, MONOLOGUE)]);
    for _ in 0..2_400 / TICK_MS {
        replay.tick(true);
    }
    let session = &mut replay.sessions[0];
    assert!(session.partials > 0, "{}", session.log);
    let class = Class {
        class: SampleClass::Withheld,
        reason: "off_the_record",
    };
    let shown = session.lanes.get_mut(Track::Mic).unwrap().withhold(0, class);
    session.show(2_400, shown);
    let last = session.log.lines().last().unwrap();
    assert!(
        last.starts_with("  2400 partial mic-") && last.ends_with(" |"),
        "{last}"
    );
    let seen = session.partials;
    for _ in 0..1_000 / TICK_MS {
        replay.tick(false);
    }
    assert_eq!(replay.sessions[0].partials, seen, "{}", replay.sessions[0].log);
}
