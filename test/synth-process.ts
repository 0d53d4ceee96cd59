/**
 * A synth of many orgs, started by `synth-interrupt.test.ts`: `synth-process.ts <out> <signal>`. It ends itself on
 * the way.
 */
import { synth } from '../src/synth.ts';
import { platform } from './support/fleet.ts';

const [, , out = '', signal = ''] = process.argv;
const records = Array.from({ length: 5000 }, (_, i) => ({
  at: `warehouses[${i}]`,
  columns: {
    org_id: `org-${i}`,
    state: 'ready',
    iceberg_enabled: true,
    metadata_store_kind: 'external',
    metadata_store_endpoint: 'postgres.example.com',
    data_store_bucket_name: 'lake',
    duckling_name: 'duckling',
  },
}));

await synth({
  records,
  platform: platform(),
  ducklings: new Map(),
  out,
  check: false,
  allowRemoval: false,
  show: ({ doing, done }) => {
    if (doing === 'rendering' && done === 256) process.kill(process.pid, signal);
  },
});
