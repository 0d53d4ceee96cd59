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
  readonly orgs: { readonly changed: number; readonly unchanged: number };
  readonly files: { readonly written: number; readonly unchanged: number; readonly removed: number };
  /** Paths that were written or removed, or with `check` would be; sorted. */
  readonly changes: readonly { readonly path: string; readonly change: 'created' | 'updated' | 'removed' }[];
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
  readonly problems: readonly { readonly at: string; readonly message: string }[];
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
    readonly problems: readonly { readonly at: string; readonly message: string }[];
  }[];
  readonly skipped: readonly SkippedOrg[];
  /** Files among ours that synth did not make and leaves alone. */
  readonly foreignFiles: readonly string[];
  readonly unknownOverrides: readonly string[];
  /** The version that renders, and the image that the registration Jobs run. */
  readonly program: { readonly version: string; readonly registrationImage: string };
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
  readonly authentication: { readonly mode: 'none' | 'kubernetes' | 'openID'; readonly audience?: string };
}
