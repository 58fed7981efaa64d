//! `attune doctor`: what this machine lacks, and the command that fixes it.

use super::failure::{Failure, chain};
use super::terminal::{Ink, ink, line, size};
use super::{machine, place};
use crate::cluster::{self, free_bytes};
use crate::config::{Databases, Settings};
use attune_engine::voices::TellsVoices;
use attune_models::choose::Wanted;
use attune_models::remote::Line;
use attune_models::store::Store;
use attune_models::voices::MODEL;
use clap::Args;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, SystemTime};

/// A node serves up to 5,000 sockets, each a descriptor; a person at home a few dozen.
const DESCRIPTORS_OF_A_SERVER: u64 = 8_192;
const DESCRIPTORS_OF_ONE_PERSON: u64 = 256;

/// A year of meetings is about this much ciphertext; below it a full disk is a matter of months.
const ROOM_TO_GROW_BYTES: u64 = 2_000_000_000;

/// A clock before this was never set: the first release of Attune came later. (2026-11-01)
const NO_CLOCK_IS_BEFORE: Duration = Duration::from_secs(1_793_491_200);

/// Looks at this machine and says what is missing, with the command that fixes it
#[derive(Debug, Args)]
#[command(after_help = "Exits with 1 when something is missing that Attune does not run without.")]
pub(super) struct Arguments {
    /// Settings, as for `attune serve`
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// What one look found.
struct Finding {
    what: &'static str,
    found: String,
    state: State,
}

enum State {
    Good,
    /// It runs, but the person should know.
    Advice(String),
    /// It does not run; this fixes it.
    Missing(String),
}

pub(super) fn run(arguments: &Arguments) -> ExitCode {
    let store = Store::open();
    let data = place::data();
    let read =
        machine::settings(arguments.config.as_deref()).and_then(|settings| Ok((settings.databases()?, settings)));
    let (asked, databases, settings) = asked_for(read);
    let findings = [
        asked,
        database(databases.as_ref()),
        models(&store),
        recognizer(&store),
        remote(&settings),
        voices(&store, settings.tells_voices()),
        descriptors(),
        disk(&data),
        clock(),
        key(&settings.root_key_file.unwrap_or_else(|| data.join("root.key"))),
    ];
    let mut missing = 0;
    for Finding { what, found, state } in &findings {
        let (mark, fix) = match state {
            State::Good => (ink(Ink::Green, "ok     "), None),
            State::Advice(fix) => (ink(Ink::Yellow, "advice "), Some(fix)),
            State::Missing(fix) => (ink(Ink::Red, "missing"), Some(fix)),
        };
        line(format_args!("{mark}  {what:12} {found}"));
        if let Some(fix) = fix {
            line(format_args!("{:22}{}", "", ink(Ink::Bold, fix)));
        }
        missing += usize::from(matches!(state, State::Missing(_)));
    }
    if missing == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// What the person set. Where it cannot be understood, the rest is looked at as if nothing had been set.
fn asked_for(read: Result<(Option<Databases>, Settings), Failure>) -> (Finding, Option<Databases>, Settings) {
    let what = "settings";
    match read {
        Ok((databases, settings)) => {
            let found = "can be read".into();
            let state = State::Good;
            (Finding { what, found, state }, databases, settings)
        }
        Err(failure) => {
            let found = failure.to_string();
            let state = State::Missing("correct the setting that is named: `attune serve --help` lists them".into());
            (Finding { what, found, state }, None, Settings::default())
        }
    }
}

fn database(named: Option<&Databases>) -> Finding {
    let what = "PostgreSQL";
    if let Some(databases) = named {
        return Finding {
            what,
            found: format!("the one in the settings, at {}", databases.app.get_host()),
            state: State::Good,
        };
    }
    match cluster::newest_programs() {
        Some(programs) if programs.release >= 15 => Finding {
            what,
            found: format!("{} in {}", programs.release, programs.dir.display()),
            state: State::Good,
        },
        Some(programs) => Finding {
            what,
            found: format!("{} is too old, 15 is needed", programs.release),
            state: State::Missing(fix_of_database()),
        },
        None => Finding {
            what,
            found: "not installed".into(),
            state: State::Missing(fix_of_database()),
        },
    }
}

/// Voices of the others come in one channel. The model that tells them apart is nobody's by default: who fetches it decides
/// for people who are not users (docs/adr/0010).
fn voices(store: &Store, may: bool) -> Finding {
    let what = "speakers";
    let finding = |found: &str, state| Finding {
        what,
        found: found.into(),
        state,
    };
    if !may {
        return finding(
            "the others' voices are not told apart: ATTUNE_VOICES is off",
            State::Good,
        );
    }
    match attune_models::voices::installed(store) {
        Ok(TellsVoices::Apart(_)) => finding(
            "the others' voices are told apart within a meeting; ATTUNE_VOICES=off ends that",
            State::Good,
        ),
        Ok(TellsVoices::NotInstalled | TellsVoices::Off) => finding(
            "the others' voices are not told apart: the model is not installed",
            State::Advice(format!(
                "names come from the meeting's captions; or, for numbered voices: attune models fetch {MODEL}"
            )),
        ),
        Err(error) => finding(
            &format!("the others' voices are not told apart: {}", chain(&error)),
            State::Advice(format!("attune models fetch {MODEL}")),
        ),
    }
}

fn models(store: &Store) -> Finding {
    let what = "models";
    let missing: Vec<_> = store
        .list()
        .filter(|listed| listed.model.required && !listed.present)
        .map(|listed| listed.model.name.clone())
        .collect();
    if missing.is_empty() {
        return Finding {
            what,
            found: format!("in {}", store.root().display()),
            state: State::Good,
        };
    }
    Finding {
        what,
        found: format!("not here: {}", missing.join(", ")),
        state: State::Missing("attune models fetch".into()),
    }
}

fn recognizer(store: &Store) -> Finding {
    let what = "recognizer";
    match attune_models::recognizers(store, &Wanted::default()) {
        Ok(chosen) => {
            let info = &chosen.info;
            let found = format!("{} {} ({})", info.name, info.version, info.model);
            match chosen.note {
                None => Finding {
                    what,
                    found,
                    state: State::Good,
                },
                Some(note) => Finding {
                    what,
                    found: format!("{found}; {note}"),
                    state: State::Advice("attune models fetch whisper-base.en".into()),
                },
            }
        }
        Err(error) => Finding {
            what,
            found: chain(&error),
            state: State::Missing(fix_of_recognizer()),
        },
    }
}

/// Whether the recognizer elsewhere answers and takes its key. No audio is sent.
fn remote(settings: &Settings) -> Finding {
    let what = "elsewhere";
    let finding = |found, state| Finding { what, found, state };
    let server = match settings.remote() {
        Ok(Some(server)) => server,
        Ok(None) => {
            return finding(
                "no remote recognizer: speech never leaves this machine".into(),
                State::Good,
            );
        }
        Err(error) => return finding(chain(&error), State::Missing("correct STT_BASE_URL".into())),
    };
    let host = server.endpoint.host().to_owned();
    let encrypted = server.endpoint.is_encrypted();
    let fix = "look at STT_BASE_URL and STT_API_KEY; until then speech is recognized on this machine".to_owned();
    let line = match Line::open(server) {
        Ok(line) => line,
        Err(error) => return finding(chain(&error), State::Missing(fix)),
    };
    match line.reach() {
        Err(failure) => finding(format!("{host}: {failure}"), State::Advice(fix)),
        Ok(()) if encrypted => finding(
            format!("{host} answers; it hears those who consent, where their organisation allows it"),
            State::Good,
        ),
        Ok(()) => finding(
            format!("{host} answers, without encryption"),
            State::Advice("use an https:// or wss:// address, unless the way there is your own".into()),
        ),
    }
}

fn descriptors() -> Finding {
    let what = "descriptors";
    // A child has our limit; asking the system ourselves would take unsafe code.
    let limit = output_of("sh", &["-c", "ulimit -n"]);
    match limit.as_deref() {
        Some("unlimited") => Finding {
            what,
            found: "unlimited".into(),
            state: State::Good,
        },
        Some(limit) => {
            let count: u64 = limit.parse().unwrap_or(0);
            let state = match count {
                DESCRIPTORS_OF_A_SERVER.. => State::Good,
                DESCRIPTORS_OF_ONE_PERSON.. => {
                    State::Advice(format!("for many people at once: ulimit -n {DESCRIPTORS_OF_A_SERVER}"))
                }
                _ => State::Missing(format!("ulimit -n {DESCRIPTORS_OF_A_SERVER}")),
            };
            Finding {
                what,
                found: format!("{limit} per process"),
                state,
            }
        }
        None => Finding {
            what,
            found: "unknown".into(),
            state: State::Advice("ulimit -n".into()),
        },
    }
}

fn disk(data: &Path) -> Finding {
    let what = "disk";
    // The folder itself may be still to come.
    let Some(there) = data.ancestors().find(|above| above.exists()) else {
        return Finding {
            what,
            found: "unknown".into(),
            state: State::Good,
        };
    };
    let Some(free) = free_bytes(there) else {
        return Finding {
            what,
            found: format!("unknown in {}", data.display()),
            state: State::Good,
        };
    };
    let elsewhere = format!(
        "free some room, or set ATTUNE_DATA to a place with at least {}",
        size(ROOM_TO_GROW_BYTES)
    );
    Finding {
        what,
        found: format!("{} free for {}", size(free), data.display()),
        state: match free {
            ROOM_TO_GROW_BYTES.. => State::Good,
            400_000_000.. => State::Advice(elsewhere),
            _ => State::Missing(elsewhere),
        },
    }
}

fn clock() -> Finding {
    let what = "clock";
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    if now < NO_CLOCK_IS_BEFORE {
        return Finding {
            what,
            found: "was never set: sign-in links and tickets would be taken for expired".into(),
            state: State::Missing("timedatectl set-ntp true".into()),
        };
    }
    match output_of("timedatectl", &["show", "--property=NTPSynchronized", "--value"]).as_deref() {
        Some("yes") => Finding {
            what,
            found: "synchronised".into(),
            state: State::Good,
        },
        Some("no") => Finding {
            what,
            found: "set, but not synchronised".into(),
            state: State::Advice("timedatectl set-ntp true".into()),
        },
        _ => Finding {
            what,
            found: "set; who keeps it right is not known here".into(),
            state: State::Good,
        },
    }
}

fn key(path: &Path) -> Finding {
    let what = "root key";
    let Ok(metadata) = path.metadata() else {
        return Finding {
            what,
            found: format!("none yet: made on first start, in {}", path.display()),
            state: State::Good,
        };
    };
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Finding {
            what,
            found: format!("{} can be read by others ({mode:o})", path.display()),
            state: State::Missing(format!("chmod 600 {}", path.display())),
        };
    }
    Finding {
        what,
        found: format!("{}; without it everything recorded is lost for good", path.display()),
        state: State::Advice(format!(
            "keep a copy away from this machine: cp {} /media/safe/attune-root.key",
            path.display()
        )),
    }
}

fn fix_of_database() -> String {
    let command = match std::env::consts::OS {
        "macos" => "brew install postgresql@17",
        _ => "apt-get install postgresql",
    };
    command.into()
}

fn fix_of_recognizer() -> String {
    let fetch = "attune models fetch whisper-base.en";
    match std::env::consts::OS {
        // Homebrew has no PocketSphinx.
        "macos" => fetch.into(),
        _ => format!("apt-get install pocketsphinx-en-us   or   {fetch}"),
    }
}

/// What a program prints, without the newline; `None` if it is not there or fails.
fn output_of(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && !text.is_empty()).then_some(text)
}
