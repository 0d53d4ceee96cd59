package main

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
	"time"

	"github.com/argoproj/argo-cd/gitops-engine/pkg/cache"
	"github.com/argoproj/argo-cd/gitops-engine/pkg/diff"
	"github.com/argoproj/argo-cd/gitops-engine/pkg/sync"
	"github.com/argoproj/argo-cd/gitops-engine/pkg/sync/common"
	"github.com/argoproj/argo-cd/gitops-engine/pkg/utils/kube"
	"github.com/argoproj/argo-cd/gitops-engine/pkg/utils/tracing"
	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/managedfields"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/kubectl/pkg/util/openapi"
)

// trackingID is how Argo CD 3 knows its own: `<application>:<group>/<kind>:<namespace>/<name>`.
const trackingID = "argocd.argoproj.io/tracking-id"

type application struct {
	kubeconfig, repository, path, name string
	health                             *healthCheck
	confirmed, pruneLast, validates    bool
}

// report is what happened. Phase is empty when nothing differed, and `Running` when the time was over first, or a person has to confirm.
type report struct {
	Revision  string   `json:"revision"`
	OutOfSync []string `json:"outOfSync"`
	Phase     string   `json:"phase"`
	Message   string   `json:"message"`
	Results   []result `json:"results"`
}

type result struct {
	Object    string `json:"object"`
	SyncPhase string `json:"syncPhase"`
	Hook      string `json:"hook,omitempty"`
	Status    string `json:"status"`
	Phase     string `json:"phase"`
	Message   string `json:"message"`
}

// sync compares, and when something differs runs one operation to its end.
func (app *application) sync(ctx context.Context) (*report, error) {
	revision, err := app.git(ctx, "rev-parse", "HEAD")
	if err != nil {
		return nil, err
	}
	targets, err := app.targets(ctx)
	if err != nil {
		return nil, err
	}
	config, err := clientcmd.BuildConfigFromFlags("", app.kubeconfig)
	if err != nil {
		return nil, err
	}
	config.QPS, config.Burst = 200, 400
	kubectl := &kube.KubectlCmd{Log: logr.Discard(), Tracer: tracing.NopTracer{}}
	live := cache.NewClusterCache(config, cache.SetLogr(logr.Discard()), cache.SetKubectl(withoutSchema{kubectl}),
		cache.SetSettings(cache.Settings{ResourcesFilter: exclusions{}}),
		cache.SetPopulateResourceInfoHandler(func(object *unstructured.Unstructured, _ bool) (any, bool) {
			// Hooks and what they make are found by it, too.
			id := object.GetAnnotations()[trackingID]
			return id, id != ""
		}))
	if err := live.EnsureSynced(); err != nil {
		return nil, fmt.Errorf("while reading the cluster: %w", err)
	}
	defer live.Invalidate()
	changed := make(chan struct{}, 1)
	defer live.OnResourceUpdated(func(now, before *cache.Resource, _ map[kube.ResourceKey]*cache.Resource) {
		if app.tracks(now) || app.tracks(before) {
			select {
			case changed <- struct{}{}:
			default:
			}
		}
	})()

	first, err := app.compare(live, targets)
	if err != nil {
		return nil, err
	}
	differing, err := outOfSync(first)
	if err != nil {
		return nil, err
	}
	done := &report{Revision: strings.TrimSpace(string(revision)), OutOfSync: differing, Results: []result{}}
	if len(done.OutOfSync) == 0 {
		return done, nil
	}
	operation := operation{phase: common.OperationRunning, startedAt: metav1.Now()}
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	for {
		// The last look is one after the time was over.
		isOver := ctx.Err() != nil
		if err := operation.awaitWatch(ctx, client, live); err != nil {
			return nil, err
		}
		if err := app.step(config, kubectl, live, targets, done.Revision, &operation); err != nil {
			return nil, err
		}
		if operation.phase.Completed() {
			break
		}
		if isOver || operation.awaitsConfirmation() {
			return operation.report(done), nil
		}
		select {
		case <-ctx.Done():
		// As Argo CD does: it looks again when something of the application has changed, and from time to time.
		case <-changed:
		case <-time.After(2 * time.Second):
		}
	}
	return operation.report(done), nil
}

// withoutSchema leaves out the cluster's OpenAPI document, which the cache reads for structured merges. None is asked for here.
type withoutSchema struct{ kube.Kubectl }

func (withoutSchema) LoadOpenAPISchema(*rest.Config) (openapi.Resources, *managedfields.GvkParser, error) {
	return nil, nil, nil
}

// exclusions are groups of which nothing is rendered, as in Argo CD's setting resource.exclusions: they are neither listed nor watched.
type exclusions struct{}

func (exclusions) IsExcludedResource(group, kind, _ string) bool {
	switch group {
	case "":
		return kind == "Event" || kind == "Endpoints"
	case "apiextensions.k8s.io", "apiregistration.k8s.io", "autoscaling", "certificates.k8s.io", "coordination.k8s.io",
		"discovery.k8s.io", "events.k8s.io", "flowcontrol.apiserver.k8s.io", "node.k8s.io", "resource.k8s.io",
		"scheduling.k8s.io", "storage.k8s.io":
		return true
	}
	return false
}

// operation is what Argo CD keeps in the Application's status from one look to the next.
type operation struct {
	phase     common.OperationPhase
	message   string
	results   []common.ResourceSyncResult
	startedAt metav1.Time
	// How many of the results the cache has.
	awaited int
}

func (app *application) step(config *rest.Config, kubectl kube.Kubectl, live cache.ClusterCache, targets []*unstructured.Unstructured, revision string, operation *operation) error {
	now, err := app.compare(live, targets)
	if err != nil {
		return err
	}
	sync, cleanup, err := sync.NewSyncContext(revision, now, config, config, kubectl, "default",
		sync.WithLogr(logr.Discard()),
		sync.WithPrune(true),
		sync.WithPruneLast(app.pruneLast),
		sync.WithPruneConfirmed(app.confirmed),
		sync.WithManifestValidation(app.validates),
		sync.WithHealthOverride(app.health),
		sync.WithInitialState(operation.phase, operation.message, operation.results, operation.startedAt),
	)
	if err != nil {
		return err
	}
	defer cleanup()
	sync.Sync()
	operation.phase, operation.message, operation.results = sync.GetState()
	return nil
}

// awaitWatch returns when the cache has what the last look applied, or later: with the object from before, a catalog would be
// Healthy, and a hook would not be there to be deleted. Argo CD waits two seconds between waves (ARGOCD_SYNC_WAVE_DELAY).
func (operation *operation) awaitWatch(ctx context.Context, client dynamic.Interface, live cache.ClusterCache) error {
	for ; operation.awaited < len(operation.results); operation.awaited++ {
		one := operation.results[operation.awaited]
		key := one.ResourceKey
		resource, _ := meta.UnsafeGuessKindToResource(schema.GroupVersionKind{Group: key.Group, Version: one.Version, Kind: key.Kind})
		for ctx.Err() == nil {
			object, err := client.Resource(resource).Namespace(key.Namespace).Get(ctx, key.Name, metav1.GetOptions{})
			if errors.IsNotFound(err) || ctx.Err() != nil {
				break
			}
			if err != nil {
				return err
			}
			seen := live.FindResources(key.Namespace, func(found *cache.Resource) bool {
				return found.ResourceKey() == key && found.ResourceVersion == object.GetResourceVersion()
			})
			if len(seen) > 0 {
				break
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
	return nil
}

// awaitsConfirmation says whether nothing happens until somebody approves the deletion: the engine says so in no other way.
func (operation *operation) awaitsConfirmation() bool {
	return strings.HasPrefix(operation.message, "waiting for pruning confirmation of ")
}

func (operation *operation) report(report *report) *report {
	report.Phase, report.Message = string(operation.phase), operation.message
	sort.Slice(operation.results, func(a, b int) bool { return operation.results[a].Order < operation.results[b].Order })
	for _, one := range operation.results {
		key := one.ResourceKey
		report.Results = append(report.Results, result{
			Object:    fmt.Sprintf("%s %s/%s", key.Kind, key.Namespace, key.Name),
			SyncPhase: string(one.SyncPhase), Hook: string(one.HookType),
			Status: string(one.Status), Phase: string(one.HookPhase), Message: one.Message,
		})
	}
	return report
}

// compare pairs each target with the live object, and live objects of the application that are no target with none.
func (app *application) compare(live cache.ClusterCache, targets []*unstructured.Unstructured) (sync.ReconciliationResult, error) {
	copies := make([]*unstructured.Unstructured, len(targets))
	for i, target := range targets {
		copies[i] = target.DeepCopy()
	}
	managed, err := live.GetManagedLiveObjs(copies, func(resource *cache.Resource) bool {
		id, _ := resource.Info.(string)
		return id == app.trackingID(resource.ResourceKey())
	})
	if err != nil {
		return sync.ReconciliationResult{}, err
	}
	return sync.Reconcile(copies, managed, "default", live), nil
}

// outOfSync names what differs, and what is to be pruned. Hooks are no part of it, nor is what they left behind, nor what says
// that it may be more than Git has.
func outOfSync(now sync.ReconciliationResult) ([]string, error) {
	differences, err := diff.DiffArray(now.Target, now.Live, diff.WithLogr(logr.Discard()))
	if err != nil {
		return nil, err
	}
	names := []string{}
	for i, one := range differences.Diffs {
		object, isExtra := now.Target[i], now.Target[i] == nil
		if isExtra {
			object = now.Live[i]
		}
		_, isHook := object.GetAnnotations()[common.AnnotationKeyHook]
		if isExtra && strings.Contains(object.GetAnnotations()["argocd.argoproj.io/compare-options"], "IgnoreExtraneous") {
			continue
		}
		if (one.Modified || isExtra) && !isHook {
			names = append(names, fmt.Sprintf("%s %s/%s", object.GetKind(), object.GetNamespace(), object.GetName()))
		}
	}
	sort.Strings(names)
	return names, nil
}

// targets are the manifests in the commit, with this application's mark.
func (app *application) targets(ctx context.Context) ([]*unstructured.Unstructured, error) {
	listing, err := app.git(ctx, "ls-tree", "-r", "-z", "--name-only", "HEAD", "--", app.path)
	if err != nil {
		return nil, err
	}
	if len(listing) == 0 {
		// So says Argo CD's repository server, and nothing is synced.
		return nil, fmt.Errorf("%s: app path does not exist", app.path)
	}
	var found []*unstructured.Unstructured
	for _, file := range strings.FieldsFunc(string(listing), func(r rune) bool { return r == 0 }) {
		if extension := filepath.Ext(file); extension != ".yaml" && extension != ".yml" && extension != ".json" {
			continue
		}
		text, err := app.git(ctx, "show", "HEAD:"+file)
		if err != nil {
			return nil, err
		}
		objects, err := kube.SplitYAML(text)
		if err != nil {
			return nil, fmt.Errorf("while reading %s: %w", file, err)
		}
		found = append(found, objects...)
	}
	for _, object := range found {
		annotations := object.GetAnnotations()
		if annotations == nil {
			annotations = map[string]string{}
		}
		annotations[trackingID] = app.trackingID(kube.GetResourceKey(object))
		object.SetAnnotations(annotations)
	}
	return found, nil
}

func (app *application) trackingID(key kube.ResourceKey) string {
	return fmt.Sprintf("%s:%s/%s:%s/%s", app.name, key.Group, key.Kind, key.Namespace, key.Name)
}

func (app *application) tracks(resource *cache.Resource) bool {
	if resource == nil {
		return false
	}
	id, _ := resource.Info.(string)
	return strings.HasPrefix(id, app.name+":")
}

func (app *application) git(ctx context.Context, args ...string) ([]byte, error) {
	command := exec.CommandContext(ctx, "git", args...)
	command.Dir = app.repository
	var stderr bytes.Buffer
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("git %s: %w: %s", args[0], err, stderr.String())
	}
	return out, nil
}
