import type { Risk } from './risk.ts';

/** What a kind of change is called, and what it does when it is applied. */
export interface Kind {
  readonly risk: Exclude<Risk, 'none'>;
  readonly title: string;
  readonly effect: string;
}

/**
 * Every kind of change that a plan knows, the highest risk first: the order is that of the report. Sources for the
 * operator, the server and Argo CD: docs/facts/lakekeeper-crd.md §6 and §9, docs/facts/lakekeeper-management-api.md §6,
 * and docs/facts/argo-cd.md.
 */
export const kinds = {
  metadataStoreMoved: {
    risk: 'critical',
    title: 'metadata store: another database',
    effect:
      'The catalog starts empty there: warehouse, namespaces and tables are not moved. The old database stays, ' +
      'and nothing uses it.',
  },
  encryptionKeyReplaced: {
    risk: 'critical',
    title: 'encryption key: another one',
    effect:
      'What the catalog has encrypted with the old key, its storage credentials first, cannot be read any more.',
  },
  catalogTakenOver: {
    risk: 'critical',
    title: 'catalog taken over by another org',
    effect:
      'The new org gets the name of one that leaves in the same run, and with it its Secret, password and ' +
      'encryption key: the old catalog is replaced in place, and no prune asks for confirmation. Let the old ' +
      'org leave first, in a pull request of its own.',
  },
  catalogMoved: {
    risk: 'critical',
    title: 'catalog under another name or namespace',
    effect:
      'A new catalog comes, without the Secret of the old one, and the old one is pruned. Where the database ' +
      'stays the same, registration stops rather than make a new encryption key over it.',
  },
  namespaceLeaves: {
    risk: 'critical',
    title: 'namespace goes',
    effect: 'Deleting it deletes everything in it. Argo CD asks before it prunes it (Prune=confirm).',
  },
  catalogLeaves: {
    risk: 'high',
    title: 'catalog goes',
    effect:
      'Pruned: the Lakekeeper resource, once the prune is confirmed in Argo CD, and with it the pods and ' +
      'Services; policies, accounts, rights and the registration Job at once. Stays: the database, its role, ' +
      'the Secret with the encryption key, the files in the object store.',
  },
  authenticationOff: {
    risk: 'high',
    title: 'authentication switched off',
    effect:
      'Everybody who can reach the catalog may do everything in it; only the NetworkPolicies limit who can.',
  },
  authenticationChanged: {
    risk: 'high',
    title: 'authentication changed',
    effect: 'Tokens made for the old one are refused, until workers ask for new ones.',
  },
  authorizationChanged: {
    risk: 'high',
    title: 'authorization changed',
    effect: 'Another backend decides who may do what; this product renders allowall alone.',
  },
  networkOpened: {
    risk: 'high',
    title: 'network opens',
    effect: 'Connections are allowed that were refused before.',
  },
  networkUnclear: {
    risk: 'high',
    title: 'network: cannot be told',
    effect: 'A policy says it in a way that is not understood here. Read the diff of it.',
  },
  rightsGained: {
    risk: 'high',
    title: 'Kubernetes rights gained',
    effect: 'An account may do what it could not before.',
  },
  imageDowngraded: {
    risk: 'high',
    title: 'image downgraded',
    effect:
      'The migration runs with the older image. Where the Job of a former migration to this image is still there, ' +
      'the pods go back at once, and the migration runs later, when that Job is cleaned up. From v0.13.0 a ' +
      'server refuses a database that a newer one has migrated: the Job fails, and the pods that run stay as ' +
      'they are. Older ones do not look.',
  },
  tlsWeakened: {
    risk: 'high',
    title: 'metadata store: weaker TLS',
    effect: 'The connection to Postgres is checked less, or not encrypted.',
  },
  storageRefused: {
    risk: 'high',
    title: 'object store: another place',
    effect:
      'Lakekeeper does not let a warehouse move: registration will refuse, the catalog goes on with the old ' +
      'place, and the row is not written.',
  },
  storageElsewhere: {
    risk: 'high',
    title: 'object store: another endpoint',
    effect:
      'Lakekeeper takes it. If it is another store, and not another name of the same one, no table can be read ' +
      'any more.',
  },
  lakekeeperWarehouseRenamed: {
    risk: 'high',
    title: 'warehouse in Lakekeeper: another name',
    effect:
      'Registration looks for that name and makes a second warehouse, which Lakekeeper refuses where the first ' +
      'one lies. Rename the first one by hand before.',
  },
  scaledToZero: {
    risk: 'high',
    title: 'scaled to zero',
    effect: 'The catalog stops, and engines lose it.',
  },
  applicationChanged: {
    risk: 'high',
    title: 'taken by another Application of Argo CD',
    effect:
      'The files stand elsewhere, and another Application takes the objects over. If the old one is synced first ' +
      'it prunes policies and accounts, which come back: docs/argo-cd.md has the steps that avoid it.',
  },
  protectionChanged: {
    risk: 'high',
    title: 'how Argo CD prunes or deletes it',
    effect: 'Prune=confirm,Delete=confirm is what keeps a catalog from being deleted by mistake.',
  },
  editedByHand: {
    risk: 'high',
    title: 'files edited by hand',
    effect:
      'They are not as synth wrote them: somebody, or a tool, has changed them since. synth writes over them, and ' +
      'what was changed goes.',
  },
  unreadable: {
    risk: 'high',
    title: 'committed files that cannot be read',
    effect:
      'They are no YAML that Kubernetes takes, so what they do now cannot be told. synth writes over them.',
  },
  imageChanged: {
    risk: 'medium',
    title: 'image changed',
    effect:
      'A migration runs before the pods are replaced. Which of the two is newer cannot be told from their tags. ' +
      'If it goes back: where the Job of a former migration to this image is still there, the pods go back at ' +
      'once, and the migration runs later, when that Job is cleaned up.',
  },
  imageUpgraded: {
    risk: 'medium',
    title: 'image upgraded',
    effect:
      'A migration runs, then the pods are replaced. From v0.13.0 on there is no way back without a backup.',
  },
  authenticationOn: {
    risk: 'medium',
    title: 'authentication switched on',
    effect: 'Requests without a token are refused as soon as the new pods run: workers need one by then.',
  },
  networkClosed: {
    risk: 'medium',
    title: 'network closes',
    effect: 'Connections are refused that were allowed before.',
  },
  identityChanged: {
    risk: 'medium',
    title: 'identity changed',
    effect: 'The pods have another identity in the cloud or in the cluster, from their next start.',
  },
  metadataStoreConnection: {
    risk: 'medium',
    title: 'metadata store: connection changed',
    effect: 'The same database, reached in another way; the pods are replaced.',
  },
  metadataStoreAccount: {
    risk: 'medium',
    title: 'metadata store: another account',
    effect: 'Registration makes or proves the account that the settings name.',
  },
  storageChanged: {
    risk: 'medium',
    title: 'object store: reached differently',
    effect:
      'Registration updates the storage profile of the warehouse, which tests it with real reads and writes.',
  },
  endpointChanged: {
    risk: 'medium',
    title: 'endpoint for engines changed',
    effect: 'Registration writes the new one into the row; engines that hold the old one go on asking there.',
  },
  recordChanged: {
    risk: 'medium',
    title: 'what is written back changed',
    effect: 'Registration writes something else, or to another place.',
  },
  serverChanged: {
    risk: 'medium',
    title: 'settings of the server changed',
    effect: 'The pods are replaced.',
  },
  objectAdded: { risk: 'medium', title: 'object added', effect: 'Argo CD makes it.' },
  objectRemoved: { risk: 'medium', title: 'object removed', effect: 'Argo CD prunes it.' },
  objectChanged: { risk: 'medium', title: 'object changed', effect: 'Argo CD applies it.' },
  rightsLost: {
    risk: 'medium',
    title: 'Kubernetes rights lost',
    effect: 'An account may not do any more what it could before.',
  },
  catalogAdded: {
    risk: 'low',
    title: 'new catalog',
    effect:
      'Registration makes database, role and Secret; the operator migrates and starts it; the row is written once ' +
      'it is proven.',
  },
  scaled: { risk: 'low', title: 'replicas', effect: 'Pods are started or stopped.' },
  resourcesChanged: { risk: 'low', title: 'resources', effect: 'The pods are replaced.' },
  programChanged: {
    risk: 'low',
    title: 'registration: another version of the program',
    effect:
      'The registration Jobs run again, with that version. Names, databases and keys do not depend on it; objects ' +
      'that it writes in another form are listed by themselves.',
  },
  registrationJobChanged: {
    risk: 'low',
    title: 'registration Job changed',
    effect: 'The next run is with the new Job.',
  },
  labelsChanged: {
    risk: 'low',
    title: 'labels and annotations',
    effect: 'Metadata alone: no pod is replaced.',
  },
  registrationAgain: {
    risk: 'low',
    title: 'registration runs again',
    effect: 'After the sync, once for each; it changes only what is not as it should be.',
  },
  rewritten: {
    risk: 'low',
    title: 'written differently',
    effect: 'The text differs, and says the same: nothing changes in the cluster.',
  },
} as const satisfies Record<string, Kind>;

export type ChangeKind = keyof typeof kinds;

/** Position in the report. */
export function rankOf(kind: ChangeKind): number {
  return order.get(kind) ?? order.size;
}

const order = new Map(Object.keys(kinds).map((kind, rank) => [kind, rank]));
