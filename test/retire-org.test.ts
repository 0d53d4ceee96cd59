import { expect, test } from 'vitest';
import { retirementOf } from '../src/retire-org.ts';
import { synth } from '../src/synth.ts';
import { readWorkTree } from '../src/tree/work-tree.ts';
import { platform, rawRecords } from './support/fleet.ts';
import { withDirectory } from './support/tree.ts';

type Row = Parameters<typeof rawRecords>[0][number];
const source = (rows: readonly Row[], settings = {}) => ({
  records: rawRecords(rows),
  platform: platform(settings),
  ducklings: new Map(),
});
const acme = { org_id: 'acme' };
const leaves = { ...acme, iceberg_enabled: false };
const others = ['globex', 'hooli', 'umbrella'].map((org_id) => ({ org_id }));

/** A directory in which all of them are rendered. */
const committed = (work: (out: string) => Promise<void>) =>
  withDirectory(async (out) => {
    await synth({ ...source([...others, acme]), out, check: false, allowRemoval: false });
    await work(out);
  });

test('an org that leaves has the same retirement before and after synth has rendered it', () =>
  committed(async (out) => {
    const fleet = source([...others, leaves]);
    const inputs = await retirementOf(fleet, await readWorkTree(out), 'acme');
    expect(inputs).toMatchObject({ policy: 'retain', registration: { org: 'acme' } });
    await synth({ ...fleet, out, check: false, allowRemoval: false });
    expect(await retirementOf(fleet, await readWorkTree(out), 'acme')).toEqual(inputs);
  }));

test('an org that does not leave, cannot be retired, or is unknown, is refused with the reason', () =>
  committed(async (out) => {
    const refusal = async (rows: readonly Row[], org: string, settings = {}) =>
      retirementOf(source(rows, settings), await readWorkTree(out), org).catch(String);
    expect(await refusal([...others, acme], 'acme')).toContain('disable its row first');
    expect(await refusal([...others, acme], 'nobody')).toContain(`${out} has no directory of it`);
    const deletes = { retirement: { policy: 'delete' } };
    expect(await refusal([...others, leaves], 'acme', deletes)).toContain('retirement.confirm: lacks "acme"');
    const fleet = source([...others, leaves]);
    await synth({ ...fleet, out, check: false, allowRemoval: false });
    const retired = { ...leaves, iceberg_state: 'retired' };
    expect(await refusal([...others, retired], 'acme')).toContain('recorded already');
  }));
