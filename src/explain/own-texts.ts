import type { Catalog } from '../catalog/catalog.ts';
import type { Change } from './change.ts';

/**
 * The texts of an org that a plan only copies and compares for equality: its names, the locations of its data and
 * metadata, and digests in its files. Each is replaced by a mark. Two orgs whose files are the same with marks have the
 * same changes with marks.
 */
export class OwnTexts {
  private readonly marks = new Map<string, string>();
  private readonly texts = new Map<string, string>();
  private readonly pattern: RegExp;

  constructor(catalog: Catalog) {
    const texts = ownTexts(catalog);
    for (const [i, text] of texts.entries()) if (!this.marks.has(text)) this.add(text, `${i}`);
    const longestFirst = [...this.marks.keys()].sort((a, b) => b.length - a.length);
    const any = [...longestFirst.map((text) => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')), digest].join(
      '|',
    );
    this.pattern = new RegExp(`(?<![A-Za-z0-9])(?:${any})(?![A-Za-z0-9])`, 'gu');
  }

  /** Replaces texts of the org's files by marks. Digests get marks in the order in which they occur. */
  markFiles(text: string): string {
    return text.replaceAll(
      this.pattern,
      (found) => this.marks.get(found) ?? this.add(found, `#${this.marks.size}`),
    );
  }

  /** Replaces texts of changes by marks. A digest that no file has is not replaced: only this org has it. */
  markChanges(changes: readonly Change[]): Change[] {
    const mark = (text: string) => text.replaceAll(this.pattern, (found) => this.marks.get(found) ?? found);
    return changes.map((change) => mapTexts(change, mark));
  }

  /** Replaces marks in changes by the texts of this org. */
  fillChanges(changes: readonly Change[]): Change[] {
    return changes.map((change) =>
      mapTexts(change, (text) => text.replaceAll(/\0[^\0]*\0/g, (mark) => this.texts.get(mark) ?? mark)),
    );
  }

  private add(text: string, name: string): string {
    const mark = `\0${name}\0`;
    this.marks.set(text, mark);
    this.texts.set(mark, text);
    return mark;
  }
}

/** Fingerprints, seals, hashes at the ends of names. */
const digest = '[0-9a-f]{8}(?:[0-9a-f]{8})*';

/** The order is fixed, so that the marks of two orgs correspond. An empty text would match everywhere. */
function ownTexts({ org, names, metadataStore, dataStore }: Catalog): string[] {
  const login = metadataStore.provisioning === 'admin' ? metadataStore.postgresRole : metadataStore.user;
  const place =
    dataStore.type === 'adls' ? [dataStore.accountName, dataStore.filesystem] : [dataStore.bucket];
  return [
    names.kubernetes,
    names.migrationJob,
    names.lakekeeperWarehouse,
    names.oauthClientId,
    names.serviceAccount,
    names.orgLabel,
    org,
    org.replaceAll('-', '_'),
    metadataStore.database,
    login,
    metadataStore.host,
    ...place,
    dataStore.keyPrefix,
  ].filter((text) => text !== '');
}

function mapTexts(change: Change, map: (text: string) => string): Change {
  return Object.fromEntries(
    Object.entries(change).map(([key, text]) => [key, key === 'kind' ? text : map(text)]),
  ) as unknown as Change;
}
