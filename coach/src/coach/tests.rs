//! The coach as a whole: recorded shapes of a meeting, and what must hold for any meeting.

use super::*;
use attune_engine::fillers::FillerKind;
use proptest::prelude::*;
use std::time::Duration;

fn ms(at: u64) -> MeetingTime {
    MeetingTime::from_ms(at)
}

fn balanced() -> CoachSetup {
    CoachSetup {
        mode: Mode::Balanced,
        ..CoachSetup::default()
    }
}

fn said(setup: CoachSetup, signals: &[Signal]) -> Vec<Nudge> {
    let mut coach = Coach::new(setup);
    signals.iter().filter_map(|signal| coach.observe(signal)).collect()
}

/// A monologue from 100 s to 190 s in segments of ten seconds, quick from the start.
fn quick_monologue() -> Vec<Signal> {
    (1..=9)
        .flat_map(|segment| {
            let at = ms(100_000 + segment * 10_000);
            [
                Signal::Pace {
                    at,
                    wpm: 190.0,
                    words: 90,
                },
                Signal::Turn { start: ms(100_000), at },
            ]
        })
        .collect()
}

/// What is said of `signals`, and when, in seconds.
fn rules_said(setup: CoachSetup, signals: &[Signal]) -> Vec<(Rule, u64)> {
    let said = said(setup, signals);
    said.iter().map(|nudge| (nudge.rule, nudge.at.as_ms() / 1000)).collect()
}

#[test]
fn a_quick_monologue_is_slowed_down_and_its_length_is_too_close_to_that() {
    assert_eq!(rules_said(balanced(), &quick_monologue()), [(Rule::TooFast, 130)]);
}

#[test]
fn what_lasts_through_the_opening_is_told_after_it() {
    let every_ten_seconds = |signal: fn(MeetingTime) -> Signal| -> Vec<Signal> {
        (1..=15).map(|segment| signal(ms(segment * 10_000))).collect()
    };
    let fast = every_ten_seconds(|at| Signal::Pace {
        at,
        wpm: 185.0,
        words: 90,
    });
    assert_eq!(rules_said(balanced(), &fast), [(Rule::TooFast, 90)]);
    let long = every_ten_seconds(|at| Signal::Turn { start: ms(0), at });
    assert_eq!(rules_said(balanced(), &long), [(Rule::Monologue, 90)]);
    let fillers = [82_000, 84_000, 87_000].map(|at| Signal::Filler {
        at: ms(at),
        kind: FillerKind::Lexical,
    });
    let turns = [88_000, 95_000].map(|at| Signal::Turn {
        start: ms(80_000),
        at: ms(at),
    });
    let clustered = [fillers.as_slice(), &turns].concat();
    assert_eq!(rules_said(balanced(), &clustered), [(Rule::FillerCluster, 95)]);
}

#[test]
fn a_turn_that_grew_long_too_soon_after_another_nudge_is_told_once_there_is_room() {
    let mut signals = quick_monologue();
    signals.extend((20..=33).map(|segment| Signal::Turn {
        start: ms(100_000),
        at: ms(segment * 10_000),
    }));
    let expected = [(Rule::TooFast, 130), (Rule::Monologue, 310)];
    assert_eq!(rules_said(balanced(), &signals), expected);
}

#[test]
fn of_two_things_at_once_the_goal_is_said() {
    // Fillers in the last segment of a long turn: both are told by the same signal.
    let fillers = [181_000, 182_000, 183_000].map(|at| Signal::Filler {
        at: ms(at),
        kind: FillerKind::FilledPause,
    });
    let turn = Signal::Turn {
        start: ms(100_000),
        at: ms(185_000),
    };
    let signals = [fillers.as_slice(), &[turn]].concat();
    let rule_said = |goal| said(CoachSetup { goal, ..balanced() }, &signals)[0].rule;
    assert_eq!(rule_said(None), Rule::Monologue);
    assert_eq!(rule_said(Some(Rule::FillerCluster)), Rule::FillerCluster);
    assert_eq!(rule_said(Some(Rule::Monologue)), Rule::Monologue);
}

#[test]
fn time_does_not_run_back_for_a_filler_told_late() {
    let fillers = [101_000, 102_000, 103_000].map(|at| Signal::Filler {
        at: ms(at),
        kind: FillerKind::Lexical,
    });
    let turn = Signal::Turn {
        start: ms(100_000),
        at: ms(104_000),
    };
    let told = [fillers.as_slice(), &[turn]].concat();
    let told_late = [&[Signal::Silence { at: ms(200_000) }], told.as_slice()].concat();
    assert_eq!(rules_said(balanced(), &told), [(Rule::FillerCluster, 104)]);
    assert_eq!(rules_said(balanced(), &told_late), []);
}

/// Any meeting: signals up to 40 s apart, turns that go on or begin anew.
fn meetings() -> impl Strategy<Value = Vec<Signal>> {
    let step = (0u64..40_000, 0u8..6, 120f32..240.0, 20u32..120, any::<bool>());
    proptest::collection::vec(step, 0..400).prop_map(|steps| {
        let (mut now, mut start) = (0, 0);
        steps
            .into_iter()
            .map(|(after, what, wpm, words, anew)| {
                // Mostly close together, so that runs and clusters happen.
                now += if what == 5 { after } else { after / 10 };
                if anew && what == 4 {
                    start = now;
                }
                let at = ms(now);
                match what {
                    0 | 1 => Signal::Filler {
                        at,
                        kind: FillerKind::Lexical,
                    },
                    2 | 3 => Signal::Pace { at, wpm, words },
                    4 => Signal::Turn { start: ms(start), at },
                    _ => Signal::Silence { at },
                }
            })
            .collect()
    })
}

fn setups() -> impl Strategy<Value = CoachSetup> {
    let goal = prop::option::of(prop::sample::select(Rule::ALL.as_slice()));
    let mode = prop::sample::select(Mode::ALL.as_slice());
    let meeting_type = prop::sample::select(MeetingType::ALL.as_slice());
    let baseline_wpm = prop::option::of(90f32..200.0);
    (any::<[u8; 16]>(), mode, meeting_type, baseline_wpm, goal, 0.0..0.5).prop_map(
        |(session, mode, meeting_type, baseline_wpm, goal, hold_out)| CoachSetup {
            session,
            mode,
            meeting_type,
            baseline_wpm,
            goal,
            hold_out,
        },
    )
}

fn in_last(nudges: &[Nudge], index: usize, stretch: Duration) -> usize {
    let now = nudges[index].at;
    nudges[..=index]
        .iter()
        .filter(|nudge| now.since(nudge.at) < stretch)
        .count()
}

proptest! {
    #[test]
    fn the_budget_is_never_broken(setup in setups(), signals in meetings()) {
        let nudges = said(setup.clone(), &signals);
        for (index, nudge) in nudges.iter().enumerate() {
            prop_assert!(nudge.at >= ms(90_000));
            prop_assert_eq!(in_last(&nudges, index, setup.mode.gap()), 1);
            prop_assert!(in_last(&nudges, index, Duration::from_secs(1800)) <= setup.mode.per_half_hour());
            let mut same = nudges[..index].iter().filter(|earlier| earlier.rule == nudge.rule);
            prop_assert!(setup.goal == Some(nudge.rule) || same.clone().count() < 2);
            prop_assert!(same.next_back().is_none_or(|earlier| nudge.at.since(earlier.at) >= nudge.rule.cooldown()));
            prop_assert!(setup.mode != Mode::Focus || setup.goal == Some(nudge.rule));
        }
    }

    #[test]
    fn off_means_zero(setup in setups(), signals in meetings()) {
        let mut coach = Coach::new(CoachSetup { mode: Mode::Off, ..setup });
        for signal in &signals {
            prop_assert_eq!(coach.observe(signal), None);
        }
    }

    #[test]
    fn silences_told_one_by_one_or_as_one_give_the_same_nudges(setup in setups(), signals in meetings()) {
        // Live, silence is told as it passes; read back, only as far as the next final knew of it.
        let is_silence = |signal: &Signal| matches!(signal, Signal::Silence { .. });
        let mut read_back: Vec<Signal> = Vec::new();
        for signal in &signals {
            if is_silence(signal) && read_back.last().is_some_and(is_silence) {
                read_back.pop();
            }
            read_back.push(*signal);
        }
        prop_assert_eq!(said(setup.clone(), &read_back), said(setup, &signals));
    }

    #[test]
    fn every_nudge_has_an_id_of_its_own(signals in meetings()) {
        let nudges = said(CoachSetup { mode: Mode::Practice, ..CoachSetup::default() }, &signals);
        let ids: std::collections::BTreeSet<&String> = nudges.iter().map(|nudge| &nudge.id).collect();
        prop_assert_eq!(ids.len(), nudges.len());
    }

    #[test]
    fn pace_never_chatters(wpms in proptest::collection::vec(150f32..200.0, 0..300)) {
        // A value every five seconds: between two moments lie at least 20 s of calm and 15 s of fast speech.
        let mut rule = TooFast::new(None);
        let mut last: Option<usize> = None;
        for (index, wpm) in wpms.iter().enumerate() {
            let at = ms(index as u64 * 5_000);
            if rule.observe(&Signal::Pace { at, wpm: *wpm, words: 80 }).is_some() {
                rule.told();
                if let Some(last) = last {
                    let calm_run = wpms[last..index].split(|wpm| *wpm >= 160.0).map(<[f32]>::len).max();
                    prop_assert!(calm_run >= Some(5), "spoke at {} and {}", last, index);
                }
                prop_assert!(wpms[index - 3..=index].iter().all(|wpm| *wpm > 175.0));
                last = Some(index);
            }
        }
    }

    #[test]
    fn a_filler_cluster_never_chatters(gaps_ms in proptest::collection::vec(200u64..20_000, 0..300)) {
        let mut rule = FillerCluster::default();
        let (mut now, mut fillers, mut last) = (0, Vec::<u64>::new(), None::<u64>);
        for gap_ms in gaps_ms {
            now += gap_ms;
            fillers.push(now);
            let filler = Signal::Filler { at: ms(now), kind: FillerKind::Lexical };
            let turn = Signal::Turn { start: ms(now), at: ms(now + 1) };
            let heard = [rule.observe(&filler), rule.observe(&turn)];
            if heard.iter().flatten().next().is_some() {
                rule.told();
                // Somewhere since the last one lies a stretch of 45 s with at most one filler.
                let calm = last.is_none_or(|last| fillers.iter().filter(|at| **at > last).any(|&end| {
                    fillers.iter().filter(|at| **at < end && **at + 45_000 >= end).count() <= 1
                }));
                prop_assert!(calm, "spoke at {last:?} and {now}");
                last = Some(now);
            }
        }
    }
}
