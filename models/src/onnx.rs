//! The ONNX runtime: a shared library out of the store, loaded once per process.

use crate::store::{Missing, Store};
use ort::environment::Environment;
use ort::logging::LogLevel;
use std::sync::{Mutex, PoisonError};

/// The runtime cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OnnxError {
    /// Its library or a model is not in the store.
    #[error(transparent)]
    Missing(#[from] Missing),
    /// Its library does not load here.
    #[error("the ONNX runtime cannot be loaded")]
    Load(#[from] ort::LoadDynamicError),
    /// It refused.
    #[error("the ONNX runtime failed")]
    Runtime(#[from] ort::Error),
}

/// The runtime allows one environment per process and library.
static ENVIRONMENT: Mutex<Option<Environment>> = Mutex::new(None);

/// The environment of this process; the first caller's store says which library it is.
pub(crate) fn environment(store: &Store) -> Result<Environment, OnnxError> {
    let mut environment = ENVIRONMENT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(environment) = &*environment {
        return Ok(environment.clone());
    }
    let library = store.path("onnxruntime")?;
    let made = ort::init_from(library)?
        .with_name("attune")
        // Nothing about what runs here is anyone's business.
        .with_telemetry(false)
        .build()?;
    made.set_log_level(LogLevel::Warning);
    Ok(environment.insert(made).clone())
}
