import { expect, test } from 'vitest';
import type { KubernetesClient } from '../../src/clients/kubernetes/kubernetes-client.ts';
import {
  type DeploymentObject,
  type ObservedCatalog,
  observeCatalog,
} from '../../src/registration/catalog/roll-out/observe.ts';
import { resources } from '../../src/registration/objects/cluster-objects.ts';

/** A Deployment as the operator writes it, and pods that are ready when the test says so. */
export interface RollOutTarget {
  readonly client: KubernetesClient;
  readonly namespace: string;
  readonly name: string;
  /** Writes the Deployment: the operator's labels and strategy, one container. */
  deploy(image: string, replicas: number): Promise<void>;
  /** Makes every pod ready that is there. */
  makeReady(): Promise<void>;
}

const soon = { timeout: 60_000, interval: 100 };

/**
 * What the product relies on from the controllers of Deployments and ReplicaSets.
 *
 * @param hasControllers whether pods come and go one by one; where they do not, a roll-out is over when it is written.
 */
export function rollOutContract(target: () => RollOutTarget, hasControllers: boolean): void {
  const observe = (): Promise<ObservedCatalog> => {
    const { client, namespace, name } = target();
    return observeCatalog(client, { namespace, name, migrationJob: `${name}-migrate` });
  };
  const deployment = () => {
    const { client, namespace, name } = target();
    return client.call<DeploymentObject>({ verb: 'get', resource: resources.deployments, namespace, name });
  };
  const counts = async () => {
    const { status = {} } = await deployment();
    const { replicas = 0, updatedReplicas = 0, availableReplicas = 0, terminatingReplicas } = status;
    return { replicas, updatedReplicas, availableReplicas, terminatingReplicas };
  };
  const ready = (one: ObservedCatalog) =>
    one.pods.filter(({ status }) =>
      status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True'),
    );
  const inOrder = (replicas: number) => ({
    replicas,
    updatedReplicas: replicas,
    availableReplicas: replicas,
    terminatingReplicas: 0,
  });

  test('a Deployment with all pods ready counts each of them once, at its generation', async () => {
    await target().deploy('lakekeeper:1', 2);
    await expect.poll(async () => (await observe()).pods.length, soon).toBe(2);
    await target().makeReady();
    await expect.poll(counts, soon).toEqual(inOrder(2));
    const { metadata, status } = await deployment();
    expect(status?.observedGeneration).toBe(metadata.generation);
    expect(ready(await observe())).toHaveLength(2);
  });

  test('another template is another generation, and the status is of it when it says so', async () => {
    const before = (await deployment()).metadata.generation ?? 0;
    await target().deploy('lakekeeper:2', 2);
    expect((await deployment()).metadata.generation).toBe(before + 1);
    await expect.poll(async () => (await deployment()).status?.observedGeneration, soon).toBe(before + 1);
  });

  if (hasControllers)
    test('until a new pod is ready, it is a surplus one: updated, not available; no former pod goes', async () => {
      await expect
        .poll(counts, soon)
        .toEqual({ replicas: 3, updatedReplicas: 1, availableReplicas: 2, terminatingReplicas: 0 });
      expect((await observe()).pods).toHaveLength(3);
      expect(ready(await observe())).toHaveLength(2);
    });

  test('it is over when all are updated and available, and none is left of the former template', async () => {
    await expect
      .poll(async () => {
        await target().makeReady();
        return counts();
      }, soon)
      .toEqual(inOrder(2));
    expect((await observe()).pods).toHaveLength(2);
  });
}
