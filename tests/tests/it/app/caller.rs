//! Someone who calls the API: nobody, a browser with its cookie, or a program with its token.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Method, StatusCode};
use serde_json::Value;

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// The body as JSON; null where it is something else.
    pub body: Value,
    pub text: String,
}

impl Answer {
    /// The code of an error, in the one shape that errors have.
    pub fn error_code(&self) -> &str {
        let error = self.body["error"]
            .as_object()
            .unwrap_or_else(|| panic!("not the shape of an error: {self:?}"));
        let mut fields: Vec<_> = error.keys().map(String::as_str).collect();
        fields.sort_unstable();
        assert_eq!(
            fields,
            ["code", "details", "message", "request_id", "retryable", "timestamp"]
        );
        assert_eq!(self.body.as_object().map(serde_json::Map::len), Some(1));
        assert_eq!(
            error["request_id"].as_str(),
            self.header("x-request-id"),
            "the id differs from the header's"
        );
        error["code"].as_str().expect("a code is a string")
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Panics unless the status is this one.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self
    }
}

/// Someone who calls.
#[derive(Debug, Clone)]
pub struct Caller {
    http: reqwest::Client,
    base: String,
    headers: HeaderMap,
}

impl Caller {
    pub fn nobody(base: &str) -> Self {
        let http = reqwest::Client::builder()
            .pool_max_idle_per_host(0)
            // Where an answer leads is what a test looks at.
            .redirect(Policy::none())
            .build()
            .expect("a client can be made");
        Self {
            http,
            base: base.to_owned(),
            headers: HeaderMap::new(),
        }
    }

    /// The same, with one more header on every request.
    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        let value = HeaderValue::from_str(value).expect("a header's value");
        self.headers.insert(HeaderName::from_static(name), value);
        self
    }

    /// What the caller sends along.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, Some(body)).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PUT, path, Some(body)).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PATCH, path, Some(body)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, None).await
    }

    pub async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let mut request = self
            .http
            .request(method, format!("{}{path}", self.base))
            .headers(self.headers.clone());
        if let Some(body) = body {
            request = request.json(&body);
        }
        self.finish(request).await
    }

    /// A body that is sent as it is.
    pub async fn send_raw(&self, method: Method, path: &str, content_type: &str, body: Vec<u8>) -> Answer {
        let request = self
            .http
            .request(method, format!("{}{path}", self.base))
            .headers(self.headers.clone());
        self.finish(request.header("content-type", content_type).body(body))
            .await
    }

    /// What is at a path, byte for byte.
    pub async fn download(&self, path: &str) -> Vec<u8> {
        let request = self
            .http
            .get(format!("{}{path}", self.base))
            .headers(self.headers.clone());
        let response = request.send().await.expect("the server answers");
        assert_eq!(response.status().as_u16(), 200, "{path}");
        response.bytes().await.expect("the answer is whole").into()
    }

    async fn finish(&self, request: reqwest::RequestBuilder) -> Answer {
        let response = request.send().await.expect("the server answers");
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await.expect("the answer is whole");
        let body = serde_json::from_str(&text).unwrap_or_default();
        Answer {
            status,
            headers,
            body,
            text,
        }
    }
}
