/**
 * The program as functions, for those who call it from code of their own, such as a cdk8s app. What is exported here is
 * the interface that versions keep (docs/releases.md); the commands do the same by the same code.
 *
 * @packageDocumentation
 */

import type { DerivedCatalog, Plan, SynthResult } from './api-results.ts';
import type { FleetInputs } from './read-fleet.ts';
import type { RegistrationResult } from './registration/result.ts';
import type { Problem } from './text/problem.ts';

export type {
  DerivedCatalog,
  Plan,
  PlannedChange,
  RejectedOrg,
  Risk,
  SkippedOrg,
  SynthResult,
} from './api-results.ts';
export type { RegistrationAction } from './registration/actions.ts';
export type { AuthenticationStage } from './registration/authentication/authentication-stage.ts';
export type { RegistrationResult } from './registration/result.ts';
export { PermanentError, UsageError } from './text/errors.ts';
export type { Problem } from './text/problem.ts';

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
export async function synth(options: SynthOptions): Promise<SynthResult> {
  const { synth: render } = await import('./synth.ts');
  const { out, check = false, allowRemoval = false } = options;
  return render({ ...(await fleetOf(options)), out, check, allowRemoval });
}

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
export async function plan(options: PlanOptions): Promise<Plan> {
  const [flow, { withCommitted }] = await Promise.all([
    import('./plan.ts'),
    import('./tree/with-committed.ts'),
  ]);
  const { out, against, allowRemoval = false } = options;
  const fleet = await fleetOf(options);
  return withCommitted(out, against, (committed) => flow.plan({ ...fleet, committed, allowRemoval }));
}

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
export async function register(options: RegisterOptions): Promise<RegistrationResult[]> {
  const [{ registerFleet }, { openRegistrar }] = await Promise.all([
    import('./register-fleet.ts'),
    import('./registration/open-registrar.ts'),
  ]);
  const { orgs, concurrency = 4, dryRun = false } = options;
  const { deadline = 900, acceptNewEncryptionKey = false, ...others } = options;
  const settings = { ...others, deadline, acceptNewEncryptionKey, until: 'proof', isJob: false } as const;
  const fleet = await fleetOf(options);
  return registerFleet(fleet, () => openRegistrar(settings), { orgs, concurrency, dryRun });
}

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
export async function deriveCatalog(
  warehouse: WarehouseRow,
  platform: Exclude<PlatformSettings, string>,
  ducklings: unknown = { items: [] },
): Promise<
  | { readonly ok: true; readonly catalog: DerivedCatalog }
  | { readonly ok: false; readonly problems: readonly Problem[] }
> {
  const [{ parsePlatform }, { parseWarehouseRecord }, { parseDucklings }, derivation, { recordsOfRows }] =
    await Promise.all([
      import('./platform/parse.ts'),
      import('./source/warehouse-record.ts'),
      import('./source/ducklings.ts'),
      import('./catalog/derive.ts'),
      import('./open-fleet.ts'),
    ]);
  const settings = parsePlatform('platform', platform);
  const { value } = await recordsOfRows([warehouse], settings, { at: () => 'warehouse' }).next();
  const parsed = parseWarehouseRecord(value);
  if (!parsed.ok) return { ok: false, problems: parsed.problems };
  return derivation.deriveCatalog(parsed.record, settings, parseDucklings(ducklings) ?? new Map());
}

async function fleetOf(options: FleetOptions): Promise<FleetInputs> {
  const [
    { parsePlatform, readPlatform },
    { warnings },
    { readDucklings },
    { openRecords, recordedBeside, recordsOfRows },
  ] = await Promise.all([
    import('./platform/parse.ts'),
    import('./platform/settings-warnings.ts'),
    import('./source/read-ducklings.ts'),
    import('./open-fleet.ts'),
  ]);
  const { warehouses, schema, table, records, warn = () => undefined } = options;
  const settings = typeof options.platform === 'string' ? options.platform : 'platform';
  const platform =
    typeof options.platform === 'string'
      ? await readPlatform(options.platform)
      : parsePlatform(settings, options.platform);
  for (const { at, message } of warnings(platform)) warn(`${settings}: ${at} ${message}`);
  const isNamed = warehouses === undefined || typeof warehouses === 'string';
  const source = isNamed
    ? await openRecords({ warehouses, schema, table }, platform, {}, warn)
    : recordsOfRows(warehouses, platform, { warn });
  return {
    platform,
    records: records === undefined ? source : await recordedBeside(source, platform, { records }),
    ducklings: await readDucklings(options.ducklings),
  };
}
