// Package netpol enforces network policies in the nodes of the test cluster, with one nftables table in each.
//
// Every packet from or to a pod passes the forward hook of its node, since pods hang on routed links, and kube-proxy has
// put the address of a pod in the place of a service's before. What the kubelet asks a pod comes from the node itself,
// does not pass there, and is allowed, as the API wants it.
package netpol

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
)

// again is when a node whose rules could not be set is tried again.
const again = time.Second

// NewCommand is the program; its words are each node's name and the number of its first process.
func NewCommand() *cobra.Command {
	return &cobra.Command{
		Use:  "kube-netpol NODE=PROCESS…",
		Args: cobra.MinimumNArgs(1),
		RunE: func(command *cobra.Command, words []string) error {
			nodes := make(map[string]string)
			for _, word := range words {
				node, process, split := strings.Cut(word, "=")
				if !split {
					return fmt.Errorf("`%s` is not NODE=PROCESS", word)
				}
				nodes[node] = process
			}
			return run(command.Context(), nodes)
		},
	}
}

// run watches, and sets the rules of the nodes anew whenever they differ.
func run(ctx context.Context, nodes map[string]string) error {
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	factory := informers.NewSharedInformerFactory(client, 0)
	pods := factory.Core().V1().Pods()
	namespaces := factory.Core().V1().Namespaces()
	policies := factory.Networking().V1().NetworkPolicies()
	changed := make(chan struct{}, 1)
	for _, informer := range []cache.SharedIndexInformer{pods.Informer(), namespaces.Informer(), policies.Informer()} {
		if _, err := informer.AddEventHandler(noticing(changed)); err != nil {
			return err
		}
	}
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())

	set := make(map[string]string)
	for ctx.Err() == nil {
		var now view
		if now.pods, err = pods.Lister().List(labels.Everything()); err != nil {
			return err
		}
		if now.namespaces, err = namespaces.Lister().List(labels.Everything()); err != nil {
			return err
		}
		if now.policies, err = policies.Lister().List(labels.Everything()); err != nil {
			return err
		}
		for node, process := range nodes {
			rules := now.rules(node)
			if set[node] == rules {
				continue
			}
			if err := apply(process, rules); err != nil {
				// The rules from before stay.
				fmt.Fprintf(os.Stderr, "%s: %v\n", node, err)
				continue
			}
			set[node] = rules
		}
		select {
		case <-changed:
		case <-time.After(again):
		}
	}
	return nil
}

// noticing remembers that something has changed; once is enough.
func noticing(changed chan<- struct{}) cache.ResourceEventHandler {
	notice := func() {
		select {
		case changed <- struct{}{}:
		default:
		}
	}
	return cache.ResourceEventHandlerFuncs{
		AddFunc:    func(any) { notice() },
		UpdateFunc: func(any, any) { notice() },
		DeleteFunc: func(any) { notice() },
	}
}

// apply sets all rules of a node in one transaction.
func apply(process, rules string) error {
	nft := exec.Command("nsenter", "--target", process, "--net", "nft", "--file", "-")
	nft.Stdin = strings.NewReader(rules)
	if said, err := nft.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, said)
	}
	return nil
}
