import { expect, test } from 'vitest';
import { gate } from '../../src/catalog/gate.ts';
import { parseWarehouseRecord } from '../../src/source/warehouse-record.ts';

const endpoint = 'http://lakekeeper-acme.lakekeeper.svc:8181/catalog';

// registered | enabled | backend | state | what becomes of the org
test.each`
  registered | enabled  | backend         | state             | becomes
  ${false}   | ${true}  | ${'lakekeeper'} | ${'ready'}        | ${'rendered'}
  ${false}   | ${true}  | ${''}           | ${'ready'}        | ${'rendered'}
  ${false}   | ${true}  | ${null}         | ${'provisioning'} | ${'rendered'}
  ${false}   | ${false} | ${'lakekeeper'} | ${'ready'}        | ${'skipped: Iceberg is not enabled (iceberg_enabled)'}
  ${false}   | ${null}  | ${'lakekeeper'} | ${'ready'}        | ${'skipped: Iceberg is not enabled (iceberg_enabled)'}
  ${false}   | ${true}  | ${'s3tables'}   | ${'ready'}        | ${'skipped: backend is "s3tables", not lakekeeper'}
  ${false}   | ${true}  | ${'Lakekeeper'} | ${'ready'}        | ${'skipped: backend is "Lakekeeper", not lakekeeper'}
  ${false}   | ${true}  | ${''}           | ${'pending'}      | ${'kept: state is "pending", not ready or provisioning'}
  ${false}   | ${true}  | ${''}           | ${'failed'}       | ${'kept: state is "failed", not ready or provisioning'}
  ${false}   | ${true}  | ${''}           | ${'of tomorrow'}  | ${'kept: state is "of tomorrow", not ready or provisioning'}
  ${false}   | ${true}  | ${''}           | ${null}           | ${'kept: state is empty'}
  ${false}   | ${true}  | ${''}           | ${'deleting'}     | ${'skipped: state is deleting'}
  ${false}   | ${true}  | ${''}           | ${'deleted'}      | ${'skipped: state is deleted'}
  ${true}    | ${true}  | ${''}           | ${'pending'}      | ${'rendered'}
  ${true}    | ${true}  | ${''}           | ${'failed'}       | ${'rendered'}
  ${true}    | ${true}  | ${''}           | ${null}           | ${'rendered'}
  ${true}    | ${false} | ${''}           | ${'ready'}        | ${'skipped: Iceberg is not enabled (iceberg_enabled)'}
  ${true}    | ${true}  | ${'s3tables'}   | ${'ready'}        | ${'skipped: backend is "s3tables", not lakekeeper'}
  ${true}    | ${true}  | ${''}           | ${'deleting'}     | ${'skipped: state is deleting'}
  ${true}    | ${true}  | ${''}           | ${'deleted'}      | ${'skipped: state is deleted'}
`(
  'registered $registered, enabled $enabled, backend $backend, state $state: $becomes',
  ({ registered, enabled, backend, state, becomes }) => {
    const columns = {
      org_id: 'acme',
      iceberg_enabled: enabled,
      iceberg_backend: backend,
      state,
      iceberg_lakekeeper_endpoint: registered ? endpoint : '',
    };
    const parsed = parseWarehouseRecord({ at: 'row', columns });
    if (!parsed.ok) throw new Error('not a record');
    const verdict = gate(parsed.record);
    const seen =
      verdict.kind === 'render' ? 'rendered' : `${verdict.keep ? 'kept' : 'skipped'}: ${verdict.reason}`;
    expect(seen).toBe(becomes);
  },
);
