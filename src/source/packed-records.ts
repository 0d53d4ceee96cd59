import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { OrgId, ParsedRecord, WarehouseRecord } from './warehouse-record.ts';

const perPage = 128;
/** Bytes from which on pages are compressed: of a smaller fleet it is not worth the time. */
const asItIs = 2 * 2 ** 20;
/** Pages that stay open: the one that is read from the first record to the last, and a few that others are compared with. */
const openAtMost = 4;

/**
 * Parsed records in little memory: as text outside of the heap, compressed where there are many, and taken apart again each time they are asked
 * for. Some rules hold between orgs and need all of the records, which as objects are 600 bytes each.
 */
export class PackedRecords {
  private readonly pages: Page[] = [];
  private readonly opened = new OpenPages();
  private last = new PageWriter();
  private bytes = 0;

  get length(): number {
    return this.pages.length * perPage + this.last.length;
  }

  add(parsed: ParsedRecord): void {
    this.last.add(packed(parsed));
    if (this.last.length < perPage) return;
    const page = this.last.take(this.bytes >= asItIs);
    this.bytes += page.bytes.length;
    this.pages.push(page);
  }

  /** A record by its number. */
  at(index: number): ParsedRecord | undefined {
    const page = this.pages[Math.floor(index / perPage)];
    const place = index % perPage;
    if (page !== undefined) return unpacked(textIn(this.opened.bytesOf(page), place));
    return index < this.length ? unpacked(textIn(this.last.bytes, place)) : undefined;
  }
}

/** Where the text of each record ends, and the texts. */
interface Page {
  readonly bytes: Buffer;
  /** How many bytes it was, when it is compressed. */
  readonly compressedFrom: number | undefined;
}

/** The bytes of compressed pages, in memory that is used again: buffers that lived so long would be there until all garbage is collected. */
class OpenPages {
  private readonly places: { page: Page | undefined; bytes: Buffer }[] = Array.from(
    { length: openAtMost },
    () => ({ page: undefined, bytes: Buffer.alloc(0) }),
  );
  private next = 0;

  bytesOf(page: Page): Buffer {
    const { bytes, compressedFrom } = page;
    if (compressedFrom === undefined) return bytes;
    const open = this.places.find((place) => place.page === page);
    if (open !== undefined) return open.bytes;
    const place = this.places[this.next] as (typeof this.places)[number];
    this.next = (this.next + 1) % openAtMost;
    if (place.bytes.length < compressedFrom) place.bytes = Buffer.alloc(2 * compressedFrom);
    // With room for one byte more, it need not ask whether there is more.
    inflateRawSync(bytes, { chunkSize: compressedFrom + 1 }).copy(place.bytes);
    place.page = page;
    return place.bytes;
  }
}

const sizeOfEnds = 4 * perPage;
/** First byte of a text: neither encoding loses anything, whatever the text. */
const encodings = ['latin1', 'utf16le'] as const;
const beyondLatin1 = /[^\0-\xff]/;

/** The page that is being filled, in memory that is used again: a text that stayed in the heap until its page is full would be copied around. */
class PageWriter {
  bytes = Buffer.allocUnsafe(64 * 1024);
  private end = sizeOfEnds;
  private count = 0;

  get length(): number {
    return this.count;
  }

  add(text: string): void {
    // Room for it in either encoding.
    const needed = this.end + 1 + 2 * text.length;
    if (needed > this.bytes.length) this.bytes = Buffer.concat([this.bytes], 2 * needed);
    const encoding = beyondLatin1.test(text) ? 1 : 0;
    this.bytes[this.end] = encoding;
    this.end += 1 + this.bytes.write(text, this.end + 1, encodings[encoding]);
    this.bytes.writeUInt32LE(this.end, 4 * this.count);
    this.count += 1;
  }

  take(isCompressed: boolean): Page {
    const bytes = this.bytes.subarray(0, this.end);
    const [compressedFrom, kept] = isCompressed
      ? [this.end, deflateRawSync(bytes, { level: 1, chunkSize: 4096 })]
      : [undefined, bytes];
    this.end = sizeOfEnds;
    this.count = 0;
    // What it is taken from is bigger.
    return { bytes: Buffer.from(kept), compressedFrom };
  }
}

function textIn(page: Buffer, index: number): string {
  const start = index === 0 ? sizeOfEnds : page.readUInt32LE(4 * (index - 1));
  return page.toString(encodings[page[start] as 0 | 1], start + 1, page.readUInt32LE(4 * index));
}

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
