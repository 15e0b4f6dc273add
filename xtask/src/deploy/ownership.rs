//! Whose fields of a Deployment are whose.
//!
//! Server-side apply removes what it brought itself and brings no more. What a rollback has brought back belongs to whoever
//! went back, and would stay for ever: so it is made ours before the next deployment. A rollback brings back pods, and
//! nothing else: its marks, that the Deployment is paused, and that its pods were started anew stay whose they are.

use serde_json::{Value, json};

/// The name under which deployments own fields.
pub(super) const MANAGER: &str = "asset-injector-deploy";
/// Who goes back: the script, and `kubectl rollout undo`, which says no name and so has that of its program. What
/// `kubectl rollout` says in pause, resume and restart is `kubectl-rollout`.
const ROLLBACKS: [&str; 2] = ["asset-injector-rollback", "kubectl"];
/// What `kubectl rollout restart` sets.
const RESTARTED: &str = "f:kubectl.kubernetes.io/restartedAt";

/// The patch after which the pods that rollbacks have brought back are ours; none if there is nothing of that.
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
        if let Some(template) = take_template(&mut entry["fieldsV1"]) {
            unite(&mut taken, json!({"f:spec": {"f:template": template}}));
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

/// Takes the fields of the pods out of a set of fields, but for that they were started anew; none if nothing else is there.
fn take_template(fields: &mut Value) -> Option<Value> {
    let spec = fields.get_mut("f:spec")?.as_object_mut()?;
    let mut template = spec.remove("f:template")?;
    if let Some(restarted) = take_restarted(&mut template) {
        spec.insert("f:template".to_owned(), restarted);
    }
    if spec.is_empty() {
        fields.as_object_mut()?.remove("f:spec");
    }
    (template != json!({})).then_some(template)
}

/// Takes out of the fields of the pods that they were started anew; what holds nothing else goes with it, since a set that
/// is empty stands for the field itself.
fn take_restarted(template: &mut Value) -> Option<Value> {
    let metadata = template.get_mut("f:metadata")?.as_object_mut()?;
    let annotations = metadata.get_mut("f:annotations")?.as_object_mut()?;
    let mut taken = json!({RESTARTED: annotations.remove(RESTARTED)?});
    if annotations.keys().all(|name| name == ".") {
        unite(&mut taken, metadata.remove("f:annotations")?);
    }
    if metadata.is_empty() {
        template.as_object_mut()?.remove("f:metadata");
    }
    Some(json!({"f:metadata": {"f:annotations": taken}}))
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

    /// These fields of the pods.
    fn template(fields: Value) -> Value {
        json!({"f:spec": {"f:template": fields}})
    }

    fn taken(entries: &[Value]) -> Option<Value> {
        let patch = taken_over(&json!({"metadata": {"resourceVersion": "7", "managedFields": entries}}))?;
        assert_eq!(patch[1]["value"], "7");
        Some(patch[0]["value"].clone())
    }

    #[test]
    fn the_pods_that_a_rollback_brought_back_are_ours_and_its_marks_stay_its_own() {
        let ours = entry(MANAGER, "Apply", template(json!({"f:a": {}, "f:b": {"f:x": {}}})));
        let marks = json!({"f:annotations": {"f:mark": {}}});
        let others = entry("hpa", "Update", json!({"f:spec": {"f:replicas": {}}}));
        let mut script = template(json!({"f:b": {"f:y": {}}}));
        script["f:metadata"] = marks.clone();
        let told = taken(&[
            ours,
            entry("asset-injector-rollback", "Update", script),
            entry("kubectl", "Update", template(json!({"f:c": {}}))),
            others.clone(),
        ]);
        let united = template(json!({"f:a": {}, "f:b": {"f:x": {}, "f:y": {}}, "f:c": {}}));
        let expected = json!([
            entry(MANAGER, "Apply", united),
            entry("asset-injector-rollback", "Update", json!({"f:metadata": marks})),
            others,
        ]);
        assert_eq!(told, Some(expected));
    }

    #[test]
    fn what_an_undo_brought_back_is_ours_where_we_own_nothing_yet() {
        let variable = json!({"k:{\"name\":\"LOG_FORMAT\"}": {".": {}, "f:name": {}, "f:value": {}}});
        let containers = json!({"k:{\"name\":\"asset-injector\"}": {"f:env": variable}});
        let undo = template(json!({"f:spec": {"f:containers": containers}}));
        let told = taken(&[entry("kubectl", "Update", undo.clone())]).expect("it is taken");
        assert_eq!(told[0]["manager"], MANAGER);
        assert_eq!(told[0]["fieldsV1"], undo);
        assert_eq!(told[1], Value::Null);
    }

    #[test]
    fn that_pods_were_started_anew_stays_whose_it_is() {
        let restarted = json!({".": {}, "f:kubectl.kubernetes.io/restartedAt": {}});
        let mut restarted = template(json!({"f:metadata": {"f:annotations": restarted}}));
        assert_eq!(taken(&[entry("kubectl", "Update", restarted.clone())]), None);
        let mut undo = restarted.clone();
        undo["f:spec"]["f:template"]["f:spec"] = json!({"f:c": {}});
        let told = taken(&[entry("kubectl", "Update", undo)]).expect("the rest is taken");
        assert_eq!(told[0], entry("kubectl", "Update", restarted));
        assert_eq!(told[1]["fieldsV1"], template(json!({"f:spec": {"f:c": {}}})));
        // Another annotation goes with the pods.
        restarted = json!({"f:kubectl.kubernetes.io/restartedAt": {}});
        restarted = template(json!({"f:metadata": {"f:annotations": restarted}}));
        let mut both = restarted.clone();
        both["f:spec"]["f:template"]["f:metadata"]["f:annotations"]["f:a"] = json!({});
        let told = taken(&[entry("kubectl", "Update", both)]).expect("the other one is taken");
        assert_eq!(told[0], entry("kubectl", "Update", restarted));
        let annotations = json!({"f:metadata": {"f:annotations": {"f:a": {}}}});
        assert_eq!(told[1]["fieldsV1"], template(annotations));
    }

    #[test]
    fn where_nobody_went_back_nothing_is_taken() {
        let marks = json!({"f:metadata": {"f:annotations": {"f:mark": {}}}});
        let restarted = json!({"f:kubectl.kubernetes.io/restartedAt": {}});
        let restarted = template(json!({"f:metadata": {"f:annotations": restarted}}));
        let replicas = json!({"f:spec": {"f:replicas": {}}});
        let mut scaled = entry("kubectl", "Update", template(json!({"f:c": {}})));
        scaled["subresource"] = json!("scale");
        for other in [
            entry("asset-injector-rollback", "Update", marks),
            entry("kubectl-rollout", "Update", json!({"f:spec": {"f:paused": {}}})),
            entry("kubectl-rollout", "Update", restarted),
            entry("kubectl", "Update", json!({"f:spec": {"f:paused": {}}})),
            entry("kubectl", "Update", replicas),
            entry("kubectl", "Apply", template(json!({"f:c": {}}))),
            scaled,
        ] {
            assert_eq!(taken(std::slice::from_ref(&other)), None, "{other}");
        }
        assert_eq!(taken(&[]), None);
    }

    #[test]
    fn that_it_is_paused_stays_whose_it_is_when_its_pods_are_taken() {
        let mut fields = template(json!({"f:c": {}}));
        fields["f:spec"]["f:paused"] = json!({});
        let told = taken(&[entry("kubectl", "Update", fields)]).expect("its pods are taken");
        assert_eq!(
            told[0],
            entry("kubectl", "Update", json!({"f:spec": {"f:paused": {}}}))
        );
        assert_eq!(told[1]["fieldsV1"], template(json!({"f:c": {}})));
    }
}
