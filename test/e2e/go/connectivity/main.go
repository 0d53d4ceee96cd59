// Package main says which connections NetworkPolicies allow, as Cyclonus understands them: the tool that checks network plugins
// against the specification. JSON on stdin, JSON on stdout.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/mattfenwick/cyclonus/pkg/matcher"
	v1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
)

type question struct {
	Policies []*networkingv1.NetworkPolicy `json:"policies"`
	// Labels of the namespaces, by name.
	Namespaces map[string]map[string]string `json:"namespaces"`
	Endpoints  map[string]endpoint          `json:"endpoints"`
	Ports      []port                       `json:"ports"`
}

// endpoint is a pod, or without a namespace something outside of the cluster.
type endpoint struct {
	IP        string            `json:"ip"`
	Namespace string            `json:"namespace"`
	Labels    map[string]string `json:"labels"`
}

type port struct {
	Port     int         `json:"port"`
	Protocol v1.Protocol `json:"protocol"`
}

type connection struct {
	From string `json:"from"`
	To   string `json:"to"`
	port
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run() error {
	var asked question
	if err := json.NewDecoder(os.Stdin).Decode(&asked); err != nil {
		return fmt.Errorf("while reading the question: %w", err)
	}
	policy := matcher.BuildNetworkPolicies(false, asked.Policies)
	allowed := []connection{}
	for from, source := range asked.Endpoints {
		for to, destination := range asked.Endpoints {
			for _, on := range asked.Ports {
				traffic := &matcher.Traffic{
					Source: asked.peer(source), Destination: asked.peer(destination),
					ResolvedPort: on.Port, Protocol: on.Protocol,
				}
				if from != to && policy.IsTrafficAllowed(traffic).IsAllowed() {
					allowed = append(allowed, connection{from, to, on})
				}
			}
		}
	}
	return json.NewEncoder(os.Stdout).Encode(allowed)
}

func (asked question) peer(at endpoint) *matcher.TrafficPeer {
	peer := &matcher.TrafficPeer{IP: at.IP}
	if at.Namespace != "" {
		peer.Internal = &matcher.InternalPeer{
			Namespace: at.Namespace, NamespaceLabels: asked.Namespaces[at.Namespace], PodLabels: at.Labels,
		}
	}
	return peer
}
