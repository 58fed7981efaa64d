//! Features: named facts, hashed into a table of fixed size, so that no vocabulary has to be shipped.

/// Bits of a feature's number.
pub(super) const BITS: u32 = 16;

/// The facts that hold of one example, as numbers below `1 << BITS`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Features(pub(super) Vec<u16>);

impl Features {
    /// Notes the fact `name` of `parts`.
    pub(super) fn add(&mut self, name: &str, parts: &[&str]) {
        let mut hash = Fnv::new();
        hash.take(name);
        for part in parts {
            hash.take(part);
        }
        self.0.push(hash.number());
    }

    /// The numbers of the facts.
    pub fn numbers(&self) -> &[u16] {
        &self.0
    }
}

/// Names of bins.
pub(super) const DIGITS: [&str; 16] = [
    "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15",
];

/// The bin of `value` between ascending `edges`: how many of them are not above it.
pub(super) fn bin_of(value: f32, edges: &[f32]) -> usize {
    edges.iter().filter(|edge| value >= **edge).count()
}

/// FNV-1a, 32 bits: the same number on every machine and in every release.
struct Fnv(u32);

impl Fnv {
    fn new() -> Self {
        Self(0x811c_9dc5)
    }

    fn take(&mut self, part: &str) {
        // A separator: "ab" "c" is not "a" "bc".
        for byte in part.bytes().chain([0x1f]) {
            self.0 = (self.0 ^ u32::from(byte)).wrapping_mul(0x0100_0193);
        }
    }

    fn number(&self) -> u16 {
        // The upper half folded onto the lower, as FNV's author advises for fewer bits.
        ((self.0 >> BITS) ^ (self.0 & ((1 << BITS) - 1))) as u16
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fact_has_the_same_number_everywhere_and_its_parts_do_not_run_together() {
        let mut features = Features::default();
        features.add("word", &["yeah"]);
        features.add("pair", &["ab", "c"]);
        features.add("pair", &["a", "bc"]);
        let [word, one, other] = *features.numbers() else {
            panic!()
        };
        assert_ne!(one, other);
        let mut again = Features::default();
        again.add("word", &["yeah"]);
        assert_eq!(again.numbers(), [word]);
    }

    #[test]
    fn a_value_on_an_edge_is_in_the_bin_above() {
        assert_eq!(bin_of(-1.0, &[0.0, 1.0]), 0);
        assert_eq!(bin_of(0.0, &[0.0, 1.0]), 1);
        assert_eq!(bin_of(5.0, &[0.0, 1.0]), 2);
    }
}
