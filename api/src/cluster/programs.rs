//! Finds the system's PostgreSQL programs: Debian hides `initdb` and `postgres` in a folder per release, Homebrew too.

use super::ClusterError;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The oldest release that has what we use: `security_invoker` views, safe defaults on schema `public`.
pub(super) const OLDEST: u32 = 15;

/// Folders that hold one folder per release, and where the programs lie inside it.
const PLACES: [(&str, &str); 5] = [
    ("/usr/lib/postgresql", "bin"),
    ("/opt/homebrew/opt", "bin"),
    ("/usr/local/opt", "bin"),
    ("/usr/lib64", "bin"),
    ("/usr", "bin"),
];

/// A folder with the server's programs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Programs {
    /// The major release, such as 15.
    pub release: u32,
    /// Holds `initdb` and `postgres`.
    pub dir: PathBuf,
}

/// The newest release on this machine, old ones included, so that a message can name it.
pub fn newest() -> Option<Programs> {
    all().into_iter().rev().max_by_key(|programs| programs.release)
}

/// The programs for the cluster in `cluster`: those of the release that wrote it, or the newest for a new one.
pub(super) fn for_data(cluster: &Path) -> Result<Programs, ClusterError> {
    let mut usable: Vec<_> = all()
        .into_iter()
        .filter(|programs| programs.release >= OLDEST)
        .collect();
    usable.sort_by_key(|programs| programs.release);
    // The first found of equals: distributions put their own before links to it.
    let wrote = std::fs::read_to_string(cluster.join("PG_VERSION"));
    let Some(wrote) = wrote.ok().and_then(|version| version.trim().parse().ok()) else {
        return usable.pop().ok_or(ClusterError::NotInstalled);
    };
    if usable.is_empty() {
        return Err(ClusterError::NotInstalled);
    }
    usable
        .into_iter()
        .find(|programs| programs.release == wrote)
        .ok_or(ClusterError::OtherRelease {
            dir: cluster.to_owned(),
            wrote,
        })
}

/// Every release on this machine.
fn all() -> Vec<Programs> {
    let installed = PLACES.iter().flat_map(|(above, below)| {
        let releases = std::fs::read_dir(above).into_iter().flatten().flatten();
        releases.map(move |release| release.path().join(below))
    });
    let on_path = std::env::var_os("PATH").unwrap_or_default();
    let on_path: Vec<_> = std::env::split_paths(&on_path).collect();
    installed
        .chain(on_path)
        .filter(|dir| dir.join("initdb").is_file() && dir.join("postgres").is_file())
        .filter_map(|dir| {
            Some(Programs {
                release: release_of(&dir)?,
                dir,
            })
        })
        .collect()
}

/// Asks `postgres --version`, which prints `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`.
fn release_of(dir: &Path) -> Option<u32> {
    let output = Command::new(dir.join("postgres"))
        .arg("--version")
        .stdin(Stdio::null())
        .output()
        .ok()?;
    let version = String::from_utf8(output.stdout).ok()?;
    let number = version.split_whitespace().nth(2)?;
    number.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}
