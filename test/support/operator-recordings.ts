import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';

/** What the real operator was recorded to do: test/contracts/recordings/operator/README.md. */
export const recordingsDirectory = new URL('../contracts/recordings/operator/', import.meta.url).pathname;

export interface RecordedCondition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
  readonly observedGeneration: number;
  readonly lastTransitionTime: string;
}

export interface RecordedLakekeeper {
  readonly kind: 'Lakekeeper';
  readonly metadata: { readonly name: string; readonly namespace: string; readonly generation: number };
  // biome-ignore lint/suspicious/noExplicitAny: as the API server had it.
  readonly spec: any;
  readonly status?: {
    readonly conditions: readonly RecordedCondition[];
    readonly migrationJob?: string;
    readonly [field: string]: unknown;
  };
}

/** The directories of the recorded states, `NN-state`, in their order. */
export const recordedStates: readonly string[] = readdirSync(recordingsDirectory)
  .filter((name) => /^\d\d-/.test(name))
  .sort();

/** The custom resource in a state; undefined where it is gone. */
export function recordedLakekeeper(state: string): RecordedLakekeeper | undefined {
  const found = documents(state, 'lakekeeper.yaml')[0] as RecordedLakekeeper | null | undefined;
  return found?.kind === 'Lakekeeper' ? found : undefined;
}

/** Jobs, Deployment and Services in a state. */
// biome-ignore lint/suspicious/noExplicitAny: objects of several kinds.
export function recordedObjects(state: string): any[] {
  return documents(state, 'objects.yaml').filter((object) => object !== null);
}

/** Every condition that was seen in any state or between two, with placeholders as messages.md has them. */
export function recordedMessages(): { type: string; status: string; reason: string; message: string }[] {
  const rows = readFileSync(join(recordingsDirectory, 'messages.md'), 'utf8').split('\n').slice(2);
  return rows.flatMap((row) => {
    const [, type = '', status = '', reason = '', message = ''] =
      /^\| (\w+) \| (\w+) \| (\w+) \| `(.*)` \| \S+ \|$/.exec(row) ?? [];
    return type ? [{ type, status, reason, message }] : [];
  });
}

function documents(state: string, file: string): unknown[] {
  const text = readFileSync(join(recordingsDirectory, state, file), 'utf8');
  return parseAllDocuments(text).map((document) => document.toJS());
}
