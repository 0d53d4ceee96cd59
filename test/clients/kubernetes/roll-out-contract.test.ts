import { afterAll, beforeAll, describe } from 'vitest';
import { kubernetesClient } from '../../../src/clients/kubernetes/kubernetes-client.ts';
import { type RollOutTarget, rollOutContract } from '../../contracts/roll-out.ts';
import { type KubernetesStandIn, startKubernetesStandIn } from '../../support/kubernetes-stand-in.ts';
import { rollOut } from '../../support/roll-out.ts';

describe('the roll-outs of the tests', () => {
  const [namespace, name] = ['lakekeeper', 'lakekeeper-acme'];
  let cluster: KubernetesStandIn;
  let target: RollOutTarget;
  beforeAll(async () => {
    cluster = await startKubernetesStandIn([namespace]);
    const options = async () => ({ headers: { authorization: 'Bearer admin-token' } });
    target = {
      client: kubernetesClient({ server: cluster.server, options }),
      namespace,
      name,
      deploy: async (image, replicas) => rollOut({ cluster, namespace, name, image }, replicas),
      makeReady: async () => {},
    };
  });
  afterAll(() => cluster?.[Symbol.asyncDispose]());
  rollOutContract(() => target, false);
});
