//! `attune measure`: timed transcripts to what people did in them, with no server; what the corpora are scored with.

use super::failure::Failure;
use super::output::Output;
use super::terminal::{Ink, ink, note};
use attune_engine::detect::exchange::Input;
use clap::Args;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What ends the name of a transcript in a folder.
const INPUT: &str = ".input.json";
/// What ends the name of what was found in it.
const METRICS: &str = ".metrics.json";

/// Questions, fillers, interruptions, commitments and more of timed transcripts
#[derive(Debug, Args)]
#[command(
    after_help = "Reads the schema timed-transcript/1: speakers, and words as [speaker, start, end, text], in seconds.
Of a folder every *.input.json is measured, and <id>.metrics.json is written for each.

Examples:
  attune measure meeting.json
  attune measure transcripts/ -o metrics/"
)]
pub(super) struct Arguments {
    /// A transcript, or a folder of them
    #[arg(value_name = "INPUT")]
    input: PathBuf,
    /// Where to write: a folder, or, for one transcript, a file; without it a transcript's metrics go to standard output, a
    /// folder's beside its transcripts
    #[arg(short, long, value_name = "PATH")]
    output: Option<PathBuf>,
}

pub(super) fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let Arguments { input, output } = arguments;
    if !input.is_dir() {
        let text = measure(&input)?;
        let file = output.map(|path| {
            if path.is_dir() {
                path.join(metrics_of(&input))
            } else {
                path
            }
        });
        Output::open(file.as_deref(), std::slice::from_ref(&input))?.write(text)?;
        return Ok(ExitCode::SUCCESS);
    }
    let folder = output.unwrap_or_else(|| input.clone());
    std::fs::create_dir_all(&folder).map_err(|error| Failure::while_doing(folder.display(), &error))?;
    let transcripts = transcripts(&input)?;
    if transcripts.is_empty() {
        return Err(Failure::new(format!("{} holds no *{INPUT}", input.display())));
    }
    let mut failed = 0;
    for transcript in &transcripts {
        let path = folder.join(metrics_of(transcript));
        // One bad transcript does not keep the others from being measured.
        let written = measure(transcript).and_then(|text| Output::open(Some(&path), &[])?.write(text));
        if let Err(failure) = written {
            failed += 1;
            note(ink(Ink::Yellow, failure));
        }
    }
    match failed {
        0 => Ok(ExitCode::SUCCESS),
        failed => Err(Failure::new(format!(
            "{failed} of {} transcripts could not be measured",
            transcripts.len()
        ))),
    }
}

/// The transcripts in `folder`, by name.
fn transcripts(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let listed = std::fs::read_dir(folder).map_err(|error| Failure::while_doing(folder.display(), &error))?;
    let mut paths = Vec::new();
    for entry in listed {
        let path = entry
            .map_err(|error| Failure::while_doing(folder.display(), &error))?
            .path();
        if path.to_string_lossy().ends_with(INPUT) {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// What was found in the transcript at `path`, as JSON.
fn measure(path: &Path) -> Result<String, Failure> {
    let failed = |error: &dyn std::error::Error| Failure::while_doing(path.display(), error);
    let text = std::fs::read(path).map_err(|error| failed(&error))?;
    let input: Input = serde_json::from_slice(&text).map_err(|error| failed(&error))?;
    let found = input.measure().map_err(|error| failed(&error))?;
    let mut text = serde_json::to_string(&found)?;
    text.push('\n');
    Ok(text)
}

/// `<id>.metrics.json` for `<id>.input.json`.
fn metrics_of(transcript: &Path) -> String {
    let name = transcript
        .file_name()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let id = name
        .strip_suffix(INPUT)
        .or_else(|| name.strip_suffix(".json"))
        .unwrap_or(&name);
    format!("{id}{METRICS}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = r#"{"schema":"timed-transcript/1","id":"small","source":"a test","duration_s":4.0,
        "speakers":[{"id":"A","role":"PM"},{"id":"B"}],
        "words":[["A",0.0,0.2,"Um"],["A",0.3,0.5,"what"],["A",0.5,0.7,"is"],["A",0.7,0.9,"it?"],["B",1.2,1.6,"Nothing."]]}"#;

    fn run_on(input: &Path, output: Option<&Path>) -> Result<ExitCode, Failure> {
        run(Arguments {
            input: input.to_owned(),
            output: output.map(Path::to_owned),
        })
    }

    #[test]
    fn a_folder_is_measured_transcript_by_transcript_and_a_bad_one_is_named() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("small.input.json"), SMALL).unwrap();
        let metrics = folder.path().join("metrics");
        run_on(folder.path(), Some(&metrics)).unwrap();
        let found: serde_json::Value =
            serde_json::from_slice(&std::fs::read(metrics.join("small.metrics.json")).unwrap()).unwrap();
        assert_eq!(found["words"], serde_json::json!({"A": 4, "B": 1}));
        assert_eq!(found["fillers"], serde_json::json!([{"spk": "A", "s": 0.0, "e": 0.2}]));
        assert_eq!(found["questions"][0]["kind"], "open");

        std::fs::write(folder.path().join("bad.input.json"), "{").unwrap();
        let failure = run_on(folder.path(), Some(&metrics)).unwrap_err();
        assert_eq!(failure.to_string(), "1 of 2 transcripts could not be measured");
        assert!(!metrics.join("bad.metrics.json").exists());
    }

    #[test]
    fn a_time_before_the_meeting_is_refused_with_the_word_it_belongs_to() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("early.json");
        std::fs::write(&path, SMALL.replace("0.3,0.5", "-0.3,0.5")).unwrap();
        let failure = run_on(&path, Some(&folder.path().join("out.json"))).unwrap_err();
        assert!(
            failure.to_string().ends_with("word 1 is from -0.3 to 0.5 s"),
            "{failure}"
        );
    }

    #[test]
    fn metrics_are_named_after_their_transcript() {
        assert_eq!(metrics_of(Path::new("a/ES2002a.input.json")), "ES2002a.metrics.json");
        assert_eq!(metrics_of(Path::new("call.json")), "call.metrics.json");
    }
}
