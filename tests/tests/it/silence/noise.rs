//! Sounds without a voice, made here: the same on every machine, and no files. Each is at the level at which a microphone
//! on a desk picks it up, loud enough that no threshold of level alone keeps it out.

use std::f32::consts::TAU;

const RATE: f32 = 16_000.0;

/// What a room may sound of while nobody speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Noise {
    /// Digital silence: a muted microphone.
    Silence,
    /// Mains hum: 50 Hz and its harmonics.
    Hum,
    /// The same energy at every frequency: a cheap microphone's hiss.
    White,
    /// 3 dB less per octave: rain, a crowd far away.
    Pink,
    /// 6 dB less per octave: wind, traffic through a window.
    Brown,
    /// Single sharp clicks that ring for 20 ms.
    Clicks,
    /// Keys in bursts, a dull thud and a click each.
    Keyboard,
    /// Blades at 120 Hz over noise that they modulate.
    Fan,
    /// Chords of three notes with harmonics, held for 2 s.
    Chords,
    /// One note after another, plucked, four a second.
    Arpeggio,
    /// A held tone with harmonics and vibrato, as of a violin: the one most like a voice.
    Vibrato,
}

impl Noise {
    pub const ALL: [Self; 11] = [
        Self::Silence,
        Self::Hum,
        Self::White,
        Self::Pink,
        Self::Brown,
        Self::Clicks,
        Self::Keyboard,
        Self::Fan,
        Self::Chords,
        Self::Arpeggio,
        Self::Vibrato,
    ];

    /// So many seconds of it at 16 kHz.
    pub fn samples(self, seconds: usize) -> Vec<i16> {
        let mut source = Source::new(self as u64 + 1);
        (0..seconds * RATE as usize)
            .map(|index| {
                let sample = self.at(index, &mut source).clamp(-1.0, 1.0);
                (sample * 32_767.0) as i16
            })
            .collect()
    }

    fn at(self, index: usize, source: &mut Source) -> f32 {
        let time = index as f32 / RATE;
        match self {
            Self::Silence => 0.0,
            Self::Hum => {
                let hum = [(50.0, 0.05), (100.0, 0.03), (150.0, 0.02), (250.0, 0.01)];
                let hum: f32 = hum.iter().map(|&(hz, loud)| loud * (TAU * hz * time).sin()).sum();
                hum + 0.001 * source.white()
            }
            Self::White => 0.1 * source.white(),
            Self::Pink => 0.1 * source.pink(),
            Self::Brown => 0.2 * source.brown(),
            Self::Clicks => {
                // Three a second, at random.
                if source.chance(3.0 / RATE) {
                    source.ring(0.3, 0.02, 2_500.0);
                }
                source.ringing() + 0.001 * source.white()
            }
            Self::Keyboard => {
                // Seven keys a second for 3 s, then 2 s of thought.
                if time % 5.0 < 3.0 && source.chance(7.0 / RATE) {
                    source.ring(0.15, 0.04, 400.0);
                }
                source.ringing() + 0.002 * source.pink()
            }
            Self::Fan => {
                let blades = 0.03 * (TAU * 120.0 * time).sin();
                blades + 0.06 * (1.0 + 0.5 * (TAU * 120.0 * time).sin()) * source.brown() + 0.02 * source.pink()
            }
            Self::Chords => {
                // A cadence: C, F, G, C.
                let roots = [261.6, 349.2, 392.0, 261.6];
                let root = roots[(time / 2.0) as usize % roots.len()];
                let swell = (std::f32::consts::PI * (time % 2.0) / 2.0).sin();
                let third = root * 1.26;
                swell * 0.08 * (rich(root, time) + rich(third, time) + rich(root * 1.5, time))
            }
            Self::Arpeggio => {
                let notes = [220.0, 261.6, 329.6, 440.0, 523.3, 440.0, 329.6, 261.6];
                let note = notes[(time * 4.0) as usize % notes.len()];
                0.25 * (-8.0 * (time % 0.25)).exp() * rich(note, time)
            }
            Self::Vibrato => {
                let notes = [196.0, 220.0, 246.9, 293.7, 246.9, 220.0];
                let note = notes[(time / 1.5) as usize % notes.len()];
                let bow = 0.6 + 0.4 * (TAU * 0.7 * time).sin();
                // 5.5 Hz, a third of a semitone: the phase that a swaying frequency adds up to.
                let sway = note * 0.02 / 5.5 * (TAU * 5.5 * time).sin();
                let phase = TAU * note * time + sway;
                0.12 * bow * (1..=6).map(|n| (n as f32 * phase).sin() / n as f32).sum::<f32>()
            }
        }
    }
}

/// A note with four harmonics.
fn rich(hz: f32, time: f32) -> f32 {
    (1..=4).map(|n| (TAU * hz * n as f32 * time).sin() / n as f32).sum()
}

/// Noise and what rings in it.
struct Source {
    random: u64,
    pink: [f32; 3],
    brown: f32,
    /// Level, decay a sample, and angle a sample of what rings.
    ringing: (f32, f32, f32),
    rung: f32,
}

impl Source {
    fn new(seed: u64) -> Self {
        Self {
            random: seed,
            pink: [0.0; 3],
            brown: 0.0,
            ringing: (0.0, 0.0, 0.0),
            rung: 0.0,
        }
    }

    /// -1 to 1, evenly (Knuth's generator).
    fn white(&mut self) -> f32 {
        self.random = self
            .random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.random >> 40) as f32 / (1 << 23) as f32 - 1.0
    }

    fn chance(&mut self, of: f32) -> bool {
        self.white().abs() < of
    }

    /// Kellet's economical filter.
    fn pink(&mut self) -> f32 {
        let white = self.white();
        self.pink[0] = 0.997_65 * self.pink[0] + white * 0.099_046;
        self.pink[1] = 0.963 * self.pink[1] + white * 0.296_516_4;
        self.pink[2] = 0.57 * self.pink[2] + white * 1.052_691_3;
        (self.pink.iter().sum::<f32>() + white * 0.184_8) * 0.3
    }

    /// White noise added up, leaking so that it stays where it is.
    fn brown(&mut self) -> f32 {
        self.brown = 0.99 * self.brown + 0.15 * self.white();
        self.brown
    }

    /// Strikes something that rings at `hz` and falls to a thousandth in `seconds`.
    fn ring(&mut self, level: f32, seconds: f32, hz: f32) {
        self.ringing = (level, 0.001_f32.powf(1.0 / (seconds * RATE)), TAU * hz / RATE);
        self.rung = 0.0;
    }

    fn ringing(&mut self) -> f32 {
        let (level, decay, angle) = self.ringing;
        self.ringing.0 = level * decay;
        self.rung += angle;
        level * (0.6 * self.rung.sin() + 0.4 * self.white())
    }
}
