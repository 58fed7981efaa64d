//! `attune replay`: the protocol's reference client. Plays recordings to any server as if they were happening now.

use super::account::Account;
use super::failure::Failure;
use super::machine::stop_on_signal;
use super::play::Play;
use super::run::speed;
use super::terminal::line;
use attune_engine::clock::SAMPLE_RATE_HZ;
use attune_engine::meeting_type::MeetingType;
use attune_engine::speaker::Track;
use attune_ingest::client::{NewMeeting, TrackAudio};
use attune_ingest::media;
use attune_ingest::protocol::Codec;
use clap::Args;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use uuid::Uuid;

/// Plays recordings to a server as a live meeting
#[derive(Debug, Args)]
#[command(
    after_help = "Starting it says that you consent to being recorded, and that you have told the others.
Sign in first with `attune login --server URL`, or set ATTUNE_TOKEN.

Examples:
  attune replay --server http://127.0.0.1:4680 --mic me.wav --tab them.wav --speed 4
  attune replay --server https://attune.example --mic me.wav --tab them.wav --term Kubernetes --term 'Ada Lovelace'
  attune replay --server https://attune.example --mic me.opus --meeting 0192f0c4-…   goes on with one that was cut off"
)]
pub(super) struct Arguments {
    /// The server's address: https, or http on this machine
    #[arg(long, value_name = "URL")]
    server: String,
    /// What you said
    #[arg(long, value_name = "FILE", required_unless_present = "tab")]
    mic: Option<PathBuf>,
    /// What the others said
    #[arg(long, value_name = "FILE")]
    tab: Option<PathBuf>,
    /// How many times faster than real time
    #[arg(long, value_name = "N", default_value_t = 1.0, value_parser = speed)]
    speed: f64,
    /// The meeting's title
    #[arg(long, default_value = "A replayed meeting")]
    title: String,
    /// discovery, demo, interviewer, candidate, one_on_one_manager, one_on_one_report, stand_up, presentation,
    /// internal_update or other
    #[arg(long, value_name = "TYPE", default_value = "other", value_parser = meeting_type)]
    meeting_type: MeetingType,
    /// How much coaching: off, focus, balanced or practice
    #[arg(long, value_name = "MODE", default_value = "balanced", value_parser = ["off", "focus", "balanced", "practice"])]
    mode: String,
    /// The language spoken
    #[arg(long, value_name = "TAG", default_value = "en")]
    language: String,
    /// A name or word to expect, such as a product's; give it again for each, the most important first
    #[arg(long = "term", value_name = "TERM")]
    terms: Vec<String>,
    /// Go on with this meeting, with the same files
    #[arg(long, value_name = "ID")]
    meeting: Option<Uuid>,
}

pub(super) async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let stop = stop_on_signal()?;
    let account = Account::at(&arguments.server);
    let api = account.api()?;
    let files = (arguments.mic.clone(), arguments.tab.clone());
    let tracks = tokio::task::spawn_blocking(move || tracks(files.0.as_deref(), files.1.as_deref())).await??;
    let play = Play {
        about: NewMeeting {
            title: arguments.title,
            meeting_type: name_of(arguments.meeting_type)?,
            language: Some(arguments.language.clone()),
            others_told: true,
            mode: Some(arguments.mode),
            played_back: true,
        },
        tracks,
        language: arguments.language,
        glossary: arguments.terms,
        speed: arguments.speed,
    };
    let meeting = match arguments.meeting {
        Some(meeting) => meeting,
        None => play.create(&api).await?,
    };
    line(api.page(&format!("/meetings/{meeting}/live")));
    play.run(&api, &account, meeting, &stop)
        .await
        .map_err(|failure| Failure::new(format!("{failure} (go on with --meeting {meeting})")))?;
    line(api.page(&format!("/meetings/{meeting}/report")));
    Ok(ExitCode::SUCCESS)
}

fn tracks(mic: Option<&Path>, tab: Option<&Path>) -> Result<Vec<TrackAudio>, Failure> {
    let sides = [(Track::Mic, mic), (Track::Tab, tab)];
    sides
        .into_iter()
        .filter_map(|(track, path)| Some((track, path?)))
        .map(|(track, path)| self::track(track, path))
        .collect()
}

/// One side of the conversation: a file with more channels is mixed, because all of them are the same side.
fn track(track: Track, path: &Path) -> Result<TrackAudio, Failure> {
    let recording = media::decode(path, &mut |_| {}).map_err(|error| Failure::while_doing(path.display(), &error))?;
    Ok(TrackAudio {
        track,
        codec: Codec::Opus,
        rate_hz: SAMPLE_RATE_HZ,
        samples: mixed(recording.channels).into(),
    })
}

/// The mean of all channels.
pub(super) fn mixed(mut channels: Vec<Vec<i16>>) -> Vec<i16> {
    if channels.len() < 2 {
        return channels.pop().unwrap_or_default();
    }
    let length = channels.iter().map(Vec::len).max().unwrap_or(0);
    (0..length)
        .map(|index| {
            let there = channels.iter().filter_map(|channel| channel.get(index));
            let sum: i32 = there.map(|sample| i32::from(*sample)).sum();
            (sum / channels.len() as i32) as i16
        })
        .collect()
}

/// A meeting type by its name on the wire.
pub(super) fn meeting_type(text: &str) -> Result<MeetingType, String> {
    let name = serde_json::Value::from(text);
    serde_json::from_value(name).map_err(|_| "not a type of meeting; see --help".to_owned())
}

fn name_of(meeting_type: MeetingType) -> Result<String, Failure> {
    Ok(serde_json::from_value(serde_json::to_value(meeting_type)?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn meeting_types_are_known_by_their_names_on_the_wire() {
        assert_eq!(name_of(meeting_type("stand_up").unwrap()).unwrap(), "stand_up");
        assert!(meeting_type("party").is_err());
    }

    #[test]
    fn channels_of_one_side_are_mixed() {
        assert_eq!(mixed(vec![vec![10, 20], vec![30]]), [20, 10]);
        assert_eq!(mixed(vec![vec![7]]), [7]);
    }
}
