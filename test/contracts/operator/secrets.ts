import { expect, test } from 'vitest';
import { type Catalogs, soon } from './catalogs.ts';

/** What the operator does until every Secret is there. */
export function secretContract(catalogs: Catalogs): void {
  const {
    address,
    namespace,
    get,
    makeDatabase,
    writeSecret,
    specOf,
    apply,
    jobOf,
    condition,
    untilCondition,
    messageOf,
  } = catalogs;

  test('without the Secret it waits and says so, at the current generation, and makes nothing', async () => {
    const role = await makeDatabase('waiting');
    const spec = await apply('waiting', role);
    await untilCondition('waiting', 'Ready', 'False SecretValidationFailed');
    expect(await condition('waiting', 'Degraded')).toBe('True SecretValidationFailed');
    expect(await jobOf('waiting', spec)).toBeUndefined();
    expect(await get('apps/v1', 'Deployment', 'waiting')).toBeUndefined();
  });

  test('a Secret without one of the keys is not enough', async () => {
    const role = await makeDatabase('half');
    await catalogs.scene.cluster.apply({
      ...address('v1', 'Secret', 'half'),
      stringData: { 'db-user': role },
    });
    await apply('half', role);
    await untilCondition('half', 'Ready', 'False SecretValidationFailed');
  });

  test('a Secret that it needs beside its own is named in the condition Degraded', async () => {
    const role = await makeDatabase('other-secret');
    await writeSecret('other-secret', role);
    const base = specOf('other-secret', role);
    const sslRootCertSecretRef = { name: 'nobodys-ca', key: 'ca.crt' };
    const postgres = { ...base.database.postgres, sslRootCertSecretRef };
    await apply('other-secret', role, { database: { ...base.database, postgres } });
    await expect
      .poll(() => messageOf('other-secret', 'Degraded'), soon)
      .toBe(`secret nobodys-ca not found in namespace ${namespace}`);
  });
}
