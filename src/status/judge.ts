import { argoFindings, catalogFindings, jobFindings, manifestFindings } from './cluster-findings.ts';
import type { OrgObservation } from './observation.ts';
import { isRegistered, rowFindings } from './row-findings.ts';
import { secretFindings } from './secret-findings.ts';
import { serverFindings, storageFindings, warehouseFindings } from './server-findings.ts';
import { type Situation, unknownFinding } from './situation.ts';
import { storeFindings } from './store-findings.ts';
import { type Finding, type OrgStatus, sorted, worst } from './verdict.ts';

/** In the order in which the parts of an org depend on each other. */
const questions: readonly ((situation: Situation) => Finding[])[] = [
  manifestFindings,
  argoFindings,
  secretFindings,
  storeFindings,
  catalogFindings,
  serverFindings,
  warehouseFindings,
  storageFindings,
  rowFindings,
  jobFindings,
  workerFindings,
];

/** The verdict on one org, from what was observed of it. Pure. */
export function judgeOrg(observation: OrgObservation): OrgStatus {
  const { inputs, workers, server } = observation;
  const situation = { observation, isRegistered: isRegistered(observation) };
  const findings = sorted(questions.flatMap((question) => question(situation)));
  return {
    org: inputs.org,
    name: inputs.catalog.name,
    namespace: inputs.catalog.namespace,
    verdict: worst(findings),
    findings,
    workers: 'value' in workers ? workers.value : undefined,
    version: server && 'value' in server ? server.value.info?.version : undefined,
  };
}

function workerFindings({ observation: { workers } }: Situation): Finding[] {
  return 'unknown' in workers ? unknownFinding('workers', workers.unknown) : [];
}
