//! A Deployment as the API server and the controller of Deployments keep it, in memory.
//!
//! The controller may be late: what changed is observed only after so many requests.

use std::collections::{BTreeMap, VecDeque};

use serde_json::{Value, json};

use super::Event;

pub(crate) const NAMESPACE: &str = "rules";
pub(crate) const DEPLOYMENT: &str = "asset-injector";
/// What every owned ReplicaSet names as its owner.
const UID: &str = "6f1c2d9e-0000-4000-8000-000000000001";
const REVISION: &str = "deployment.kubernetes.io/revision";
const REVISION_HISTORY: &str = "deployment.kubernetes.io/revision-history";

/// The pods of one template.
#[derive(Clone, Debug)]
struct ReplicaSet {
    name: String,
    hash: String,
    revision: u64,
    /// Revisions that it was before.
    history: Vec<u64>,
    created: u64,
    template: Value,
}

/// What the status says while pods come and go.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Moment {
    /// Whether the controller has seen the template in force.
    pub(crate) is_observed: bool,
    /// Pods of whichever template.
    pub(crate) all: u64,
    /// Those of the template in force.
    pub(crate) updated: u64,
    /// Those that are ready.
    pub(crate) available: u64,
}

/// The state.
#[derive(Clone, Debug)]
pub(crate) struct Model {
    version: u64,
    generation: u64,
    observed: u64,
    paused: bool,
    replicas: u64,
    history_limit: usize,
    annotations: BTreeMap<String, String>,
    template: Value,
    sets: Vec<ReplicaSet>,
    /// How many requests the controller is late.
    lag: u32,
    /// Requests until it observes what changed.
    behind: u32,
    made: u64,
    /// What the status says after the script's change, each for one look at the Deployment; afterwards all is done.
    pub(crate) rollout: VecDeque<Moment>,
    /// Whether that change has come.
    is_rolling: bool,
}

impl Model {
    /// With the version 0 deployed, and a controller that is so late.
    pub(crate) fn new(lag: u32) -> Self {
        let mut model = Self {
            version: 1,
            generation: 1,
            observed: 0,
            paused: false,
            replicas: 1,
            history_limit: 10,
            annotations: BTreeMap::new(),
            template: template(&image(0, true)),
            sets: Vec::new(),
            lag,
            behind: 0,
            made: 0,
            rollout: VecDeque::new(),
            is_rolling: false,
        };
        model.sync();
        model
    }

    /// The image in force.
    pub(crate) fn image(&self) -> &str {
        image_of(&self.template)
    }

    /// Whether its pods get ready.
    fn is_ready(&self) -> bool {
        self.replicas == 0 || !self.image().contains("broken")
    }

    /// Carries out what somebody does, but for the script.
    pub(crate) fn happen(&mut self, event: &Event) {
        match event {
            Event::Deploy(version, ready) => self.deploy(template(&image(*version, *ready))),
            Event::Image(image) => self.deploy(template(image)),
            Event::Limit(memory) => {
                let mut template = self.template.clone();
                template["spec"]["containers"][0]["resources"]["limits"]["memory"] = json!(memory);
                self.deploy(template);
            }
            Event::Scale(replicas) => self.change(|model| model.replicas = *replicas),
            Event::Pause(paused) => self.change(|model| model.paused = *paused),
            Event::Keep(limit) => self.change(|model| model.history_limit = *limit),
            Event::Undo => {
                self.sync();
                if let Some(before) = self.before()
                    && !self.paused
                {
                    self.deploy(before);
                }
            }
            Event::Lose(version) => {
                let gone = |set: &ReplicaSet| {
                    let image = image_of(&set.template);
                    set.template != self.template && image.ends_with(&format!(":{version}"))
                };
                self.sets.retain(|set| !gone(set));
            }
            Event::Touch => self.version += 1,
            Event::Settle => self.sync(),
            Event::RollBack => {}
        }
    }

    fn deploy(&mut self, template: Value) {
        if template != self.template {
            self.change(|model| model.template = template);
        }
    }

    fn change(&mut self, change: impl FnOnce(&mut Self)) {
        change(self);
        self.version += 1;
        self.generation += 1;
        self.behind = self.lag;
        if self.lag == 0 {
            self.sync();
        }
    }

    /// The template of the newest revision but the one in force, as `kubectl rollout undo` takes it.
    fn before(&self) -> Option<Value> {
        let others = self.sets.iter().filter(|set| set.template != self.template);
        let newest = others.max_by_key(|set| set.revision)?;
        Some(newest.template.clone())
    }

    /// What the controller does once it looks.
    pub(crate) fn sync(&mut self) {
        if self.observed == self.generation {
            return;
        }
        if !self.paused {
            self.make_active();
            self.prune();
        }
        self.observed = self.generation;
        self.version += 1;
    }

    fn make_active(&mut self) {
        let same = |set: &&mut ReplicaSet| is_same(&set.template, &self.template);
        let others = self
            .sets
            .iter()
            .filter(|set| !is_same(&set.template, &self.template));
        let next = others.map(|set| set.revision).max().unwrap_or(0) + 1;
        let revision = if let Some(set) = self.sets.iter_mut().find(same) {
            if set.revision < next {
                set.history.push(set.revision);
                set.revision = next;
            }
            set.revision
        } else {
            self.made += 1;
            let hash = format!("{:x}", 0x5d9c_0000 + self.made);
            self.sets.push(ReplicaSet {
                name: format!("{DEPLOYMENT}-{hash}"),
                hash,
                revision: next,
                history: Vec::new(),
                created: self.made,
                template: self.template.clone(),
            });
            next
        };
        self.annotations.insert(REVISION.to_owned(), revision.to_string());
    }

    /// Old ReplicaSets are only removed once the new one is complete.
    fn prune(&mut self) {
        if !self.is_ready() {
            return;
        }
        let mut old: Vec<_> = self
            .sets
            .iter()
            .filter(|set| set.template != self.template)
            .collect();
        old.sort_by_key(|set| set.revision);
        let surplus = old.len().saturating_sub(self.history_limit);
        let gone: Vec<_> = old[..surplus].iter().map(|set| set.name.clone()).collect();
        self.sets.retain(|set| !gone.contains(&set.name));
    }

    /// A request arrives: the controller comes nearer.
    pub(crate) fn tick(&mut self) {
        if self.behind > 0 {
            self.behind -= 1;
            if self.behind == 0 {
                self.sync();
            }
        }
    }

    /// The Deployment as the API shows it.
    pub(crate) fn deployment(&self) -> Value {
        json!({
            "metadata": {
                "name": DEPLOYMENT, "namespace": NAMESPACE, "uid": UID, "resourceVersion": self.version.to_string(),
                "generation": self.generation, "annotations": self.annotations,
            },
            "spec": shown_spec(self.paused, self.replicas, &self.template),
            "status": self.status(),
        })
    }

    /// Somebody has looked: the next look sees the next moment.
    pub(crate) fn pass(&mut self) {
        if self.is_rolling {
            self.rollout.pop_front();
        }
    }

    /// What the controller says of the pods; what is zero is left out.
    fn status(&self) -> Value {
        let done = Moment {
            is_observed: true,
            all: self.replicas,
            updated: self.replicas,
            available: if self.is_ready() { self.replicas } else { 0 },
        };
        let moment = self.rollout.front().filter(|_| self.is_rolling).unwrap_or(&done);
        let mut status = json!({"observedGeneration": self.observed - u64::from(!moment.is_observed)});
        let numbers = [
            ("replicas", moment.all),
            ("updatedReplicas", moment.updated),
            ("availableReplicas", moment.available),
        ];
        for (name, number) in numbers.into_iter().filter(|(_, number)| *number > 0) {
            status[name] = json!(number);
        }
        status
    }

    /// Its ReplicaSets, and one of somebody else.
    pub(crate) fn replica_sets(&self) -> Value {
        let mut items: Vec<_> = self.sets.iter().map(ReplicaSet::shown).collect();
        items.push(json!({
            "metadata": {
                "name": "other-1", "annotations": {REVISION: "99"}, "labels": {},
                "creationTimestamp": "2026-01-01T00:00:00Z", "ownerReferences": [{"uid": "somebody"}],
            },
            "spec": {"template": self.template},
        }));
        json!({"items": items})
    }

    /// Takes over a Deployment that was changed; says why if it was changed by others meanwhile.
    pub(crate) fn replace(&mut self, changed: &Value) -> Result<(), String> {
        let version = changed["metadata"]["resourceVersion"].as_str();
        if version != Some(self.version.to_string().as_str()) {
            return Err(format!(
                "Error from server (Conflict): Operation cannot be fulfilled on deployments.apps \"{DEPLOYMENT}\": \
                 the object has been modified"
            ));
        }
        let template = changed["spec"]["template"].clone();
        if template["metadata"]["labels"].get("pod-template-hash").is_some() {
            return Err("Error from server (Invalid): a label of the controller's".to_owned());
        }
        let annotations = changed["metadata"]["annotations"].as_object();
        let texts = annotations.into_iter().flatten().filter_map(|(key, value)| {
            let text = value.as_str()?;
            Some((key.clone(), text.to_owned()))
        });
        self.annotations = texts.collect();
        self.change(|model| model.template = template);
        self.is_rolling = true;
        Ok(())
    }
}

/// The specification as the API shows it: what is false is left out.
fn shown_spec(paused: bool, replicas: u64, template: &Value) -> Value {
    let mut spec = json!({"replicas": replicas, "template": template});
    if paused {
        spec["paused"] = json!(true);
    }
    spec
}

impl ReplicaSet {
    fn shown(&self) -> Value {
        let mut template = self.template.clone();
        template["metadata"]["labels"]["pod-template-hash"] = json!(self.hash);
        let history: Vec<_> = self.history.iter().map(u64::to_string).collect();
        let mut annotations = json!({REVISION: self.revision.to_string()});
        if !history.is_empty() {
            annotations[REVISION_HISTORY] = json!(history.join(","));
        }
        json!({
            "metadata": {
                "name": self.name, "annotations": annotations, "labels": {"pod-template-hash": self.hash},
                "creationTimestamp": format!("2026-01-01T00:{:02}:{:02}Z", self.created / 60, self.created % 60),
                "ownerReferences": [{"uid": UID, "controller": true}],
            },
            "spec": {"template": template},
        })
    }
}

/// Whether the controller takes two templates for one: it compares quantities by what they are worth.
fn is_same(one: &Value, other: &Value) -> bool {
    let worth = |template: &Value| template.to_string().replace("\"1Gi\"", "\"1073741824\"");
    worth(one) == worth(other)
}

/// The image of a version; a broken one never gets ready.
pub(crate) fn image(version: u32, ready: bool) -> String {
    let kind = if ready { "app" } else { "broken" };
    format!("registry.example/{kind}:{version}")
}

/// The label of the controller stands first, last or alone among others, by the image.
pub(crate) fn template(image: &str) -> Value {
    let labels = match image.len() % 3 {
        0 => json!({"app": "a"}),
        1 => json!({"zone": "z"}),
        _ => json!({"app": "a", "zone": "z"}),
    };
    json!({
        "metadata": {"labels": labels, "annotations": {"note": "\"pod-template-hash\":\"none\" | \\ \t <&>"}},
        "spec": {"containers": [{"name": "c", "image": image}]},
    })
}

fn image_of(template: &Value) -> &str {
    template["spec"]["containers"][0]["image"]
        .as_str()
        .expect("an image")
}
