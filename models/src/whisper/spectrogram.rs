//! The spectrogram that Whisper hears, as whisper.cpp computes it (log of 80 or 128 mel bands, 25 ms every 10 ms), an order of
//! magnitude faster: whisper.cpp's Fourier transform calls itself "poor man's", and its filters are multiplied by hand, zeros included.
//! That was four percent of a final and eight of a pass over open speech.
//!
//! whisper.cpp takes a spectrogram of ours when it is about to run its encoder, in place of one that it made of next to nothing.

use realfft::num_complex::Complex;
use realfft::{RealFftPlanner, RealToComplex};
use std::ffi::{c_int, c_void};
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;
use std::sync::Arc;
use whisper_rs::{FullParams, WhisperSysContext, WhisperSysState, whisper_rs_sys};

/// Samples of a window, and from one to the next.
const WINDOW: usize = 400;
const HOP: usize = 160;

/// Bands at most: large-v3 has as many, models before it 80.
const MOST_BANDS: usize = 128;

/// The bins of a window's spectrum that bands are made of.
const BINS: usize = WINDOW / 2 + 1;

/// What precedes the filters in a model file: a magic number and eleven parameters.
const BEFORE_FILTERS: usize = 12;

/// Less power than this counts as this much: nothing has no logarithm.
const LEAST_POWER: f64 = 1e-10;

/// What is this much below the loudest is as good as nothing, in common logarithms of power: 80 dB.
const RANGE: f64 = 8.0;

/// Sound that whisper.cpp makes a spectrogram of that nobody looks at: the least that it reads without reading past its end.
const NEXT_TO_NOTHING: [f32; 2 * WINDOW] = [0.0; 2 * WINDOW];

/// Makes spectrograms with the filters of one model.
#[derive(Clone)]
pub(super) struct Spectrogram {
    bands: Arc<[Band]>,
    hann: Arc<[f32]>,
    transform: Arc<dyn RealToComplex<f32>>,
    /// Band by band, kept between calls.
    values: Vec<f32>,
    /// Values of a band.
    frames: usize,
    /// Frames that have sound.
    heard: usize,
}

/// The bins that a band weighs, from the first that counts to the last.
struct Band {
    first: usize,
    weights: Vec<f32>,
}

impl Spectrogram {
    /// For the model in `path`.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let mut file = BufReader::new(File::open(path)?);
        let mut word = || {
            let mut bytes = [0; 4];
            file.read_exact(&mut bytes).map(|()| bytes)
        };
        for _ in 0..BEFORE_FILTERS {
            word()?;
        }
        let (count, bins) = (
            u32::from_le_bytes(word()?) as usize,
            u32::from_le_bytes(word()?) as usize,
        );
        if !(1..=MOST_BANDS).contains(&count) || bins != BINS {
            let found = format!("{count} bands of {bins} bins, not 1 to {MOST_BANDS} of {BINS}");
            return Err(io::Error::new(io::ErrorKind::InvalidData, found));
        }
        let mut bands = Vec::with_capacity(count);
        for _ in 0..count {
            let mut weights = Vec::with_capacity(BINS);
            for _ in 0..BINS {
                weights.push(f32::from_le_bytes(word()?));
            }
            bands.push(Band::of(&weights));
        }
        let turn = |index: usize| std::f64::consts::TAU * index as f64 / WINDOW as f64;
        Ok(Self {
            bands: bands.into(),
            hann: (0..WINDOW)
                .map(|index| (0.5 * (1.0 - turn(index).cos())) as f32)
                .collect(),
            transform: RealFftPlanner::new().plan_fft_forward(WINDOW),
            values: Vec::new(),
            frames: 0,
            heard: 0,
        })
    }

    /// Takes the spectrogram of `audio` (16 kHz, full scale 1, longer than a window), for so many positions of the encoder.
    pub(super) fn take(&mut self, audio: &[f32], positions: i32) {
        self.heard = 1 + (audio.len() + WINDOW / 2 - WINDOW) / HOP;
        // The encoder takes two frames for a position. A decode that does not come to an end is followed by another that begins
        // further on, and beyond our last frame whisper.cpp would put zeros, which are no silence.
        self.frames = 2 * positions as usize + self.heard;
        self.values.clear();
        self.values
            .resize(self.bands.len() * self.frames, LEAST_POWER.log10() as f32);
        let mut windowed = self.transform.make_input_vec();
        let mut spectrum = self.transform.make_output_vec();
        let mut scratch = self.transform.make_scratch_vec();
        let with_sound = ((audio.len() + WINDOW / 2) / HOP + 1).min(self.frames);
        for frame in 0..with_sound {
            for (index, (to, hann)) in windowed.iter_mut().zip(self.hann.iter()).enumerate() {
                *to = hann * around(audio, frame * HOP + index);
            }
            self.transform
                .process_with_scratch(&mut windowed, &mut spectrum, &mut scratch)
                .expect("invariant: the buffers were made for this transform");
            for (index, band) in self.bands.iter().enumerate() {
                self.values[index * self.frames + frame] = band.power(&spectrum).max(LEAST_POWER).log10() as f32;
            }
        }
        let loudest = self.values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let least = (f64::from(loudest) - RANGE) as f32;
        for value in &mut self.values {
            *value = (value.max(least) + 4.0) / 4.0;
        }
    }

    /// Makes a decode with `parameters` hear this spectrogram, which therefore outlives them, whatever sound it is given.
    pub(super) fn attach<'a, 'tokens>(&'a self, mut parameters: FullParams<'a, 'tokens>) -> FullParams<'a, 'tokens> {
        parameters.set_duration_ms((self.heard * 10) as i32);
        let spectrogram: *const Self = self;
        // SAFETY: the callback has the signature that whisper.cpp calls, from the thread of the decode, and only reads `self`,
        // which the lifetime of the parameters keeps borrowed until the decode is over.
        unsafe {
            parameters.set_start_encoder_callback(Some(hand_over));
            parameters.set_start_encoder_callback_user_data(spectrogram.cast_mut().cast());
        }
        parameters
    }

    /// The sound to give to a decode that hears a spectrogram.
    pub(super) const fn sound() -> &'static [f32] {
        &NEXT_TO_NOTHING
    }
}

impl Band {
    fn of(weights: &[f32]) -> Self {
        let first = weights.iter().position(|weight| *weight != 0.0).unwrap_or(0);
        let end = weights
            .iter()
            .rposition(|weight| *weight != 0.0)
            .map_or(0, |last| last + 1);
        Self {
            first,
            weights: weights.get(first..end).unwrap_or_default().to_vec(),
        }
    }

    fn power(&self, spectrum: &[Complex<f32>]) -> f64 {
        let bins = spectrum[self.first..].iter().zip(&self.weights);
        bins.map(|(bin, weight)| f64::from(bin.norm_sqr() * weight)).sum()
    }
}

/// Sample `index` of `audio` with half a window of it mirrored in front and silence behind.
fn around(audio: &[f32], index: usize) -> f32 {
    match index.checked_sub(WINDOW / 2) {
        Some(at) => audio.get(at).copied().unwrap_or(0.0),
        None => audio[WINDOW / 2 - index],
    }
}

/// What whisper.cpp calls before it encodes.
unsafe extern "C" fn hand_over(
    context: *mut WhisperSysContext,
    state: *mut WhisperSysState,
    spectrogram: *mut c_void,
) -> bool {
    // SAFETY: `attach` put a live `Spectrogram` there, and whisper.cpp hands over its own context and state, whose spectrogram it
    // has finished; it copies as many values as we say that there are.
    let set = unsafe {
        let spectrogram = &*spectrogram.cast::<Spectrogram>();
        let (values, frames) = (spectrogram.values.as_ptr(), spectrogram.frames as c_int);
        let bands = spectrogram.bands.len() as c_int;
        whisper_rs_sys::whisper_set_mel_with_state(context, state, values, frames, bands)
    };
    set == 0
}
