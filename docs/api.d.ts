// The typed interface of the package. Made by `npm run schema`; docs/releases.md says what a change of it means.

// api.d.ts
/**
 * The program as functions, for those who call it from code of their own, such as a cdk8s app. What is exported here is
 * the interface that versions keep (docs/releases.md); the commands do the same by the same code.
 *
 * @packageDocumentation
 */
import type { DerivedCatalog, Plan, SynthResult } from './api-results.js';
import type { RegistrationResult } from './registration/result.js';
import type { Problem } from './text/problem.js';
export type { DerivedCatalog, Plan, PlannedChange, RejectedOrg, Risk, SkippedOrg, SynthResult, } from './api-results.js';
export type { RegistrationAction } from './registration/actions.js';
export type { AuthenticationStage } from './registration/authentication/authentication-stage.js';
export type { RegistrationResult } from './registration/result.js';
export { PermanentError, UsageError } from './text/errors.js';
export type { Problem } from './text/problem.js';
/**
 * A row of the warehouse source, as the control plane has it: column names to values, or what `source.mapping` of the
 * settings has paths into, such as a Kubernetes object.
 */
export type WarehouseRow = Readonly<Record<string, unknown>>;
/** `platform.yaml`: the path of the file, or what it holds; `schemas/platform.schema.json` describes it. */
export type PlatformSettings = string | Readonly<Record<string, unknown>>;
/** A fleet of orgs. */
export interface FleetOptions {
    readonly platform: PlatformSettings;
    /**
     * Rows; or a `postgres://` URL, or the path of a YAML or JSON file. Default: the resources of `source.resource` of
     * the settings, else `warehouses.yaml`.
     */
    readonly warehouses?: string | Iterable<WarehouseRow> | AsyncIterable<WarehouseRow>;
    /** Schema of the table, in Postgres. Default: `public`. */
    readonly schema?: string;
    /** The table, in Postgres. Default: `duckgres_managed_warehouses`. */
    readonly table?: string;
    /**
     * Where to read what registration recorded, if the source does not have it: `cluster` for the one of the kubeconfig,
     * the `postgres://` URL of its table, or a file with its ConfigMaps.
     */
    readonly records?: string;
    /** Duckling resources that fill what rows lack: the path of a file, or `cluster` for the one of the kubeconfig. */
    readonly ducklings?: string;
    /** Called with what is odd about the settings or a source, though it can be used; one line each. */
    readonly warn?: (message: string) => void;
}
export interface SynthOptions extends FleetOptions {
    /** Output directory, usually `dist`. */
    readonly out: string;
    /** Compare only: write nothing. */
    readonly check?: boolean;
    /** Go on although the source is empty, or many orgs would leave at once. */
    readonly allowRemoval?: boolean;
}
/**
 * Renders the manifests of every org into the output directory.
 *
 * @throws {@link UsageError} when the settings are wrong, or the source cannot be read. A record with problems is in
 * the result.
 */
export declare function synth(options: SynthOptions): Promise<SynthResult>;
export interface PlanOptions extends FleetOptions {
    /** Output directory, usually `dist`. */
    readonly out: string;
    /** Compare with this Git commit, branch or tag. Default: the work tree. */
    readonly against?: string;
    /** Plan as for a synth that goes on although the source is empty, or many orgs would leave at once. */
    readonly allowRemoval?: boolean;
}
/**
 * Says what applying the manifests would do, beside what is committed. Writes nothing.
 *
 * @throws {@link UsageError} as `synth`, or when Git does not have the commit.
 */
export declare function plan(options: PlanOptions): Promise<Plan>;
export interface RegisterOptions extends FleetOptions {
    /** Org ids. Default: every org that is meant to have a catalog. */
    readonly orgs?: readonly string[];
    /** How many orgs at a time. Default: 4. */
    readonly concurrency?: number;
    /** Only say what would be done. */
    readonly dryRun?: boolean;
    /** When to give up on an org, in seconds. Default: 900. */
    readonly deadline?: number;
    /**
     * Where a catalog's server is from here; `{name}` and `{namespace}` are filled in. Default: its Service in the
     * cluster.
     */
    readonly serverUrl?: string;
    /** File with a token for the catalogs. */
    readonly tokenFile?: string;
    /** Kubeconfig to use. Default: the pod's own identity, then `$KUBECONFIG`. */
    readonly kubeconfig?: string;
    /** Context of the kubeconfig. */
    readonly context?: string;
    /** Make a new encryption key over a database that holds a catalog already. */
    readonly acceptNewEncryptionKey?: boolean;
}
/**
 * Registers orgs: database, Secret, bootstrap, warehouse, proof, write-back. Safe to run again. Logs to stderr,
 * and ends early when the process gets SIGTERM or SIGINT.
 *
 * @returns what became of each org: an org that fails is in the result, and stops no other.
 * @throws {@link UsageError} when the settings are wrong, the source does not have an org, or there is no cluster to
 * talk to.
 */
export declare function register(options: RegisterOptions): Promise<RegistrationResult[]>;
/**
 * Derives the catalog of one org: all its names, and what else follows from its row and the settings. Pure: the same
 * for the same arguments, whichever other orgs there are. It does not check whether the row wants a catalog.
 *
 * @param warehouse its row.
 * @param platform what `platform.yaml` holds.
 * @param ducklings Duckling resources that fill what the row lacks, as `kubectl get ducklings -A -o json` prints them.
 * @returns the catalog, or every problem of the row.
 * @throws {@link UsageError} when the settings are wrong.
 */
export declare function deriveCatalog(warehouse: WarehouseRow, platform: Exclude<PlatformSettings, string>, ducklings?: unknown): Promise<{
    readonly ok: true;
    readonly catalog: DerivedCatalog;
} | {
    readonly ok: false;
    readonly problems: readonly Problem[];
}>;

// api-results.d.ts
/** What the functions of `api.ts` return, where the program's own types are not part of the interface. */
/** What became of every org of the source, and of the files. */
export interface SynthResult {
    /** Sorted by name. */
    readonly rendered: readonly {
        readonly org: string;
        readonly name: string;
        readonly directory: string;
        readonly changed: boolean;
    }[];
    /** Orgs that are not meant to have a catalog. */
    readonly skipped: readonly SkippedOrg[];
    /** Orgs whose records have problems. Their committed files stay. */
    readonly rejected: readonly RejectedOrg[];
    /** Orgs whose committed directory goes: by this run, or, when it was held back, by one with `allowRemoval`. */
    readonly removed: readonly {
        readonly org: string | undefined;
        readonly name: string;
        readonly directory: string;
    }[];
    readonly orgs: {
        readonly changed: number;
        readonly unchanged: number;
    };
    readonly files: {
        readonly written: number;
        readonly unchanged: number;
        readonly removed: number;
    };
    /** Paths that were written or removed, or with `check` would be; sorted. */
    readonly changes: readonly {
        readonly path: string;
        readonly change: 'created' | 'updated' | 'removed';
    }[];
    /** Why nothing was changed, when the run was held back. */
    readonly heldBack: string | undefined;
    /** Org ids that the settings override and the source does not have. */
    readonly unknownOverrides: readonly string[];
}
export interface SkippedOrg {
    readonly org: string;
    readonly reason: string;
    /** Whether manifests that are committed stay. */
    readonly keep: boolean;
}
export interface RejectedOrg {
    /** Undefined when the record does not say whose it is. */
    readonly org: string | undefined;
    readonly problems: readonly {
        readonly at: string;
        readonly message: string;
    }[];
}
export type Risk = 'none' | 'low' | 'medium' | 'high' | 'critical';
/**
 * A plan; `schemas/plan.schema.json` describes each field. Texts are as they are in the source: escape them where they
 * are shown.
 */
export interface Plan {
    readonly version: 1;
    readonly against: {
        readonly directory: string;
        readonly ref: string | null;
        readonly commit: string | null;
    };
    /** The highest of the changes. */
    readonly risk: Risk;
    readonly orgs: {
        readonly desired: number;
        readonly added: number;
        readonly leaving: number;
        readonly changed: number;
        readonly unchanged: number;
    };
    /** Ids of the desired orgs, by where they stand on their way to authentication. */
    readonly authentication: {
        readonly none: readonly string[];
        readonly prepare: readonly string[];
        readonly enforce: readonly string[];
    };
    readonly files: {
        readonly created: number;
        readonly updated: number;
        readonly removed: number;
        readonly unchanged: number;
    };
    /** Why synth would change nothing without `allowRemoval`. */
    readonly heldBack: string | null;
    /** The highest risk first. */
    readonly changes: readonly PlannedChange[];
    readonly rejected: readonly {
        readonly org: string | null;
        readonly problems: readonly {
            readonly at: string;
            readonly message: string;
        }[];
    }[];
    readonly skipped: readonly SkippedOrg[];
    /** Files among ours that synth did not make and leaves alone. */
    readonly foreignFiles: readonly string[];
    readonly unknownOverrides: readonly string[];
    /** The version that renders, and the image that the registration Jobs run. */
    readonly program: {
        readonly version: string;
        readonly registrationImage: string;
    };
}
export interface PlannedChange {
    /** `imageUpgraded`; kinds are added within a version. */
    readonly kind: string;
    readonly risk: Exclude<Risk, 'none'>;
    /** For people, as is `effect`: both may change. */
    readonly title: string;
    readonly effect: string;
    /** How many orgs it happens to; 0 when only the platform's own objects change. */
    readonly orgs: number;
    /** Most orgs first. */
    readonly variants: readonly {
        readonly what?: string | undefined;
        readonly from?: string | undefined;
        readonly to?: string | undefined;
        readonly subjects: readonly {
            readonly org: string | null;
            readonly name: string;
            readonly what?: string | undefined;
            readonly from?: string | undefined;
            readonly to?: string | undefined;
            readonly detail?: string | undefined;
        }[];
    }[];
}
/** One org's Lakekeeper: its names, and what it is connected to. */
export interface DerivedCatalog {
    readonly org: string;
    readonly names: {
        /** Custom resource, Deployment, Service, Secret and ServiceAccount; also the directory in `dist/orgs`. */
        readonly kubernetes: string;
        readonly namespace: string;
        /** Value of the org label, by which workers are selected. */
        readonly orgLabel: string;
        readonly serviceAccount: string;
        readonly lakekeeperWarehouse: string;
        readonly oauthClientId: string;
        readonly workerNamespace: string;
        readonly workerLabels: Readonly<Record<string, string>>;
    };
    /** Of the server. */
    readonly image: string;
    /** `external`: something else scales the custom resource. */
    readonly replicas: number | 'external';
    /** URL of the server's root, without a slash at its end. */
    readonly baseURI: string;
    readonly metadataStore: {
        readonly host: string;
        readonly port: number;
        readonly database: string;
        readonly provisioning: 'admin' | 'preProvisioned';
    };
    readonly dataStore: {
        readonly type: 's3' | 'gcs' | 'adls';
        /** Of `s3` and `gcs`. */
        readonly bucket?: string;
        /** Of `adls`. */
        readonly accountName?: string;
        readonly filesystem?: string;
        readonly keyPrefix: string;
    };
    /** The audience is missing without authentication. */
    readonly authentication: {
        readonly mode: 'none' | 'kubernetes' | 'openID';
        readonly audience?: string;
    };
}

// registration/result.d.ts
import type { RegistrationAction } from './actions.js';
import type { AuthenticationStage } from './authentication/authentication-stage.js';
/** The result of a run for one org. */
export interface RegistrationResult {
    readonly org: string;
    /**
     * `authentication`: the server may refuse requests without a token; `credentials`: the first Job of hook mode
     * `split` is done; `stopped`: the org must not be registered any more; `planned`: a dry run; `rejected`: its record
     * or the settings are wrong, and nothing was tried.
     */
    readonly result: 'registered' | 'unchanged' | 'authentication' | 'credentials' | 'stopped' | 'planned' | 'failed' | 'rejected';
    /** The catalog's endpoint, or the reason. */
    readonly detail: string;
    /** What was done before the end or the failure. For a dry run, what would be done. */
    readonly actions: readonly RegistrationAction[];
    /** The stage of the org's authentication, if the run was completed. */
    readonly authentication?: AuthenticationStage | undefined;
    /** For `failed`. Its class decides whether a retry helps. */
    readonly error?: unknown;
}

// registration/actions.d.ts
/** The steps of a registration or a retirement, in their order. */
export type Step = 'metadata store' | 'secret' | 'operator' | 'pods' | 'bootstrap' | 'warehouse' | 'record';
/** Every kind of action: its step, and its text before and after it is done. */
declare const kinds: {
    readonly createRole: readonly ["metadata store", "create the role", "created the role"];
    readonly enableLogin: readonly ["metadata store", "enable the login of the role", "enabled the login of the role"];
    readonly setPassword: readonly ["metadata store", "set the role's password", "set the role's password"];
    readonly grantRoleToAdmin: readonly ["metadata store", "grant the role to the admin", "granted the role to the admin"];
    readonly createDatabase: readonly ["metadata store", "create the database", "created the database"];
    readonly setDatabaseOwner: readonly ["metadata store", "set the owner of the database", "set the owner of the database"];
    readonly revokePublicConnect: readonly ["metadata store", "revoke the rights of PUBLIC on the database", "revoked the rights of PUBLIC on the database"];
    readonly createSchema: readonly ["metadata store", "create the schema public", "created the schema public"];
    readonly setSchemaOwner: readonly ["metadata store", "set the owner of the schema public", "set the owner of the schema public"];
    readonly createExtension: readonly ["metadata store", "create an extension", "created an extension"];
    readonly disableLogin: readonly ["metadata store", "disable the login of the role", "disabled the login of the role"];
    readonly endConnections: readonly ["metadata store", "end the connections of the role", "ended the connections of the role"];
    readonly dropDatabase: readonly ["metadata store", "drop the database", "dropped the database"];
    readonly dropRole: readonly ["metadata store", "drop the role", "dropped the role"];
    readonly createSecret: readonly ["secret", "create the Secret", "created the Secret"];
    readonly updateSecret: readonly ["secret", "write keys of the Secret", "wrote keys of the Secret"];
    readonly noteChange: readonly ["secret", "note that values of pods changed", "noted that values of pods changed"];
    readonly labelSecret: readonly ["secret", "label the Secret as retired", "labelled the Secret as retired"];
    readonly deleteSecret: readonly ["secret", "delete the Secret", "deleted the Secret"];
    readonly requestReconcile: readonly ["operator", "request a reconcile of the operator", "requested a reconcile of the operator"];
    readonly replacePods: readonly ["pods", "replace the pods, one at a time", "replaced the pods"];
    readonly notePods: readonly ["pods", "note that all pods have the values", "noted that all pods have the values"];
    readonly awaitCatalog: readonly ["bootstrap", "wait until the catalog is up", "waited until the catalog was up"];
    readonly bootstrapServer: readonly ["bootstrap", "bootstrap the server", "bootstrapped the server"];
    readonly createProject: readonly ["warehouse", "create the default project", "created the default project"];
    readonly createWarehouse: readonly ["warehouse", "create the Lakekeeper warehouse", "created the Lakekeeper warehouse"];
    readonly activateWarehouse: readonly ["warehouse", "activate the Lakekeeper warehouse", "activated the Lakekeeper warehouse"];
    readonly protectWarehouse: readonly ["warehouse", "protect the warehouse from deletion", "protected the warehouse from deletion"];
    readonly lockWarehouse: readonly ["warehouse", "let instance admins alone change the warehouse", "let instance admins alone change the warehouse"];
    readonly unlockWarehouse: readonly ["warehouse", "let everybody change the warehouse", "let everybody change the warehouse"];
    readonly renameWarehouse: readonly ["warehouse", "rename the Lakekeeper warehouse", "renamed the Lakekeeper warehouse"];
    readonly updateStorage: readonly ["warehouse", "update the storage of the warehouse", "updated the storage of the warehouse"];
    readonly setDeleteProfile: readonly ["warehouse", "set what becomes of dropped tables", "set what becomes of dropped tables"];
    readonly replaceCredential: readonly ["warehouse", "send the catalog the storage credential again", "sent the catalog the storage credential again"];
    readonly writeRecord: readonly ["record", "write the record", "wrote the record"];
};
export type ActionKind = keyof typeof kinds;
/** An action of a registration or a retirement, done or planned. It is logged and printed, and has no credential. */
export interface RegistrationAction {
    readonly kind: ActionKind;
    /** The database, role or object: `lakekeeper_acme`, `lakekeeper/lakekeeper-acme`. */
    readonly object: string;
    /** For messages: what differs. */
    readonly detail?: string;
}
export declare function stepOf({ kind }: RegistrationAction): Step;
/** `create the database` */
export declare function planned({ kind }: RegistrationAction): string;
/** `created the database`. The text is constant for a kind, so that a log can be searched for it. */
export declare function done({ kind }: RegistrationAction): string;
/** An action as fields of the log. */
export declare function fieldsOf(action: RegistrationAction): {
    step: Step;
    action: "activateWarehouse" | "awaitCatalog" | "bootstrapServer" | "createDatabase" | "createExtension" | "createProject" | "createRole" | "createSchema" | "createSecret" | "createWarehouse" | "deleteSecret" | "disableLogin" | "dropDatabase" | "dropRole" | "enableLogin" | "endConnections" | "grantRoleToAdmin" | "labelSecret" | "lockWarehouse" | "noteChange" | "notePods" | "protectWarehouse" | "renameWarehouse" | "replaceCredential" | "replacePods" | "requestReconcile" | "revokePublicConnect" | "setDatabaseOwner" | "setDeleteProfile" | "setPassword" | "setSchemaOwner" | "unlockWarehouse" | "updateSecret" | "updateStorage" | "writeRecord";
    object: string;
    detail?: string;
};
export {};

// registration/authentication/authentication-stage.d.ts
/** The stage of an org in the roll-out of authentication. */
export interface AuthenticationStage {
    /**
     * `preparing`: workers or row are not ready. `prepared`: sessions log in, and the server also accepts requests
     * without a token. `heldBack`: the settings say enforce, and that is not applied. `enforced`: the server requires a
     * token.
     */
    readonly stage: 'none' | 'preparing' | 'prepared' | 'heldBack' | 'enforced';
    /** What it waits for. */
    readonly waitsFor?: string;
}

// text/problem.d.ts
/** Something that is wrong with an input. */
export interface Problem {
    /** Address of the value in the source, for example `warehouses[3].org_id` or `platform.yaml: orgs.acme.image`. */
    readonly at: string;
    readonly message: string;
}

// text/errors.d.ts
/**
 * Errors for people. The message says what was expected, what was seen and what to do next. The entry files print the
 * message and its causes, never a stack, and choose the exit code by the class. Any other error is transient (exit code
 * 1).
 */
/** The command line or a settings file is wrong, and has to be changed. */
export declare class UsageError extends Error {
    name: string;
}
/** A retry cannot help; a person has to act. */
export declare class PermanentError extends Error {
    name: string;
}
/** Exit codes of every command, as documented in `docs/reference.md`. */
export declare const ExitCode: {
    readonly done: 0;
    readonly transient: 1;
    readonly usage: 2;
    readonly someRejected: 3;
    readonly permanent: 4;
    /** For `plan --exit-code` only. Not 1 or 2: a failure must not be mistaken for changes. */
    readonly changes: 5;
};
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];
export declare function exitCodeOf(error: unknown): ExitCode;
/** The messages of an error and of its causes, one line each, without stacks. */
export declare function explain(error: unknown): string;
