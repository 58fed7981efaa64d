//! `attune analyze`: recordings to transcript, measures and report, with no server and no database.

use super::failure::Failure;
use super::machine::{settings, voices};
use super::output::Output;
use super::replay::{meeting_type, mixed};
use super::terminal::{self, Ink, ink, note};
use crate::coverage;
use crate::render::{About, Analysis, Format, Part, hashes};
use attune_engine::clock::MeetingTime;
use attune_engine::conversation::{Conversation, Setup};
use attune_engine::meeting_type::MeetingType;
use attune_engine::report::{Gap, ReportRest, report};
use attune_engine::speaker::{Speaker, Track};
use attune_ingest::hearing::{MayLeave, Worker};
use attune_ingest::offline::Channel;
use attune_ingest::ports::Decided;
use attune_ingest::protocol::SampleClass;
use attune_ingest::{media, offline};
use attune_models::choose::{Choice, Wanted};
use attune_models::store::Store;
use clap::Args;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Transcript, measures and report of a recording
#[derive(Debug, Args)]
#[command(after_help = "One file with one channel: everybody in one, nobody told apart.
One file with two channels: you on the left, the others on the right. Two files: you, then the others.
Reads wav, flac, mp3, ogg (Vorbis, Opus), webm, m4a and aiff.

Examples:
  attune analyze meeting.m4a
  attune analyze call.wav --format html -o call.html
  attune analyze call.wav --part record -o for-everybody.pdf
  attune analyze me.flac them.flac --meeting-type discovery --format json | jq .coaching.measures")]
pub(super) struct Arguments {
    /// A recording, or yours and then the others'
    #[arg(required = true, num_args = 1..=2, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// text, json, md, html, pdf, vtt (captions), ics (what is due on a day, with --began) or csv (measures); without it what the output's name
    /// says, or text
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,
    /// record, which is what others may be given, or all: that and your own coaching
    #[arg(long, value_name = "PART", default_value = "all")]
    part: Part,
    /// auto, whisper, whisper:PATH, sphinx or remote; only remote sends speech anywhere
    #[arg(long, value_name = "NAME", default_value = "auto", env = "ATTUNE_RECOGNIZER")]
    recognizer: Choice,
    /// discovery, demo, interviewer, candidate, one_on_one_manager, one_on_one_report, stand_up, presentation,
    /// internal_update or other
    #[arg(long, value_name = "TYPE", default_value = "other", value_parser = meeting_type)]
    meeting_type: MeetingType,
    /// When the recording began, such as 2026-11-25T14:02:00+01:00: ics needs the day that "by Friday" counts from
    #[arg(long, value_name = "TIME", value_parser = moment)]
    began: Option<OffsetDateTime>,
    /// Where to write, instead of standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(super) fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let title = arguments
        .files
        .iter()
        .map(|file| file_name(file))
        .collect::<Vec<_>>()
        .join(" + ");
    let output = Output::open(arguments.output.as_deref(), &arguments.files)?;
    let channels = channels(&arguments.files)?;
    let store = Store::open();
    let voice = attune_models::voice_activity(&store)?;
    // One decode takes one core; more workers than cores would only take turns.
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    // Only who asks for it sends a recording anywhere.
    let remote = match arguments.recognizer {
        Choice::Remote => settings(None)?.remote()?,
        _ => None,
    };
    let recognizers = attune_models::recognizers(
        &store,
        &Wanted {
            choice: arguments.recognizer,
            workers,
            partials: false,
            remote,
        },
    )?;
    if let Some(why) = &recognizers.note {
        note(ink(Ink::Yellow, why));
    }
    let tracks = channels.iter().map(|channel| channel.track).collect();
    let end = channels.iter().map(|channel| channel.samples.len()).max().unwrap_or(0) as u64;
    let bar = terminal::sound_bar(MeetingTime::from_sample(end).as_ms()).with_message("listening");
    // There is an elsewhere only where it was asked for by name.
    let may_leave = match &recognizers.elsewhere {
        Some(_) => MayLeave::always(),
        None => MayLeave::never(),
    };
    let tells_voices = voices(&store, settings(None)?.tells_voices());
    let workers = recognizers.into_full().into_iter().map(|words| Worker {
        voices: tells_voices.clone(),
        ..Worker::from(words)
    });
    let heard = offline::analyze(channels, voice, workers, &may_leave, &mut |listening| {
        bar.set_position(listening.decided.as_ms() / 1000);
    })?;
    bar.finish_and_clear();

    let mut conversation = Conversation::new(Setup {
        meeting_type: arguments.meeting_type,
        tracks,
        recognizer: heard.recognizer.clone(),
        voices: heard.voices,
        profile: Arc::default(),
    });
    for decided in heard.finals() {
        conversation.observe(decided);
    }
    conversation.advance(MeetingTime::from_sample(end));
    let rest = ReportRest {
        meeting: title.clone(),
        version: 1,
        gaps: gaps(&heard.decided),
        coverage: coverage::of_decided(&heard.decided),
        language: heard.recognizer.languages.first().cloned(),
        ..ReportRest::default()
    };
    let report = report(&conversation, rest);
    let about = About {
        title,
        started_at: arguments.began,
        hashes: Some(hashes(&report)),
        ..About::default()
    };
    let analysis = Analysis::of(about, report, arguments.part);
    let format = arguments
        .format
        .unwrap_or_else(|| format_of(arguments.output.as_deref()));
    output.write(
        analysis
            .write(format)
            .map_err(|error| Failure::while_doing("writing the report", &error))?,
    )?;
    Ok(ExitCode::SUCCESS)
}

fn moment(text: &str) -> Result<OffsetDateTime, String> {
    OffsetDateTime::parse(text, &Rfc3339)
        .map_err(|_| "not a time with its zone, such as 2026-11-25T14:02:00+01:00".to_owned())
}

/// The channels of the files, and whom each carries.
fn channels(files: &[PathBuf]) -> Result<Vec<Channel>, Failure> {
    let mut decoded = Vec::new();
    for file in files {
        decoded.push((file, decode(file)?));
    }
    let channel = |track, speaker, samples| Channel {
        track,
        speaker,
        samples,
    };
    match decoded.as_mut_slice() {
        [(_, mine), (_, theirs)] => Ok(vec![
            channel(Track::Mic, Speaker::Me, mixed(std::mem::take(mine))),
            channel(Track::Tab, Speaker::Them, mixed(std::mem::take(theirs))),
        ]),
        [(file, channels)] => match channels.as_mut_slice() {
            [everybody] => Ok(vec![channel(Track::Mic, Speaker::Unknown, std::mem::take(everybody))]),
            [mine, theirs] => Ok(vec![
                channel(Track::Mic, Speaker::Me, std::mem::take(mine)),
                channel(Track::Tab, Speaker::Them, std::mem::take(theirs)),
            ]),
            more => Err(Failure::new(format!(
                "{} has {} channels: give one with one or two, or one file for each side",
                file.display(),
                more.len()
            ))),
        },
        _ => Err(Failure::new("give one recording, or yours and then the others'")),
    }
}

fn decode(file: &Path) -> Result<Vec<Vec<i16>>, Failure> {
    let bar = terminal::sound_bar(0).with_message(format!("reading {}", file_name(file)));
    let decoded = media::decode(file, &mut |decoding| {
        bar.set_length(decoding.total_s.unwrap_or(decoding.decoded_s) as u64);
        bar.set_position(decoding.decoded_s as u64);
    });
    bar.finish_and_clear();
    let recording = decoded.map_err(|error| Failure::while_doing(file.display(), &error))?;
    if recording.damage.truncated {
        note(ink(
            Ink::Yellow,
            format_args!(
                "{} ends before it says that it does; what is there is analysed",
                file.display()
            ),
        ));
    }
    if recording.damage.packets > 0 {
        let lost = recording.damage.packets;
        note(ink(
            Ink::Yellow,
            format_args!("{}: {lost} damaged packets are silent", file.display()),
        ));
    }
    Ok(recording.channels)
}

/// What a recording has of gaps: speech that no recognizer could decode.
fn gaps(decided: &[Decided]) -> Vec<Gap> {
    let lost = decided.iter().filter(|stretch| stretch.class == SampleClass::Gap);
    lost.map(|stretch| Gap {
        track: stretch.track,
        span: stretch.span,
        reason: stretch.reason.clone().unwrap_or_default(),
    })
    .collect()
}

/// What the output's name says, or text.
fn format_of(output: Option<&Path>) -> Format {
    let extension = output.and_then(|path| path.extension()?.to_str());
    extension
        .and_then(|extension| extension.parse().ok())
        .unwrap_or_default()
}

fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(
        || path.display().to_string(),
        |name| name.to_string_lossy().into_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use attune_engine::clock::Span;

    #[test]
    fn the_output_says_its_format_by_its_name() {
        assert_eq!(format_of(None), Format::Text);
        assert_eq!(format_of(Some(Path::new("a/call.html"))), Format::Html);
        assert_eq!(format_of(Some(Path::new("call.json"))), Format::Json);
        assert_eq!(format_of(Some(Path::new("call"))), Format::Text);
    }

    #[test]
    fn every_sample_is_accounted_for_once() {
        let stretch = |class, from_sample, to_sample| Decided {
            track: Track::Mic,
            from_sample,
            to_sample,
            span: Span::new(
                MeetingTime::from_sample(from_sample),
                MeetingTime::from_sample(to_sample),
            ),
            class,
            reason: None,
            outcome: None,
        };
        let covered = coverage::of_decided(&[
            stretch(SampleClass::NonSpeech, 0, 8_000),
            stretch(SampleClass::Decoded, 8_000, 40_000),
            stretch(SampleClass::NonSpeech, 40_000, 48_000),
        ]);
        assert_eq!(
            (covered[0].non_speech_s, covered[0].decoded_s, covered[0].gap_s),
            (1.0, 2.0, 0.0)
        );
    }
}
