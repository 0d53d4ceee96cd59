/**
 * `npm run bench`: how long synth takes, as ratios to a floor that is measured in the same run: the same source parsed by
 * `JSON.parse`, the same documents as plain objects, `JSON.stringify`, the same files written in the same layout. Pairs are interleaved; the
 * median of five after a warm-up counts. Each measurement is a process of its own.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { arch, cpus, platform, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const sizes = [100, 1000];
const rounds = 5;
const self = fileURLToPath(import.meta.url);
const settings = 'examples/fleet/platform.yaml';

if (process.argv[2] === 'floor') floor(process.argv[3] ?? '', process.argv[4] ?? '', process.argv[5] ?? '');
else bench();

function bench(): void {
  const directory = mkdtempSync(join(tmpdir(), 'lakekeeper-gitops-bench-'));
  const lines = sizes.map((size) => measure(directory, size));
  rmSync(directory, { recursive: true });
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim()}, ${platform()} ${arch()}, Node ${process.versions.node}`;
  const table = ['| orgs | floor, s | cold synth | nothing changed |', '|---|---|---|---|', ...lines].join(
    '\n',
  );
  const text = `# Results\n\nMade by \`npm run bench\` on ${machine}. Times of synth are multiples of the floor in the same run (median of ${rounds}, interleaved). The floor's process starts through tsx, which flatters synth in small fleets.\n\n${table}\n`;
  writeFileSync('bench/RESULTS.md', text);
  console.log(text);
}

function measure(directory: string, size: number): string {
  const source = join(directory, `${size}.json`);
  writeFileSync(source, JSON.stringify({ warehouses: Array.from({ length: size }, (_, i) => record(i)) }));
  const sample = join(directory, 'sample');
  synth(source, sample);
  const times = { floor: [] as number[], cold: [] as number[], unchanged: [] as number[] };
  for (let round = 0; round <= rounds; round++) {
    const out = join(directory, 'out');
    const seen = {
      floor: timed(() => node(['--import', 'tsx', self, 'floor', source, sample, join(directory, 'floor')])),
      cold: timed(() => synth(source, out)),
      unchanged: timed(() => synth(source, out)),
    };
    // The first round warms the caches.
    if (round > 0) for (const key of ['floor', 'cold', 'unchanged'] as const) times[key].push(seen[key]);
    for (const used of [out, join(directory, 'floor')]) rmSync(used, { recursive: true });
  }
  rmSync(sample, { recursive: true });
  const base = median(times.floor);
  const ratio = (values: number[]) => `${(median(values) / base).toFixed(2)} ×`;
  return `| ${size} | ${base.toFixed(2)} | ${ratio(times.cold)} | ${ratio(times.unchanged)} |`;
}

/** Plain objects of the same documents: one rendered org, parsed once, is written for all. */
function floor(source: string, sample: string, out: string): void {
  const { warehouses } = JSON.parse(readFileSync(source, 'utf8')) as { warehouses: { org_id: string }[] };
  const files = ['catalog.yaml', 'network-policies.yaml', 'registration.yaml'];
  const first = warehouses[0]?.org_id ?? '';
  const texts = files.map((file) => readFileSync(join(sample, 'orgs', `lakekeeper-${first}`, file), 'utf8'));
  for (const { org_id } of warehouses) {
    const directory = join(out, 'orgs', `lakekeeper-${org_id}`);
    mkdirSync(directory, { recursive: true });
    files.forEach((file, i) => {
      writeFileSync(join(directory, file), JSON.stringify({ org: org_id, lines: texts[i]?.split('\n') }));
    });
  }
}

function record(index: number): object {
  return {
    org_id: `org-${String(index).padStart(6, '0')}`,
    state: 'ready',
    iceberg_enabled: true,
    metadata_store_kind: index % 2 === 0 ? 'cnpg-shard' : 'external',
    metadata_store_endpoint: `postgres-${index}.example.com`,
    data_store_kind: 's3bucket',
    data_store_bucket_name: `lake-${index}`,
    duckling_name: `org-${index}`,
  };
}

function synth(source: string, out: string): void {
  node(['lib/cli.js', 'synth', '--warehouses', source, '--platform', settings, '--out', out]);
}

function node(args: readonly string[]): void {
  execFileSync(process.execPath, args, { stdio: ['ignore', 'ignore', 'ignore'] });
}

function timed(work: () => void): number {
  const start = process.hrtime.bigint();
  work();
  return Number(process.hrtime.bigint() - start) / 1e9;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
