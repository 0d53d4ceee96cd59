import { crdFile } from '../../support/crd.ts';
import { type EmbeddedPostgres, startPostgres } from '../../support/embedded-postgres.ts';
import type { Cluster, ClusterObject } from './cluster.ts';
import { type ControlPlane, startControlPlane } from './control-plane.ts';
import { install } from './install.ts';
import { type Kubelet, startKubelet } from './kubelet.ts';
import { type LakekeeperImage, lakekeeperImage } from './lakekeeper-image.ts';
import { readYaml } from './manifests.ts';
import { startOperator } from './operator.ts';
import type { Supervised } from './supervised.ts';

/** A cluster in which catalogs run: control plane, operator, kubelet, Postgres. */
export interface Scene extends AsyncDisposable {
  readonly controlPlane: ControlPlane;
  readonly cluster: Cluster;
  readonly postgres: EmbeddedPostgres;
  readonly lakekeeper: LakekeeperImage;
  readonly kubelet: Kubelet;
  readonly operator: Supervised;
}

export interface SceneOptions {
  /** Tests of the operator need a server whose memory they can look into: the stand-in, also where a real one is given. */
  readonly server?: 'standIn';
}

export async function startScene(_: SceneOptions = {}): Promise<Scene> {
  const [controlPlane, postgres] = await Promise.all([startControlPlane(), startPostgres()]);
  const { admin } = controlPlane;
  await install(admin, await readYaml<ClusterObject>(process.env.LAKEKEEPER_OPERATOR_CRD || crdFile));
  const lakekeeper = lakekeeperImage();
  const kubelet = await startKubelet(controlPlane, lakekeeper);
  const operator = await startOperator(controlPlane, kubelet.names.proxy);
  return {
    controlPlane,
    cluster: admin,
    postgres,
    lakekeeper,
    kubelet,
    operator,
    [Symbol.asyncDispose]: async () => {
      await operator.stop();
      await kubelet[Symbol.asyncDispose]();
      await lakekeeper.stop();
      await controlPlane[Symbol.asyncDispose]();
      await postgres.stop();
    },
  };
}
