//! A canary: something that was said, looked for wherever it must not be, in every way in which it may lie there.

use aho_corasick::AhoCorasick;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// A word and sounds, in all disguises.
pub struct Canary {
    needles: Vec<Vec<u8>>,
    finder: AhoCorasick,
}

impl Canary {
    pub fn of(word: &str, sounds: impl IntoIterator<Item = Vec<u8>>) -> Self {
        let utf16 = |order: fn(u16) -> [u8; 2]| word.encode_utf16().flat_map(order).collect::<Vec<u8>>();
        let mut needles = disguises(word.as_bytes());
        needles.extend([utf16(u16::to_le_bytes), utf16(u16::to_be_bytes)]);
        needles.extend(sounds.into_iter().flat_map(|sound| disguises(&sound)));
        let finder = AhoCorasick::new(&needles).expect("a few hundred needles");
        Self { needles, finder }
    }

    /// Panics where `bytes` hold it.
    #[track_caller]
    pub fn assert_absent(&self, place: &str, bytes: &[u8]) {
        if let Some(found) = self.finder.find(bytes) {
            let needle = String::from_utf8_lossy(&self.needles[found.pattern().as_usize()]);
            panic!("{place} holds the canary at {} as {needle:?}", found.start());
        }
    }
}

/// The ways in which bytes may lie somewhere.
fn disguises(bytes: &[u8]) -> Vec<Vec<u8>> {
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut ways = vec![bytes.to_vec(), hex.to_uppercase().into_bytes(), hex.into_bytes()];
    // Base64 looks different at each of three offsets; the middle of it does not.
    for skip in 0..3 {
        for engine in [&STANDARD, &URL_SAFE] {
            let encoded = engine.encode(&bytes[skip..bytes.len() - (bytes.len() - skip) % 3]);
            ways.push(encoded.into_bytes());
        }
    }
    ways
}

/// Every file in a folder and in those below it.
pub fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                Ok(kind) if kind.is_file() => found.push(entry.path()),
                _ => {}
            }
        }
    }
    found
}

/// The temporary files of programs like ours that were written since.
pub fn temporary_files(since: SystemTime) -> Vec<PathBuf> {
    let ours = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        // The database's own are looked at for themselves, those of other tests hold other words.
        (name.starts_with(".tmp") || name.starts_with("attune")) && !name.starts_with("attune-tests-")
    };
    let entries = std::fs::read_dir(std::env::temp_dir()).into_iter().flatten().flatten();
    let entries = entries.map(|entry| entry.path()).filter(ours);
    let files = entries.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] });
    let is_new = |path: &PathBuf| {
        let written = std::fs::metadata(path).and_then(|about| about.modified());
        written.is_ok_and(|written| written >= since)
    };
    files.filter(is_new).collect()
}

#[test]
fn a_canary_is_found_in_every_disguise_wherever_it_lies() {
    let sound = vec![3, 0, 250, 255, 17, 1, 9, 9, 200, 13, 77, 2];
    let canary = Canary::of("hippopotamus", [sound.clone()]);
    for word in [b"hippopotamus".to_vec(), sound] {
        for before in 0..4 {
            let mut text = vec![b'x'; before];
            text.extend(&word);
            text.extend(b"yyy");
            let hex: String = text.iter().map(|byte| format!("{byte:02x}")).collect();
            for hidden in [
                text.clone(),
                hex.clone().into_bytes(),
                hex.to_uppercase().into_bytes(),
                STANDARD.encode(&text).into_bytes(),
                URL_SAFE.encode(&text).into_bytes(),
            ] {
                let found = catch_unwind(AssertUnwindSafe(|| canary.assert_absent("here", &hidden)));
                assert!(found.is_err(), "{:?} was not found", String::from_utf8_lossy(&hidden));
            }
        }
    }
    canary.assert_absent("here", b"a hippo in a pot, amusing");
}
