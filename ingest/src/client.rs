//! The reference client: what `attune replay`, the demo, the tests and the load generator speak `attune.v1` with.
