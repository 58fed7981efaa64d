//! PocketSphinx: the recognizer that needs nothing but a system package. Less accurate than Whisper, and it says so.
//!
//! One decoder per worker (about 105 MB, a quarter of real time on one core). Every segment is decoded as a whole
//! utterance on a fresh stream, so that nothing of one person's voice tunes the next one's words.

mod ffi;

pub use ffi::Refused;

use attune_engine::recognize::{Recognition, RecognizeError, RecognizedWord, Recognizer, RecognizerInfo, Speech};
use std::path::{Path, PathBuf};

/// Where Debian's `pocketsphinx-en-us` puts its models; `ATTUNE_SPHINX_MODEL` names another folder.
const MODELS: &str = "/usr/share/pocketsphinx/model/en-us";

/// Homebrew's, on Apple processors (untested).
const MODELS_HOMEBREW: &str = "/opt/homebrew/share/pocketsphinx/model/en-us";

/// Shorter than this no phone fits, and the library's front end has not one full window.
const SHORTEST_SAMPLES: usize = 1600;

/// The library reports times in frames of this length.
const FRAME_MS: u32 = 10;

/// The offline recognizer.
#[derive(Debug)]
pub struct Sphinx {
    decoder: ffi::Decoder,
    info: RecognizerInfo,
    /// The dithered audio, kept between calls.
    audio: Vec<i16>,
}

/// PocketSphinx does not start.
#[derive(Debug, thiserror::Error)]
pub enum SphinxError {
    /// Its models are not installed.
    #[error("there is no PocketSphinx model at {} (Debian: apt-get install pocketsphinx-en-us)", .0.display())]
    NoModel(PathBuf),
    /// The library refused the models.
    #[error(transparent)]
    Refused(#[from] Refused),
}

impl Sphinx {
    /// The recognizer, with the system's English models.
    ///
    /// # Errors
    /// When the models are missing or the library does not take them.
    pub fn load() -> Result<Self, SphinxError> {
        Self::load_from(&model_folder())
    }

    /// One for what is shown while somebody speaks: less than half the time, and half as many wrong words more.
    ///
    /// # Errors
    /// As for [`Self::load`].
    pub fn load_quick() -> Result<Self, SphinxError> {
        Self::with(&model_folder(), &SEARCH_ONCE)
    }

    /// The recognizer, with the models in `folder` (`en-us/`, `en-us.lm.bin`, `cmudict-en-us.dict`).
    ///
    /// # Errors
    /// As for [`Self::load`].
    pub fn load_from(folder: &Path) -> Result<Self, SphinxError> {
        Self::with(folder, &[])
    }

    fn with(folder: &Path, search: &[(&str, &str)]) -> Result<Self, SphinxError> {
        let acoustic = folder.join("en-us");
        let language = folder.join("en-us.lm.bin");
        let dictionary = folder.join("cmudict-en-us.dict");
        if let Some(absent) = [&acoustic, &language, &dictionary]
            .into_iter()
            .find(|path| !path.exists())
        {
            return Err(SphinxError::NoModel(absent.clone()));
        }
        let (acoustic, language, dictionary) = (
            acoustic.to_string_lossy(),
            language.to_string_lossy(),
            dictionary.to_string_lossy(),
        );
        let mut settings = vec![("-hmm", &*acoustic), ("-lm", &*language), ("-dict", &*dictionary)];
        settings.extend(SETTINGS);
        settings.extend(search);
        Ok(Self {
            decoder: ffi::Decoder::new(&settings)?,
            info: info(),
            audio: Vec::new(),
        })
    }
}

fn model_folder() -> PathBuf {
    if let Some(folder) = std::env::var_os("ATTUNE_SPHINX_MODEL").filter(|value| !value.is_empty()) {
        return folder.into();
    }
    let homebrew = Path::new(MODELS_HOMEBREW);
    if homebrew.exists() {
        homebrew.into()
    } else {
        MODELS.into()
    }
}

/// Loudness of the noise that is mixed in, in steps of a sample: -78 dB, below what anyone hears. Digital silence, as a muted
/// microphone or an Opus decoder makes it, has no logarithm: the library hears "dog" in it with full confidence.
const DITHER: u32 = 4;

/// What differs from the library's defaults. Everything else was tried and is not better (language weight 4.5 to 8,
/// no noise removal, levelled gain, padding: word error rates within what so little speech can tell apart, or worse).
const SETTINGS: [(&str, &str); 1] = [
    // The library would cut pauses out and count time without them: words after a pause came 0.2 s early. What is silence is
    // decided before it gets here.
    ("-remove_silence", "no"),
];

/// One pass without a second look at what it found, every other frame scored in full, and fewer paths kept beside the best.
/// Measured on 17 s of flite's voices, 54 words: 1.0 s instead of 2.4 s on one core, 12 words wrong instead of 8.
const SEARCH_ONCE: [(&str, &str); 6] = [
    ("-fwdflat", "no"),
    ("-bestpath", "no"),
    ("-ds", "2"),
    ("-beam", "1e-40"),
    ("-pbeam", "1e-40"),
    ("-wbeam", "1e-24"),
];

fn info() -> RecognizerInfo {
    RecognizerInfo {
        name: "sphinx".to_owned(),
        version: "5prealpha".to_owned(),
        model: "en-us".to_owned(),
        languages: vec!["en".to_owned()],
        writes_fillers: false,
        weakness:
            "Gets about one word in five wrong on clear speech and more on poor audio, knows few names, and writes \
                   \"um\" and \"uh\" as other words."
                .to_owned(),
    }
}

impl Recognizer for Sphinx {
    fn info(&self) -> &RecognizerInfo {
        &self.info
    }

    fn recognize(&mut self, speech: Speech<'_>) -> Result<Recognition, RecognizeError> {
        if speech.samples.len() < SHORTEST_SAMPLES {
            return Ok(Recognition::default());
        }
        dither(speech.samples, &mut self.audio);
        let entries = self
            .decoder
            .recognize(&self.audio)
            .map_err(|refused| RecognizeError::Failed {
                recognizer: "sphinx",
                reason: refused.to_string(),
            })?;
        Ok(Recognition {
            words: entries.iter().filter_map(word_of).collect(),
            ..Recognition::default()
        })
    }
}

/// Copies `samples` with a little noise, the same in every call: the library's own depends on what it heard before.
fn dither(samples: &[i16], audio: &mut Vec<i16>) {
    let mut random = 1_u32;
    audio.clear();
    audio.extend(samples.iter().map(|sample| {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let noise = (random >> 16) % (2 * DITHER + 1);
        sample.saturating_add(noise as i16 - DITHER as i16)
    }));
}

/// The word of an entry; none for silences and noises.
fn word_of(entry: &ffi::Entry) -> Option<RecognizedWord> {
    // `the(2)` is the second pronunciation of `the`.
    let text = entry.word.split('(').next().unwrap_or_default();
    if text.is_empty() || text.starts_with(['<', '[', '+']) {
        return None;
    }
    Some(RecognizedWord {
        text: text.to_owned(),
        start_ms: entry.first * FRAME_MS,
        end_ms: (entry.last + 1) * FRAME_MS,
        confidence: (entry.posterior as f32).clamp(0.0, 1.0),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
