// Package main says what Kyverno makes of pods under a MutatingPolicy. JSON on stdin, JSON on stdout.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	policiesv1beta1 "github.com/kyverno/api/api/policies.kyverno.io/v1beta1"
	"github.com/kyverno/kyverno/pkg/cel/libs"
	"github.com/kyverno/kyverno/pkg/cel/policies/mpol/compiler"
	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/managedfields"
	"k8s.io/apiserver/pkg/admission"
)

type question struct {
	Policy *policiesv1beta1.MutatingPolicy `json:"policy"`
	Pods   []map[string]any                `json:"pods"`
}

// answer is a pod as the policy changes it, or why it is refused.
type answer struct {
	Pod     map[string]any `json:"pod,omitempty"`
	Refused string         `json:"refused,omitempty"`
}

// types knows no schema: what the fields are follows from the objects.
type types struct{}

func (types) GetTypeConverter(schema.GroupVersionKind) managedfields.TypeConverter {
	return managedfields.NewDeducedTypeConverter()
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run() error {
	var asked question
	decoder := json.NewDecoder(os.Stdin)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&asked); err != nil {
		return fmt.Errorf("while reading the question: %w", err)
	}
	policy, problems := compiler.NewCompiler().Compile(asked.Policy, nil)
	if len(problems) > 0 {
		return fmt.Errorf("while compiling the policy: %w", problems.ToAggregate())
	}
	answers := []answer{}
	for _, pod := range asked.Pods {
		object := &unstructured.Unstructured{Object: pod}
		attributes := admission.NewAttributesRecord(object, nil, object.GroupVersionKind(), object.GetNamespace(), object.GetName(),
			schema.GroupVersionResource{Version: "v1", Resource: "pods"}, "", admission.Create, nil, false, nil)
		result := policy.Evaluate(context.Background(), attributes, &corev1.Namespace{}, admissionv1.AdmissionRequest{}, types{}, &libs.FakeContextProvider{})
		switch {
		case result == nil:
			answers = append(answers, answer{Pod: pod})
		case result.Error != nil:
			answers = append(answers, answer{Refused: result.Error.Error()})
		default:
			answers = append(answers, answer{Pod: result.PatchedResource.Object})
		}
	}
	return json.NewEncoder(os.Stdout).Encode(answers)
}
