# What a rendered overlay holds, by names that the rules use. `conftest --combine` gives all of its objects at once.
package main

objects contains entry.contents if {
	some entry in input
	entry.contents.kind
}

of_kind(kind) := {object | some object in objects; object.kind == kind}

workloads := of_kind("Deployment") | of_kind("StatefulSet")

name(object) := sprintf("%s %s", [object.kind, object.metadata.name])

pod(workload) := workload.spec.template.spec

labels(workload) := workload.spec.template.metadata.labels

# Every container of every workload, each with its workload.
containers contains [workload, container] if {
	some workload in workloads
	some field in ["containers", "initContainers"]
	some container in pod(workload)[field]
}

# Those that run the program itself.
programs contains [workload, container] if {
	some [workload, container] in containers
	contains(container.image, "/asset-injector")
}

settings := {key: value |
	some config in of_kind("ConfigMap")
	some key, value in config.data
}

# What a container is told: its own word, or that of the ConfigMap.
setting(container, key) := own if {
	some entry in container.env
	entry.name == key
	own := entry.value
}

setting(container, key) := settings[key] if {
	own := [entry | some entry in container.env; entry.name == key]
	count(own) == 0
}

selects(selector, workload) if {
	count(selector) > 0
	every key, value in selector {
		labels(workload)[key] == value
	}
}
