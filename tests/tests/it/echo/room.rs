//! A small room with a loudspeaker and a microphone in it, and two recordings of people who speak.

use attune_engine::transcript::Word;
use serde_json::Value;

const SAMPLES_PER_MS: u64 = 16;

/// How much later the microphone hears the loudspeaker: playing, 1 m of air, capturing.
const LATE_MS: u64 = 90;
/// What the room adds lasts this long, and falls by 60 dB in a third of a second.
const ECHOES_MS: usize = 200;
const REVERBERATION_S: f32 = 0.33;
/// A small loudspeaker plays little below this.
const LOUDSPEAKER_FROM_HZ: f32 = 250.0;
/// The level that voices are brought to, where they speak, and what a quiet room is below it.
const VOICE_DBFS: f32 = -26.0;
const ROOM_DBFS: f32 = -72.0;

/// A recording, and when its words are said.
#[derive(Clone)]
pub struct Spoken {
    samples: Vec<f32>,
    words: Vec<Timed>,
}

/// A word and when it is said, in milliseconds.
#[derive(Clone, Debug)]
pub struct Timed {
    pub text: String,
    pub from_ms: u64,
    pub to_ms: u64,
}

impl Spoken {
    /// `words` with their begin and end in milliseconds; those without either are left out.
    pub fn new<'a>(samples: Vec<i16>, words: impl Iterator<Item = (&'a Value, Option<f64>, Option<f64>)>) -> Self {
        let word = |(text, from, to): (&Value, Option<f64>, Option<f64>)| {
            Some(Timed {
                text: text.as_str()?.to_owned(),
                from_ms: from? as u64,
                to_ms: to? as u64,
            })
        };
        let samples: Vec<f32> = samples.iter().map(|sample| f32::from(*sample) / 32_768.0).collect();
        let gain = 10f32.powf((VOICE_DBFS - level_db(&samples)) / 20.0);
        Self {
            samples: samples.iter().map(|sample| sample * gain).collect(),
            words: words.filter_map(word).collect(),
        }
    }

    /// What is said from `from_ms` to `to_ms`.
    pub fn between(mut self, from_ms: u64, to_ms: u64) -> Self {
        let range = (from_ms * SAMPLES_PER_MS) as usize..(to_ms * SAMPLES_PER_MS) as usize;
        self.samples = self.samples[range].to_vec();
        self.words.retain(|word| word.from_ms >= from_ms && word.to_ms <= to_ms);
        for word in &mut self.words {
            (word.from_ms, word.to_ms) = (word.from_ms - from_ms, word.to_ms - from_ms);
        }
        self
    }

    /// The same after `silence_ms` of silence.
    pub fn after(mut self, silence_ms: u64) -> Self {
        self.samples
            .splice(0..0, std::iter::repeat_n(0.0, (silence_ms * SAMPLES_PER_MS) as usize));
        for word in &mut self.words {
            (word.from_ms, word.to_ms) = (word.from_ms + silence_ms, word.to_ms + silence_ms);
        }
        self
    }
}

/// What both tracks hear.
pub struct Room {
    pub mic: Vec<i16>,
    pub tab: Vec<i16>,
    /// The words on the microphone: one's own and, later, those of the loudspeaker.
    pub on_mic: Vec<Timed>,
    pub on_tab: Vec<Timed>,
    /// The microphone's two parts.
    own: Vec<f32>,
    bleed: Vec<f32>,
}

impl Room {
    /// `theirs` out of a loudspeaker that is `bleed_db` as loud as `mine`; none with headphones.
    pub fn new(mine: &Spoken, theirs: &Spoken, bleed_db: Option<f32>) -> Self {
        let length = mine
            .samples
            .len()
            .max(theirs.samples.len() + (LATE_MS * SAMPLES_PER_MS) as usize);
        let mut bleed = bleed_db.map_or_else(Vec::new, |db| through_the_room(&theirs.samples, db));
        bleed.resize(length, 0.0);
        let mut own = mine.samples.clone();
        own.resize(length, 0.0);
        let mut tab = theirs.samples.clone();
        tab.resize(length, 0.0);
        let mut noise = Noise(7);
        let tab = tab.iter().map(|sample| sample + noise.of_a_room()).collect();
        let heard = own
            .iter()
            .zip(&bleed)
            .map(|(own, bleed)| own + bleed + noise.of_a_room())
            .collect();
        let mut room = Self {
            mic: to_i16(heard),
            tab: to_i16(tab),
            on_mic: Vec::new(),
            on_tab: theirs.words.clone(),
            own,
            bleed,
        };
        let late = theirs.words.iter().map(|word| Timed {
            text: word.text.clone(),
            from_ms: word.from_ms + LATE_MS,
            to_ms: word.to_ms + LATE_MS,
        });
        // Of two who speak at once the louder is understood; what is softer than the room is not heard at all.
        let understood = |word: &Timed, is_own: bool| {
            let (own_db, bleed_db) = room.levels_db(word.from_ms, word.to_ms);
            (own_db >= bleed_db) == is_own && own_db.max(bleed_db) > ROOM_DBFS + 10.0
        };
        let mut on_mic: Vec<Timed> = mine
            .words
            .iter()
            .filter(|word| understood(word, true))
            .cloned()
            .collect();
        on_mic.extend(late.filter(|word| understood(word, false)));
        on_mic.sort_by_key(|word| word.from_ms);
        room.on_mic = on_mic;
        room
    }

    /// Whether a word that was heard on the microphone is one's own: one's voice is the louder part of it.
    pub fn is_own(&self, word: &Word) -> bool {
        let (own_db, bleed_db) = self.levels_db(word.start.as_ms(), word.end.as_ms());
        own_db >= bleed_db
    }

    fn levels_db(&self, from_ms: u64, to_ms: u64) -> (f32, f32) {
        let to = ((to_ms.max(from_ms + 1) * SAMPLES_PER_MS) as usize).min(self.own.len());
        let range = ((from_ms * SAMPLES_PER_MS) as usize).min(to)..to;
        (power_db(&self.own[range.clone()]), power_db(&self.bleed[range]))
    }
}

/// `samples` as the microphone hears them out of the loudspeaker.
fn through_the_room(samples: &[f32], db: f32) -> Vec<f32> {
    // A first-order high-pass.
    let keep = 1.0 / (1.0 + std::f32::consts::TAU * LOUDSPEAKER_FROM_HZ / 16_000.0);
    let (mut last, mut out) = (0.0, 0.0);
    let played: Vec<f32> = samples
        .iter()
        .map(|sample| {
            out = keep * (out + sample - last);
            last = *sample;
            out
        })
        .collect();
    // The direct sound, and a reflection every 5 ms or so.
    let mut noise = Noise(3);
    let mut taps = vec![(0, 1.0)];
    let mut at = 40;
    while at < ECHOES_MS * SAMPLES_PER_MS as usize {
        let fallen = 10f32.powf(-3.0 * at as f32 / 16_000.0 / REVERBERATION_S);
        taps.push((at, 0.4 * fallen * noise.one()));
        at += 40 + (noise.one().abs() * 80.0) as usize;
    }
    let mut heard = vec![0.0; samples.len() + LATE_MS as usize * 16 + ECHOES_MS * 16];
    for (delay, gain) in taps {
        let from = (LATE_MS * SAMPLES_PER_MS) as usize + delay;
        for (heard, played) in heard[from..].iter_mut().zip(&played) {
            *heard += gain * played;
        }
    }
    let gain = 10f32.powf((VOICE_DBFS + db - level_db(&heard)) / 20.0);
    heard.iter().map(|sample| sample * gain).collect()
}

/// The level where somebody speaks: of the louder half of 20 ms blocks.
fn level_db(samples: &[f32]) -> f32 {
    let mut blocks: Vec<f32> = samples.chunks(320).map(power_db).collect();
    blocks.sort_by(f32::total_cmp);
    let louder = &blocks[blocks.len() / 2..];
    let power = louder.iter().map(|db| 10f32.powf(db / 10.0)).sum::<f32>() / louder.len().max(1) as f32;
    10.0 * power.max(1e-12).log10()
}

fn power_db(samples: &[f32]) -> f32 {
    let power = samples.iter().map(|sample| sample * sample).sum::<f32>() / samples.len().max(1) as f32;
    10.0 * power.max(1e-12).log10()
}

fn to_i16(samples: Vec<f32>) -> Vec<i16> {
    samples.into_iter().map(|sample| (sample * 32_767.0) as i16).collect()
}

/// A room's own noise, from a seed.
struct Noise(u64);

impl Noise {
    /// -1 to 1.
    fn one(&mut self) -> f32 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    }

    fn of_a_room(&mut self) -> f32 {
        // Even between -1 and 1 has a mean square of a third.
        self.one() * 3f32.sqrt() * 10f32.powf(ROOM_DBFS / 20.0)
    }
}
