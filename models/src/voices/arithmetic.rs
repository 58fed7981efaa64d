//! Products of matrices, and the two curves of a recurrent layer, in single precision. Everything is inlined into one
//! function that the compiler writes twice, with and without AVX2 and FMA: see [`widest`].

/// Numbers that are computed side by side: two registers of AVX2.
const LANES: usize = 16;
/// Rows that share one reading of the weights: four times two sums fit into the sixteen registers there are.
pub(super) const ROWS: usize = 4;

/// A matrix of `inputs` × `outputs`, cut into strips of [`LANES`] outputs so that each is read from one end to the other.
pub(super) struct Matrix {
    inputs: usize,
    outputs: usize,
    strips: Vec<[f32; LANES]>,
}

impl Matrix {
    /// The matrix whose entry for an input and an output is `weight(input, output)`. `outputs` is filled up to whole strips
    /// with outputs that are 0.
    pub(super) fn new(inputs: usize, outputs: usize, weight: impl Fn(usize, usize) -> f32) -> Self {
        let mut strips = Vec::with_capacity(outputs.div_ceil(LANES) * inputs);
        for first in (0..outputs).step_by(LANES) {
            for input in 0..inputs {
                let weight = |lane: usize| {
                    let output = first + lane;
                    if output < outputs { weight(input, output) } else { 0.0 }
                };
                strips.push(std::array::from_fn(weight));
            }
        }
        Self {
            inputs,
            outputs: outputs.next_multiple_of(LANES),
            strips,
        }
    }

    /// Inputs.
    pub(super) const fn inputs(&self) -> usize {
        self.inputs
    }

    /// Outputs, those that fill the last strip included.
    pub(super) const fn outputs(&self) -> usize {
        self.outputs
    }

    /// Adds the product with each row of `rows` (`inputs` long) to the row of `sums` (`outputs` long) of the same place.
    #[inline(always)]
    pub(super) fn add<const FUSED: bool>(&self, rows: &[f32], sums: &mut [f32]) {
        let (rows, sums) = (rows.chunks(ROWS * self.inputs), sums.chunks_mut(ROWS * self.outputs));
        for (rows, sums) in rows.zip(sums) {
            if rows.len() == ROWS * self.inputs {
                self.add_rows::<ROWS, FUSED>(rows, sums);
            } else {
                let each = rows.chunks(self.inputs).zip(sums.chunks_mut(self.outputs));
                each.for_each(|(row, sums)| self.add_rows::<1, FUSED>(row, sums));
            }
        }
    }

    #[inline(always)]
    fn add_rows<const R: usize, const FUSED: bool>(&self, rows: &[f32], sums: &mut [f32]) {
        let rows: [&[f32]; R] = std::array::from_fn(|row| &rows[row * self.inputs..][..self.inputs]);
        for (strip, weights) in self.strips.chunks_exact(self.inputs).enumerate() {
            let mut sum = [[0.0_f32; LANES]; R];
            for (input, weights) in weights.iter().enumerate() {
                for (sum, row) in sum.iter_mut().zip(&rows) {
                    let value = row[input];
                    for (sum, weight) in sum.iter_mut().zip(weights) {
                        *sum = fused::<FUSED>(value, *weight, *sum);
                    }
                }
            }
            for (row, sum) in sum.iter().enumerate() {
                let place = &mut sums[row * self.outputs + strip * LANES..][..LANES];
                place.iter_mut().zip(sum).for_each(|(place, sum)| *place += sum);
            }
        }
    }
}

#[inline(always)]
fn fused<const FUSED: bool>(one: f32, other: f32, sum: f32) -> f32 {
    // Without the instruction `mul_add` is a call to a slow function.
    if FUSED {
        one.mul_add(other, sum)
    } else {
        one * other + sum
    }
}

/// e to the power of `x`, to seven digits: 2^n times a polynomial over half a step to each side, after Cephes.
#[inline(always)]
fn exp(x: f32) -> f32 {
    /// Adding and subtracting it rounds to a whole number.
    const ROUNDS: f32 = 12_582_912.0;
    const LN_2: (f32, f32) = (0.693_359_4, -2.121_944_4e-4);
    let x = x.clamp(-87.0, 88.0);
    let whole = x * std::f32::consts::LOG2_E + ROUNDS - ROUNDS;
    let rest = x - whole * LN_2.0 - whole * LN_2.1;
    let polynomial = [
        1.987_569_1e-4,
        1.398_199_9e-3,
        8.333_452e-3,
        4.166_579_6e-2,
        0.166_666_65,
        0.5,
    ]
    .into_iter()
    .fold(0.0, |sum, factor| sum * rest + factor);
    let value = polynomial * rest * rest + rest + 1.0;
    value * f32::from_bits(((whole as i32 + 127) as u32) << 23)
}

/// The logistic curve.
#[inline(always)]
pub(super) fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

/// The hyperbolic tangent.
#[inline(always)]
pub(super) fn tanh(x: f32) -> f32 {
    2.0 * sigmoid(2.0 * x) - 1.0
}

/// Work that is written once and compiled for what the processor has.
pub(super) trait Work {
    /// What it makes.
    type Made;

    /// Does it; must be `#[inline(always)]`, as must be all that it calls.
    fn run<const FUSED: bool>(self) -> Self::Made;
}

/// Does the work with the widest instructions there are.
pub(super) fn widest<W: Work>(work: W) -> W::Made {
    #[cfg(target_arch = "x86_64")]
    {
        #[target_feature(enable = "avx2,fma")]
        fn wide<W: Work>(work: W) -> W::Made {
            work.run::<true>()
        }
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            // SAFETY: the processor has both, as was just seen.
            return unsafe { wide(work) };
        }
    }
    // On 64-bit ARM the instruction is always there.
    #[cfg(target_arch = "aarch64")]
    return work.run::<true>();
    #[cfg(not(target_arch = "aarch64"))]
    work.run::<false>()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Product<'a>(&'a Matrix, &'a [f32]);

    impl Work for Product<'_> {
        type Made = Vec<f32>;

        #[inline(always)]
        fn run<const FUSED: bool>(self) -> Vec<f32> {
            let mut sums = vec![1.0; self.1.len() / self.0.inputs * self.0.outputs];
            self.0.add::<FUSED>(self.1, &mut sums);
            sums
        }
    }

    #[test]
    fn a_product_is_the_sum_over_inputs_whatever_the_processor_has() {
        let weight = |input: usize, output: usize| ((input * 31 + output * 17) % 13) as f32 - 6.0;
        let matrix = Matrix::new(7, 35, weight);
        assert_eq!(matrix.outputs(), 48);
        let rows: Vec<f32> = (0..6 * 7).map(|index| (index % 5) as f32 - 2.0).collect();
        for product in [widest(Product(&matrix, &rows)), Product(&matrix, &rows).run::<false>()] {
            for row in 0..6 {
                for output in 0..48 {
                    let sum: f32 = (0..7).map(|input| rows[row * 7 + input] * weight(input, output)).sum();
                    let expected = if output < 35 { 1.0 + sum } else { 1.0 };
                    assert!(
                        (product[row * 48 + output] - expected).abs() < 1e-4,
                        "row {row}, output {output}"
                    );
                }
            }
        }
    }

    #[test]
    fn the_curves_are_those_of_the_standard_library_to_six_digits() {
        for step in -2_000..=2_000_i16 {
            let x = f32::from(step) / 20.0;
            assert!((sigmoid(x) - 1.0 / (1.0 + (-x).exp())).abs() < 2e-7, "sigmoid({x})");
            assert!((tanh(x) - x.tanh()).abs() < 4e-7, "tanh({x})");
        }
    }
}
