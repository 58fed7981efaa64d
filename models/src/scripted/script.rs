//! A script in a file: recordings and what is said in them.

use super::Recording;
use attune_engine::recognize::RecognizedWord;
use serde::Deserialize;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// How sure a script is of its words: it cannot be wrong.
const CONFIDENCE: f32 = 0.95;

/// A script that cannot be followed. It is a JSON array of `{"samples": FILE, "words": [{"text", "start_ms", "end_ms"}]}`;
/// each file lies beside the script and holds 16 kHz mono samples, signed 16-bit little-endian, with nothing around them.
#[derive(Debug, thiserror::Error)]
pub enum ScriptError {
    /// The disk refused.
    #[error("reading {0}")]
    Disk(PathBuf, #[source] io::Error),
    /// The script is none.
    #[error("{0} is no script")]
    Shape(PathBuf, #[source] serde_json::Error),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    samples: PathBuf,
    words: Vec<WrittenWord>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenWord {
    text: String,
    start_ms: u32,
    end_ms: u32,
}

/// The recordings of the script in `path`.
pub(super) fn read(path: &Path) -> Result<Vec<Recording>, ScriptError> {
    let bytes = |path: &Path| fs::read(path).map_err(|error| ScriptError::Disk(path.to_path_buf(), error));
    let written: Vec<Written> =
        serde_json::from_slice(&bytes(path)?).map_err(|error| ScriptError::Shape(path.to_path_buf(), error))?;
    let beside = path.parent().unwrap_or(Path::new("."));
    let recording = |written: Written| {
        let sound = bytes(&beside.join(&written.samples))?;
        let samples = sound.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]]));
        let words = written.words.into_iter().map(|word| RecognizedWord {
            text: word.text,
            start_ms: word.start_ms,
            end_ms: word.end_ms,
            confidence: CONFIDENCE,
        });
        Ok(Recording {
            samples: samples.collect(),
            words: words.collect(),
        })
    };
    written.into_iter().map(recording).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_script_names_its_sound_and_says_what_is_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("script.json");
        fs::write(folder.path().join("one.s16le"), [1, 0, 255, 255]).unwrap();
        let script = r#"[{"samples": "one.s16le", "words": [{"text": "hm", "start_ms": 3, "end_ms": 40}]}]"#;
        fs::write(&path, script).unwrap();
        let recordings = read(&path).unwrap();
        assert_eq!(recordings[0].samples, [1, -1]);
        assert_eq!(
            (recordings[0].words[0].text.as_str(), recordings[0].words[0].end_ms),
            ("hm", 40)
        );

        fs::write(&path, r#"[{"samples": "none.s16le", "words": []}]"#).unwrap();
        assert!(matches!(read(&path), Err(ScriptError::Disk(..))));
        fs::write(&path, "[{}]").unwrap();
        assert!(matches!(read(&path), Err(ScriptError::Shape(..))));
    }
}
