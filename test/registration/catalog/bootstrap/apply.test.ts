import { expect, test } from 'vitest';
import { connectLakekeeper } from '../../../../src/clients/lakekeeper/lakekeeper-client.ts';
import { LakekeeperError } from '../../../../src/clients/lakekeeper/lakekeeper-errors.ts';
import { bootstrapServer } from '../../../../src/registration/catalog/bootstrap/apply.ts';
import { PermanentError } from '../../../../src/text/errors.ts';
import { Redactions } from '../../../../src/text/redactions.ts';
import { type LakekeeperStandIn, startLakekeeper } from '../../../support/lakekeeper-stand-in.ts';

async function withServer(work: (server: LakekeeperStandIn, ensure: Ensure) => Promise<void>): Promise<void> {
  const server = await startLakekeeper({ tokens: ['good-token'] });
  const lakekeeper = connectLakekeeper({
    serverURL: server.url,
    token: async () => 'good-token',
    redactions: new Redactions(),
    attempts: 1,
  });
  try {
    await work(server, () => bootstrapServer(lakekeeper));
  } finally {
    await server.stop();
  }
}
type Ensure = () => ReturnType<typeof bootstrapServer>;

const post = 'POST /management/v1/bootstrap';

test('bootstraps; a second time there is nothing to do', () =>
  withServer(async (server, ensure) => {
    expect(await ensure()).toBe('bootstrapped');
    expect(server.isBootstrapped).toBe(true);
    expect(await ensure()).toBe('unchanged');
  }));

test('someone else was faster: 400, and the server is asked again', () =>
  withServer(async (server, ensure) => {
    server.before(post, () => {
      server.isBootstrapped = true;
    });
    expect(await ensure()).toBe('unchanged');
  }));

test.each([true, false])('someone else is at it; done in the end: %s', (isDone) =>
  withServer(async (server, ensure) => {
    const body = JSON.stringify({ error: { type: 'ConcurrentBootstrap', message: '', code: 400 } });
    server.fail(post, { kind: 'status', status: 400, body });
    server.before(post, () => {
      server.isBootstrapped = isDone;
    });
    if (isDone) expect(await ensure()).toBe('unchanged');
    else await expect(ensure()).rejects.toThrow('another client is bootstrapping');
    server.isBootstrapped = false;
    expect(await ensure()).toBe('bootstrapped');
  }),
);

test('an answer that is lost is no harm', () =>
  withServer(async (server, ensure) => {
    server.fail(post, { kind: 'cut', afterwards: true });
    await expect(ensure()).rejects.toThrow('while bootstrapping the catalog');
    expect(await ensure()).toBe('unchanged');
  }));

test('a refusal for good is permanent, a busy server is not', () =>
  withServer(async (server, ensure) => {
    const body = JSON.stringify({ error: { type: 'TermsOfUseNotAccepted', message: '', code: 400 } });
    server.fail(post, { kind: 'status', status: 400, body });
    await expect(ensure()).rejects.toThrow(PermanentError);
    server.fail(post, { kind: 'status', status: 503 });
    await expect(ensure()).rejects.not.toThrow(PermanentError);
    server.isBootstrapped = true;
    server.fail('GET', { kind: 'status', status: 503 });
    await expect(ensure()).rejects.toMatchObject({ cause: expect.any(LakekeeperError) });
  }));
