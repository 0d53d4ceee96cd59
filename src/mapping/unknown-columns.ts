import { isMapping } from '../text/is-mapping.ts';
import { nameForMessage } from '../text/printable.ts';
import { similarColumn } from './known-columns.ts';
import { pathsOf, valueAt } from './map-entry.ts';
import { nearestName } from './nearest-column.ts';
import { isDuckgres, type SourceMapping } from './source-mapping.ts';

interface Found {
  /** The column that it is close to. */
  readonly meant: string | undefined;
  /** Address of the first entry that has it. */
  first?: string;
  more: number;
}

/**
 * The columns of a file that are not known and close to one that is: ignored, and most likely a mistake. With a mapping
 * of its own, a file may have any others, so only entries that lack the column itself count.
 *
 * @param at address of an entry, by its index.
 * @returns one line for each column.
 */
export function unknownColumns(
  entries: readonly unknown[],
  mapping: SourceMapping,
  at: (index: number) => string,
): string[] {
  const isMapped = !isDuckgres(mapping);
  const similar = isMapped ? similarPath(mapping) : similarColumn;
  const found = new Map<string, Found>();
  for (const [index, entry] of entries.entries()) {
    if (!isMapping(entry)) continue;
    for (const column of isMapped ? pathsOf([entry]) : Object.keys(entry)) {
      const one: Found = found.get(column) ?? { meant: similar(column), more: 0 };
      found.set(column, one);
      if (one.meant === undefined || (isMapped && valueAt(entry, one.meant) !== undefined)) continue;
      if (one.first === undefined) one.first = at(index);
      else one.more += 1;
    }
  }
  return [...found].flatMap(([column, { meant, first, more }]) =>
    first === undefined
      ? []
      : `${first}.${nameForMessage(column)}${more > 0 ? ` and ${more} more` : ''}: ` +
        `is not a column; did you mean ${meant}?`,
  );
}

/** The path of the mapping that another one differs from by a typing error. */
function similarPath({ sources }: SourceMapping): (path: string) => string | undefined {
  const mapped = [...sources.values()].flatMap((source) => ('column' in source ? source.column : []));
  return (path) =>
    mapped.some((one) => one === path || one.startsWith(`${path}.`) || path.startsWith(`${one}.`))
      ? undefined
      : nearestName(path, mapped);
}
