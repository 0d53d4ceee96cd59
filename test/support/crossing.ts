/** Something on its way between the program and one of its servers. */
export interface Crossing {
  readonly server: 'postgres' | 'kubernetes' | 'lakekeeper' | 'tokens';
  /** A whole request on its way there, or the whole answer on its way back. */
  readonly stage: 'request' | 'answer';
  /**
   * `CREATE ROLE "lakekeeper_acme"`, `POST /api/v1/namespaces/lakekeeper/secrets`; `connect to postgres as admin`
   * for the login at Postgres.
   */
  readonly what: string;
  /** Whether the request changes something that outlives its connection. */
  readonly isWrite: boolean;
}

/**
 * What becomes of it: it passes; its connection breaks before it is there (`cut`) or when half of it is (`half`);
 * nothing ever comes (`hold`). It waits until that is decided.
 */
export type Fate = 'pass' | 'cut' | 'half' | 'hold';
export type Gate = (crossing: Crossing) => Fate | Promise<Fate>;

/** In a few words, the same for every run. */
export function nameOf({ server, stage, what }: Crossing): string {
  return `${stage === 'request' ? 'before' : 'after'} ${server} ${what}`;
}

/** A request with `{id}` for the id of its warehouse, which is another one in each run. */
export function ofAnyWarehouse(request: string): string {
  return request.replace(/(?<=\/warehouse\/)[0-9a-f-]{36}/, '{id}');
}
