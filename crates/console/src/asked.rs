//! What a request brings, read as a route wants it: a body of JSON, parts of the path, a query.
//!
//! The extractors of `axum`, which refuse in plain text, with refusals like all others.

use crate::refusal::Refusal;
use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

/// Where it is written what routes take.
const HINT: &str = "GET /api/ lists what routes take";

/// A body of JSON.
pub(crate) struct AskedJson<T>(pub(crate) T);

/// Parts of the path.
pub(crate) struct AskedPath<T>(pub(crate) T);

/// A query.
pub(crate) struct AskedQuery<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for AskedJson<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let (parts, body) = request.into_parts();
        let bytes = Bytes::from_request(Request::from_parts(parts.clone(), body), state).await;
        let bytes = bytes.map_err(|no| Refusal::new(no.status(), no.body_text(), HINT))?;
        let request = Request::from_parts(parts, Body::from(bytes.clone()));
        let read = Json::from_request(request, state).await;
        let Json(value) = read.map_err(|no| Refusal::new(no.status(), no.body_text(), HINT))?;
        // A list of an object's fields in their order would be taken for the object.
        match bytes.trim_ascii_start().first() {
            Some(b'{') => Ok(AskedJson(value)),
            _ => Err(Refusal::unfit("the body is no object".to_owned(), HINT)),
        }
    }
}

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for AskedPath<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let read = Path::from_request_parts(parts, state).await;
        let Path(value) = read.map_err(|no| Refusal::new(no.status(), no.body_text(), HINT))?;
        Ok(AskedPath(value))
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for AskedQuery<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let read = Query::from_request_parts(parts, state).await;
        let Query(value) = read.map_err(|no| Refusal::new(no.status(), no.body_text(), HINT))?;
        Ok(AskedQuery(value))
    }
}
