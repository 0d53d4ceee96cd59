/**
 * `npm run bench:token-broker -- [--minutes N]`: the token broker against a bare `node:http` server that answers a
 * constant of the same size, both in processes of their own, in turns. Requests per second are per second of the
 * server's own processor time, so that neither the client nor the neighbours count. Then its memory under steady load
 * while the token rotates, and its start. Linux: it reads /proc.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { arch, cpus, platform, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { median } from './median.ts';

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '0.5' } } });
const minutes = Number(values.minutes);
const rounds = 7;
const connections = 16;
const perRound = 20_000;
const directory = mkdtempSync(join(tmpdir(), 'lakekeeper-gitops-bench-'));
const tokenFile = join(directory, 'token');

/** As long as a ServiceAccount's. */
function newToken(): string {
  const claims = {
    iat: Math.floor(Date.now() / 1000),
    exp: Math.floor(Date.now() / 1000) + 3600,
    pad: 'x'.repeat(500),
  };
  return ['{"alg":"RS256"}', JSON.stringify(claims), randomBytes(256)]
    .map((part) => Buffer.from(part).toString('base64url'))
    .join('.');
}
const rotate = () => {
  writeFileSync(`${tokenFile}.new`, newToken());
  renameSync(`${tokenFile}.new`, tokenFile);
};

const body =
  'grant_type=client_credentials&client_id=duckling-acme&client_secret=none&scope=PRINCIPAL_ROLE%3AALL';
const request =
  'POST /token HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: ' +
  `application/x-www-form-urlencoded\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

interface Server {
  readonly port: number;
  readonly process: ChildProcess;
}

async function start(port: number, args: readonly string[]): Promise<Server> {
  // As worker-patch starts it.
  const env = { ...process.env, NODE_OPTIONS: '--max-semi-space-size=2' };
  const child = spawn(process.execPath, args, { env, stdio: 'ignore' });
  while (!(await accepts(port))) {
    if (child.exitCode !== null) throw new Error(`${args.join(' ')} ended with ${child.exitCode}`);
    await sleep(3);
  }
  return { port, process: child };
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

const broker = async () => {
  const port = await freePort();
  return start(port, [
    'lib/cli.js',
    'token-broker',
    '--token-file',
    tokenFile,
    '--listen',
    `127.0.0.1:${port}`,
  ]);
};

const bare = async () => {
  const port = await freePort();
  const answer = JSON.stringify({ access_token: newToken(), token_type: 'Bearer', expires_in: 60 });
  const code =
    `require('node:http').createServer((_, response) => ` +
    `response.end(${JSON.stringify(answer)})).listen(${port}, '127.0.0.1')`;
  return start(port, ['-e', code]);
};

/** Seconds of processor time that a process has used: fields 14 and 15 of its stat, in hundredths. */
function processorTime({ process: { pid } }: Server): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function residentMB({ process: { pid } }: Server): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

/** Sends requests one after the other on each connection. @returns milliseconds that each took. */
async function load({ port }: Server, count: number, pause = 0): Promise<number[]> {
  const times: number[] = [];
  await Promise.all(
    Array.from({ length: connections }, async () => {
      const socket = connect(port, '127.0.0.1').setNoDelay(true);
      await once(socket, 'connect');
      let received = Buffer.alloc(0);
      while (times.length < count) {
        const sent = performance.now();
        socket.write(request);
        // An answer is a header, and a body of the length that the header says.
        for (received = Buffer.alloc(0); !isWhole(received); ) {
          const [chunk] = await once(socket, 'data');
          received = Buffer.concat([received, chunk]);
        }
        times.push(performance.now() - sent);
        if (!received.subarray(0, 15).toString().startsWith('HTTP/1.1 200'))
          throw new Error(String(received));
        if (pause > 0) await sleep(pause);
      }
      socket.destroy();
    }),
  );
  return times;
}

function isWhole(received: Buffer): boolean {
  const end = received.indexOf('\r\n\r\n');
  if (end === -1) return false;
  const head = received.subarray(0, end).toString('latin1');
  const length = /content-length: (\d+)/i.exec(head)?.[1];
  return length === undefined
    ? received.includes('\r\n0\r\n\r\n')
    : received.length >= end + 4 + Number(length);
}

const sorted = (numbers: readonly number[]) => [...numbers].sort((a, b) => a - b);
const quantile = (numbers: readonly number[], q: number) =>
  sorted(numbers)[Math.floor(numbers.length * q)] ?? Number.NaN;

async function throughput(): Promise<string[]> {
  const servers = { bare: await bare(), broker: await broker() };
  const seen = { bare: [] as number[], broker: [] as number[] };
  const p99 = { bare: [] as number[], broker: [] as number[] };
  for (let round = 0; round <= rounds; round++)
    for (const name of ['bare', 'broker'] as const) {
      const before = processorTime(servers[name]);
      const times = await load(servers[name], perRound);
      // The first round is for the compiler.
      if (round === 0) continue;
      seen[name].push(times.length / (processorTime(servers[name]) - before));
      p99[name].push(quantile(times, 0.99));
    }
  for (const server of Object.values(servers)) server.process.kill();
  const ratios = seen.broker.map((value, i) => value / (seen.bare[i] ?? Number.NaN));
  const row = (name: 'bare' | 'broker', title: string) =>
    `| ${title} | ${Math.round(median(seen[name]))} | ${median(p99[name]).toFixed(2)} |`;
  return [
    '| | requests per second of processor time | p99, ms |',
    '|---|---|---|',
    row('bare', 'bare `node:http`, a constant'),
    row('broker', 'token broker'),
    '',
    `Ratio: ${median(ratios).toFixed(2)} (median of ${rounds}, ${perRound} requests each, ` +
      `${connections} connections; from ${sorted(ratios)[0]?.toFixed(2)} to ` +
      `${sorted(ratios).at(-1)?.toFixed(2)}).`,
  ];
}

async function memory(): Promise<string[]> {
  const server = await broker();
  const rotating = setInterval(rotate, 1000);
  const samples: number[] = [];
  const end = Date.now() + minutes * 60_000;
  let requests = 0;
  await load(server, perRound);
  while (Date.now() < end) {
    requests += (await load(server, 2000, 10)).length;
    samples.push(residentMB(server));
  }
  clearInterval(rotating);
  server.process.kill();
  const tenth = Math.ceil(samples.length / 10);
  const [first, last] = [median(samples.slice(0, tenth)), median(samples.slice(-tenth))];
  return [
    `Resident memory, ${minutes} minutes, ${requests} requests, a new token every second: ` +
      `${first.toFixed(1)} MB in the first tenth of the time, ${last.toFixed(1)} MB in the last, ` +
      `${Math.max(...samples).toFixed(1)} MB at most.`,
  ];
}

async function startUp(): Promise<string[]> {
  const seen = { empty: [] as number[], broker: [] as number[] };
  for (let round = 0; round < 20; round++) {
    const begun = performance.now();
    await once(spawn(process.execPath, ['-e', ''], { stdio: 'ignore' }), 'close');
    seen.empty.push(performance.now() - begun);
    const port = await freePort();
    const started = performance.now();
    const server = await start(port, [
      'lib/cli.js',
      'token-broker',
      '--token-file',
      tokenFile,
      '--listen',
      `127.0.0.1:${port}`,
    ]);
    seen.broker.push(performance.now() - started);
    server.process.kill();
    await once(server.process, 'close');
  }
  const times = (of: (numbers: readonly number[]) => number) =>
    `${of(seen.broker).toFixed(0)} ms, ${(of(seen.broker) / of(seen.empty)).toFixed(2)} × an empty ` +
    `Node process (${of(seen.empty).toFixed(0)} ms)`;
  return [
    `Start to listening: ${times(median)}, median of 20, in turns; the fastest of each: ` +
      `${times((numbers) => Math.min(...numbers))}.`,
  ];
}

rotate();
const machine = `${cpus().length} × ${cpus()[0]?.model.trim()}, ${platform()} ${arch()}, Node ${process.versions.node}`;
const sections = [await throughput(), await startUp(), await memory()];
rmSync(directory, { recursive: true });
const text = [
  '# Results: token broker',
  `Made by \`npm run bench:token-broker -- --minutes ${minutes}\` on ${machine}.`,
  ...sections.map((lines) => lines.join('\n')),
].join('\n\n');
writeFileSync('bench/RESULTS-token-broker.md', `${text}\n`);
console.log(text);
