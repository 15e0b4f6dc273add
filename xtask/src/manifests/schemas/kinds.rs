//! The kinds of the Prometheus operator, turned from its definitions into the schemas that kubeconform reads.
//!
//! A definition lets through what it does not name, and the API server drops it; here a field without a name is an
//! error, as in the schemas of the API's own kinds.

use std::path::Path;

use anyhow::{Context as _, Result};
use granit_parser::{Event, Parser, ScalarStyle};
use serde_json::{Map, Value, json};

/// The definitions that ours are instances of.
const KINDS: [&str; 2] = ["prometheusrules", "servicemonitors"];

/// Writes the schemas beside those of the API.
pub(super) fn write(definitions: &Path, folder: &Path) -> Result<()> {
    for kind in KINDS {
        let path = definitions.join(format!("monitoring.coreos.com_{kind}.yaml"));
        let text = std::fs::read_to_string(&path).with_context(|| format!("no file `{}`", path.display()))?;
        let definition = parse(&text).with_context(|| format!("cannot read `{}`", path.display()))?;
        for (name, schema) in schemas(&definition).context("a definition without versions")? {
            std::fs::write(folder.join(name), schema.to_string())?;
        }
    }
    Ok(())
}

/// Each version's schema, with the name that kubeconform looks for.
fn schemas(definition: &Value) -> Option<Vec<(String, Value)>> {
    let spec = &definition["spec"];
    let kind = spec["names"]["kind"].as_str()?.to_lowercase();
    let group = spec["group"].as_str()?.split('.').next()?;
    let named = spec["versions"].as_array()?.iter().map(|version| {
        let mut schema = version["schema"]["openAPIV3Schema"].clone();
        close(&mut schema);
        // What every object has is not spelled out in a definition.
        schema["properties"]["metadata"] = json!({"type": "object"});
        Some((
            format!("{kind}-{group}-{}.json", version["name"].as_str()?),
            schema,
        ))
    });
    named.collect()
}

/// Refuses fields that are not named, at every depth.
fn close(schema: &mut Value) {
    let Some(fields) = schema.as_object_mut() else {
        return;
    };
    let keeps = fields.contains_key("x-kubernetes-preserve-unknown-fields");
    if fields.contains_key("properties") && !fields.contains_key("additionalProperties") && !keeps {
        fields.insert("additionalProperties".to_owned(), Value::Bool(false));
    }
    let inside = fields.get_mut("properties").and_then(Value::as_object_mut);
    inside.into_iter().flat_map(Map::values_mut).for_each(close);
    for key in ["items", "additionalProperties"] {
        fields.get_mut(key).into_iter().for_each(close);
    }
}

/// The one document of a text, as JSON; without anchors, aliases and tags.
fn parse(text: &str) -> Option<Value> {
    let mut events = Vec::new();
    for event in Parser::new_from_str(text) {
        events.push(event.ok()?.0);
    }
    let mut values = events.into_iter().filter(|event| {
        !matches!(
            event,
            Event::StreamStart
                | Event::StreamEnd
                | Event::DocumentStart(..)
                | Event::DocumentEnd
                | Event::Comment(..)
        )
    });
    value(&mut values)
}

/// The next value; `None` at the end of what holds it as well.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the parser's events are non-exhaustive"
)]
fn value<'a>(events: &mut impl Iterator<Item = Event<'a>>) -> Option<Value> {
    match events.next()? {
        Event::Scalar(text, ScalarStyle::Plain, 0, None) => {
            // A plain scalar is a number, a truth value or nothing where JSON would say so.
            Some(serde_json::from_str(&text).unwrap_or(Value::String(text.into_owned())))
        }
        Event::Scalar(text, _, 0, None) => Some(Value::String(text.into_owned())),
        Event::SequenceStart(_, 0, None) => Some(std::iter::from_fn(|| value(events)).collect()),
        Event::MappingStart(_, 0, None) => {
            let mut fields = Map::new();
            while let Some(key) = value(events) {
                fields.insert(key.as_str()?.to_owned(), value(events)?);
            }
            Some(Value::Object(fields))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{parse, schemas};
    use serde_json::json;

    const DEFINITION: &str = "spec:
  group: monitoring.coreos.com
  names: {kind: PrometheusRule}
  versions:
    - name: v1
      schema:
        openAPIV3Schema:
          type: object
          properties:
            metadata: {type: object}
            port: {type: integer, maximum: 9, pattern: '1'}
            labels: {type: object, additionalProperties: {type: string}}
            list: {type: array, items: {properties: {type: {type: string}}}}
";

    #[test]
    fn a_definition_becomes_a_schema_without_unnamed_fields() {
        let found = schemas(&parse(DEFINITION).expect("YAML")).expect("versions");
        let expected = json!({
            "type": "object",
            "additionalProperties": false,
            "properties": {
                "metadata": {"type": "object"},
                "port": {"type": "integer", "maximum": 9, "pattern": "1"},
                "labels": {"type": "object", "additionalProperties": {"type": "string"}},
                "list": {"type": "array", "items": {
                    "additionalProperties": false,
                    "properties": {"type": {"type": "string"}},
                }},
            },
        });
        assert_eq!(
            found,
            [("prometheusrule-monitoring-v1.json".to_owned(), expected)]
        );
        assert!(parse("a: &b 1").is_none());
    }
}
