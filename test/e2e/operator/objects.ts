import { createHash } from 'node:crypto';
import type { ClusterObject } from '../support/cluster.ts';
import { certificateDirectories, environment } from './environment.ts';
import { apiVersion, type Lakekeeper } from './lakekeeper.ts';

/** What the operator makes (docs/facts/lakekeeper-crd.md §6). */

export function migrationJob(lakekeeper: Lakekeeper): ClusterObject {
  const labels = {
    'app.kubernetes.io/name': 'lakekeeper',
    'app.kubernetes.io/component': 'migration',
    'app.kubernetes.io/instance': lakekeeper.metadata.name,
  };
  const container = { name: 'migrate', args: ['migrate'], ...containerOf(lakekeeper) };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { ...owned(lakekeeper, migrationJobName(lakekeeper)), labels },
    spec: {
      backoffLimit: 3,
      ttlSecondsAfterFinished: 600,
      template: {
        metadata: { labels },
        spec: { restartPolicy: 'OnFailure', containers: [container], ...volumesOf(lakekeeper) },
      },
    },
  };
}

/** §6.2: a change of any of these migrates before the roll-out. */
export function migrationJobName({ metadata, spec }: Lakekeeper): string {
  const { host, port, database, user = '', readHost = '' } = spec.database.postgres;
  const identity = Object.entries({
    image: spec.image,
    database: 'postgres',
    host,
    port,
    db: database,
    user,
    readHost,
  });
  const text = identity.map(([name, value]) => `${name}:${value}`).join('|');
  return `${metadata.name}-migrate-${createHash('sha256').update(text).digest('hex').slice(0, 8)}`;
}

export function deployment(lakekeeper: Lakekeeper): ClusterObject {
  const { listen, metrics } = ports(lakekeeper);
  const labels = serverLabels(lakekeeper);
  const probe = { httpGet: { path: '/health', port: 'http' }, failureThreshold: 3 };
  const container = {
    name: 'lakekeeper',
    args: ['serve'],
    ...containerOf(lakekeeper),
    ports: [
      { name: 'http', containerPort: listen },
      { name: 'metrics', containerPort: metrics },
    ],
    livenessProbe: { ...probe, initialDelaySeconds: 30, periodSeconds: 10, timeoutSeconds: 5 },
    readinessProbe: { ...probe, initialDelaySeconds: 10, periodSeconds: 5, timeoutSeconds: 3 },
  };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { ...owned(lakekeeper, lakekeeper.metadata.name), labels },
    spec: {
      replicas: lakekeeper.spec.replicas ?? 1,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [container], ...volumesOf(lakekeeper) } },
    },
  };
}

export function services(lakekeeper: Lakekeeper): ClusterObject[] {
  const { listen, metrics } = ports(lakekeeper);
  const labels = serverLabels(lakekeeper);
  const service = (name: string, port: number, portName: string) => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { ...owned(lakekeeper, name), labels },
    spec: { type: 'ClusterIP', selector: labels, ports: [{ name: portName, port, targetPort: portName }] },
  });
  const { name } = lakekeeper.metadata;
  return [service(name, listen, 'http'), service(`${name}-metrics`, metrics, 'metrics')];
}

export function ports({ spec }: Lakekeeper): { listen: number; metrics: number } {
  return { listen: spec.server?.listenPort ?? 8181, metrics: spec.server?.metricsPort ?? 9000 };
}

function serverLabels({ metadata }: Lakekeeper): Record<string, string> {
  return {
    'app.kubernetes.io/name': 'lakekeeper',
    'app.kubernetes.io/instance': metadata.name,
    'app.kubernetes.io/managed-by': 'lakekeeper-operator',
  };
}

function owned({ metadata }: Lakekeeper, name: string) {
  const owner = { apiVersion, kind: 'Lakekeeper', name: metadata.name, uid: metadata.uid ?? '' };
  return {
    name,
    namespace: metadata.namespace,
    ownerReferences: [{ ...owner, controller: true, blockOwnerDeletion: true }],
  };
}

function containerOf(lakekeeper: Lakekeeper) {
  const { image, resources = {} } = lakekeeper.spec;
  const volumeMounts = certificates(lakekeeper).map(({ name, mountPath }) => ({
    name,
    mountPath,
    readOnly: true,
  }));
  return {
    image,
    env: environment(lakekeeper),
    resources,
    ...(volumeMounts.length > 0 ? { volumeMounts } : {}),
  };
}

function volumesOf(lakekeeper: Lakekeeper) {
  const volumes = certificates(lakekeeper).map(({ name, secretName }) => ({ name, secret: { secretName } }));
  return volumes.length > 0 ? { volumes } : {};
}

function certificates({ spec }: Lakekeeper) {
  const { sslRootCertSecretRef } = spec.database.postgres;
  const mounted = (name: string, mountPath: string, secret?: { name: string }) =>
    secret ? [{ name, mountPath, secretName: secret.name }] : [];
  return [
    ...mounted('pg-ssl-root-cert', certificateDirectories.postgres, sslRootCertSecretRef),
    ...mounted('lakekeeper-ssl-cert', certificateDirectories.server, spec.ssl?.certFileSecretRef),
  ];
}
