//! The JSON Schema (draft-07) of manifests, made from the table of their fields.

use super::{
    DEPENDENCIES_MAX, ENGINE, VERSION_BYTES_MAX,
    field::{FIELDS, Field, Kind},
};
use rules::limits;
use serde_json::{Map, Value, json};

/// The schema as text, for editors: one document, two spaces, a line end.
pub fn schema() -> String {
    let mut text = serde_json::to_string_pretty(&root()).expect("plain data prints");
    text.push('\n');
    text
}

fn root() -> Value {
    let properties: Map<_, _> = FIELDS
        .iter()
        .map(|field| (field.name.to_owned(), property(field)))
        .collect();
    let required = FIELDS.iter().filter(|field| field.is_required);
    let required: Vec<_> = required.map(|field| field.name).collect();
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Pack manifest of Asset Injector",
        "description": "What a pack of rules says of itself, in its `manifest.yaml`.",
        "type": "object",
        "properties": properties,
        "required": required,
        "patternProperties": { "^x-": true },
        "additionalProperties": false,
    })
}

fn property(field: &Field) -> Value {
    let mut schema = match field.kind {
        Kind::Name => name(),
        Kind::Version => {
            json!({ "type": "string", "pattern": version_pattern(), "maxLength": VERSION_BYTES_MAX })
        }
        Kind::Text => text(limits::METADATA_BYTES_MAX),
        Kind::Tags => json!({
            "type": "array",
            "maxItems": limits::TAGS_MAX,
            "items": text(limits::TAG_BYTES_MAX),
        }),
        Kind::Dependencies => json!({
            "type": "array",
            "maxItems": DEPENDENCIES_MAX,
            "items": {
                "type": "object",
                "properties": { "name": name(), "version": requirement() },
                "required": ["name", "version"],
                "additionalProperties": false,
            },
        }),
        Kind::Requires => json!({
            "type": "object",
            "properties": { ENGINE: requirement() },
            "additionalProperties": false,
        }),
    };
    // A field with nothing behind its colon is as good as absent.
    if !field.is_required {
        let kind = schema["type"].take();
        schema["type"] = json!([kind, "null"]);
    }
    schema["description"] = json!(field.doc);
    schema
}

fn text(bytes_max: usize) -> Value {
    json!({ "type": "string", "pattern": "\\S", "maxLength": bytes_max })
}

fn name() -> Value {
    let most = limits::PACK_NAME_BYTES_MAX;
    json!({ "type": "string", "pattern": format!("^\\s*[a-z0-9-]{{1,{most}}}\\s*$") })
}

fn requirement() -> Value {
    json!({
        "description": "A version requirement such as `>=1.4`; a bare version means exactly that one.",
        "type": "string",
        "pattern": "\\S",
        "maxLength": VERSION_BYTES_MAX,
    })
}

/// A semantic version: numbers without leading zeros, a pre-release, build metadata.
fn version_pattern() -> String {
    const NUMBER: &str = "(0|[1-9][0-9]*)";
    const PART: &str = "(0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)";
    format!(
        "^\\s*{NUMBER}\\.{NUMBER}\\.{NUMBER}(-{PART}(\\.{PART})*)?(\\+[0-9A-Za-z-]+(\\.[0-9A-Za-z-]+)*)?\\s*$"
    )
}
