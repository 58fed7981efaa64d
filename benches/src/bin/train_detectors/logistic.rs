//! Logistic regression over hashed facts: FTRL-Proximal (McMahan et al. 2013), which leaves most weights at exactly zero.

use attune_engine::detect::features::Features;
use attune_engine::detect::model::Weights;

const SIZE: usize = 1 << 16;

/// How it learns.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    pub(crate) epochs: usize,
    pub(crate) alpha: f32,
    pub(crate) l1: f32,
    pub(crate) l2: f32,
}

impl Default for Settings {
    fn default() -> Self {
        // Tried on the unseen part: l1 of 0.6, 2 and 5 tell the same; below 2 the weights are many, at 5 some are missed.
        Self {
            epochs: 5,
            alpha: 0.05,
            l1: 2.0,
            l2: 2.0,
        }
    }
}

/// One example: its facts, and whether the answer is yes.
pub(crate) type Example<'a> = (&'a Features, bool);

/// The weights that tell yes from no in `examples`, with threshold 0.
pub(crate) fn train(examples: &[Example<'_>], settings: Settings) -> Weights {
    let Settings { epochs, alpha, l1, l2 } = settings;
    let (mut z, mut n, mut w) = (vec![0f32; SIZE], vec![0f32; SIZE], vec![0f32; SIZE]);
    let mut order: Vec<usize> = (0..examples.len()).collect();
    let mut random = 0x9e37_79b9_7f4a_7c15u64;
    for _ in 0..epochs {
        shuffle(&mut order, &mut random);
        for &at in &order {
            let (features, yes) = examples[at];
            let logit: f32 = features.numbers().iter().map(|&fact| w[usize::from(fact)]).sum();
            let gradient = 1.0 / (1.0 + (-logit).exp()) - f32::from(u8::from(yes));
            for &fact in features.numbers() {
                let fact = usize::from(fact);
                let before = n[fact];
                n[fact] += gradient * gradient;
                let step = (n[fact].sqrt() - before.sqrt()) / alpha;
                z[fact] += gradient - step * w[fact];
                w[fact] = if z[fact].abs() <= l1 {
                    0.0
                } else {
                    -(z[fact] - z[fact].signum() * l1) / ((1.0 + n[fact].sqrt()) / alpha + l2)
                };
            }
        }
    }
    let largest = w.iter().fold(1e-6f32, |largest, weight| largest.max(weight.abs()));
    let scale = largest / 127.0;
    Weights {
        scale,
        threshold: 0.0,
        steps: w.iter().map(|weight| (weight / scale).round() as i8).collect(),
    }
}

/// Fisher and Yates, with xorshift: the same order every time.
fn shuffle(order: &mut [usize], random: &mut u64) {
    for at in (1..order.len()).rev() {
        *random ^= *random << 13;
        *random ^= *random >> 7;
        *random ^= *random << 17;
        order.swap(at, (*random % (at as u64 + 1)) as usize);
    }
}

/// The threshold, in logits, at which `scored` (logits, whether the answer is yes) reach the best F1, and that F1. `lost` are
/// yeses among nothing that was scored.
pub(crate) fn best_threshold(mut scored: Vec<(f32, bool)>, lost: usize) -> (f32, f32) {
    scored.sort_by(|one, other| other.0.total_cmp(&one.0));
    let all = scored.iter().filter(|(_, yes)| *yes).count() + lost;
    let (mut hits, mut best) = (0, (0.0, 0.0));
    for (place, &(logit, yes)) in scored.iter().enumerate() {
        hits += usize::from(yes);
        let f1 = 2.0 * hits as f32 / (place + 1 + all) as f32;
        let apart = scored.get(place + 1).is_none_or(|next| next.0 < logit);
        if apart && f1 > best.1 {
            let next = scored.get(place + 1).map_or(logit - 0.1, |next| next.0);
            best = ((logit + next) / 2.0, f1);
        }
    }
    best
}
