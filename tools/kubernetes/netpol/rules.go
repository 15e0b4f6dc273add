package netpol

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// view is what the rules depend on, at one moment.
type view struct {
	pods       []*core.Pod
	namespaces []*core.Namespace
	policies   []*networking.NetworkPolicy
}

// direction is one of the two sides of a policy.
type direction struct {
	kind networking.PolicyType
	// pod and peer are the fields of a packet where their addresses stand.
	pod, peer string
}

// Both sides have to agree to a connection. What the sender may do is asked first.
var directions = []direction{
	{networking.PolicyTypeEgress, "saddr", "daddr"},
	{networking.PolicyTypeIngress, "daddr", "saddr"},
}

// rule is one of a policy, of either direction.
type rule struct {
	peers []networking.NetworkPolicyPeer
	ports []networking.NetworkPolicyPort
}

// target is a condition on the other end of a connection, and its pod if it is one.
type target struct {
	match string
	pod   *core.Pod
}

// rules writes the whole table of a node for nft; what stood there before is replaced.
func (v *view) rules(node string) string {
	var chains, jumps strings.Builder
	pods := slices.DeleteFunc(slices.Clone(v.pods), func(pod *core.Pod) bool {
		return pod.Spec.NodeName != node || !isConnected(pod)
	})
	slices.SortFunc(pods, func(a, b *core.Pod) int { return cmp.Compare(a.Status.PodIP, b.Status.PodIP) })
	for _, direction := range directions {
		for _, pod := range pods {
			allowed, restricted := v.allowed(pod, direction)
			if !restricted {
				continue
			}
			address := pod.Status.PodIP
			chain := strings.ToLower(string(direction.kind)) + "-" + strings.ReplaceAll(address, ".", "-")
			fmt.Fprintf(&jumps, "    ip %s %s jump %s\n", direction.pod, address, chain)
			fmt.Fprintf(&chains, "  chain %s {\n", chain)
			for _, match := range allowed {
				fmt.Fprintf(&chains, "    %s return\n", match)
			}
			chains.WriteString("    counter drop\n  }\n")
		}
	}
	return "table inet netpol\ndelete table inet netpol\ntable inet netpol {\n" + chains.String() +
		"  chain forward {\n    type filter hook forward priority filter; policy accept;\n" +
		"    ct state established,related accept\n" + jumps.String() + "  }\n}\n"
}

// isConnected tells whether the pod has an address of its own.
func isConnected(pod *core.Pod) bool {
	lives := pod.Status.Phase == core.PodPending || pod.Status.Phase == core.PodRunning
	return lives && pod.Status.PodIP != "" && !pod.Spec.HostNetwork
}

// allowed are the connections that policies allow to the pod, and whether there are such policies: without one
// everything is allowed.
func (v *view) allowed(pod *core.Pod, direction direction) (matches []string, restricted bool) {
	for _, policy := range v.policies {
		if policy.Namespace != pod.Namespace || !selects(&policy.Spec.PodSelector, pod.Labels) ||
			!slices.Contains(policy.Spec.PolicyTypes, direction.kind) {
			continue
		}
		restricted = true
		for _, rule := range rulesOf(policy, direction) {
			for _, target := range v.targets(rule, policy.Namespace, direction) {
				// A port that a name means is that of whoever receives.
				receiver := pod
				if direction.kind == networking.PolicyTypeEgress {
					receiver = target.pod
				}
				matches = append(matches, onPorts(target.match, rule.ports, receiver)...)
			}
		}
	}
	slices.Sort(matches)
	return slices.Compact(matches), restricted
}

func rulesOf(policy *networking.NetworkPolicy, direction direction) (rules []rule) {
	if direction.kind == networking.PolicyTypeIngress {
		for _, ingress := range policy.Spec.Ingress {
			rules = append(rules, rule{ingress.From, ingress.Ports})
		}
		return rules
	}
	for _, egress := range policy.Spec.Egress {
		rules = append(rules, rule{egress.To, egress.Ports})
	}
	return rules
}

// targets are those whom the rule names; one without peers means everyone.
func (v *view) targets(rule rule, namespace string, direction direction) (targets []target) {
	if len(rule.peers) == 0 {
		return []target{{}}
	}
	for _, peer := range rule.peers {
		if block := peer.IPBlock; block != nil {
			if !strings.Contains(block.CIDR, ":") {
				targets = append(targets, target{match: inBlock(block, direction)})
			}
			continue
		}
		for _, pod := range v.pods {
			if isConnected(pod) && v.means(peer, pod, namespace) {
				match := fmt.Sprintf("ip %s %s", direction.peer, pod.Status.PodIP)
				targets = append(targets, target{match, pod})
			}
		}
	}
	return targets
}

func inBlock(block *networking.IPBlock, direction direction) string {
	match := fmt.Sprintf("ip %s %s", direction.peer, block.CIDR)
	if len(block.Except) > 0 {
		match += fmt.Sprintf(" ip %s != { %s }", direction.peer, strings.Join(block.Except, ", "))
	}
	return match
}

// means tells whether a peer of a policy in the namespace means the pod.
func (v *view) means(peer networking.NetworkPolicyPeer, pod *core.Pod, namespace string) bool {
	if peer.NamespaceSelector == nil {
		if pod.Namespace != namespace {
			return false
		}
	} else if !slices.ContainsFunc(v.namespaces, func(known *core.Namespace) bool {
		return known.Name == pod.Namespace && selects(peer.NamespaceSelector, known.Labels)
	}) {
		return false
	}
	return peer.PodSelector == nil || selects(peer.PodSelector, pod.Labels)
}

func selects(selector *meta.LabelSelector, of map[string]string) bool {
	parsed, err := meta.LabelSelectorAsSelector(selector)
	// The API server takes no other than those that can be parsed.
	return err == nil && parsed.Matches(labels.Set(of))
}

// onPorts narrows the match to these ports of the receiver; none means all.
func onPorts(match string, ports []networking.NetworkPolicyPort, receiver *core.Pod) (matches []string) {
	if len(ports) == 0 {
		return []string{match}
	}
	for _, port := range ports {
		protocol := core.ProtocolTCP
		if port.Protocol != nil {
			protocol = *port.Protocol
		}
		word := strings.ToLower(string(protocol))
		switch {
		case port.Port == nil:
			matches = append(matches, fmt.Sprintf("%s meta l4proto %s", match, word))
		case port.Port.Type == intstr.String:
			for _, number := range named(port.Port.StrVal, protocol, receiver) {
				matches = append(matches, fmt.Sprintf("%s %s dport %d", match, word, number))
			}
		case port.EndPort != nil:
			matches = append(matches, fmt.Sprintf("%s %s dport %d-%d", match, word, port.Port.IntVal, *port.EndPort))
		default:
			matches = append(matches, fmt.Sprintf("%s %s dport %d", match, word, port.Port.IntVal))
		}
	}
	return matches
}

// named are the numbers of the pod's ports with this name.
func named(name string, protocol core.Protocol, pod *core.Pod) (numbers []int32) {
	if pod == nil {
		return nil
	}
	for _, container := range pod.Spec.Containers {
		for _, port := range container.Ports {
			if port.Name == name && cmp.Or(port.Protocol, core.ProtocolTCP) == protocol {
				numbers = append(numbers, port.ContainerPort)
			}
		}
	}
	return numbers
}
