import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { OrgId, ParsedRecord, WarehouseRecord } from './warehouse-record.ts';

/** Parsed records by their number: an array of them is one, and `PackedRecords`. */
export interface Records {
  readonly length: number;
  at(index: number): ParsedRecord | undefined;
}

const perPage = 128;
/** Bytes from which on pages are compressed: of a smaller fleet it is not worth the time. */
const asItIs = 2 * 2 ** 20;
/** Pages that stay open: the one that is read from the first record to the last, and a few that others are compared with. */
const openAtMost = 4;

/**
 * Parsed records in little memory: as text outside of the heap, compressed where there are many, and taken apart again each time they are asked
 * for. Some rules hold between orgs and need all of the records, which as objects are 600 bytes each.
 */
export class PackedRecords implements Records {
  private readonly pages: Page[] = [];
  private readonly opened = new Map<Page, Buffer>();
  private last: string[] = [];
  private bytes = 0;

  get length(): number {
    return this.pages.length * perPage + this.last.length;
  }

  add(parsed: ParsedRecord): void {
    this.last.push(packed(parsed));
    if (this.last.length < perPage) return;
    const page = pageOf(this.last);
    this.bytes += page.bytes.length;
    this.pages.push(this.bytes > asItIs ? compressed(page) : page);
    this.last = [];
  }

  at(index: number): ParsedRecord | undefined {
    const page = this.pages[Math.floor(index / perPage)];
    const text = page === undefined ? this.last[index % perPage] : this.textIn(page, index % perPage);
    return text === undefined ? undefined : unpacked(text);
  }

  private textIn(page: Page, index: number): string {
    const { encoding, ends } = page;
    const start = index === 0 ? 0 : ends[index - 1];
    return this.open(page).toString(encoding, start, ends[index]);
  }

  private open(page: Page): Buffer {
    if (!page.isCompressed) return page.bytes;
    let text = this.opened.get(page);
    if (text === undefined) {
      text = inflateRawSync(page.bytes);
      const [oldest] = this.opened.keys();
      if (oldest !== undefined && this.opened.size >= openAtMost) this.opened.delete(oldest);
      this.opened.set(page, text);
    }
    return text;
  }
}

interface Page {
  readonly bytes: Buffer;
  readonly isCompressed: boolean;
  readonly encoding: 'latin1' | 'utf16le';
  /** Where each text ends, in bytes. */
  readonly ends: Uint32Array;
}

function pageOf(texts: readonly string[]): Page {
  const text = texts.join('');
  // Neither of them loses anything, whatever the text.
  const encoding = beyondLatin1.test(text) ? 'utf16le' : 'latin1';
  const size = encoding === 'latin1' ? 1 : 2;
  let end = 0;
  const ends = Uint32Array.from(texts, ({ length }) => (end += size * length));
  return { bytes: Buffer.from(text, encoding), isCompressed: false, encoding, ends };
}

function compressed({ bytes, encoding, ends }: Page): Page {
  // What the compression returns is part of something bigger.
  return { bytes: Buffer.from(deflateRawSync(bytes, { level: 1 })), isCompressed: true, encoding, ends };
}

const beyondLatin1 = /[^\0-\xff]/;

/**
 * A good record is the lengths of its fields, and the fields; a bad one is JSON. `JSON.parse` of them all would be slower, and put every short
 * text among the names of the program, which the quick collection of garbage does not clear.
 */
function packed(parsed: ParsedRecord): string {
  if (!parsed.ok) return `${kinds.json}${JSON.stringify(parsed)}`;
  const fields = fieldsOf(parsed.record);
  let lengths: string = kinds.fields;
  let texts = '';
  for (const field of fields) {
    const length = field === undefined ? 0 : field.length + 1;
    if (length > longest) return `${kinds.json}${JSON.stringify(parsed)}`;
    lengths += String.fromCharCode(length);
    texts += field ?? '';
  }
  return lengths + texts;
}

const kinds = { fields: 'F', json: 'J' } as const;
/** What one UTF-16 code unit can say. */
const longest = 0xffff;
const fieldCount = 18;

function fieldsOf({
  recorded,
  metadataStore,
  dataStore,
  ...record
}: WarehouseRecord): readonly (string | undefined)[] {
  const { at, org, state, icebergEnabled, icebergBackend, ducklingName } = record;
  const { host, port, database, user } = metadataStore;
  const { endpoint, lakekeeperWarehouse, oauthClientId, oauthServerURI } = recorded;
  const { kind, bucket, region } = dataStore;
  // biome-ignore format: a line for each part of a record
  return [
    at, org, state, icebergEnabled ? '' : undefined, icebergBackend, ducklingName,
    endpoint, lakekeeperWarehouse, oauthClientId, oauthServerURI,
    metadataStore.kind, host, port?.toString(), database, user,
    kind, bucket, region,
  ];
}

function unpacked(text: string): ParsedRecord {
  if (text[0] === kinds.json) return JSON.parse(text.slice(1)) as ParsedRecord;
  let end = 1 + fieldCount;
  const field = (index: number): string | undefined => {
    const length = text.charCodeAt(1 + index);
    if (length === 0) return undefined;
    const start = end;
    end += length - 1;
    return text.slice(start, end);
  };
  // In the order of `fieldsOf`.
  const at = field(0) as string;
  const org = field(1) as OrgId;
  const state = field(2) as string;
  const icebergEnabled = field(3) !== undefined;
  const icebergBackend = field(4) as string;
  const ducklingName = field(5);
  const recorded = {
    endpoint: field(6),
    lakekeeperWarehouse: field(7),
    oauthClientId: field(8),
    oauthServerURI: field(9),
  };
  const metadataStore = {
    kind: field(10),
    host: field(11),
    port: numberIn(field(12)),
    database: field(13),
    user: field(14),
  };
  const dataStore = { kind: field(15) as string, bucket: field(16), region: field(17) };
  const record = {
    at,
    org,
    state,
    icebergEnabled,
    icebergBackend,
    recorded,
    metadataStore,
    dataStore,
    ducklingName,
  };
  return { ok: true, record };
}

function numberIn(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}
