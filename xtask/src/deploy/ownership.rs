//! Whose fields of a Deployment are whose.
//!
//! Server-side apply removes what it brought itself and brings no more. What a rollback has brought back belongs to whoever
//! went back, and would stay for ever: so it is made ours before the next deployment. The marks of the rollback are not.

use serde_json::{Value, json};

/// The name under which deployments own fields.
pub(super) const MANAGER: &str = "asset-injector-deploy";
/// Who goes back: the script, and `kubectl rollout undo`.
const ROLLBACKS: [&str; 2] = ["asset-injector-rollback", "kubectl-rollout"];

/// The patch after which the specification that rollbacks have brought back is ours; none if there is nothing of that.
pub(super) fn taken_over(deployment: &Value) -> Option<Value> {
    let metadata = &deployment["metadata"];
    let mut entries = metadata["managedFields"].as_array()?.clone();
    let of_rollback = |entry: &Value| {
        let is_whole = entry["operation"] == "Update" && entry.get("subresource").is_none();
        is_whole && ROLLBACKS.iter().any(|name| entry["manager"] == *name)
    };
    let mut taken = Value::Null;
    let mut version = Value::Null;
    for entry in entries.iter_mut().filter(|entry| of_rollback(entry)) {
        if let Some(spec) = entry["fieldsV1"].as_object_mut()?.remove("f:spec") {
            unite(&mut taken, json!({"f:spec": spec}));
            version = entry["apiVersion"].clone();
        }
    }
    if taken.is_null() {
        return None;
    }
    let is_ours = |entry: &&mut Value| {
        entry["manager"] == MANAGER && entry["operation"] == "Apply" && entry["apiVersion"] == version
    };
    match entries.iter_mut().find(is_ours) {
        Some(ours) => unite(&mut ours["fieldsV1"], taken),
        None => entries.push(json!({
            "manager": MANAGER, "operation": "Apply", "apiVersion": version, "fieldsType": "FieldsV1",
            "fieldsV1": taken,
        })),
    }
    // One that owns nothing is no entry.
    entries.retain(|entry| entry["fieldsV1"] != json!({}));
    Some(json!([
        {"op": "replace", "path": "/metadata/managedFields", "value": entries},
        {"op": "replace", "path": "/metadata/resourceVersion", "value": metadata["resourceVersion"]},
    ]))
}

/// Adds a set of fields to another one.
fn unite(fields: &mut Value, more: Value) {
    match (fields, more) {
        (Value::Object(fields), Value::Object(more)) => {
            for (name, inside) in more {
                unite(fields.entry(name).or_insert(Value::Null), inside);
            }
        }
        (fields, more) => *fields = more,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{MANAGER, taken_over};

    fn entry(manager: &str, operation: &str, fields: Value) -> Value {
        json!({"manager": manager, "operation": operation, "apiVersion": "apps/v1", "fieldsV1": fields})
    }

    fn taken(entries: &[Value]) -> Option<Value> {
        let patch = taken_over(&json!({"metadata": {"resourceVersion": "7", "managedFields": entries}}))?;
        assert_eq!(patch[1]["value"], "7");
        Some(patch[0]["value"].clone())
    }

    #[test]
    fn what_a_rollback_brought_back_is_ours_and_its_marks_stay_its_own() {
        let ours = entry(
            MANAGER,
            "Apply",
            json!({"f:spec": {"f:a": {}, "f:b": {"f:x": {}}}}),
        );
        let marks = json!({"f:annotations": {"f:mark": {}}});
        let others = entry("hpa", "Update", json!({"f:spec": {"f:replicas": {}}}));
        let script = json!({"f:metadata": marks, "f:spec": {"f:b": {"f:y": {}}}});
        let told = taken(&[
            ours,
            entry("asset-injector-rollback", "Update", script),
            entry("kubectl-rollout", "Update", json!({"f:spec": {"f:c": {}}})),
            others.clone(),
        ]);
        let united = json!({"f:spec": {"f:a": {}, "f:b": {"f:x": {}, "f:y": {}}, "f:c": {}}});
        let expected = json!([
            entry(MANAGER, "Apply", united),
            entry("asset-injector-rollback", "Update", json!({"f:metadata": marks})),
            others,
        ]);
        assert_eq!(told, Some(expected));
    }

    #[test]
    fn where_nobody_went_back_nothing_is_taken() {
        let marks = json!({"f:metadata": {"f:annotations": {"f:mark": {}}}});
        assert_eq!(taken(&[entry("asset-injector-rollback", "Update", marks)]), None);
        assert_eq!(taken(&[]), None);
        let first = entry("kubectl-rollout", "Update", json!({"f:spec": {"f:c": {}}}));
        let told = taken(&[first]).expect("it is taken");
        assert_eq!(told[0]["manager"], MANAGER);
        assert_eq!(told[1], Value::Null);
    }
}
