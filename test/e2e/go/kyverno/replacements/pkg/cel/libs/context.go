// Package libs is Kyverno's, without what asks a cluster or a registry: the file of that name imports most of Kyverno.
package libs

import (
	"github.com/kyverno/sdk/cel/libs/generator"
	"github.com/kyverno/sdk/cel/libs/globalcontext"
	"github.com/kyverno/sdk/cel/libs/imagedata"
	"github.com/kyverno/sdk/cel/libs/resource"
)

// Context is what the CEL libraries call. No expression of ours calls one.
type Context interface {
	generator.ContextInterface
	globalcontext.ContextInterface
	imagedata.ContextInterface
	resource.ContextInterface
}

// GetLibsCtx returns the context with which policies are compiled.
func GetLibsCtx() Context { return NewFakeContextProvider() }
