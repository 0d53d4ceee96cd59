import { expect, test } from 'vitest';
import type { Catalogs } from './catalogs.ts';

/** How long a name may be. */
export function nameContract(catalogs: Catalogs): void {
  const { get, start, jobOf, untilCondition } = catalogs;

  test.each([
    ['a slug at the limit', `lakekeeper-${'x'.repeat(35)}`],
    ['a UUID without hyphens', 'lakekeeper-018d351a9ff70000eaff4628875ad045'],
    ['a hashed name', 'lakekeeper-hooli-labs-ccd58c50'],
  ])('%s gets its migration Job and its Services', async (_, name) => {
    const spec = await start(name);
    await untilCondition(name, 'Bootstrapped', 'True Bootstrapped');
    expect((await jobOf(name, spec))?.metadata.name.length).toBeLessThanOrEqual(63);
    expect(await get('v1', 'Service', `${name}-metrics`)).toBeDefined();
  });

  test('a name that is one longer gets no further than the migration Job', async () => {
    const name = `lakekeeper-${'y'.repeat(36)}`;
    await start(name);
    await untilCondition(name, 'Ready', 'False MigrationJobCreationFailed');
  });
}
