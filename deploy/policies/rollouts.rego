# How pods replace each other, and how many there are [6.1, 9.3, 9.4].
package main

deny contains sprintf("%s: its pods share a volume that one may mount", [name(workload)]) if {
	some workload in workloads
	pod(workload).volumes[_].persistentVolumeClaim
	not is_single(workload)
}

is_single(workload) if {
	workload.spec.replicas == 1
	workload.spec.strategy.type == "Recreate"
	not is_scaled(workload)
}

is_scaled(workload) if {
	some scaler in of_kind("HorizontalPodAutoscaler")
	scaler.spec.scaleTargetRef.name == workload.metadata.name
}

deny contains sprintf("%s: a rollout takes pods away before new ones are ready", [name(workload)]) if {
	some workload in of_kind("Deployment")
	not workload.spec.strategy.type == "Recreate"
	not workload.spec.strategy.rollingUpdate.maxUnavailable == 0
}

deny contains sprintf("%s: sets the number of pods that the autoscaler sets", [name(workload)]) if {
	some workload in workloads
	is_scaled(workload)
	_ = workload.spec.replicas
}

# Left out it is 1, also for a canary.
deny contains sprintf("%s: does not say how many pods it has", [name(workload)]) if {
	some workload in of_kind("Deployment")
	not is_scaled(workload)
	not workload.spec.replicas
}

deny contains sprintf("%s: scales nothing that is here", [name(scaler)]) if {
	some scaler in of_kind("HorizontalPodAutoscaler")
	targets := [workload | some workload in workloads; workload.metadata.name == scaler.spec.scaleTargetRef.name]
	count(targets) != 1
}

deny contains sprintf("%s: must let one pod go at a time, and broken ones always", [name(budget)]) if {
	some budget in of_kind("PodDisruptionBudget")
	not is_right_budget(budget.spec)
}

is_right_budget(spec) if {
	spec.maxUnavailable == 1
	spec.unhealthyPodEvictionPolicy == "AlwaysAllow"
}

deny contains sprintf("%s: selects no pod", [name(budget)]) if {
	some budget in of_kind("PodDisruptionBudget")
	selected := [workload | some workload in workloads; selects(budget.spec.selector.matchLabels, workload)]
	count(selected) == 0
}

# Two of the same selector would fight over each other's pods.
deny contains sprintf("%s and %s select the same pods", [name(one), name(other)]) if {
	some one in workloads
	some other in workloads
	one.metadata.name != other.metadata.name
	selects(one.spec.selector.matchLabels, other)
}

deny contains sprintf("%s: reads the ConfigMap %s, which is not here", [name(workload), source.configMapRef.name]) if {
	some [workload, container] in containers
	some source in container.envFrom
	known := {config.metadata.name | some config in of_kind("ConfigMap")}
	not source.configMapRef.name in known
}

deny contains sprintf("%s: its name has no hash, so a change of it rolls nothing", [name(config)]) if {
	some config in of_kind("ConfigMap")
	not is_dashboard(config)
	not regex.match(`-[0-9a-z]{10}$`, config.metadata.name)
}

# Grafana reads it, and no pod of ours.
is_dashboard(config) if config.metadata.labels.grafana_dashboard
