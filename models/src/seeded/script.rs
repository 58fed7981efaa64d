//! A script that a decode follows: at each step whisper.cpp asks what to think of the next token, and is told.

use attune_engine::clock::SAMPLE_RATE_HZ;
use std::ffi::{c_int, c_void};
use std::fmt;
use std::slice;
use std::sync::Arc;
use std::time::Duration;
use whisper_rs::{FullParams, WhisperSysContext, WhisperSysState, WhisperTokenData};

/// A token that comes next, and how sure the model pretends to be of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScriptedToken {
    /// Which.
    pub id: i32,
    /// Above 0, below 1.
    pub probability: f32,
}

/// Says for each decode what it will write, by the length of its audio.
#[derive(Clone)]
pub struct Script(Arc<dyn Fn(Duration) -> Vec<ScriptedToken> + Send + Sync>);

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Script")
    }
}

impl Script {
    /// The script that writes what `tokens` says; then the text ends.
    pub fn new(tokens: impl Fn(Duration) -> Vec<ScriptedToken> + Send + Sync + 'static) -> Self {
        Self(Arc::new(tokens))
    }

    /// As many tokens in a second as speech has (3.5), for benches: one long speech from its beginning, so that two decodes
    /// that begin alike agree, and none of it twice, so that no decode looks like a loop.
    pub fn paced() -> Self {
        Self::new(|audio| {
            let tokens = (audio.as_secs_f32() * 3.5).ceil() as usize;
            let scripted = super::speech().map(|id| ScriptedToken { id, probability: 0.9 });
            scripted.take(tokens).collect()
        })
    }

    pub(crate) fn plan(&self, samples: usize, end_of_text: i32) -> Plan {
        let seconds = samples as f32 / SAMPLE_RATE_HZ as f32;
        Plan {
            tokens: (self.0)(Duration::from_secs_f32(seconds)),
            end_of_text,
        }
    }
}

/// What one decode will write.
#[derive(Debug)]
pub(crate) struct Plan {
    tokens: Vec<ScriptedToken>,
    end_of_text: i32,
}

impl Plan {
    /// Makes a decode with `parameters` follow this plan, which therefore outlives them.
    pub(crate) fn attach<'plan, 'tokens>(
        &'plan self,
        mut parameters: FullParams<'plan, 'tokens>,
    ) -> FullParams<'plan, 'tokens> {
        let plan: *const Self = self;
        // SAFETY: the callback has the signature that whisper.cpp calls, and only reads the plan, which the lifetime of the
        // parameters keeps borrowed until the decode is over.
        unsafe {
            parameters.set_filter_logits_callback(Some(follow));
            parameters.set_filter_logits_callback_user_data(plan.cast_mut().cast());
        }
        parameters
    }

    /// Gives the next token, after `written` of them, its probability among all of `logits`.
    fn impose(&self, written: usize, logits: &mut [f32]) {
        let next = self.tokens.get(written).copied().unwrap_or(ScriptedToken {
            id: self.end_of_text,
            probability: 0.99,
        });
        let others = (logits.len() - 1) as f32;
        let logit = (next.probability / (1.0 - next.probability) * others).ln();
        logits.fill(0.0);
        if let Some(slot) = logits.get_mut(next.id as usize) {
            *slot = logit;
        }
    }
}

/// What whisper.cpp calls before it picks each token.
unsafe extern "C" fn follow(
    _context: *mut WhisperSysContext,
    _state: *mut WhisperSysState,
    _tokens: *const WhisperTokenData,
    written: c_int,
    logits: *mut f32,
    plan: *mut c_void,
) {
    // SAFETY: `attach` put a live plan there, and whisper.cpp hands over one logit per token of an English-only vocabulary,
    // the only one that `seeded::write` makes.
    let (plan, logits) = unsafe {
        (
            &*plan.cast::<Plan>(),
            slice::from_raw_parts_mut(logits, super::TOKENS as usize),
        )
    };
    plan.impose(written as usize, logits);
}
