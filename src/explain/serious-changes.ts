import type { Kind } from './risk.ts';

/**
 * Kinds of change with the risks `critical` and `high`, in the order of the report. Sources for the operator, the
 * server and Argo CD: docs/facts/lakekeeper-crd.md §6 and §9, docs/facts/lakekeeper-management-api.md §6, and
 * docs/facts/argo-cd.md.
 */
export const seriousChanges = {
  metadataStoreMoved: {
    risk: 'critical',
    title: 'metadata store: another database',
    effect:
      'The catalog uses the new database. Its warehouse, namespaces and tables have to be there already, and its org ' +
      'in moves.confirm: registration does not start it empty. The old database stays (docs/moves.md).',
  },
  encryptionKeyReplaced: {
    risk: 'critical',
    title: 'encryption key replaced',
    effect: 'The catalog cannot decrypt what the old key has encrypted, for example its storage credentials.',
  },
  catalogTakenOver: {
    risk: 'critical',
    title: 'catalog taken over by another org',
    effect:
      "The new org gets the name of an org that is removed in the same run, and with it that org's Secret, " +
      'password and encryption key. The old catalog is replaced in place, and Argo CD asks for no ' +
      'confirmation. Remove the old org first, in a separate pull request.',
  },
  catalogMoved: {
    risk: 'critical',
    title: 'catalog renamed or moved',
    effect:
      'A new catalog is created, and the old one is pruned. The Secret has to be copied to the new name before ' +
      '(docs/moves.md): registration does not create a new encryption key for a database that holds a catalog.',
  },
  namespaceLeaves: {
    risk: 'critical',
    title: 'namespace removed',
    effect:
      'Deleting a namespace deletes everything in it. Argo CD asks for a confirmation first ' +
      '(Prune=confirm).',
  },
  imageDowngraded: {
    risk: 'critical',
    title: 'image downgraded',
    effect:
      'The operator runs the migration of the older image, which refuses a database that a newer version has ' +
      'migrated: the Job fails, and the running pods stay as they are. If the Job of a former migration to ' +
      'this image still exists, the pods are replaced at once, and the migration runs when that Job is ' +
      'cleaned up. To go back, restore a backup of the database.',
  },
  rolloutAheadOfStatus: {
    risk: 'critical',
    title: 'rollout: an earlier stage is not known to be well',
    effect:
      'More orgs get the image although orgs of an earlier stage get it only now, are not well with it, or nobody ' +
      'looked. Begin one stage at a time: run lakekeeper-gitops status with the output json, and plan with its file ' +
      'as --status.',
  },
  retirementDeletes: {
    risk: 'critical',
    title: 'retirement: database, role and Secret are deleted',
    effect:
      'Argo CD closes the catalog at once, and prunes the Lakekeeper resource once a person confirms it. Then the ' +
      'retirement Job drops database and role, and deletes the Secret with the encryption key: this cannot be ' +
      'undone. While tables are registered it refuses, unless retirement.evenWithTables names the org. Files in ' +
      'the object store stay.',
  },
  authenticationJump: {
    risk: 'critical',
    title: 'authentication enforced without preparation',
    effect:
      'Workers cannot log in yet, and sessions request no token. Argo CD does not apply it to a registered org: ' +
      'the sync fails, and the catalog stays as it was. Set authentication.rollout: prepare first.',
  },
  retirementRetains: {
    risk: 'high',
    title: 'retirement: the catalog stops, its data stays',
    effect:
      'Argo CD closes the catalog at once, and prunes the Lakekeeper resource, with its pods and Services, once a ' +
      'person confirms it. Then the retirement Job ends the sessions of the database and takes the login from ' +
      'its role. The database, the Secret with the encryption key and the files in the object store stay: the ' +
      'org can come back.',
  },
  authenticationOff: {
    risk: 'high',
    title: 'authentication switched off',
    effect:
      'Every client that can reach the catalog has all rights in it. Only the NetworkPolicies limit the ' +
      'clients. Registration clears the token endpoint in the row, if authentication is not only back to ' +
      'prepare. Leave the broker in the workers until then.',
  },
  authenticationChanged: {
    risk: 'high',
    title: 'authentication changed',
    effect:
      'The catalog refuses tokens of the old kind. Argo CD does not apply it to a registered org whose workers ' +
      'have other tokens. Go back to authentication.rollout: prepare, with the new settings, and replace the ' +
      'workers.',
  },
  authorizationChanged: {
    risk: 'high',
    title: 'authorization changed',
    effect:
      'Another backend decides on the rights of clients. lakekeeper-gitops itself renders allowall only.',
  },
  networkOpened: {
    risk: 'high',
    title: 'network opened',
    effect: 'Connections are allowed that were refused before.',
  },
  networkUnclear: {
    risk: 'high',
    title: 'network: not comparable',
    effect: 'The policy uses rules that plan does not understand. Read its diff.',
  },
  rightsGained: {
    risk: 'high',
    title: 'Kubernetes rights gained',
    effect: 'An account gets rights that it did not have before.',
  },
  admissionPolicyRemoved: {
    risk: 'high',
    title: 'admission policy removed',
    effect: 'New pods lack what it added, authentication among it; or nothing limits registration Jobs.',
  },
  tlsWeakened: {
    risk: 'high',
    title: 'metadata store: weaker TLS',
    effect: 'The certificate of Postgres is verified less strictly, or the connection is not encrypted.',
  },
  storageRefused: {
    risk: 'high',
    title: 'object store: another location',
    effect:
      'Lakekeeper cannot move a warehouse. Registration fails, the catalog keeps the old location, and the ' +
      'row is not written.',
  },
  storageElsewhere: {
    risk: 'high',
    title: 'object store: another endpoint',
    effect:
      'Lakekeeper accepts the new endpoint. If it is a different store, not another name of the same store, ' +
      'tables cannot be read.',
  },
  lakekeeperWarehouseRenamed: {
    risk: 'high',
    title: 'Lakekeeper warehouse renamed',
    effect:
      'Registration renames the warehouse. Sessions that attached it by the former name fail, and have to ' +
      'attach it again. If the bucket or the prefix changes too, a second, empty warehouse is created.',
  },
  scaledToZero: {
    risk: 'high',
    title: 'scaled to zero',
    effect: 'The catalog stops. Engines cannot reach it.',
  },
  applicationChanged: {
    risk: 'high',
    title: 'moved to another Application of Argo CD',
    effect:
      'The files are in another directory, so another Application adopts the objects. If the old ' +
      'Application syncs first, it prunes policies and accounts, and the new one creates them again. ' +
      'docs/argo-cd.md has steps that avoid this.',
  },
  protectionChanged: {
    risk: 'high',
    title: 'prune or delete protection changed',
    effect: 'Prune=confirm,Delete=confirm protects a catalog from being deleted by mistake.',
  },
  editedByHand: {
    risk: 'high',
    title: 'files edited by hand',
    effect: 'A person or a tool changed the files after synth wrote them. synth overwrites these edits.',
  },
  unreadable: {
    risk: 'high',
    title: 'unreadable files',
    effect:
      'The committed files are not valid manifests, so plan cannot compare them. synth overwrites them.',
  },
} as const satisfies Record<string, Kind>;
