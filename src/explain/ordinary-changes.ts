import type { Kind } from './risk.ts';

/** Kinds of change with the risks `medium` and `low`, in the order of the report. Sources: as of serious-changes.ts. */
export const ordinaryChanges = {
  imageChanged: {
    risk: 'medium',
    title: 'image changed',
    effect:
      'A migration runs before the pods are replaced. The tags do not say which image is newer. If the new ' +
      'one is older and the Job of a former migration to it still exists, the pods are replaced at once, ' +
      'and the migration runs when that Job is cleaned up.',
  },
  imageUpgraded: {
    risk: 'medium',
    title: 'image upgraded',
    effect:
      'A migration runs, then the pods are replaced: at once where the Job of a former migration to this image ' +
      'still exists. Since v0.13.0 a downgrade needs a backup.',
  },
  authenticationOn: {
    risk: 'medium',
    title: 'authentication switched on',
    effect:
      'The new pods refuse requests without a token. Argo CD applies it only when the row has the token endpoint ' +
      'and all workers can log in; otherwise the sync fails with the reason. Whoever has a token may do everything ' +
      'in the catalog but what is reserved for its instance admin, and create further warehouses.',
  },
  workersUnlimited: {
    risk: 'medium',
    title: 'workers may change the warehouse',
    effect:
      'The server knows no instance admin any more. A worker may rename, deactivate and unprotect the Lakekeeper ' +
      'warehouse, replace its credential, and create further warehouses and projects.',
  },
  authenticationWithdrawn: {
    risk: 'medium',
    title: 'preparation of authentication withdrawn',
    effect:
      'Registration clears the token endpoint in the row. Leave the broker in the workers until then. The server ' +
      'stays open.',
  },
  networkClosed: {
    risk: 'medium',
    title: 'network closed',
    effect: 'Connections are refused that were allowed before.',
  },
  identityChanged: {
    risk: 'medium',
    title: 'identity changed',
    effect: 'The pods get another identity in the cloud or in the cluster when they next start.',
  },
  metadataStoreConnection: {
    risk: 'medium',
    title: 'metadata store: connection changed',
    effect: 'The database is the same. Its connection changes, and the pods are replaced.',
  },
  metadataStoreAccount: {
    risk: 'medium',
    title: 'metadata store: another account',
    effect: 'Registration creates or verifies the account of the settings.',
  },
  storageChanged: {
    risk: 'medium',
    title: 'object store: settings changed',
    effect:
      'Registration updates the storage profile of the warehouse. Lakekeeper tests it with reads and ' +
      'writes.',
  },
  endpointChanged: {
    risk: 'medium',
    title: 'endpoint for engines changed',
    effect:
      'Registration writes the new endpoint into the row. Engines that have read the old one continue to ' +
      'use it.',
  },
  recordChanged: {
    risk: 'medium',
    title: 'recorded values changed',
    effect: 'Registration records other values, or records them in another place.',
  },
  serverChanged: {
    risk: 'medium',
    title: 'server settings changed',
    effect: 'The pods are replaced.',
  },
  admissionPolicyChanged: {
    risk: 'medium',
    title: 'admission policy changed',
    effect: 'It applies to what is created from then on. Pods that run stay as they are.',
  },
  objectAdded: {
    risk: 'medium',
    title: 'object added',
    effect: 'Argo CD creates it.',
  },
  objectRemoved: {
    risk: 'medium',
    title: 'object removed',
    effect: 'Argo CD prunes it.',
  },
  objectChanged: {
    risk: 'medium',
    title: 'object changed',
    effect: 'Argo CD applies it.',
  },
  catalogReturns: {
    risk: 'medium',
    title: 'catalog comes back from retirement',
    effect:
      'Registration takes the kept database and Secret, and lets the role log in again. Where they were deleted, the ' +
      'catalog starts empty.',
  },
  rightsLost: {
    risk: 'medium',
    title: 'Kubernetes rights lost',
    effect: 'An account loses rights that it had before.',
  },
  authenticationPrepared: {
    risk: 'low',
    title: 'authentication prepared',
    effect:
      'The server stays open. Patch the workers (worker-patch). When all of them can log in, registration writes ' +
      'the token endpoint into the row.',
  },
  workersLimited: {
    risk: 'low',
    title: 'workers may not change the warehouse',
    effect:
      'Only the registration Job may rename, deactivate or delete the Lakekeeper warehouse, or replace its ' +
      'credential. A worker may still read, write and drop its tables, and create further warehouses and projects.',
  },
  catalogAdded: {
    risk: 'low',
    title: 'catalog added',
    effect:
      'Registration creates database, role and Secret. The operator migrates the database and starts the ' +
      'catalog. Registration verifies the catalog and writes the row.',
  },
  retirementEnded: {
    risk: 'low',
    title: 'retired org removed',
    effect:
      'The retirement is recorded. Argo CD prunes the policies that closed the catalog, and the account and the ' +
      'rights of the retirement Job. What was kept stays.',
  },
  scaled: {
    risk: 'low',
    title: 'replicas changed',
    effect: 'Pods are started or stopped.',
  },
  disruptionsChanged: {
    risk: 'low',
    title: 'disruption budget changed',
    effect:
      'With a budget, a drain of nodes takes one server at a time. Without one, it may take all at once.',
  },
  resourcesChanged: {
    risk: 'low',
    title: 'resources changed',
    effect: 'The pods are replaced.',
  },
  programChanged: {
    risk: 'low',
    title: 'registration: another version of the program',
    effect:
      'The registration Jobs run again, with that version. Names, databases and keys do not depend on it. ' +
      'Objects that it writes in another form are listed separately.',
  },
  registrationJobChanged: {
    risk: 'low',
    title: 'registration Job changed',
    effect: 'The next run uses the new Job.',
  },
  labelsChanged: {
    risk: 'low',
    title: 'labels or annotations changed',
    effect: 'No pod is replaced.',
  },
  registrationAgain: {
    risk: 'low',
    title: 'registration runs again',
    effect: 'It runs once for each org, after the sync, and changes only what differs from the settings.',
  },
  rewritten: {
    risk: 'low',
    title: 'formatting changed',
    effect: 'The text differs, but its objects do not: nothing changes in the cluster.',
  },
} as const satisfies Record<string, Kind>;
