//! The shapes of the indexes in JSON, as tolerant as strangers' files ask for: what is not known is passed over.

use serde::{Deserialize, Serialize};

/// `index.json`.
#[derive(Deserialize, Serialize)]
pub(super) struct Index {
    #[serde(default)]
    pub(super) version: serde_json::Value,
    pub(super) updated_at: String,
    #[serde(default)]
    pub(super) categories: Vec<serde_json::Value>,
    #[serde(default)]
    pub(super) packs: Vec<serde_json::Value>,
}

/// An entry of `packs`.
#[derive(Deserialize, Serialize)]
pub(super) struct Pack {
    pub(super) name: String,
    pub(super) version: String,
    #[serde(default)]
    pub(super) description: String,
    #[serde(default)]
    pub(super) author: String,
    #[serde(default)]
    pub(super) rule_count: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) sha256: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) versions: Vec<Release>,
}

/// An entry of `versions`.
#[derive(Deserialize, Serialize)]
pub(super) struct Release {
    pub(super) version: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) sha256: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) size: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) requires: Option<String>,
}

/// `singles/index.json`.
#[derive(Deserialize, Serialize)]
pub(super) struct Singles {
    #[serde(default)]
    pub(super) version: serde_json::Value,
    pub(super) updated_at: String,
    pub(super) count: u64,
    pub(super) rules: Vec<serde_json::Value>,
}

/// An entry of `rules`.
#[derive(Deserialize, Serialize)]
pub(super) struct Rule {
    pub(super) id: String,
    #[serde(default)]
    pub(super) pattern: String,
    #[serde(default, rename = "type")]
    pub(super) kind: String,
    #[serde(default)]
    pub(super) description: String,
    #[serde(default)]
    pub(super) author: String,
    #[serde(default)]
    pub(super) tags: Vec<String>,
    pub(super) file: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) hash: Option<String>,
}

/// A version of an index as text: numbers do as well.
pub(super) fn text(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Number(number) => number.to_string(),
        serde_json::Value::Null
        | serde_json::Value::Bool(_)
        | serde_json::Value::Array(_)
        | serde_json::Value::Object(_) => String::new(),
    }
}
