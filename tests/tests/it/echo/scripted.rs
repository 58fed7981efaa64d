//! A recognizer that knows what is said when: it finds the audio that it is given on the tracks, and writes down the words
//! that are heard there.

use super::room::{Room, Timed};
use attune_engine::recognize::{Recognition, RecognizeError, RecognizedWord, Recognizer, RecognizerInfo, Speech};

/// Samples that are looked for: no two places of a recording have as many in common.
const NEEDLE: usize = 64;

#[derive(Debug)]
pub struct Scripted {
    info: RecognizerInfo,
    tracks: Vec<(Vec<i16>, Vec<Timed>)>,
}

impl Scripted {
    pub fn of(room: &Room) -> Self {
        let info = RecognizerInfo {
            name: "scripted".into(),
            version: "1".into(),
            model: "script".into(),
            languages: vec!["en".into()],
            writes_fillers: true,
            weakness: "It knows what is said.".into(),
        };
        let tracks = vec![
            (room.mic.clone(), room.on_mic.clone()),
            (room.tab.clone(), room.on_tab.clone()),
        ];
        Self { info, tracks }
    }

    /// Where on which track `audio` begins, in samples; it may begin before the recording, with silence.
    fn find(&self, audio: &[i16]) -> Option<(i64, &[Timed])> {
        let middle = audio.len() / 2;
        let needle = audio.get(middle..middle + NEEDLE)?;
        self.tracks.iter().find_map(|(samples, words)| {
            let at = samples.windows(NEEDLE).position(|window| window == needle)?;
            Some((at as i64 - middle as i64, words.as_slice()))
        })
    }
}

impl Recognizer for Scripted {
    fn info(&self) -> &RecognizerInfo {
        &self.info
    }

    fn recognize(&mut self, speech: Speech<'_>) -> Result<Recognition, RecognizeError> {
        let (from, words) = self.find(speech.samples).expect("what is recognised was heard");
        let from_ms = from / 16;
        let to_ms = from_ms + speech.samples.len() as i64 / 16;
        let inside = words
            .iter()
            .filter(|word| (from_ms..to_ms).contains(&(i64::midpoint(word.from_ms as i64, word.to_ms as i64))));
        let ms = |at: u64| (at as i64).clamp(from_ms, to_ms).abs_diff(from_ms) as u32;
        Ok(Recognition {
            words: inside
                .map(|word| RecognizedWord {
                    text: word.text.clone(),
                    start_ms: ms(word.from_ms),
                    end_ms: ms(word.to_ms),
                    confidence: 0.9,
                })
                .collect(),
            ..Recognition::default()
        })
    }
}
