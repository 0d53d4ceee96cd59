import type { Catalog } from '../../catalog/catalog.ts';
import { UsageError } from '../../text/errors.ts';
import { isMapping } from '../../text/is-mapping.ts';
import type { NamedEntry } from './worker-needs.ts';

/** The object whose pods are patched: the parts that a patch depends on. */
export interface Workload {
  readonly apiVersion: string;
  readonly kind: string;
  /** Undefined for any name. */
  readonly name: string | undefined;
  readonly namespace: string | undefined;
  /** Labels of the pods; undefined when they are not known. */
  readonly podLabels: Readonly<Record<string, unknown>> | undefined;
  /** Path of keys to the pod's spec. */
  readonly podSpec: readonly string[];
  /** The container that runs DuckDB. */
  readonly container: { readonly name: string; readonly index: number };
  /** Whether all of the container's environment is in `lists.env`: there is a manifest, and no `envFrom` in it. */
  readonly isEnvKnown: boolean;
  /** Present entries of the lists; undefined where a list is missing. */
  readonly lists: {
    readonly volumes: readonly NamedEntry[] | undefined;
    readonly initContainers: readonly NamedEntry[] | undefined;
    readonly env: readonly NamedEntry[] | undefined;
  };
}

const template = ['spec', 'template', 'spec'];
const podSpecs: Readonly<Record<string, readonly string[]>> = {
  Deployment: template,
  StatefulSet: template,
  DaemonSet: template,
  ReplicaSet: template,
  Job: template,
  CronJob: ['spec', 'jobTemplate', 'spec', 'template', 'spec'],
  PodTemplate: ['template', 'spec'],
  Pod: ['spec'],
};

/** An unknown Deployment: its first container is patched, and its lists are assumed to exist. */
export function anyDeployment(container: string): Workload {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    name: undefined,
    namespace: undefined,
    podLabels: undefined,
    podSpec: template,
    container: { name: container, index: 0 },
    isEnvKnown: false,
    lists: { volumes: [], initContainers: [], env: [] },
  };
}

/**
 * Parses the workers' manifest.
 *
 * @param at file or path, for messages.
 * @param container name of the container that runs DuckDB; the first one when undefined.
 * @throws UsageError when it is not a workload, or has no such container.
 */
export function parseWorkload(at: string, manifest: unknown, container: string | undefined): Workload {
  const { apiVersion, kind, metadata } = mapping(manifest) ?? {};
  const podSpec = typeof kind === 'string' ? podSpecs[kind] : undefined;
  if (typeof apiVersion !== 'string' || typeof kind !== 'string' || podSpec === undefined)
    throw new UsageError(`${at}: is not one of: ${Object.keys(podSpecs).join(', ')}`);
  const valueAt = (keys: readonly string[]) =>
    keys.reduce<unknown>((value, key) => mapping(value)?.[key], manifest);
  const pod = valueAt(podSpec);
  const containers = named(mapping(pod)?.containers) ?? [];
  const index = container === undefined ? 0 : containers.findIndex(({ name }) => name === container);
  const found = containers[index];
  if (found === undefined || found.name === '') {
    const names = containers.map(({ name }) => name).join(', ');
    const expected = container === undefined ? '' : ` ${JSON.stringify(container)}; it has: ${names}`;
    throw new UsageError(`${at}: ${podSpec.join('.')}.containers has no container${expected}`);
  }
  const { name, namespace } = mapping(metadata) ?? {};
  return {
    apiVersion,
    kind,
    name: typeof name === 'string' ? name : undefined,
    namespace: typeof namespace === 'string' ? namespace : undefined,
    podLabels: mapping(valueAt([...podSpec.slice(0, -1), 'metadata', 'labels'])) ?? {},
    podSpec,
    container: { name: found.name, index },
    isEnvKnown: found.envFrom === undefined,
    lists: {
      volumes: named(mapping(pod)?.volumes),
      initContainers: named(mapping(pod)?.initContainers),
      env: named(found.env),
    },
  };
}

/**
 * Why an org's catalog would not admit the pods, one line for each reason. Its NetworkPolicy selects workers by
 * namespace and labels (`workers` in the settings).
 */
export function notAdmitted({ org, names }: Catalog, { namespace, podLabels }: Workload): string[] {
  const of = `the catalog of org ${JSON.stringify(org)} admits pods`;
  const missing =
    podLabels === undefined
      ? []
      : Object.entries(names.workerLabels).filter(([key, value]) => podLabels[key] !== value);
  return [
    ...(namespace === undefined || namespace === names.workerNamespace
      ? []
      : [`${of} of the namespace ${names.workerNamespace}, and these are in ${namespace}`]),
    ...missing.map(([key, value]) => `${of} with the label ${key}: ${value}, which these lack`),
  ];
}

function mapping(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return isMapping(value) ? value : undefined;
}

function named(value: unknown): readonly NamedEntry[] | undefined {
  if (!Array.isArray(value)) return undefined;
  return value.map((entry) => ({ ...mapping(entry), name: String(mapping(entry)?.name ?? '') }));
}
