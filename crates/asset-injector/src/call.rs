//! One HTTP call and its answer, whoever is asked: a server, or a rules tree in this process.

use bytes::Bytes;
use hyper::{HeaderMap, Method, Request, http};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::{Value, value::RawValue};
use std::fmt::Write as _;

/// The media type of JSON.
pub(crate) const JSON: &str = "application/json";
/// The media type of YAML.
pub(crate) const YAML: &str = "application/yaml";
/// The media type of an archive.
pub(crate) const ZIP: &str = "application/zip";
/// The media type of a difference between two JSON objects.
const MERGE_PATCH: &str = "application/merge-patch+json";

/// What is encoded in a part of a path and in a value of a query.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b':');

/// What is asked.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    method: Method,
    path: String,
    query: String,
    headers: Vec<(&'static str, String)>,
    body: Option<Bytes>,
    /// Whether the answer may take minutes.
    pub(crate) is_long: bool,
}

impl Call {
    /// A call of this path.
    pub(crate) fn new(method: Method, path: impl Into<String>) -> Self {
        Self {
            method,
            path: path.into(),
            query: String::new(),
            headers: Vec::new(),
            body: None,
            is_long: false,
        }
    }

    /// A call by GET.
    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path)
    }

    /// A call by POST with a JSON body.
    pub(crate) fn post(path: impl Into<String>, body: &Value) -> Self {
        Self::new(Method::POST, path).body(JSON, body.to_string())
    }

    /// A call by PUT with a JSON body.
    pub(crate) fn put(path: impl Into<String>, body: &Value) -> Self {
        Self::new(Method::PUT, path).body(JSON, body.to_string())
    }

    /// A call by PATCH with the fields that change.
    pub(crate) fn patch(path: impl Into<String>, fields: &Value) -> Self {
        Self::new(Method::PATCH, path).body(MERGE_PATCH, fields.to_string())
    }

    /// A call by DELETE.
    pub(crate) fn delete(path: impl Into<String>) -> Self {
        Self::new(Method::DELETE, path)
    }

    /// With a parameter of the query.
    pub(crate) fn query(mut self, name: &str, value: &str) -> Self {
        let separator = if self.query.is_empty() { '?' } else { '&' };
        write!(self.query, "{separator}{name}={}", encoded(value)).expect("a string takes every text");
        self
    }

    /// With a body of a media type.
    pub(crate) fn body(mut self, media_type: &'static str, body: impl Into<Bytes>) -> Self {
        self.body = Some(body.into());
        self.header("content-type", media_type)
    }

    /// With a header.
    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Only if the rule still has this tag.
    pub(crate) fn if_match(self, tag: Option<&str>) -> Self {
        match tag {
            Some(tag) => self.header("if-match", tag),
            None => self,
        }
    }

    /// As one whose answer may take minutes.
    pub(crate) fn long(mut self) -> Self {
        self.is_long = true;
        self
    }

    /// The request to a server with this base; an empty one gives the bare path.
    ///
    /// # Errors
    ///
    /// When a header holds what none can hold.
    pub(crate) fn request(&self, base: &str) -> Result<Request<Option<Bytes>>, http::Error> {
        let mut request = Request::builder()
            .method(self.method.clone())
            .uri(format!("{base}{}{}", self.path, self.query));
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        request.body(self.body.clone())
    }
}

/// The path of a rule, or of what is below it.
pub(crate) fn rule_path(id: &str, below: &str) -> String {
    format!("/v1/rules/{}{below}", encoded(id))
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

/// An answer whatever its status.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The status code.
    pub(crate) status: u16,
    /// The header.
    pub(crate) headers: HeaderMap,
    /// The body.
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The body as JSON; null if it is none.
    pub(crate) fn value(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The text of its `data`, with digits of numbers that no [`Value`] has; null if there is none.
    pub(crate) fn data_text(&self) -> &str {
        #[derive(Deserialize)]
        struct Envelope<'a> {
            #[serde(borrow)]
            data: &'a RawValue,
        }
        serde_json::from_slice::<Envelope<'_>>(&self.body).map_or("null", |envelope| envelope.data.get())
    }

    /// A header, if it is text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Whether it says that all is well.
    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// Told of each piece of a body as it comes.
pub(crate) type Observer<'a> = &'a mut dyn FnMut(&[u8]);

#[cfg(test)]
mod tests {
    use super::{Call, rule_path};
    use serde_json::json;

    #[test]
    fn what_is_asked_stands_in_the_request() {
        let call = Call::patch(rule_path("pack:a b/..", ""), &json!({ "css": null }))
            .query("q", "a&b=c d")
            .query("matches", "https://ä.example/?x#y")
            .if_match(Some("\"tag\""));
        let request = call.request("http://server").unwrap();
        assert_eq!(request.method(), "PATCH");
        assert_eq!(
            request.uri(),
            "http://server/v1/rules/pack:a%20b%2F..?q=a%26b%3Dc%20d&matches=https:%2F%2F%C3%A4.example%2F%3Fx%23y"
        );
        assert_eq!(request.headers()["content-type"], "application/merge-patch+json");
        assert_eq!(request.headers()["if-match"], "\"tag\"");
        assert_eq!(request.body().as_deref(), Some(&b"{\"css\":null}"[..]));
    }

    #[test]
    fn a_header_that_none_can_hold_is_an_error() {
        assert!(Call::get("/").if_match(Some("a\nb")).request("").is_err());
    }
}
