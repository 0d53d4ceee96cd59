import type { OrgId, ParsedRecord, WarehouseRecord } from './warehouse-record.ts';

/** Parsed records by their number: an array of them is one, and `PackedRecords`. */
export interface Records {
  readonly length: number;
  at(index: number): ParsedRecord | undefined;
}

const perPage = 256;

/**
 * Parsed records in little memory: as text outside of the heap, parsed again each time they are asked for. Some rules hold between orgs
 * and need all of the records, which as objects are 600 bytes each.
 */
export class PackedRecords implements Records {
  private readonly pages: Page[] = [];
  private open: string[] = [];

  get length(): number {
    return this.pages.length * perPage + this.open.length;
  }

  add(parsed: ParsedRecord): void {
    this.open.push(JSON.stringify(parsed.ok ? packed(parsed.record) : parsed));
    if (this.open.length < perPage) return;
    this.pages.push(pageOf(this.open));
    this.open = [];
  }

  at(index: number): ParsedRecord | undefined {
    const page = this.pages[Math.floor(index / perPage)];
    const text = page ? textIn(page, index % perPage) : this.open[index % perPage];
    if (text === undefined) return undefined;
    const content: unknown = JSON.parse(text);
    return Array.isArray(content)
      ? { ok: true, record: unpacked(content as unknown as Packed) }
      : (content as ParsedRecord);
  }
}

interface Page {
  readonly text: Buffer;
  /** Where each text ends. */
  readonly ends: Uint32Array;
}

function pageOf(texts: readonly string[]): Page {
  let end = 0;
  const ends = Uint32Array.from(texts, (text) => (end += Buffer.byteLength(text)));
  return { text: Buffer.from(texts.join('')), ends };
}

function textIn({ text, ends }: Page, index: number): string {
  return text.toString('utf8', index === 0 ? 0 : ends[index - 1], ends[index]);
}

/** A record as a list: the names of its fields would be most of it. What is undefined is null in JSON. */
type Packed = readonly [
  ...[
    at: string,
    org: OrgId,
    state: string,
    icebergEnabled: boolean,
    icebergBackend: string,
    dataStoreKind: string,
  ],
  ...optional: (string | number | null | undefined)[],
];

function packed({ recorded, metadataStore, dataStore, ...record }: WarehouseRecord): Packed {
  const { at, org, state, icebergEnabled, icebergBackend, ducklingName } = record;
  const { host, port, database, user } = metadataStore;
  const { endpoint, lakekeeperWarehouse, oauthClientId, oauthServerURI } = recorded;
  const { kind, bucket, region } = dataStore;
  // biome-ignore format: a line for each part of a record
  return [
    at, org, state, icebergEnabled, icebergBackend, kind,
    ducklingName, endpoint, lakekeeperWarehouse,
    metadataStore.kind, host, port, database, user,
    bucket, region, oauthClientId, oauthServerURI,
  ];
}

function unpacked([
  at,
  org,
  state,
  icebergEnabled,
  icebergBackend,
  kind,
  ...optional
]: Packed): WarehouseRecord {
  const text = (index: number) => (optional[index] ?? undefined) as string | undefined;
  return {
    at,
    org,
    state,
    icebergEnabled,
    icebergBackend,
    ducklingName: text(0),
    recorded: {
      endpoint: text(1),
      lakekeeperWarehouse: text(2),
      oauthClientId: text(10),
      oauthServerURI: text(11),
    },
    metadataStore: {
      kind: text(3),
      host: text(4),
      port: (optional[5] ?? undefined) as number | undefined,
      database: text(6),
      user: text(7),
    },
    dataStore: { kind, bucket: text(8), region: text(9) },
  };
}
