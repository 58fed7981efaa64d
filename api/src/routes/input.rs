//! Input, parsed at the edge: a handler that takes [`Valid`] or [`ValidQuery`] gets a value that is right.

use crate::error::{ApiError, FieldProblem};
use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::request::Parts;
use garde::Validate;
use serde::de::DeserializeOwned;

/// A JSON body that was read whole and whose fields are right.
#[derive(Debug)]
pub struct Valid<T>(pub T);

impl<S, T> FromRequest<S> for Valid<T>
where
    S: Send + Sync,
    T: DeserializeOwned + Validate<Context = ()>,
{
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        let again = Request::from_parts(parts.clone(), body);
        let bytes = Bytes::from_request(again, state)
            .await
            .map_err(|rejection| ApiError::from_status(rejection.status()))?;
        let is_object = bytes.trim_ascii_start().starts_with(b"{");
        let request = Request::from_parts(parts, Body::from(bytes));
        let Json(value) = Json::<T>::from_request(request, state).await.map_err(unreadable)?;
        // A list of values in the order of the fields would be read too.
        if !is_object {
            return Err(ApiError::Malformed("its body is no JSON object".into()));
        }
        check(value).map(Self)
    }
}

/// A query string whose fields are right.
#[derive(Debug)]
pub struct ValidQuery<T>(pub T);

impl<S, T> FromRequestParts<S> for ValidQuery<T>
where
    S: Send + Sync,
    T: DeserializeOwned + Validate<Context = ()>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let read = Query::<T>::from_request_parts(parts, state).await;
        let Query(value) = read.map_err(|_| ApiError::Malformed("its query string".into()))?;
        check(value).map(Self)
    }
}

fn check<T: Validate<Context = ()>>(value: T) -> Result<T, ApiError> {
    match value.validate() {
        Ok(()) => Ok(value),
        Err(report) => Err(ApiError::Invalid(
            report
                .iter()
                .map(|(field, problem)| FieldProblem {
                    field: field.to_string(),
                    problem: problem.message().to_owned(),
                })
                .collect(),
        )),
    }
}

/// What serde says quotes what was sent; only where it went wrong goes back.
fn unreadable(rejection: JsonRejection) -> ApiError {
    match rejection {
        JsonRejection::MissingJsonContentType(_) => ApiError::NotJson,
        JsonRejection::JsonSyntaxError(_) => ApiError::Malformed("its body is not JSON".into()),
        JsonRejection::JsonDataError(_) => {
            ApiError::Malformed("its body has a field that is unknown, missing, or of another kind".into())
        }
        other => ApiError::from_status(other.status()),
    }
}
