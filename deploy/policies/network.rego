# Who may talk to whom [9.2], and what must not stand in a repository [5.2].
package main

# Where the program may go, by port.
egress_ports := {53, 443, 4317, 4318, 5432}

deny contains sprintf("%s: no policy says %s", [name(workload), direction]) if {
	some workload in workloads
	some direction in ["Ingress", "Egress"]
	policies := [policy |
		some policy in of_kind("NetworkPolicy")
		direction in policy.spec.policyTypes
		selects(policy.spec.podSelector.matchLabels, workload)
	]
	count(policies) == 0
}

deny contains sprintf("%s: open to everyone", [name(policy)]) if {
	some policy in of_kind("NetworkPolicy")
	some rule in policy.spec.ingress
	is_open(object.get(rule, "from", []))
}

deny contains sprintf("%s: leads everywhere", [name(policy)]) if {
	some policy in of_kind("NetworkPolicy")
	some rule in policy.spec.egress
	is_open(object.get(rule, "to", []))
}

is_open(peers) if count(peers) == 0

is_open(peers) if {
	some peer in peers
	peer.ipBlock.cidr in {"0.0.0.0/0", "::/0"}
	count(object.get(peer.ipBlock, "except", [])) == 0
}

# A selector without labels is every namespace, or every pod.
is_open(peers) if {
	some peer in peers
	peer.namespaceSelector == {}
	object.get(peer, "podSelector", {}) == {}
}

deny contains sprintf("%s: opens the port %v", [name(policy), port]) if {
	some policy in of_kind("NetworkPolicy")
	some rule in policy.spec.egress
	some port in ports(rule)
	not port in egress_ports
}

ports(rule) := {entry.port | some entry in rule.ports}

ports(rule) := {"any"} if count(object.get(rule, "ports", [])) == 0

is_public if {
	some policy in of_kind("NetworkPolicy")
	some rule in policy.spec.egress
	443 in ports(rule)
}

deny contains "the way to public addresses is open, and no community repository is set" if {
	is_public
	settings.COMMUNITY_REPO_URL == ""
}

deny contains "a community repository is set, and the way to it is not open" if {
	settings.COMMUNITY_REPO_URL != ""
	not is_public
}

deny contains sprintf("%s: selects no pod", [name(service)]) if {
	some service in of_kind("Service")
	selected := [workload | some workload in workloads; selects(service.spec.selector, workload)]
	count(selected) == 0
}

deny contains sprintf("%s: leads to a port that no container has", [name(service)]) if {
	some service in of_kind("Service")
	some port in service.spec.ports
	known := {known.name |
		some [workload, container] in containers
		selects(service.spec.selector, workload)
		some known in container.ports
	}
	not port.targetPort in known
}

deny contains sprintf("%s: a secret stands in the manifests", [name(secret)]) if {
	some secret in of_kind("Secret")
}
