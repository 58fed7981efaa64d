//! Where a private Attune keeps what lasts, and where a person keeps their settings and credentials.

use std::ffi::OsString;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The home of root is closed to every other user, and PostgreSQL does not run as root: so root's data lies here.
const DATA_OF_ROOT: &str = "/var/lib/attune";

/// The folder of the database, its key and everything recorded: `ATTUNE_DATA`, or the place of the system's custom.
pub(super) fn data() -> PathBuf {
    data_from(|name| std::env::var_os(name), is_root())
}

/// The folder of settings and credentials: `ATTUNE_CONFIG`, or the place of the system's custom.
pub(super) fn config() -> PathBuf {
    config_from(|name| std::env::var_os(name))
}

fn data_from(variable: impl Fn(&str) -> Option<OsString>, is_root: bool) -> PathBuf {
    let set = setting(variable);
    let chosen = set("ATTUNE_DATA").or_else(|| is_root.then(|| PathBuf::from(DATA_OF_ROOT)));
    chosen
        .or_else(|| set("XDG_DATA_HOME").map(|data| data.join("attune")))
        .or_else(|| set("HOME").map(|home| home.join(".local/share/attune")))
        .unwrap_or_else(|| PathBuf::from("attune-data"))
}

fn config_from(variable: impl Fn(&str) -> Option<OsString>) -> PathBuf {
    let set = setting(variable);
    set("ATTUNE_CONFIG")
        .or_else(|| set("XDG_CONFIG_HOME").map(|config| config.join("attune")))
        .or_else(|| set("HOME").map(|home| home.join(".config/attune")))
        .unwrap_or_else(|| PathBuf::from("attune-config"))
}

/// A variable counts as set if it holds something.
fn setting(variable: impl Fn(&str) -> Option<OsString>) -> impl Fn(&str) -> Option<PathBuf> {
    move |name| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

/// Whether we are root, by whom our own process belongs to; where there is no /proc, by whether root's home is ours.
fn is_root() -> bool {
    let process = Path::new("/proc/self").metadata();
    match process.map(|metadata| metadata.uid()) {
        Ok(uid) => uid == 0,
        Err(_) => std::env::var_os("HOME").is_some_and(|home| home == "/var/root"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(pairs: &'static [(&str, &str)]) -> impl Fn(&str) -> Option<OsString> {
        move |name| {
            pairs
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| value.into())
        }
    }

    #[test]
    fn data_lies_where_it_is_told_or_where_the_system_keeps_such_things() {
        let home = [("HOME", "/home/nora")];
        let home: &'static [_] = Box::leak(Box::new(home));
        assert_eq!(
            data_from(variables(home), false),
            Path::new("/home/nora/.local/share/attune")
        );
        assert_eq!(data_from(variables(home), true), Path::new("/var/lib/attune"));
        assert_eq!(
            data_from(variables(&[("ATTUNE_DATA", "/srv/a"), ("HOME", "/root")]), true),
            Path::new("/srv/a")
        );
        assert_eq!(
            data_from(variables(&[("ATTUNE_DATA", ""), ("XDG_DATA_HOME", "/x")]), false),
            Path::new("/x/attune")
        );
        assert_eq!(config_from(variables(home)), Path::new("/home/nora/.config/attune"));
    }
}
