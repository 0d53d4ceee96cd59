package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/argoproj/argo-cd/gitops-engine/pkg/health"
	lua "github.com/yuin/gopher-lua"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// healthCheck is a Lua script as argocd-cm holds it: with the libraries package, base and table, and a second of time.
type healthCheck struct{ script string }

func readHealthCheck(file string) (*healthCheck, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return &healthCheck{script: string(text)}, nil
}

// GetResourceHealth has nil for kinds that it knows nothing of: the engine's built-in checks count then.
func (h *healthCheck) GetResourceHealth(object *unstructured.Unstructured) (*health.HealthStatus, error) {
	if h == nil || object.GroupVersionKind().Group != "lakekeeper.k8s.lakekeeper.io" || object.GetKind() != "Lakekeeper" {
		return nil, nil
	}
	return h.evaluate(object.Object)
}

func (h *healthCheck) evaluate(object map[string]any) (*health.HealthStatus, error) {
	state := lua.NewState(lua.Options{SkipOpenLibs: true})
	defer state.Close()
	for name, open := range map[string]lua.LGFunction{
		lua.LoadLibName: lua.OpenPackage, lua.BaseLibName: lua.OpenBase, lua.TabLibName: lua.OpenTable,
	} {
		if err := state.CallByParam(lua.P{Fn: state.NewFunction(open), Protect: true}, lua.LString(name)); err != nil {
			return nil, fmt.Errorf("while opening the library %s: %w", name, err)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	state.SetContext(ctx)
	state.SetGlobal("obj", toLua(state, object))
	if err := state.DoString(h.script); err != nil {
		return nil, fmt.Errorf("the health check failed: %w", err)
	}
	table, ok := state.Get(-1).(*lua.LTable)
	if !ok {
		return nil, fmt.Errorf("the health check returned %s, which makes Argo CD wait for ever", state.Get(-1).Type())
	}
	status := &health.HealthStatus{
		Status:  health.HealthStatusCode(lua.LVAsString(table.RawGetString("status"))),
		Message: lua.LVAsString(table.RawGetString("message")),
	}
	switch status.Status {
	case health.HealthStatusHealthy, health.HealthStatusProgressing, health.HealthStatusDegraded,
		health.HealthStatusSuspended, health.HealthStatusMissing, health.HealthStatusUnknown:
		return status, nil
	}
	return nil, fmt.Errorf("the health check returned the status %q", status.Status)
}

func toLua(state *lua.LState, value any) lua.LValue {
	switch value := value.(type) {
	case bool:
		return lua.LBool(value)
	case float64:
		return lua.LNumber(value)
	case int64:
		return lua.LNumber(value)
	case json.Number:
		return lua.LString(value)
	case string:
		return lua.LString(value)
	case []any:
		table := state.CreateTable(len(value), 0)
		for _, item := range value {
			table.Append(toLua(state, item))
		}
		return table
	case map[string]any:
		table := state.CreateTable(0, len(value))
		for key, item := range value {
			table.RawSetString(key, toLua(state, item))
		}
		return table
	}
	return lua.LNil
}
