# What each pod must be [4.4, 4.5, 9.1, 9.5].
package main

deny contains sprintf("%s: a kind whose pods no rule looks at", [name(object)]) if {
	some object in objects
	object.kind in {"CronJob", "DaemonSet", "Job", "Pod", "ReplicaSet", "ReplicationController"}
}

deny contains sprintf("%s: the pod does not refuse to run as root", [name(workload)]) if {
	some workload in workloads
	not pod(workload).securityContext.runAsNonRoot == true
}

deny contains sprintf("%s: no seccomp profile RuntimeDefault", [name(workload)]) if {
	some workload in workloads
	not pod(workload).securityContext.seccompProfile.type == "RuntimeDefault"
}

deny contains sprintf("%s: shares the machine's %s", [name(workload), field]) if {
	some workload in workloads
	some field in ["hostNetwork", "hostPID", "hostIPC"]
	pod(workload)[field] == true
}

deny contains sprintf("%s: takes a port of the machine", [name(workload)]) if {
	some [workload, container] in containers
	container.ports[_].hostPort
}

deny contains sprintf("%s: mounts a folder of the machine", [name(workload)]) if {
	some workload in workloads
	pod(workload).volumes[_].hostPath
}

deny contains sprintf("%s: gets a token of the cluster", [name(workload)]) if {
	some workload in workloads
	not pod(workload).automountServiceAccountToken == false
}

# Asked for by name, whatever is mounted by itself.
deny contains sprintf("%s: gets a token of the cluster", [name(workload)]) if {
	some workload in workloads
	pod(workload).volumes[_].projected.sources[_].serviceAccountToken
}

deny contains sprintf("%s: gets a token of the cluster", [name(account)]) if {
	some account in of_kind("ServiceAccount")
	not account.automountServiceAccountToken == false
}

deny contains sprintf("%s: may gain privileges", [name(workload)]) if {
	some [workload, container] in containers
	not container.securityContext.allowPrivilegeEscalation == false
}

deny contains sprintf("%s: is privileged", [name(workload)]) if {
	some [workload, container] in containers
	container.securityContext.privileged == true
}

deny contains sprintf("%s: keeps capabilities", [name(workload)]) if {
	some [workload, container] in containers
	not "ALL" in container.securityContext.capabilities.drop
}

deny contains sprintf("%s: adds capabilities", [name(workload)]) if {
	some [workload, container] in containers
	container.securityContext.capabilities.add
}

deny contains sprintf("%s: weakens what the pod says of its user", [name(workload)]) if {
	some [workload, container] in containers
	some field in ["runAsNonRoot", "runAsUser", "runAsGroup", "seccompProfile"]
	_ = container.securityContext[field]
}

deny contains sprintf("%s: its root can be written", [name(workload)]) if {
	some [workload, container] in containers
	not container.securityContext.readOnlyRootFilesystem == true
}

deny contains sprintf("%s: image without a fixed version: %s", [name(workload), container.image]) if {
	some [workload, container] in containers
	not is_fixed(container.image)
}

is_fixed(image) if regex.match(`@sha256:[0-9a-f]{64}$`, image)

is_fixed(image) if {
	regex.match(`:[A-Za-z0-9_][A-Za-z0-9._-]*$`, image)
	not endswith(image, ":latest")
}

deny contains sprintf("%s: no %s", [name(workload), probe]) if {
	some [workload, container] in containers
	some probe in ["startupProbe", "livenessProbe", "readinessProbe"]
	not container[probe]
}

# /health fails with the database, which a restart does not bring back.
deny contains sprintf("%s: liveness must ask /health/live", [name(workload)]) if {
	some [workload, container] in programs
	not container.livenessProbe.httpGet.path == "/health/live"
}

deny contains sprintf("%s: readiness must ask /health/ready", [name(workload)]) if {
	some [workload, container] in programs
	not container.readinessProbe.httpGet.path == "/health/ready"
}

deny contains sprintf("%s: no %s of %s", [name(workload), kind, resource]) if {
	some [workload, container] in containers
	some kind in ["requests", "limits"]
	some resource in ["cpu", "memory", "ephemeral-storage"]
	not container.resources[kind][resource]
}

# A duration that cannot be read is none that the pod waits for.
deny contains sprintf("%s: is killed before SHUTDOWN_TIMEOUT ends", [name(workload)]) if {
	some [workload, container] in programs
	not outlasts(workload, setting(container, "SHUTDOWN_TIMEOUT"))
}

outlasts(workload, timeout) if {
	grace := object.get(pod(workload), "terminationGracePeriodSeconds", 30)
	time.parse_duration_ns(timeout) < grace * 1000000000
}

deny contains sprintf("%s: listens on PORT, which is none of its ports", [name(workload)]) if {
	some [workload, container] in programs
	ports := {port.containerPort | some port in container.ports}
	not to_number(setting(container, "PORT")) in ports
}

deny contains sprintf("%s: %s does not ask as ENABLE_HTTPS has it", [name(workload), probe]) if {
	some [workload, container] in programs
	some probe in ["startupProbe", "livenessProbe", "readinessProbe"]
	asks := object.get(container[probe].httpGet, "scheme", "HTTP")
	not asks == answers_by(setting(container, "ENABLE_HTTPS"))
}

answers_by("true") := "HTTPS"

answers_by("false") := "HTTP"
