//! The JSON Schema (draft-07) of rule files, made from the same table of fields that the checks run on.
//!
//! A schema knows shapes, types and bounds. What a pattern, script or style sheet means only the checks know.

use rules::{FIELDS, Field, FieldKind, limits};
use serde_json::{Map, Value, json};

/// The schema as text, for editors: one document, two spaces, a line end.
pub fn schema() -> String {
    let mut text = serde_json::to_string_pretty(&root()).expect("plain data prints");
    text.push('\n');
    text
}

fn root() -> Value {
    let is_collection = json!({ "anyOf": [{ "required": ["rules"] }, { "required": ["requires"] }] });
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Rule file of Asset Injector",
        "description": "One rule, a list of rules, or a mapping with a `rules:` list.",
        "type": ["object", "array", "null"],
        "if": { "type": "object" },
        "then": {
            "if": is_collection,
            "then": { "$ref": "#/definitions/collection" },
            "else": { "$ref": "#/definitions/rule" },
        },
        "else": { "if": { "type": "array" }, "then": { "$ref": "#/definitions/list" } },
        "definitions": {
            "rule": rule(),
            "list": {
                "description": "Rules; in a list of several each one has an `id`.",
                "type": "array",
                "items": { "$ref": "#/definitions/rule" },
                "if": { "minItems": 2 },
                "then": { "items": { "required": ["id"], "properties": { "id": { "type": "string" } } } },
            },
            "collection": collection(),
        },
    })
}

fn collection() -> Value {
    json!({
        "type": "object",
        "required": ["rules"],
        "properties": {
            "rules": { "anyOf": [{ "$ref": "#/definitions/list" }, { "type": "null" }] },
            "requires": {
                "description": "Which engines the file is for; another one skips it as too new.",
                "type": "object",
                "properties": {
                    "asset-injector": {
                        "description": "A version requirement such as `>=1.4`; a bare version means exactly that one.",
                        "type": "string",
                    },
                },
                "additionalProperties": false,
            },
        },
        "patternProperties": { "^x-": true },
        "additionalProperties": false,
    })
}

fn rule() -> Value {
    let properties: Map<_, _> = FIELDS
        .iter()
        .map(|field| (field.name.to_owned(), property(field)))
        .collect();
    let required: Vec<_> = FIELDS
        .iter()
        .filter(|field| field.is_required)
        .map(|field| field.name)
        .collect();
    let gives = |name: &str| json!({ "required": [name], "properties": { name: { "type": "string", "minLength": 1 } } });
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "anyOf": [gives("css"), gives("js")],
        "patternProperties": { "^x-": true },
        "additionalProperties": false,
    })
}

fn property(field: &Field) -> Value {
    let mut schema = match field.kind {
        FieldKind::Text { bytes_max } => json!({ "type": "string", "maxLength": bytes_max }),
        FieldKind::Code { bytes_max } => json!({ "type": "string", "maxLength": bytes_max }),
        FieldKind::PatternKind => json!({ "type": "string", "enum": kinds() }),
        FieldKind::Integer { max } => json!({ "type": "integer", "minimum": 0, "maximum": max }),
        FieldKind::Time => json!({ "type": "string", "format": "date-time" }),
        FieldKind::Texts {
            entries_max,
            bytes_max,
        } => json!({
            "type": "array",
            "maxItems": entries_max,
            "items": { "type": "string", "maxLength": bytes_max },
        }),
        FieldKind::Tests { entries_max } => tests(entries_max),
        FieldKind::ReadOnly => json!({ "readOnly": true }),
        // A kind that this schema does not know yet is described by its sentence only.
        _ => json!({}),
    };
    if field.name == "id" {
        schema["pattern"] = json!(id_pattern());
    }
    // A field with nothing behind its colon is as good as absent.
    if !field.is_required
        && let Some(kind) = schema.get("type").cloned()
    {
        schema["type"] = json!([kind, "null"]);
    }
    schema["description"] = json!(field.doc);
    schema
}

/// An id, alone or behind the name of a pack.
fn id_pattern() -> String {
    let (pack, name) = (limits::PACK_NAME_BYTES_MAX, limits::ID_BYTES_MAX - 1);
    format!("^\\s*([a-z0-9-]{{1,{pack}}}:)?[A-Za-z0-9][A-Za-z0-9._-]{{0,{name}}}\\s*$")
}

fn kinds() -> Value {
    json!(["exact", "wildcard", "regex"])
}

fn tests(entries_max: usize) -> Value {
    json!({
        "type": "array",
        "maxItems": entries_max,
        "items": {
            "type": "object",
            "properties": {
                "url": { "description": "A page's URL.", "type": "string" },
                "matches": { "description": "Whether the rule must apply to it.", "type": ["boolean", "null"] },
            },
            "required": ["url"],
            "additionalProperties": false,
        },
    })
}

#[cfg(test)]
mod tests;
