import { type EmbeddedPostgres, startPostgres } from '../../support/embedded-postgres.ts';
import type { Cluster, ClusterObject } from './cluster.ts';
import { type ControlPlane, startControlPlane } from './control-plane.ts';
import type { RunRegistration } from './gitops-image.ts';
import { install } from './install.ts';
import { type Kubelet, startKubelet } from './kubelet.ts';
import { lakekeeperExecutable, serverUnderTest } from './lakekeeper-executable.ts';
import { type LakekeeperStandInImage, lakekeeperImage } from './lakekeeper-image.ts';
import { readYaml } from './manifests.ts';
import { definitionFile, startOperator } from './operator.ts';
import type { Supervised } from './supervised.ts';
import { startWatchGate, type WatchGate } from './watch-gate.ts';

/** A cluster in which catalogs run: control plane, operator, kubelet, Postgres. */
export interface Scene extends AsyncDisposable {
  readonly controlPlane: ControlPlane;
  readonly cluster: Cluster;
  readonly postgres: EmbeddedPostgres;
  /** The server's stand-in, also where a real one runs instead of it. */
  readonly lakekeeper: LakekeeperStandInImage;
  readonly kubelet: Kubelet;
  readonly operator: Supervised;
  /** Between the operator and the API server. */
  readonly operatorWatches: WatchGate;
}

export interface SceneOptions {
  /**
   * What runs in catalogs' pods: the executable of `LAKEKEEPER_SERVER`, where there is one; by default the stand-in,
   * into whose memory most tests look, and which has two versions.
   */
  readonly server?: 'standIn' | 'asGiven';
  /** What runs in registration pods; by default the program as a process of this machine. */
  readonly registration?: RunRegistration;
}

export async function startScene({ server = 'standIn', registration }: SceneOptions = {}): Promise<Scene> {
  const [controlPlane, postgres] = await Promise.all([startControlPlane(), startPostgres()]);
  const { admin } = controlPlane;
  await install(admin, await readYaml<ClusterObject>(definitionFile));
  const lakekeeper = lakekeeperImage();
  const given = server === 'asGiven' ? serverUnderTest : undefined;
  const kubelet = await startKubelet(
    controlPlane,
    given ? lakekeeperExecutable(given) : lakekeeper,
    registration,
  );
  const operatorWatches = await startWatchGate(controlPlane.server, controlPlane.authority);
  const operator = await startOperator(controlPlane, kubelet.names.proxy, operatorWatches.url);
  return {
    controlPlane,
    cluster: admin,
    postgres,
    lakekeeper,
    kubelet,
    operator,
    operatorWatches,
    [Symbol.asyncDispose]: async () => {
      await operator.stop();
      await operatorWatches[Symbol.asyncDispose]();
      await kubelet[Symbol.asyncDispose]();
      await lakekeeper.stop();
      await controlPlane[Symbol.asyncDispose]();
      await postgres.stop();
    },
  };
}
