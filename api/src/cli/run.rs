//! `attune run`: everything on this machine, the sample meeting on first start, then serving until Ctrl-C.

use super::failure::Failure;
use super::machine::{IfTaken, Machine, ServerArguments, stop_on_signal};
use super::play::Play;
use super::sample::{self, Marker};
use super::terminal::{Ink, ink, line, note};
use super::{place, play};
use attune_engine::report::{Coaching, MeetingRecord};
use attune_ingest::client::Api;
use clap::Args;
use serde::Deserialize;
use std::path::Path;
use std::process::ExitCode;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Starts everything here, plays the sample meeting once, and serves until Ctrl-C
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  attune run
  attune run --no-sample --listen 127.0.0.1:8080")]
pub(super) struct Arguments {
    #[command(flatten)]
    server: ServerArguments,
    /// Do not play the sample meeting
    #[arg(long)]
    no_sample: bool,
    /// How many times faster than real time the sample is played
    #[arg(long, value_name = "N", default_value_t = 4.0, value_parser = speed)]
    speed: f64,
}

pub(super) async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let stop = stop_on_signal()?;
    let starting = Machine::start(arguments.server, IfTaken::MoveOn);
    let Some(machine) = stop.run_until_cancelled(starting).await.transpose()? else {
        return Ok(ExitCode::SUCCESS);
    };
    let served = serve(&machine, (!arguments.no_sample).then_some(arguments.speed), &stop).await;
    machine.stop().await;
    // Ctrl-C in the middle of the sample is an end like any other; the next start goes on where it was left.
    if stop.is_cancelled() {
        Ok(ExitCode::SUCCESS)
    } else {
        served.map(|()| ExitCode::SUCCESS)
    }
}

async fn serve(machine: &Machine, sample_speed: Option<f64>, stop: &CancellationToken) -> Result<(), Failure> {
    greet(machine).await?;
    if let Some(speed) = sample_speed {
        let data = place::data();
        let api = sign_in(machine, &data).await?;
        let meeting = match Marker::find(&data, &api).await? {
            Some(marker) if marker.complete => marker.meeting,
            unfinished => play_sample(machine, &api, unfinished, speed, stop).await?.meeting,
        };
        line(format_args!(
            "{} {}",
            ink(Ink::Bold, "Report    "),
            report_url(machine, meeting)
        ));
    }
    line(ink(Ink::Dim, "Serving until Ctrl-C."));
    stop.cancelled().await;
    line(ink(Ink::Dim, "Stopping."));
    Ok(())
}

/// Says where everything is.
pub(super) async fn greet(machine: &Machine) -> Result<(), Failure> {
    line(format_args!("{} {}", ink(Ink::Bold, "Attune    "), machine.url()));
    line(format_args!(
        "{} {}",
        ink(Ink::Bold, "Sign in   "),
        machine.sign_in_link().await?
    ));
    line(ink(
        Ink::Dim,
        "           good once, for 15 minutes; `attune login-link` prints another",
    ));
    if let Some(info) = &machine.recognizer {
        line(format_args!(
            "{} {} {} ({})",
            ink(Ink::Bold, "Recognizer"),
            info.name,
            info.version,
            info.model
        ));
    }
    line(format_args!(
        "{} {}",
        ink(Ink::Bold, "Data      "),
        place::data().display()
    ));
    line(ink(Ink::Dim, "           `make clean-data` removes it"));
    Ok(())
}

/// This machine's own access to the server that it runs.
pub(super) async fn sign_in(machine: &Machine, data: &Path) -> Result<Api, Failure> {
    let account = sample::account(machine.url(), data);
    if let Some(api) = account.still_signed_in().await? {
        return Ok(api);
    }
    let link = machine.sign_in_link().await?;
    let code = link.rsplit('#').next().unwrap_or_default();
    account.sign_in(code).await
}

/// Where the meeting's report is to be read.
pub(super) fn report_url(machine: &Machine, meeting: Uuid) -> String {
    format!("{}/meetings/{meeting}/report", machine.url().trim_end_matches('/'))
}

/// The sample, played to its end.
pub(super) struct PlayedSample {
    pub(super) meeting: Uuid,
    pub(super) saved_ms: u64,
    pub(super) report: ReadReport,
}

/// A report as the server tells it.
#[derive(Deserialize)]
pub(super) struct ReadReport {
    pub(super) record: MeetingRecord,
    pub(super) coaching: Coaching,
}

/// Plays the sample meeting, or the rest of it where an earlier start was stopped, and waits for its report.
pub(super) async fn play_sample(
    machine: &Machine,
    api: &Api,
    unfinished: Option<Marker>,
    speed: f64,
    stop: &CancellationToken,
) -> Result<PlayedSample, Failure> {
    let play = tokio::task::spawn_blocking(move || sample::load(speed)).await??;
    if let Some(marker) = unfinished {
        let meeting = marker.meeting;
        match play_into(machine, api, marker, play.clone(), stop).await {
            Err(failure) if !stop.is_cancelled() => {
                note(format_args!("the sample cannot go on where it was left: {failure}"));
                api.delete_meeting(meeting).await?;
            }
            played => return played,
        }
    }
    // Nothing else is recorded with this account: what still waits is of a sample that is gone.
    sample::account(machine.url(), &place::data())
        .person(api)
        .await?
        .drop_recordings()?;
    let marker = Marker::new(play.create(api).await?);
    marker.keep(&place::data())?;
    play_into(machine, api, marker, play, stop).await
}

async fn play_into(
    machine: &Machine,
    api: &Api,
    mut marker: Marker,
    play: Play,
    stop: &CancellationToken,
) -> Result<PlayedSample, Failure> {
    let meeting = marker.meeting;
    let url = machine.url().trim_end_matches('/');
    line("");
    line(format_args!(
        "The sample meeting, {}x: you are Nora, with Marcus and Alistair. Watch it at",
        play.speed
    ));
    line(format_args!("{url}/meetings/{meeting}/live"));
    line("");
    let data = place::data();
    let saved_ms = play
        .run(api, &sample::account(machine.url(), &data), meeting, stop)
        .await?;
    let report = play::report(api, meeting).await?;
    marker.complete = true;
    marker.keep(&data)?;
    line("");
    Ok(PlayedSample {
        meeting,
        saved_ms,
        report,
    })
}

/// A speed that something can be played at.
pub(super) fn speed(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(speed) if (0.1..=100.0).contains(&speed) => Ok(speed),
        _ => Err("a number from 0.1 to 100".to_owned()),
    }
}
