//! `attune models`: what is in the model store, what can be, and whether it is what it should be.

use super::failure::Failure;
use super::terminal::{self, Ink, ink, line, note, size};
use attune_models::store::{Progress, State, Store};
use clap::{Args, Subcommand};
use indicatif::ProgressBar;
use std::process::ExitCode;

/// The weights that make the better recognizer; without them PocketSphinx runs, which is why they are not required.
const WORTH_HAVING: &str = "whisper-base.en";

/// Lists, fetches and verifies models
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  attune models list
  attune models fetch                 what Attune needs, and Whisper where the hub can be reached
  attune models fetch whisper-tiny.en
  attune models verify")]
pub(super) struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Every model that Attune knows, and whether it is here
    List,
    /// Brings models here; without names, those that are needed and the better recognizer
    Fetch {
        /// Only what nothing runs without
        #[arg(long, conflicts_with = "names")]
        required: bool,
        /// Names as `attune models list` shows them
        names: Vec<String>,
    },
    /// Hashes every model that is here and compares it with what upstream published
    Verify,
}

pub(super) fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let store = Store::open();
    match arguments.what {
        What::List => Ok(list(&store)),
        What::Fetch { required, names } => fetch(&store, required, &names),
        What::Verify => Ok(verify(&store)),
    }
}

fn list(store: &Store) -> ExitCode {
    line(format_args!("{}", ink(Ink::Dim, store.root().display())));
    for listed in store.list() {
        let model = listed.model;
        let state = if listed.present {
            ink(Ink::Green, "here   ")
        } else if model.required {
            ink(Ink::Red, "missing")
        } else {
            ink(Ink::Dim, "absent ")
        };
        let need = if model.required { "needed" } else { "optional" };
        line(format_args!(
            "{state}  {:18} {:>9}  {need:8}  {}: {}",
            model.name,
            size(model.bytes),
            model.licence,
            model.used_by
        ));
    }
    ExitCode::SUCCESS
}

fn fetch(store: &Store, required: bool, names: &[String]) -> Result<ExitCode, Failure> {
    if !names.is_empty() {
        for name in names {
            let path = store.fetch(name, &mut Bar::default())?;
            line(path.display());
        }
        return Ok(ExitCode::SUCCESS);
    }
    for listed in store.list().filter(|listed| listed.model.required && !listed.present) {
        store.fetch(&listed.model.name, &mut Bar::default())?;
    }
    if !required && store.path(WORTH_HAVING).is_err() {
        let fetched = store.fetch(WORTH_HAVING, &mut Bar::silent_on_notes());
        if let Err(error) = fetched {
            note(format_args!(
                "{error}; PocketSphinx recognizes instead, which is less accurate"
            ));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn verify(store: &Store) -> ExitCode {
    let mut worst = ExitCode::SUCCESS;
    for verified in store.verify() {
        let (name, digest) = (&verified.model.name, verified.model.digest.kind());
        match verified.state {
            State::Good => line(format_args!("{}     {name} ({digest})", ink(Ink::Green, "good"))),
            State::Absent if !verified.model.required => line(format_args!("{}   {name}", ink(Ink::Dim, "absent"))),
            State::Absent => {
                line(format_args!(
                    "{}  {name}: `attune models fetch {name}`",
                    ink(Ink::Red, "missing")
                ));
                worst = ExitCode::FAILURE;
            }
            State::Changed => {
                line(format_args!(
                    "{}  {name}: not what upstream published ({digest}): `attune models fetch {name}`",
                    ink(Ink::Red, "changed")
                ));
                worst = ExitCode::FAILURE;
            }
            State::Unreadable(why) => {
                line(format_args!("{}  {name}: {why}", ink(Ink::Red, "broken ")));
                worst = ExitCode::FAILURE;
            }
        }
    }
    worst
}

/// Draws a fetch. What is fetched is said when its first bytes are here: where nobody answers, there is nothing to draw.
#[derive(Default)]
struct Bar {
    about: Option<About>,
    bar: Option<ProgressBar>,
    no_notes: bool,
}

/// What is about to come.
struct About {
    file: String,
    source: String,
    bytes: u64,
}

impl Bar {
    /// For a file we can do without: why each source failed is said once, by the caller.
    fn silent_on_notes() -> Self {
        Self {
            no_notes: true,
            ..Self::default()
        }
    }
}

impl Progress for Bar {
    fn began(&mut self, file: &str, source: &str, bytes: u64) {
        self.about = Some(About {
            file: file.to_owned(),
            source: source.to_owned(),
            bytes,
        });
    }

    fn at(&mut self, bytes: u64) {
        if let Some(About { file, source, bytes }) = self.about.take() {
            if std::io::IsTerminal::is_terminal(&std::io::stderr()) {
                self.bar = Some(terminal::byte_bar(bytes).with_message(file));
            } else {
                note(format_args!("fetching {file} ({}) from {source}", size(bytes)));
            }
        }
        if let Some(bar) = &self.bar {
            bar.set_position(bytes);
        }
    }

    fn note(&mut self, text: &str) {
        match &self.bar {
            _ if self.no_notes => {}
            Some(bar) => bar.suspend(|| note(text)),
            None => note(text),
        }
    }

    fn done(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish();
        }
    }
}
