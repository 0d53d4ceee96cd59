// Package main syncs a directory of a Git repository with Argo CD's own engine, once, and says what happened as JSON.
//
// It does what Argo CD's application controller does around the engine: the state is compared first, and only a difference starts an
// operation (automated sync); while the operation runs, each look at the cluster makes a new sync context that continues from the results so
// far; hooks are no part of the comparison; resources are tracked by annotation. The engine's own agent is not used: it looks at the
// cluster once, so that it never sees a resource become healthy.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return errors.New("expected a command: sync, or health")
	}
	switch args[0] {
	case "sync":
		return syncCommand(ctx, args[1:])
	case "health":
		return healthCommand(args[1:])
	}
	return fmt.Errorf("there is no command %q; there are: sync, health", args[0])
}

// syncCommand: sync --kubeconfig FILE --repository DIR --path DIR --application NAME [--health-check FILE] [--confirm]
// [--validate] [--prune-last=false] [--timeout 60s]
func syncCommand(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("sync", flag.ContinueOnError)
	var app application
	var check string
	var timeout time.Duration
	flags.StringVar(&app.kubeconfig, "kubeconfig", "", "as whom Argo CD works")
	flags.StringVar(&app.repository, "repository", "", "a Git repository; what is committed counts")
	flags.StringVar(&app.path, "path", ".", "directory in it")
	flags.StringVar(&app.name, "application", "", "name of the application")
	flags.StringVar(&check, "health-check", "", "health.lua for the Lakekeeper kind")
	flags.BoolVar(&app.confirmed, "confirm", false, "deletion is approved, as by argocd.argoproj.io/deletion-approved")
	flags.BoolVar(&app.validates, "validate", false, "unknown fields are refused, as Argo CD does by default; it is half of the processor time")
	flags.BoolVar(&app.pruneLast, "prune-last", true, "the sync option PruneLast, as in the Applications that are rendered")
	flags.DurationVar(&timeout, "timeout", time.Minute, "when to stop looking at an operation that goes on")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if check != "" {
		override, err := readHealthCheck(check)
		if err != nil {
			return err
		}
		app.health = override
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	report, err := app.sync(ctx)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(report)
}

// healthCommand: health FILE < JSON array of objects, prints the array of their health.
func healthCommand(args []string) error {
	if len(args) != 1 {
		return errors.New("expected the file of one health check")
	}
	override, err := readHealthCheck(args[0])
	if err != nil {
		return err
	}
	var objects []map[string]any
	if err := json.NewDecoder(os.Stdin).Decode(&objects); err != nil {
		return fmt.Errorf("while reading objects: %w", err)
	}
	found := make([]any, 0, len(objects))
	for _, object := range objects {
		status, err := override.evaluate(object)
		if err != nil {
			return err
		}
		found = append(found, status)
	}
	return json.NewEncoder(os.Stdout).Encode(found)
}
