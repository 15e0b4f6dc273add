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
	is_from_everywhere(object.get(rule, "from", []))
}

deny contains sprintf("%s: leads everywhere", [name(policy)]) if {
	some policy in of_kind("NetworkPolicy")
	some rule in policy.spec.egress
	is_to_everywhere(object.get(rule, "to", []))
}

is_to_everywhere(peers) if is_open(peers)

# Half of all addresses is as wide as all of them: whatever is more than a private network leaves out each of these.
is_to_everywhere(peers) if {
	some peer in peers
	some network in private_networks
	leads_into(peer.ipBlock.cidr, network)
	left_out := [except | some except in peer.ipBlock.except; net.cidr_contains(except, network)]
	count(left_out) == 0
}

is_from_everywhere(peers) if is_open(peers)

is_from_everywhere(peers) if {
	some peer in peers
	cidr := peer.ipBlock.cidr
	inside := [network | some network in private_networks; net.cidr_contains(network, cidr)]
	count(inside) == 0
	is_wide(cidr)
}

# The networks of machines and clusters, and the addresses that clouds give out secrets at.
private_networks := {
	"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16",
	"fc00::/7", "fe80::/10",
}

leads_into(cidr, network) if {
	net.cidr_intersects(cidr, network)
	not net.cidr_contains(network, cidr)
}

# More than the addresses of one owner.
is_wide(cidr) if {
	not contains(cidr, ":")
	prefix(cidr) < 16
}

is_wide(cidr) if {
	contains(cidr, ":")
	prefix(cidr) < 32
}

prefix(cidr) := to_number(split(cidr, "/")[1])

is_open(peers) if count(peers) == 0

# A selector that asks for no label is every namespace, or every pod.
is_open(peers) if {
	some peer in peers
	is_every(peer.namespaceSelector)
	is_every(object.get(peer, "podSelector", {}))
}

is_every(selector) if {
	object.get(selector, "matchLabels", {}) == {}
	named := [term | some term in selector.matchExpressions; term.operator == "In"]
	count(named) == 0
}

deny contains sprintf("%s: opens the port %v", [name(policy), port]) if {
	some policy in of_kind("NetworkPolicy")
	some rule in policy.spec.egress
	some port in ports(rule)
	not port in egress_ports
}

deny contains sprintf("%s: lets others in to the port %v", [name(policy), port]) if {
	some policy in of_kind("NetworkPolicy")
	some rule in policy.spec.ingress
	some port in ports(rule)
	not port in served_ports(policy.spec.podSelector.matchLabels)
}

# The ports of the pods that a selector selects, by name and by number.
served_ports(selector) := {id |
	some [workload, container] in containers
	selects(selector, workload)
	some port in container.ports
	some id in [port.name, port.containerPort]
}

ports(rule) := {opened(entry) | some entry in rule.ports}

ports(rule) := {"any"} if count(object.get(rule, "ports", [])) == 0

opened(entry) := "any" if not entry.port

opened(entry) := entry.port if {
	entry.port
	not entry.endPort
}

opened(entry) := sprintf("%v to %v", [entry.port, entry.endPort]) if entry.endPort

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
