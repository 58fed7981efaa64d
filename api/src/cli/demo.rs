//! `attune demo`: the sample meeting from beginning to end, then everything that was started is stopped.

use super::failure::Failure;
use super::machine::{IfTaken, Machine, ServerArguments, stop_on_signal};
use super::place;
use super::run::{PlayedSample, ReadReport, greet, play_sample, report_url, sign_in, speed};
use super::sample::{self, Marker};
use super::terminal::{Ink, ink, line};
use attune_engine::speaker::Speaker;
use clap::Args;
use serde::Serialize;
use std::process::ExitCode;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Plays the sample meeting through the real server, stops, and prints what came of it as one JSON object
#[derive(Debug, Args)]
#[command(
    after_help = "The sample is one meeting however often this runs: an earlier one of it is replaced.

Examples:
  attune demo
  attune demo --recognizer sphinx | tail -n 1 | python3 -m json.tool"
)]
pub(super) struct Arguments {
    #[command(flatten)]
    server: ServerArguments,
    /// How many times faster than real time
    #[arg(long, value_name = "N", default_value_t = 4.0, value_parser = speed)]
    speed: f64,
}

/// The last line.
#[derive(Debug, Serialize)]
struct Outcome {
    meeting_id: Uuid,
    report_url: String,
    recognizer: String,
    words: usize,
    committed_s: f64,
    gaps: usize,
    nudges: usize,
    talk_share: TalkShare,
    wer: f64,
}

#[derive(Debug, Serialize)]
struct TalkShare {
    me: f64,
    them: f64,
}

pub(super) async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let stop = stop_on_signal()?;
    let starting = Machine::start(arguments.server, IfTaken::MoveOn);
    let Some(machine) = stop.run_until_cancelled(starting).await.transpose()? else {
        return Err(Failure::new("stopped before it began"));
    };
    let outcome = play(&machine, arguments.speed, &stop).await;
    machine.stop().await;
    line(serde_json::to_string(&outcome?)?);
    Ok(ExitCode::SUCCESS)
}

async fn play(machine: &Machine, speed: f64, stop: &CancellationToken) -> Result<Outcome, Failure> {
    greet(machine).await?;
    let data = place::data();
    let api = sign_in(machine, &data).await?;
    let earlier = Marker::find(&data, &api).await?;
    let unfinished = match earlier {
        Some(marker) if marker.complete => {
            api.delete_meeting(marker.meeting).await?;
            None
        }
        other => other,
    };
    let played = play_sample(machine, &api, unfinished, speed, stop).await?;
    let url = report_url(machine, played.meeting);
    line(format_args!("{} {url}", ink(Ink::Bold, "Report    ")));
    line(ink(Ink::Dim, "           `make run` serves it again"));
    Ok(outcome(&played, url))
}

fn outcome(played: &PlayedSample, report_url: String) -> Outcome {
    let ReadReport { record, coaching } = &played.report;
    let share = |speaker| {
        let talk = coaching.talk.iter().find(|talk| talk.speaker == speaker);
        rounded(talk.and_then(|talk| talk.share).unwrap_or(0.0))
    };
    Outcome {
        meeting_id: played.meeting,
        report_url,
        recognizer: record.recognizer.name.clone(),
        words: record.utterances.iter().map(|line| line.words.len()).sum(),
        committed_s: played.saved_ms as f64 / 1000.0,
        gaps: record.gaps.len(),
        nudges: coaching.nudges.len(),
        talk_share: TalkShare {
            me: share(Speaker::Me),
            them: share(Speaker::Them),
        },
        wer: rounded(sample::word_error_rate(&record.utterances)),
    }
}

/// Four digits say all that these numbers know.
fn rounded(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}
