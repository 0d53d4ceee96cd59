import { createServer } from 'node:http';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { WarehouseRecord } from '../../src/source/warehouse-record.ts';
import { attachSQL } from '../../src/worker/attach/attach-sql.ts';
import { attachment } from '../../src/worker/attach/attachment.ts';
import { noProxy } from '../../src/worker/patch/no-proxy.ts';
import { parseWorkload } from '../../src/worker/patch/workload.ts';
import { platform, record } from '../support/fleet.ts';
import { listen } from '../support/listen.ts';
import { rotate, withBrokerProcess } from '../support/token-broker.ts';
import { withDirectory } from '../support/tree.ts';
import { type DuckDBVersion, duckdbVersions, startDuckDB } from './support/duckdb.ts';
import { type IcebergCatalog, startIcebergCatalog } from './support/iceberg-catalog.ts';

const listing = { rows: [['lake', 'sales', 'orders']] };
const list = 'SELECT database, schema, name FROM (SHOW ALL TABLES)';
const secret = "SET VARIABLE lakekeeper_client_secret = 'the secret of the worker'";

function registered({ endpoint }: IcebergCatalog, serverURI: string): WarehouseRecord {
  return record('acme', {
    duckling_name: 'acme',
    iceberg_lakekeeper_endpoint: endpoint,
    iceberg_lakekeeper_warehouse: 'org-acme',
    iceberg_lakekeeper_client_id: 'duckling-acme',
    iceberg_lakekeeper_o_auth2_server_uri: serverURI,
  });
}

function withScope(scope: string) {
  return platform({
    authentication: {
      mode: 'openID',
      issuer: 'external',
      providerURI: 'https://idp.example.com',
      tokenEndpoint: 'https://idp.example.com/token',
      scope,
      client: { id: 'registration', secret: { name: 'idp', key: 'secret' } },
    },
  });
}

describe.each<DuckDBVersion>([...duckdbVersions])('DuckDB %s', (version) => {
  test('attaches and lists a catalog without authentication, as often as the SQL is run', async () => {
    await using catalog = await startIcebergCatalog();
    await using session = await startDuckDB(version);
    const sql = attachSQL(attachment(registered(catalog, '')), 'lake');
    for (let time = 1; time <= 2; time += 1) {
      expect(await session.run(sql)).not.toHaveProperty('error');
      expect(await session.run(list)).toEqual(listing);
    }
    expect(catalog.tokenRequests).toEqual([]);
  });

  test('asks a provider for no scope when the settings have none', async () => {
    await using catalog = await startIcebergCatalog([undefined]);
    catalog.expect([]);
    await using session = await startDuckDB(version);
    await session.run(secret);
    const sql = attachSQL(attachment(registered(catalog, catalog.tokenEndpoint)), 'lake');
    // What is printed for a provider outside, with this one on loopback.
    const outside = sql.replace("'unused'", "getvariable('lakekeeper_client_secret')");
    expect(await session.run(outside)).not.toHaveProperty('error');
    expect(await session.run(list)).toEqual(listing);
    expect(catalog.tokenRequests).toEqual([
      {
        client_id: 'duckling-acme',
        client_secret: 'the secret of the worker',
        grant_type: 'client_credentials',
      },
    ]);
  });

  test('asks a provider for the scope of the settings, and for its own default by no means', async () => {
    await using catalog = await startIcebergCatalog(['api://lakekeeper-acme/.default']);
    catalog.expect([]);
    await using session = await startDuckDB(version);
    const of = registered(catalog, catalog.tokenEndpoint);
    const scoped = attachSQL(attachment(of, withScope('api://lakekeeper-{org}/.default')), 'lake');
    expect(await session.run(scoped)).not.toHaveProperty('error');
    expect(await session.run(list)).toEqual(listing);
    expect(await session.run(attachSQL(attachment(of), 'lake'))).toEqual({
      error: expect.stringMatching(/token/i),
    });
  });

  test('goes on when its token has ended: by itself, or when the SQL is run again', async () => {
    await using catalog = await startIcebergCatalog();
    catalog.expect([]);
    await using session = await startDuckDB(version);
    const sql = attachSQL(attachment(registered(catalog, catalog.tokenEndpoint)), 'lake');
    expect(await session.run(sql)).not.toHaveProperty('error');
    expect(await session.run('USE lake.sales')).not.toHaveProperty('error');
    const count = 'SELECT count(*) FROM lake.sales.orders';
    expect(await session.run(count)).toEqual({ rows: [[0]] });
    catalog.expect([]);
    const after = await session.run(count);
    if (version === '1.4') {
      expect(after).toEqual({ error: expect.stringContaining('401') });
      expect(await session.run(sql)).not.toHaveProperty('error');
      expect(await session.run(count)).toEqual({ rows: [[0]] });
    } else expect(after).toEqual({ rows: [[0]] });
    expect(catalog.tokenRequests).toHaveLength(2);
  });

  test("logs in through the broker, with the pod's token of the moment", async () => {
    await using catalog = await startIcebergCatalog();
    await withDirectory(async (directory) => {
      const tokenFile = join(directory, 'token');
      rotate(tokenFile, 'token-of-the-pod');
      const args = ['token-broker', '--token-file', tokenFile, '--listen', '127.0.0.1:0'];
      await withBrokerProcess(args.slice(1), async ({ port }) => {
        await using session = await startDuckDB(version);
        const broker = `http://127.0.0.1:${port}/token`;
        const sql = attachSQL(attachment(registered(catalog, broker)), 'lake');
        for (const token of ['token-of-the-pod', 'token-that-the-kubelet-put-in-its-place']) {
          rotate(tokenFile, token);
          catalog.expect([token]);
          expect(await session.run(sql)).not.toHaveProperty('error');
          expect(await session.run(list)).toEqual(listing);
        }
        expect(catalog.tokenRequests).toEqual([]);
      });
    });
  });

  test('takes no proxy of the environment to broker and catalog, with NO_PROXY as in the worker patch', async () => {
    await using catalog = await startIcebergCatalog();
    catalog.expect([]);
    const proxied: string[] = [];
    const proxy = createServer((request, response) => {
      proxied.push(String(request.url));
      response.writeHead(502).end();
    });
    const HTTP_PROXY = `http://127.0.0.1:${await listen(proxy)}`;
    const spec = { containers: [{ name: 'worker', env: [{ name: 'HTTP_PROXY', value: HTTP_PROXY }] }] };
    const worker = parseWorkload('worker', { apiVersion: 'v1', kind: 'Pod', spec }, undefined);
    const [variable] = noProxy(worker, [new URL(catalog.endpoint).hostname]);
    const sql = attachSQL(attachment(registered(catalog, catalog.tokenEndpoint)), 'lake');
    try {
      await using patched = await startDuckDB(version, {
        HTTP_PROXY,
        [variable?.name ?? '']: String(variable?.value),
      });
      expect(await patched.run(sql)).not.toHaveProperty('error');
      expect(await patched.run(list)).toEqual(listing);
      expect(proxied).toEqual([]);

      await using unpatched = await startDuckDB(version, { HTTP_PROXY });
      const answer = await unpatched.run(sql);
      // DuckDB 1.4 knows no proxy.
      if (version === '1.5') expect(answer).toEqual({ error: expect.stringContaining('502') });
      expect(proxied).toEqual(version === '1.5' ? [catalog.tokenEndpoint] : []);
    } finally {
      proxy.closeAllConnections();
      proxy.close();
    }
  });
});
