/** The steps of a registration or a retirement, in their order. */
export type Step = 'metadata store' | 'secret' | 'operator' | 'pods' | 'bootstrap' | 'warehouse' | 'record';

/** Every kind of action: its step, and its text before and after it is done. */
const kinds = {
  createRole: ['metadata store', 'create the role', 'created the role'],
  enableLogin: ['metadata store', 'enable the login of the role', 'enabled the login of the role'],
  setPassword: ['metadata store', "set the role's password", "set the role's password"],
  grantRoleToAdmin: ['metadata store', 'grant the role to the admin', 'granted the role to the admin'],
  createDatabase: ['metadata store', 'create the database', 'created the database'],
  setDatabaseOwner: ['metadata store', 'set the owner of the database', 'set the owner of the database'],
  revokePublicConnect: [
    'metadata store',
    'revoke the rights of PUBLIC on the database',
    'revoked the rights of PUBLIC on the database',
  ],
  createSchema: ['metadata store', 'create the schema public', 'created the schema public'],
  setSchemaOwner: [
    'metadata store',
    'set the owner of the schema public',
    'set the owner of the schema public',
  ],
  createExtension: ['metadata store', 'create an extension', 'created an extension'],
  disableLogin: ['metadata store', 'disable the login of the role', 'disabled the login of the role'],
  endConnections: ['metadata store', 'end the connections of the role', 'ended the connections of the role'],
  dropDatabase: ['metadata store', 'drop the database', 'dropped the database'],
  dropRole: ['metadata store', 'drop the role', 'dropped the role'],
  createSecret: ['secret', 'create the Secret', 'created the Secret'],
  updateSecret: ['secret', 'write keys of the Secret', 'wrote keys of the Secret'],
  noteChange: ['secret', 'note that values of pods changed', 'noted that values of pods changed'],
  labelSecret: ['secret', 'label the Secret as retired', 'labelled the Secret as retired'],
  deleteSecret: ['secret', 'delete the Secret', 'deleted the Secret'],
  requestReconcile: [
    'operator',
    'request a reconcile of the operator',
    'requested a reconcile of the operator',
  ],
  replacePods: ['pods', 'replace the pods, one at a time', 'replaced the pods'],
  notePods: ['pods', 'note that all pods have the values', 'noted that all pods have the values'],
  awaitCatalog: ['bootstrap', 'wait until the catalog is up', 'waited until the catalog was up'],
  bootstrapServer: ['bootstrap', 'bootstrap the server', 'bootstrapped the server'],
  createProject: ['warehouse', 'create the default project', 'created the default project'],
  createWarehouse: ['warehouse', 'create the Lakekeeper warehouse', 'created the Lakekeeper warehouse'],
  activateWarehouse: ['warehouse', 'activate the Lakekeeper warehouse', 'activated the Lakekeeper warehouse'],
  protectWarehouse: [
    'warehouse',
    'protect the warehouse from deletion',
    'protected the warehouse from deletion',
  ],
  lockWarehouse: [
    'warehouse',
    'let instance admins alone change the warehouse',
    'let instance admins alone change the warehouse',
  ],
  unlockWarehouse: ['warehouse', 'let everybody change the warehouse', 'let everybody change the warehouse'],
  renameWarehouse: ['warehouse', 'rename the Lakekeeper warehouse', 'renamed the Lakekeeper warehouse'],
  updateStorage: ['warehouse', 'update the storage of the warehouse', 'updated the storage of the warehouse'],
  setDeleteProfile: ['warehouse', 'set what becomes of dropped tables', 'set what becomes of dropped tables'],
  replaceCredential: [
    'warehouse',
    'send the catalog the storage credential again',
    'sent the catalog the storage credential again',
  ],
  writeRecord: ['record', 'write the record', 'wrote the record'],
} as const satisfies Record<string, readonly [Step, string, string]>;
export type ActionKind = keyof typeof kinds;

/** An action of a registration or a retirement, done or planned. It is logged and printed, and has no credential. */
export interface RegistrationAction {
  readonly kind: ActionKind;
  /** The database, role or object: `lakekeeper_acme`, `lakekeeper/lakekeeper-acme`. */
  readonly object: string;
  /** For messages: what differs. */
  readonly detail?: string;
}

export function stepOf({ kind }: RegistrationAction): Step {
  return kinds[kind][0];
}

/** `create the database` */
export function planned({ kind }: RegistrationAction): string {
  return kinds[kind][1];
}

/** `created the database`. The text is constant for a kind, so that a log can be searched for it. */
export function done({ kind }: RegistrationAction): string {
  return kinds[kind][2];
}

/** An action as fields of the log. */
export function fieldsOf(action: RegistrationAction) {
  const { kind, object, detail } = action;
  return { step: stepOf(action), action: kind, object, ...(detail === undefined ? {} : { detail }) };
}
