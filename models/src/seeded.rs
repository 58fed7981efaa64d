//! A Whisper model file without learned weights, for tests and benches: the shape and the cost of a real one, random
//! numbers from a seed in every tensor, and a script that says which tokens come out.
//!
//! Explicit numbers matter: a file of zeros or of a header alone does not cost what a real one costs.

mod bare;
mod script;

pub use bare::{Bare, Context};
pub use script::{Script, ScriptedToken};

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Words that a script can use. whisper.cpp insists on the first.
pub const VOCABULARY: [&str; 17] = [
    " ",
    " so",
    " we",
    " ship",
    " the",
    " dash",
    "board",
    " on",
    " friday",
    ".",
    " what",
    " do",
    " you",
    " think",
    "?",
    " caf\u{e9}",
    " thank",
];

/// Words of a long speech, none of them twice: what repeats itself is taken for a decoder that loops. As many as are said in
/// 30 s, the longest that Whisper hears.
const SPEECH: &str = "good morning everyone let us look at last week first our team moved most customers over to new \
    billing without any real trouble and support has seen fewer tickets than expected marketing wants another campaign \
    before summer because sales were slow during april my own view is that price matters little here trust decides \
    whether people stay when they feel heard each quarter some leave after one bad call which costs more money hiring two \
    extra agents would therefore help i propose starting small with three regions measuring carefully reporting back next \
    month if numbers hold up";

/// Words of a sentence of that speech.
const SENTENCE_WORDS: usize = 9;

/// English-only Whisper has this many tokens, whatever its size.
const TOKENS: i32 = 51_864;

/// The token of the time 0.
const FIRST_STAMP: i32 = 50_363;

/// Audio positions of the model.
const AUDIO_CTX: i32 = 1500;

/// Text positions of the model.
const TEXT_CTX: i32 = 448;

/// Mel bands of every size but the largest, and the bins that they are made of.
const MELS: i32 = 80;
const BINS: i32 = 201;

const MAGIC: u32 = 0x6767_6d6c;
const F32: i32 = 0;
const F16: i32 = 1;

/// The size of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dims {
    /// Width of every layer.
    pub state: i32,
    /// Heads of every attention.
    pub heads: i32,
    /// Layers of the encoder, and of the decoder.
    pub layers: i32,
}

impl Dims {
    /// The smallest that whisper.cpp runs, for tests.
    pub const SMALL: Self = Self {
        state: 64,
        heads: 1,
        layers: 4,
    };
    /// As large as `tiny.en`.
    pub const TINY: Self = Self {
        state: 384,
        heads: 6,
        layers: 4,
    };
    /// As large as `base.en`.
    pub const BASE: Self = Self {
        state: 512,
        heads: 8,
        layers: 6,
    };
}

/// The token that writes `text`, which is one of [`VOCABULARY`].
pub fn token(text: &str) -> i32 {
    let index = VOCABULARY.iter().position(|known| *known == text);
    index.expect("invariant: the text is in the vocabulary") as i32
}

/// The tokens of a long speech: words, and a full stop behind every [`SENTENCE_WORDS`] of them. At its end it stops.
fn speech() -> impl Iterator<Item = i32> {
    let words = SPEECH.split_whitespace().count();
    (0..words).flat_map(|index| {
        let stop = (index % SENTENCE_WORDS == SENTENCE_WORDS - 1).then(|| token("."));
        std::iter::once((VOCABULARY.len() + index) as i32).chain(stop)
    })
}

/// The token of a time, in steps of 20 ms.
pub const fn stamp(ms: i32) -> i32 {
    FIRST_STAMP + ms / 20
}

/// Writes a model of `dims` to `path`, its numbers drawn from `seed`.
///
/// # Errors
/// When the file cannot be written.
pub fn write(path: &Path, dims: Dims, seed: u64) -> io::Result<()> {
    write_with_mels(path, dims, MELS, seed)
}

/// The same with so many mel bands.
pub(crate) fn write_with_mels(path: &Path, dims: Dims, mels: i32, seed: u64) -> io::Result<()> {
    let mut writer = Writer {
        file: BufWriter::new(File::create(path)?),
        mels,
        random: seed,
    };
    writer.header(dims)?;
    writer.tensors(dims)?;
    writer.file.flush()
}

struct Writer {
    file: BufWriter<File>,
    mels: i32,
    random: u64,
}

impl Writer {
    fn header(&mut self, dims: Dims) -> io::Result<()> {
        self.file.write_all(&MAGIC.to_le_bytes())?;
        let Dims { state, heads, layers } = dims;
        let mels = self.mels;
        self.numbers(&[
            TOKENS, AUDIO_CTX, state, heads, layers, TEXT_CTX, state, heads, layers, mels, F16,
        ])?;
        self.numbers(&[mels, BINS])?;
        for band in 0..mels {
            for bin in 0..BINS {
                // Neighbouring bins, not a real mel scale: enough that loud and quiet differ.
                let inside = bin / 2 == band;
                self.file
                    .write_all(&(if inside { 0.5_f32 } else { 0.0 }).to_le_bytes())?;
            }
        }
        let spoken = SPEECH.split_whitespace().map(|word| format!(" {word}"));
        let words: Vec<String> = VOCABULARY.map(str::to_owned).into_iter().chain(spoken).collect();
        self.numbers(&[words.len() as i32])?;
        for word in words {
            self.numbers(&[word.len() as i32])?;
            self.file.write_all(word.as_bytes())?;
        }
        Ok(())
    }

    fn tensors(&mut self, dims: Dims) -> io::Result<()> {
        let state = dims.state;
        self.plain("encoder.positional_embedding", &[state, AUDIO_CTX])?;
        self.weight("encoder.conv1.weight", &[3, self.mels, state])?;
        self.plain("encoder.conv1.bias", &[1, state])?;
        self.weight("encoder.conv2.weight", &[3, state, state])?;
        self.plain("encoder.conv2.bias", &[1, state])?;
        self.norm("encoder.ln_post", state)?;
        self.plain("decoder.positional_embedding", &[state, TEXT_CTX])?;
        self.weight("decoder.token_embedding.weight", &[state, TOKENS])?;
        self.norm("decoder.ln", state)?;
        for layer in 0..dims.layers {
            self.block(&format!("encoder.blocks.{layer}"), state, &["attn"])?;
            self.block(&format!("decoder.blocks.{layer}"), state, &["attn", "cross_attn"])?;
        }
        Ok(())
    }

    fn block(&mut self, name: &str, state: i32, attentions: &[&str]) -> io::Result<()> {
        self.norm(&format!("{name}.mlp_ln"), state)?;
        self.weight(&format!("{name}.mlp.0.weight"), &[state, 4 * state])?;
        self.plain(&format!("{name}.mlp.0.bias"), &[4 * state])?;
        self.weight(&format!("{name}.mlp.2.weight"), &[4 * state, state])?;
        self.plain(&format!("{name}.mlp.2.bias"), &[state])?;
        for attention in attentions {
            self.norm(&format!("{name}.{attention}_ln"), state)?;
            for part in ["query", "key", "value", "out"] {
                self.weight(&format!("{name}.{attention}.{part}.weight"), &[state, state])?;
                // Whisper's keys have no bias.
                if part != "key" {
                    self.plain(&format!("{name}.{attention}.{part}.bias"), &[state])?;
                }
            }
        }
        Ok(())
    }

    fn norm(&mut self, name: &str, state: i32) -> io::Result<()> {
        for (part, value) in [("weight", 1.0_f32), ("bias", 0.0)] {
            self.tensor_header(&format!("{name}.{part}"), &[state], F32)?;
            for _ in 0..state {
                self.file.write_all(&value.to_le_bytes())?;
            }
        }
        Ok(())
    }

    /// A small tensor, in full precision.
    fn plain(&mut self, name: &str, shape: &[i32]) -> io::Result<()> {
        self.tensor_header(name, shape, F32)?;
        for _ in 0..shape.iter().product::<i32>() {
            let number = self.number() * 0.1;
            self.file.write_all(&number.to_le_bytes())?;
        }
        Ok(())
    }

    /// A large tensor, in half precision, scaled so that what passes through it keeps its size.
    fn weight(&mut self, name: &str, shape: &[i32]) -> io::Result<()> {
        self.tensor_header(name, shape, F16)?;
        let inputs = shape[..shape.len() - 1].iter().product::<i32>();
        let scale = (inputs as f32).sqrt().recip();
        for _ in 0..shape.iter().product::<i32>() {
            let number = half(self.number() * scale);
            self.file.write_all(&number.to_le_bytes())?;
        }
        Ok(())
    }

    fn tensor_header(&mut self, name: &str, shape: &[i32], kind: i32) -> io::Result<()> {
        self.numbers(&[shape.len() as i32, name.len() as i32, kind])?;
        self.numbers(shape)?;
        self.file.write_all(name.as_bytes())
    }

    fn numbers(&mut self, numbers: &[i32]) -> io::Result<()> {
        numbers
            .iter()
            .try_for_each(|number| self.file.write_all(&number.to_le_bytes()))
    }

    /// The next number from -1 to 1 (Knuth's generator: the same on every machine).
    fn number(&mut self) -> f32 {
        self.random = self
            .random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.random >> 40) as f32 / (1 << 23) as f32 - 1.0
    }
}

/// Half precision, cut off, of a number below 2; the smallest become zero.
fn half(number: f32) -> u16 {
    let bits = number.to_bits();
    let sign = (bits >> 16) as u16 & 0x8000;
    let exponent = (bits >> 23 & 0xff) as i32 - 127 + 15;
    if exponent <= 0 {
        return sign;
    }
    sign | (exponent as u16) << 10 | (bits >> 13) as u16 & 0x3ff
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_precision_is_what_the_standard_says() {
        for (number, bits) in [(0.0, 0), (1.0, 0x3c00), (-0.5, 0xb800), (0.1, 0x2e66), (1e-9, 0)] {
            assert_eq!(half(number), bits, "{number}");
        }
    }

    #[test]
    fn a_long_speech_never_says_a_word_twice() {
        let mut words: Vec<i32> = speech().filter(|id| *id != token(".")).collect();
        let said = words.len();
        words.sort_unstable();
        words.dedup();
        let mut texts: Vec<&str> = SPEECH.split_whitespace().collect();
        texts.sort_unstable();
        texts.dedup();
        assert_eq!((words.len(), texts.len()), (said, said));
        assert!(speech().count() >= 105, "30 s have 105 tokens");
    }
}
