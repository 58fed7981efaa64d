//! Recordings: from a file in any of the usual containers to 16 kHz samples per channel, as the recognizers hear them.
//!
//! Decodes as it reads, so that a recording takes no more memory than its 16 kHz samples. What is damaged or cut off is
//! said, and the rest is kept in its place.

use attune_engine::resample::{RateRefused, Resampler};
use std::fs::File;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use symphonia::core::codecs::audio::{AudioDecoder, AudioDecoderOptions};
use symphonia::core::codecs::registry::CodecRegistry;
use symphonia::core::errors::Error as SymphoniaError;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, FormatReader, TrackType};
use symphonia::core::io::{MediaSource, MediaSourceStream};
use symphonia::core::meta::MetadataOptions;
use symphonia::core::packet::Packet;
use symphonia::core::units::TimeBase;

/// More channels than a recording of a conversation has.
const MOST_CHANNELS: usize = 8;

/// The longest recording that is taken: half a day. Two channels of it are 2.7 GB.
const LONGEST_S: u64 = 12 * 60 * 60;

/// Time stamps that run ahead of the sound by more than this are a pause that was not written.
const PAUSE_OVER_S: f64 = 0.1;

/// A recording that lacks more of its announced length than this was cut off; less is a container's rounding.
const MISSING_OVER_S: f64 = 0.25;
const MISSING_OVER_SHARE: f64 = 0.02;

/// A decoded recording.
#[derive(Debug, Clone, PartialEq)]
pub struct Recording {
    /// 16 kHz samples of each channel, all equally long.
    pub channels: Vec<Vec<i16>>,
    /// The rate that it was recorded at.
    pub rate_hz: u32,
    /// What is wrong with it, if anything is.
    pub damage: Damage,
}

/// What of a recording could not be read. Everything else is in its place.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Damage {
    /// It ends before it says that it does.
    pub truncated: bool,
    /// Packets that did not decode, and are silent instead.
    pub packets: u32,
}

/// How far decoding is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Decoding {
    /// Seconds decoded.
    pub decoded_s: f64,
    /// Seconds in all, where the container says.
    pub total_s: Option<f64>,
}

/// Why a file is not a recording that can be read.
#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    /// The file does not open.
    #[error("opening {}", .path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// No container that is known.
    #[error("not a recording in a known container (wav, flac, mp3, ogg, webm, m4a)")]
    Container(#[source] SymphoniaError),
    /// A container without sound.
    #[error("the file has no sound in it")]
    NoSound,
    /// Sound in a codec that is not known.
    #[error("the file's sound is in a codec that is not known")]
    Codec(#[source] SymphoniaError),
    /// Nothing that decodes, from the first packet on.
    #[error("the file's sound does not decode")]
    Damaged,
    /// A container with sound that lasts no time.
    #[error("the recording is empty")]
    Empty,
    /// More channels than a conversation has.
    #[error("a recording of {0} channels; at most {MOST_CHANNELS} are taken")]
    Channels(usize),
    /// A rate that no recording has.
    #[error(transparent)]
    Rate(#[from] RateRefused),
    /// Longer than half a day.
    #[error("the recording is longer than {} hours", LONGEST_S / 3600)]
    TooLong,
}

static CODECS: LazyLock<CodecRegistry> = LazyLock::new(|| {
    let mut codecs = CodecRegistry::new();
    symphonia::default::register_enabled_codecs(&mut codecs);
    codecs.register_audio_decoder::<symphonia_adapter_libopus::OpusDecoder>();
    codecs
});

/// Decodes the file at `path`. `progress` is called about once for each second of sound.
///
/// # Errors
/// When there is nothing in it that can be heard. A recording that is cut off is not an error: see [`Damage`].
pub fn decode(path: &Path, progress: &mut dyn FnMut(Decoding)) -> Result<Recording, MediaError> {
    let opened = File::open(path).and_then(|file| match file.metadata()?.is_file() {
        true => Ok(file),
        false => Err(io::Error::new(io::ErrorKind::InvalidInput, "not a file")),
    });
    let file = opened.map_err(|source| MediaError::Open {
        path: path.to_owned(),
        source,
    })?;
    let extension = path.extension().and_then(|extension| extension.to_str());
    decode_source(Box::new(file), extension, progress)
}

/// Decodes anything that can be read. `extension` is only a hint.
///
/// # Errors
/// As [`decode`].
pub fn decode_source(
    source: Box<dyn MediaSource>,
    extension: Option<&str>,
    progress: &mut dyn FnMut(Decoding),
) -> Result<Recording, MediaError> {
    // Files come from anywhere, and a demuxer that trips over one must not take the program with it.
    catch_unwind(AssertUnwindSafe(|| read(source, extension, progress))).unwrap_or(Err(MediaError::Damaged))
}

fn read(
    source: Box<dyn MediaSource>,
    extension: Option<&str>,
    progress: &mut dyn FnMut(Decoding),
) -> Result<Recording, MediaError> {
    let mut hint = Hint::new();
    if let Some(extension) = extension {
        hint.with_extension(extension);
    }
    let stream = MediaSourceStream::new(source, Default::default());
    let mut format = symphonia::default::get_probe()
        .probe(&hint, stream, FormatOptions::default(), MetadataOptions::default())
        .map_err(MediaError::Container)?;
    let mut voice = Voice::open(format.as_ref())?;
    let mut sound = Sound::default();
    let mut damage = Damage::default();
    let mut told_s = 0.0;
    loop {
        let packet = match format.next_packet() {
            Ok(Some(packet)) => packet,
            Ok(None) => break,
            // A stream chained behind the first: it goes on in the same place.
            Err(SymphoniaError::ResetRequired) => {
                voice = Voice::open(format.as_ref())?;
                continue;
            }
            Err(_) => {
                damage.truncated = true;
                break;
            }
        };
        if packet.track_id != voice.track {
            continue;
        }
        sound.wait_for(voice.starts_at_s(&packet, sound.length_s()));
        match voice.decoder.decode(&packet) {
            Ok(decoded) => {
                let rate_hz = decoded.spec().rate();
                let mut channels = Vec::new();
                decoded.copy_to_vecs_planar::<f32>(&mut channels);
                sound.push(rate_hz, &channels)?;
            }
            Err(SymphoniaError::DecodeError(_) | SymphoniaError::IoError(_)) => damage.packets += 1,
            Err(error) => return Err(MediaError::Codec(error)),
        }
        let decoded_s = sound.length_s();
        if decoded_s > LONGEST_S as f64 {
            return Err(MediaError::TooLong);
        }
        if decoded_s >= told_s + 1.0 {
            told_s = decoded_s;
            progress(Decoding {
                decoded_s,
                total_s: voice.total_s,
            });
        }
    }
    let missing_s = voice.total_s.map_or(0.0, |total_s| total_s - sound.length_s());
    damage.truncated |= missing_s > voice.total_s.unwrap_or_default() * MISSING_OVER_SHARE + MISSING_OVER_S;
    sound.finish(damage)
}

/// The track that is listened to.
struct Voice {
    track: u32,
    decoder: Box<dyn AudioDecoder>,
    time_base: Option<TimeBase>,
    total_s: Option<f64>,
    /// What its time stamps count from, once one is known.
    origin_s: Option<f64>,
}

impl Voice {
    fn open(format: &dyn FormatReader) -> Result<Self, MediaError> {
        let track = format.default_track(TrackType::Audio).ok_or(MediaError::NoSound)?;
        let params = track
            .codec_params
            .as_ref()
            .and_then(|params| params.audio())
            .ok_or(MediaError::NoSound)?;
        let decoder = CODECS
            .make_audio_decoder(params, &AudioDecoderOptions::default())
            .map_err(MediaError::Codec)?;
        let by_frames = track.num_frames.zip(params.sample_rate);
        let by_time = track.duration.zip(track.time_base);
        let total_s = by_frames
            .map(|(frames, rate_hz)| frames as f64 / f64::from(rate_hz))
            .or_else(|| by_time.map(|(duration, base)| duration.get() as f64 * seconds_of(base)));
        Ok(Self {
            track: track.id,
            decoder,
            time_base: track.time_base,
            total_s,
            origin_s: None,
        })
    }

    /// When the packet says that it starts. The first goes on where the sound is: a stream that was cut out of a longer one
    /// keeps the stamps that it had there.
    fn starts_at_s(&mut self, packet: &Packet, length_s: f64) -> f64 {
        let stamp_s = self
            .time_base
            .map_or(0.0, |base| packet.pts.get() as f64 * seconds_of(base));
        stamp_s - *self.origin_s.get_or_insert(stamp_s - length_s)
    }
}

fn seconds_of(base: TimeBase) -> f64 {
    f64::from(base.numer.get()) / f64::from(base.denom.get())
}

/// What has been decoded so far.
#[derive(Default)]
struct Sound {
    rate_hz: u32,
    resamplers: Vec<Resampler>,
    channels: Vec<Vec<i16>>,
    /// At the rate that it was recorded at.
    frames: u64,
    /// Seconds in front of `frames`, where the rate has changed.
    before_s: f64,
}

impl Sound {
    fn length_s(&self) -> f64 {
        match self.rate_hz {
            0 => self.before_s,
            rate_hz => self.before_s + self.frames as f64 / f64::from(rate_hz),
        }
    }

    /// Fills a pause that was not written with silence, a second at a time: it may be hours long. A stamp further than any
    /// recording goes is damaged, and no pause.
    fn wait_for(&mut self, at_s: f64) {
        let pause_s = at_s - self.length_s();
        if self.resamplers.is_empty() || pause_s < PAUSE_OVER_S || at_s > LONGEST_S as f64 {
            return;
        }
        let second = vec![0.0; self.rate_hz as usize];
        let mut left = (pause_s * f64::from(self.rate_hz)) as usize;
        while left > 0 {
            let silence = &second[..left.min(second.len())];
            for (resampler, channel) in self.resamplers.iter_mut().zip(&mut self.channels) {
                channel.extend(resampler.push(silence));
            }
            self.frames += silence.len() as u64;
            left -= silence.len();
        }
    }

    fn push(&mut self, rate_hz: u32, channels: &[Vec<f32>]) -> Result<(), MediaError> {
        let frames = channels.first().map_or(0, Vec::len);
        if frames == 0 {
            return Ok(());
        }
        if channels.len() > MOST_CHANNELS {
            return Err(MediaError::Channels(channels.len()));
        }
        if self.rate_hz != rate_hz || channels.len() > self.channels.len() {
            self.before_s = self.length_s();
            self.frames = 0;
            self.drain();
            // A channel that comes later was silent until then.
            let heard = self.channels.first().map_or(0, Vec::len);
            self.channels
                .resize_with(self.channels.len().max(channels.len()), || vec![0; heard]);
            self.resamplers = self
                .channels
                .iter()
                .map(|_| Resampler::new(rate_hz))
                .collect::<Result<_, _>>()?;
            self.rate_hz = rate_hz;
        }
        // A stream that goes on with fewer channels is the same on those that it lacks.
        let heard = channels.iter().chain(std::iter::repeat(&channels[0]));
        for ((resampler, channel), frames) in self.resamplers.iter_mut().zip(&mut self.channels).zip(heard) {
            channel.extend(resampler.push(frames));
        }
        self.frames += frames as u64;
        Ok(())
    }

    fn drain(&mut self) {
        for (resampler, channel) in self.resamplers.iter_mut().zip(&mut self.channels) {
            channel.extend(resampler.finish());
        }
    }

    fn finish(mut self, damage: Damage) -> Result<Recording, MediaError> {
        self.drain();
        if self.channels.iter().all(Vec::is_empty) {
            return Err(if damage == Damage::default() {
                MediaError::Empty
            } else {
                MediaError::Damaged
            });
        }
        Ok(Recording {
            channels: self.channels,
            rate_hz: self.rate_hz,
            damage,
        })
    }
}

#[cfg(test)]
mod tests;
