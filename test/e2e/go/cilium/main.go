// Package main says what Cilium has against CiliumNetworkPolicies, by its own types: a list of them on stdin, the rules that it reads
// from each on stdout, or why it refuses it. JSON on both.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"

	"github.com/cilium/cilium/pkg/fqdn/re"
	v2 "github.com/cilium/cilium/pkg/k8s/apis/cilium.io/v2"
	"github.com/cilium/cilium/pkg/option"
	"github.com/cilium/cilium/pkg/policy/api"
)

type answer struct {
	Rules   api.Rules `json:"rules,omitempty"`
	Refused string    `json:"refused,omitempty"`
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run() error {
	// As the agent has it when nothing is said. The proxy of DNS is a part of it.
	option.Config.EnableL7Proxy = true
	option.Config.EnableNonDefaultDenyPolicies = true
	if err := re.InitRegexCompileLRU(slog.New(slog.DiscardHandler), 128); err != nil {
		return err
	}
	var policies []json.RawMessage
	if err := json.NewDecoder(os.Stdin).Decode(&policies); err != nil {
		return fmt.Errorf("while reading the policies: %w", err)
	}
	answers := []answer{}
	for _, text := range policies {
		rules, err := read(text)
		if err != nil {
			answers = append(answers, answer{Refused: err.Error()})
			continue
		}
		answers = append(answers, answer{Rules: rules})
	}
	return json.NewEncoder(os.Stdout).Encode(answers)
}

func read(text []byte) (api.Rules, error) {
	var policy v2.CiliumNetworkPolicy
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&policy); err != nil {
		return nil, err
	}
	return policy.Parse(slog.New(slog.DiscardHandler), "default")
}
