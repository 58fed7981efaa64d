use super::*;
use attune_engine::clock::SAMPLES_PER_MS;
use attune_engine::listener::Segment;
use attune_engine::speaker::Track;
use attune_engine::transcript::SegmentId;
use tokio_util::sync::CancellationToken;

/// A queue whose answers are names, and a clock that is moved by hand.
struct Bench {
    queue: Queue<&'static str>,
    begin: Instant,
    now_ms: u64,
}

impl Bench {
    fn with(workers: usize) -> Self {
        let begin = Instant::now();
        Self {
            queue: Queue::new(workers, false, begin),
            begin,
            now_ms: 0,
        }
    }

    fn now(&self) -> Instant {
        self.begin + Duration::from_millis(self.now_ms)
    }

    fn job(&self, session: u128, purpose: Purpose, due_ms: u64, audio_ms: u64) -> Job {
        Job {
            session: Uuid::from_u128(session),
            segment: Box::new(Segment {
                id: SegmentId::new(Track::Mic, 0),
                track: Track::Mic,
                from_sample: 0,
                to_sample: audio_ms * SAMPLES_PER_MS,
                audio: vec![0; (audio_ms * SAMPLES_PER_MS) as usize],
                audio_from_sample: 0,
                context: 0,
                voiced: Vec::new(),
                voice: 0.9,
                flags: Vec::new(),
            }),
            purpose,
            due: self.begin + Duration::from_millis(due_ms),
            prompt: String::new(),
            may_leave: crate::hearing::MayLeave::never(),
            cancel: CancellationToken::new(),
        }
    }

    fn push(&mut self, name: &'static str, session: u128, purpose: Purpose, due_ms: u64) {
        let job = self.job(session, purpose, due_ms, 1_000);
        assert!(self.queue.push(job, name, self.now()).is_ok());
    }

    fn take(&mut self, worker: usize) -> Option<Taken<&'static str>> {
        self.queue.next(worker, self.now())
    }

    fn next(&mut self, worker: usize) -> Option<&'static str> {
        self.take(worker).map(|taken| taken.waiting.answer)
    }

    fn done(&mut self, worker: usize, took_ms: u64) {
        self.ended(worker, took_ms, false);
    }

    fn ended(&mut self, worker: usize, took_ms: u64, stopped: bool) {
        self.now_ms += took_ms;
        let took = Duration::from_millis(took_ms);
        self.queue.done(worker, took, stopped, self.now());
    }
}

use Purpose::{Again, Final, Likely, Partial};

#[test]
fn the_earliest_due_is_next_while_all_can_be_in_time() {
    let mut bench = Bench::with(1);
    bench.push("third", 1, Final, 1_500);
    bench.push("first", 2, Final, 900);
    bench.push("second", 3, Likely, 1_200);
    for expected in ["first", "second", "third"] {
        assert_eq!(bench.next(0), Some(expected));
        bench.done(0, 100);
    }
    assert_eq!(bench.next(0), None);
}

#[test]
fn once_words_are_overdue_the_session_that_has_had_least_is_next() {
    let mut bench = Bench::with(1);
    bench.push("greedy 1", 1, Final, 100);
    bench.push("greedy 2", 1, Final, 110);
    bench.push("greedy 3", 1, Final, 120);
    bench.push("modest", 2, Final, 400);
    assert_eq!(bench.next(0), Some("greedy 1"));
    bench.done(0, 500);
    assert_eq!(bench.next(0), Some("modest"));
    bench.done(0, 100);
    assert_eq!(bench.next(0), Some("greedy 2"));
}

#[test]
fn who_comes_back_does_not_make_up_for_having_been_silent() {
    let mut bench = Bench::with(1);
    for _ in 0..20 {
        bench.push("busy", 1, Final, 0);
        assert_eq!(bench.next(0), Some("busy"));
        bench.done(0, 300);
    }
    for _ in 0..3 {
        bench.push("busy", 1, Final, 0);
        bench.push("newcomer", 2, Final, 0);
    }
    let mut order = Vec::new();
    while let Some(name) = bench.next(0) {
        order.push(name);
        bench.done(0, 300);
    }
    let first_busy = order.iter().position(|name| *name == "busy");
    assert!(first_busy.is_some_and(|at| at <= 1), "{order:?}");
}

#[test]
fn no_session_has_two_workers_while_another_waits_for_one() {
    let mut bench = Bench::with(2);
    bench.push("a1", 1, Final, 100);
    bench.push("a2", 1, Final, 110);
    bench.push("b", 2, Final, 900);
    assert_eq!(bench.next(0), Some("a1"));
    assert_eq!(bench.next(1), Some("b"));
    bench.done(1, 50);
    assert_eq!(bench.next(1), Some("a2"), "nobody else waits");
}

#[test]
fn what_has_waited_five_seconds_goes_before_what_is_merely_overdue() {
    let mut bench = Bench::with(1);
    for _ in 0..40 {
        bench.push("heavy", 1, Final, 0);
        bench.next(0);
        bench.done(0, 1_000);
    }
    bench.push("heavy and old", 1, Final, bench.now_ms + 500);
    bench.push("light 1", 2, Final, bench.now_ms + 100);
    assert_eq!(bench.next(0), Some("light 1"));
    bench.done(0, 5_100);
    bench.push("light 2", 3, Final, bench.now_ms - 1);
    bench.now_ms += 10;
    assert_eq!(bench.next(0), Some("heavy and old"));
}

#[test]
fn a_partial_is_next_only_when_nothing_else_waits_and_the_newest_replaces_the_one_that_waits() {
    let mut bench = Bench::with(1);
    bench.push("old partial", 1, Partial, 0);
    bench.push("new partial", 1, Partial, 0);
    bench.push("final", 2, Final, 900);
    let stopped: Vec<_> = bench
        .queue
        .take_stopped()
        .iter()
        .map(|waiting| waiting.answer)
        .collect();
    assert_eq!(stopped, ["old partial"]);
    assert_eq!(bench.next(0), Some("final"));
    bench.done(0, 100);
    assert_eq!(bench.next(0), Some("new partial"));
}

#[test]
fn partials_take_no_more_than_half_of_what_finals_leave() {
    let mut bench = Bench::with(1);
    let mut partials = 0;
    for second in 0..60 {
        bench.now_ms = second * 1_000;
        bench.push("final", 1, Final, bench.now_ms + 1_500);
        assert_eq!(bench.next(0), Some("final"));
        bench.done(0, 200);
        while bench.now_ms < second * 1_000 + 900 {
            bench.push("partial", 2, Partial, 0);
            match bench.next(0) {
                Some(_) => {
                    partials += 1;
                    bench.done(0, 100);
                }
                None => bench.now_ms += 100,
            }
        }
    }
    // Four fifths of the time is left; half of that is 0.4 s a second, and what was saved up at the beginning.
    assert!(
        (220..265).contains(&partials),
        "{partials} partials of 100 ms in a minute"
    );
}

#[test]
fn a_running_partial_makes_room_for_a_final_unless_it_is_nearly_done() {
    for (after_ms, stopped) in [(20, true), (180, false)] {
        let mut bench = Bench::with(1);
        // What a partial of a second takes is known from one before.
        bench.push("partial", 1, Partial, 0);
        bench.next(0);
        bench.done(0, 250);
        bench.now_ms += 5_000;
        bench.push("partial", 1, Partial, 0);
        let running = bench.take(0).unwrap();
        bench.now_ms += after_ms;
        bench.push("final", 2, Final, bench.now_ms + 1_500);
        assert_eq!(running.stop.load(Ordering::Relaxed), stopped, "after {after_ms} ms");
        bench.ended(0, 10, stopped);
        assert_eq!(bench.queue.load(bench.now()).partials_aborted, u64::from(stopped));
    }
    let mut bench = Bench::with(2);
    bench.push("partial", 1, Partial, 0);
    let running = bench.take(0).unwrap();
    bench.push("final", 2, Final, 1_500);
    assert!(!running.stop.load(Ordering::Relaxed), "the other worker is free");
}

#[test]
fn nobody_waits_for_what_is_cancelled_and_it_is_told_so() {
    let mut bench = Bench::with(1);
    for (purpose, name) in [(Final, "final"), (Partial, "partial")] {
        let job = bench.job(1, purpose, 100, 1_000);
        job.cancel.cancel();
        assert!(bench.queue.push(job, name, bench.now()).is_ok());
    }
    assert_eq!(bench.next(0), None);
    let mut stopped: Vec<_> = bench
        .queue
        .take_stopped()
        .iter()
        .map(|waiting| waiting.answer)
        .collect();
    stopped.sort_unstable();
    assert_eq!(stopped, ["final", "partial"]);
    assert_eq!(bench.queue.load(bench.now()).stopped, 2);
}

#[test]
fn as_words_come_later_partials_go_and_the_smaller_model_writes() {
    let mut bench = Bench::with(1);
    bench.push("partial", 1, Partial, 0);
    bench.push("first", 2, Final, 100);
    bench.push("second", 3, Final, 200);
    bench.now_ms = 2_900;
    assert!(!bench.take(0).unwrap().smaller);
    bench.done(0, 1_200);
    assert_eq!(bench.queue.load(bench.now()).step, Step::SmallerModel);
    assert!(bench.take(0).unwrap().smaller);
    bench.done(0, 100);
    assert_eq!(bench.next(0), None);
    let stopped: Vec<_> = bench
        .queue
        .take_stopped()
        .iter()
        .map(|waiting| waiting.answer)
        .collect();
    assert_eq!(stopped, ["partial"]);
}

#[test]
fn a_patient_queue_gives_nothing_up() {
    let begin = Instant::now();
    let mut queue = Queue::new(1, true, begin);
    let bench = Bench::with(1);
    assert!(queue.push(bench.job(1, Final, 0, 1_000), "patient", begin).is_ok());
    let later = begin + Duration::from_secs(60);
    assert_eq!(queue.load(later).step, Step::All);
    assert_eq!(queue.load(later).lag, Duration::from_secs(60));
}

#[test]
fn a_job_that_a_worker_failed_on_is_for_another_and_is_given_up_the_second_time() {
    let mut bench = Bench::with(2);
    bench.push("hard", 1, Final, 100);
    let taken = bench.take(0).unwrap();
    bench.done(0, 10);
    assert!(bench.queue.retry(0, taken.waiting).is_none());
    assert_eq!(bench.next(0), None);
    let taken = bench.take(1).unwrap();
    bench.done(1, 10);
    assert!(bench.queue.retry(1, taken.waiting).is_some());
    assert_eq!(bench.queue.load(bench.now()).failed, 2);
}

#[test]
fn more_than_can_wait_is_handed_back() {
    let mut bench = Bench::with(1);
    for _ in 0..WAITING_SEGMENTS {
        let job = bench.job(1, Final, 0, 1);
        assert!(bench.queue.push(job, "waits", bench.now()).is_ok());
    }
    let job = bench.job(1, Final, 0, 1);
    assert!(bench.queue.push(job, "too much", bench.now()).is_err());
    bench.push("a partial is never too much", 1, Partial, 0);
}

#[test]
fn under_twice_the_load_all_sessions_wait_about_as_long() {
    // Eight sessions each bring 2 s of work every 4 s to two workers: twice what they can do.
    const SESSIONS: u128 = 8;
    let mut bench = Bench::with(2);
    let mut free_at = [0_u64; 2];
    let mut waited = [0_u64; SESSIONS as usize];
    let mut served = [0_u64; SESSIONS as usize];
    let names: [&'static str; 8] = ["0", "1", "2", "3", "4", "5", "6", "7"];
    let mut arrived = HashMap::new();
    for step in 0..6_000_u64 {
        bench.now_ms = step * 20;
        for session in 0..SESSIONS {
            if step < 3_000 && (bench.now_ms + session as u64 * 500).is_multiple_of(4_000) {
                let due = bench.now_ms + 1_500;
                bench.push(names[session as usize], session, Final, due);
                arrived
                    .entry(session as usize)
                    .or_insert_with(Vec::new)
                    .push(bench.now_ms);
            }
        }
        for (worker, free_at) in free_at.iter_mut().enumerate() {
            if *free_at > bench.now_ms {
                continue;
            }
            bench.queue.done(worker, Duration::from_secs(2), false, bench.now());
            if let Some(name) = bench.next(worker) {
                *free_at = bench.now_ms + 2_000;
                let session: usize = name.parse().unwrap();
                waited[session] += bench.now_ms - arrived.get_mut(&session).unwrap().remove(0);
                served[session] += 1;
            }
        }
    }
    assert!(served.iter().all(|count| *count >= 14), "{served:?}");
    let means: Vec<f64> = (0..8).map(|i| waited[i] as f64 / served[i] as f64).collect();
    let (most, least) = (
        means.iter().fold(0.0, |a: f64, b| a.max(*b)),
        means.iter().fold(f64::MAX, |a, b| a.min(*b)),
    );
    assert!(most / least <= 1.2, "mean waits {means:?} ms");
}

#[test]
fn what_is_heard_again_waits_until_nobody_is_heard_live() {
    let mut bench = Bench::with(1);
    bench.push("again", 1, Again, 0);
    bench.push("live", 2, Final, 1_500);
    assert_eq!(bench.next(0), Some("live"));
    bench.done(0, 200);
    assert_eq!(bench.next(0), None, "somebody was heard 0.2 s ago");
    bench.now_ms += 59_900;
    assert_eq!(bench.next(0), Some("again"));
    bench.done(0, 3_000);
    assert_eq!(bench.queue.load(bench.now()).again.jobs, 1);
    // Nobody was heard yet: nothing to wait for.
    let mut fresh = Bench::with(1);
    fresh.push("again", 1, Again, 0);
    assert_eq!(fresh.next(0), Some("again"));
}

#[test]
fn what_is_heard_again_gives_its_worker_up_to_anyone_live_and_the_ladder_does_not_see_it() {
    for live in [Final, Likely, Partial] {
        let mut bench = Bench::with(1);
        bench.push("again", 1, Again, 0);
        let again = bench.take(0).unwrap();
        bench.push("also again", 1, Again, 0);
        assert!(!again.stop.load(Ordering::Relaxed));
        bench.now_ms += 60_000;
        assert_eq!(bench.queue.load(bench.now()).step, Step::All, "an hour may pass");
        assert_eq!(bench.queue.load(bench.now()).lag, Duration::ZERO);
        bench.push("live", 2, live, bench.now_ms + 1_500);
        assert!(again.stop.load(Ordering::Relaxed), "{live:?}");
        bench.ended(0, 60_000, true);
        assert_eq!(bench.queue.load(bench.now()).partials_aborted, 0, "it is no partial");
        assert_eq!(bench.next(0), Some("live"), "{live:?}");
    }
}

#[test]
fn on_a_large_node_what_is_heard_again_is_heard_beside_live_meetings() {
    let mut bench = Bench::with(4);
    bench.push("live", 2, Final, 1_500);
    assert_eq!(bench.next(0), Some("live"));
    bench.push("again", 1, Again, 0);
    assert_eq!(bench.next(1), None, "two of four would be left");
    bench.done(0, 300);
    assert_eq!(bench.next(1), Some("again"), "three of four are");
    bench.push("also live", 2, Final, bench.now_ms + 1_500);
    assert_eq!(bench.next(0), Some("also live"));
}

#[test]
fn a_passage_that_fails_is_tried_once_more_and_one_that_is_cancelled_is_told_so() {
    let mut bench = Bench::with(2);
    bench.push("again", 1, Again, 0);
    let taken = bench.take(0).unwrap();
    bench.done(0, 100);
    assert!(bench.queue.retry(0, taken.waiting).is_none());
    assert_eq!(bench.next(0), None, "it failed here");
    let taken = bench.take(1).unwrap();
    bench.done(1, 100);
    assert!(bench.queue.retry(1, taken.waiting).is_some());

    let job = bench.job(1, Again, 0, 1_000);
    let cancel = job.cancel.clone();
    assert!(bench.queue.push(job, "cancelled", bench.now()).is_ok());
    cancel.cancel();
    assert_eq!(bench.queue.take_stopped().len(), 1);
}
