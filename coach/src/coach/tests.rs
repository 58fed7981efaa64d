//! The coach as a whole: recorded shapes of a meeting, and what must hold for any meeting.

use super::*;
use crate::rules::tests::sound;
use attune_engine::fillers::FillerKind;
use attune_engine::questions::QuestionKind;
use attune_engine::signal::SoundHeard;
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
fn whose_pace_is_held_against_no_target_is_not_told_to_slow_down() {
    let guarded = CoachSetup {
        is_guarded: true,
        ..balanced()
    };
    // What is left is the length of the turn.
    assert_eq!(rules_said(guarded, &quick_monologue()), [(Rule::Monologue, 180)]);
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
    let expected = [(Rule::TooFast, 130), (Rule::LongMonologue, 310)];
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
    let step = (0u64..40_000, 0u8..24, 0f32..1.0, 20u32..120, any::<bool>());
    proptest::collection::vec(step, 0..400).prop_map(|steps| {
        let (mut now, mut start) = (0, 0);
        steps
            .into_iter()
            .map(|(after, what, level, words, anew)| {
                // Mostly close together, so that runs and clusters happen.
                now += if what % 6 == 5 { after } else { after / 10 };
                if anew && what % 6 == 4 {
                    start = now;
                }
                signal(what, ms(now), ms(start), (level, words, anew))
            })
            .collect()
    })
}

/// Any signal at `at`; every sixth is a turn, and every sixth a silence.
fn signal(what: u8, at: MeetingTime, start: MeetingTime, (level, words, anew): (f32, u32, bool)) -> Signal {
    let kind = if anew { QuestionKind::Open } else { QuestionKind::Closed };
    match what {
        0 | 1 => Signal::Filler {
            at,
            kind: FillerKind::Lexical,
        },
        2 | 3 => Signal::Pace {
            at,
            wpm: 80.0 + 160.0 * level,
            words,
        },
        6 | 7 => Signal::Speech {
            start: at.minus(Duration::from_secs(8)),
            at,
            mine: level < 0.7,
            voice: Duration::from_secs(8),
            trusted: true,
        },
        8 => Signal::TookFloor {
            at,
            gap_ms: (level * 3_000.0) as i64 - 500,
            asked: Some(kind),
        },
        9 => Signal::CutIn { at },
        12 => Signal::Tried { at },
        13 | 14 => Signal::Question {
            at: at.minus(Duration::from_secs(2)),
            end: at,
            kind,
        },
        15 => Signal::Hedge { at },
        18 => Signal::TopicChanged {
            at,
            answer: Duration::from_secs(25),
        },
        19 => Signal::Sound(SoundHeard {
            loudness_lufs: Some(-40.0 + 20.0 * level),
            clipped_samples: if anew { 3_000 } else { 0 },
            start: at.minus(Duration::from_secs(5)),
            at,
            ..sound(5)
        }),
        20 => Signal::TalkingMuted {
            at,
            voice: Duration::from_millis((level * 3_000.0) as u64),
        },
        21 => Signal::Eyes {
            at,
            perclos: Some(f64::from(level) * 15.0),
        },
        _ if what % 6 == 4 => Signal::Turn { start, at },
        _ => Signal::Silence { at },
    }
}

fn setups() -> impl Strategy<Value = CoachSetup> {
    let goal = prop::option::of(prop::sample::select(Rule::ALL.as_slice()));
    let mode = prop::sample::select(Mode::ALL.as_slice());
    let meeting_type = prop::sample::select(MeetingType::ALL.as_slice());
    let wpm = prop::option::of(90f32..200.0);
    let booked = prop::option::of((300u64..4_000).prop_map(Duration::from_secs));
    (any::<[u8; 16]>(), mode, meeting_type, wpm, goal, booked, 0.0..0.5).prop_map(
        |(session, mode, meeting_type, wpm, goal, booked, hold_out)| CoachSetup {
            session,
            mode,
            meeting_type,
            own: Usual {
                wpm,
                ..Usual::default()
            },
            goal,
            booked,
            is_host: true,
            hold_out,
            ..CoachSetup::default()
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
            prop_assert!(setup.mode != Mode::Focus || setup.goal == Some(nudge.rule) || nudge.rule.is_safety());
            let end = setup.booked.map(|booked| MeetingTime::START.plus(booked));
            prop_assert!(end.is_none_or(|end| nudge.at > end || nudge.at.plus(Duration::from_secs(60)) <= end));
        }
    }

    #[test]
    fn what_is_held_out_is_never_shown_and_takes_its_place_in_the_budget(setup in setups(), signals in meetings()) {
        let mut coach = Coach::new(setup.clone());
        let mut shown = Vec::new();
        let mut slots = Vec::new();
        for signal in &signals {
            shown.extend(coach.observe(signal));
            slots.extend(coach.take_slots());
        }
        let held = |id: &String| slots.iter().any(|slot| slot.held_out && slot.id == *id);
        prop_assert!(!shown.iter().any(|nudge| held(&nudge.id)));
        let not_held = slots.iter().filter(|slot| !slot.held_out).map(|slot| &slot.id);
        prop_assert!(not_held.eq(shown.iter().map(|nudge| &nudge.id)));
        prop_assert!(slots.windows(2).all(|pair| pair[1].at.since(pair[0].at) >= setup.mode.gap()));
        prop_assert!(slots.iter().all(|slot| !(slot.held_out && slot.rule.is_safety())));
    }

    #[test]
    fn nothing_is_said_of_what_a_node_that_lags_or_is_pressed_heard(
        setup in setups(),
        signals in meetings(),
        lag_ms in 3_001u64..60_000,
        is_pressed in any::<bool>(),
    ) {
        let mut coach = Coach::new(setup);
        let lag = if is_pressed { Duration::ZERO } else { Duration::from_millis(lag_ms) };
        coach.conditions(Conditions { lag, is_pressed });
        for signal in &signals {
            prop_assert!(coach.observe(signal).is_none_or(|nudge| !nudge.rule.is_heard()));
        }
    }

    #[test]
    fn a_snooze_is_kept_to_the_end(setup in setups(), signals in meetings(), from_s in 0u64..600, for_s in 1u64..600) {
        let mut coach = Coach::new(setup);
        let (from, until) = (ms(from_s * 1000), ms((from_s + for_s) * 1000));
        coach.snooze(from, Some(until));
        for signal in &signals {
            prop_assert!(coach.observe(signal).is_none_or(|nudge| nudge.at < from || nudge.at >= until));
        }
    }

    #[test]
    fn read_back_from_its_record_a_coach_goes_on_as_if_nothing_had_happened(
        setup in setups(),
        signals in meetings(),
        cut in 0usize..400,
    ) {
        let cut = cut.min(signals.len());
        let mut live = Coach::new(setup.clone());
        let mut read_back = Coach::new(setup);
        read_back.read_back(true);
        for signal in &signals[..cut] {
            live.observe(signal);
            prop_assert_eq!(read_back.observe(signal), None);
            live.take_slots().into_iter().for_each(|slot| read_back.recall(slot));
        }
        read_back.read_back(false);
        live.take_effects();
        read_back.take_effects();
        for signal in &signals[cut..] {
            prop_assert_eq!(live.observe(signal), read_back.observe(signal));
            prop_assert_eq!(live.take_slots(), read_back.take_slots());
            prop_assert_eq!(live.take_effects(), read_back.take_effects());
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
            read_back.push(signal.clone());
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
    fn no_rule_chatters(setup in setups(), signals in meetings()) {
        // Told of once, a rule is silent for as long as what it saw goes on: the same signal again makes it speak no more.
        let mut rules = Rules::new(&setup);
        for signal in &signals {
            let told = rules.observe(signal);
            told.iter().for_each(|moment| rules.told(moment));
            let again = rules.observe(signal);
            let twice = again.iter().find(|again| told.iter().any(|told| told.rule == again.rule));
            prop_assert!(twice.is_none(), "{twice:?} twice at {signal:?}");
        }
    }

    #[test]
    fn a_filler_cluster_never_chatters(gaps_ms in proptest::collection::vec(200u64..20_000, 0..300)) {
        let mut rules = Rules::new(&CoachSetup::default());
        let (mut now, mut fillers, mut last) = (0, Vec::<u64>::new(), None::<u64>);
        for gap_ms in gaps_ms {
            now += gap_ms;
            fillers.push(now);
            let filler = Signal::Filler { at: ms(now), kind: FillerKind::Lexical };
            let turn = Signal::Turn { start: ms(now), at: ms(now + 1) };
            let heard = [filler, turn].into_iter().flat_map(|signal| rules.observe(&signal)).collect::<Vec<_>>();
            if let Some(moment) = heard.iter().find(|moment| moment.rule == Rule::FillerCluster) {
                rules.told(moment);
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
