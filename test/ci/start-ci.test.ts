import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { dispatchTokens, type ForgeDispatch, startForgeDispatch } from '../support/forge-dispatch.ts';
import { acceptedByKubernetes } from '../support/kubernetes-types.ts';
import { againstRestricted } from '../support/pod-security.ts';
import { callCommand, calls, writeCall } from '../support/start-ci.ts';
import { withDirectory } from '../support/tree.ts';

/** The calls of docs/ci.md that start CI. test/e2e/start-now.test.ts runs the pods. */

let forge: ForgeDispatch;
beforeAll(async () => {
  forge = await startForgeDispatch();
});
afterAll(() => forge[Symbol.asyncDispose]());
beforeEach(() => forge.clear());

async function make(call: string): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return withDirectory(async (directory) => {
    const env = await writeCall(directory, call, forge);
    const child = spawn('bash', ['-c', callCommand], {
      cwd: directory,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [stdout, stderr, code] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      new Promise<number | null>((resolve) => child.once('close', resolve)),
    ]);
    return { code, stdout, stderr };
  });
}

const tokens = Object.values(dispatchTokens);

describe('the call', () => {
  test('of a workflow of GitHub is an event of the workflow that init writes', async () => {
    expect(await make(calls.workflow)).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(forge.started).toEqual([{ forge: 'github', event: 'workflow_dispatch' }]);
    const { on } = parse(await readFile('examples/ci/github.yml', 'utf8'));
    expect(on).toHaveProperty('workflow_dispatch');
  });

  test('of a repository of GitHub is an event of a type that this workflow takes', async () => {
    expect(await make(calls.repository)).toEqual({ code: 0, stdout: '', stderr: '' });
    const { on } = parse(await readFile('examples/ci/github.yml', 'utf8'));
    expect(forge.started).toEqual([
      { forge: 'github', event: 'repository_dispatch', type: on.repository_dispatch.types[0] },
    ]);
  });

  test('of GitLab is a pipeline from a source that the template takes', async () => {
    expect(await make(calls.pipeline)).toMatchObject({ code: 0, stderr: '' });
    expect(forge.started).toEqual([{ forge: 'gitlab', event: 'trigger' }]);
    const template = await readFile('ci/gitlab/manifests.yml', 'utf8');
    const [, sources = ''] = /\$CI_PIPELINE_SOURCE =~ \/\^\((.*)\)\$\//.exec(template) ?? [];
    expect(sources.split('|')).toContain('trigger');
  });

  test('waits for as long as the forge says', async () => {
    forge.refusals.push({ status: 429, headers: { 'retry-after': '2' }, body: { message: 'Too many' } });
    expect(await make(calls.workflow)).toMatchObject({ code: 0 });
    expect(forge.requests).toHaveLength(2);
    expect(forge.started).toHaveLength(1);
  });

  test('has the same options for every forge', () => {
    const options = Object.values(calls).map((call) => call.replace(/^(url|header|data) = .*\n/gm, ''));
    expect(options[0]).toContain('retry = 3\n');
    expect(new Set(options).size).toBe(1);
  });

  const workflowFile = (from: string, to: string) => calls.workflow.replace(from, to);
  test.each([
    ['an unknown token', workflowFile(dispatchTokens.actions, 'unknown'), 'Bad credentials'],
    [
      'a token without the permission',
      workflowFile(dispatchTokens.actions, dispatchTokens.contents),
      'not acc',
    ],
    ['another repository', workflowFile('acme/catalogs', 'acme/other'), 'Not Found'],
    ['a branch that is not there', workflowFile('"main"', '"other"'), 'No ref found for: other'],
    ['an event without a type', calls.repository.replace('event_type', 'type'), 'event_type'],
    ['an unknown trigger token', calls.pipeline.replace(dispatchTokens.trigger, 'unknown'), '404 Not Found'],
    ['another project', calls.pipeline.replace('/42/', '/43/'), 'Not Found'],
    ['a branch that GitLab has not', calls.pipeline.replace('ref=main', 'ref=other'), 'Reference not found'],
    ['no token', calls.pipeline.replace(/^data = token=.*\n/m, ''), 'token is missing'],
  ])('that is refused, for %s, fails with the words of the forge', async (_, call, message) => {
    const { code, stdout, stderr } = await make(call);
    expect({ code, stdout }).toEqual({ code: 22, stdout: expect.stringContaining(message) });
    for (const token of tokens) expect(stdout + stderr).not.toContain(token);
    expect(forge.requests).toHaveLength(1);
    expect(forge.started).toEqual([]);
  });

  test('at the limit of GitHub is not repeated: who goes on is banned', async () => {
    const headers = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '2000000000' };
    forge.refusals.push({ status: 403, headers, body: { message: 'API rate limit exceeded' } });
    expect(await make(calls.repository)).toMatchObject({
      code: 22,
      stdout: expect.stringMatching(/rate limit/),
    });
    expect(forge.requests).toHaveLength(1);
  });
});

describe.each(['postgres', 'crossplane'])('the pod of examples/start-ci/%s.yaml', async (name) => {
  const documents = parseAllDocuments(await readFile(`examples/start-ci/${name}.yaml`, 'utf8'));
  const objects = documents.map((document) => document.toJS());
  const pod = objects.at(-1).spec.template.spec;

  test('is accepted by Kubernetes, and admitted where pods are restricted', () => {
    expect(objects.flatMap(acceptedByKubernetes)).toEqual([]);
    expect(againstRestricted(pod)).toEqual([]);
  });

  test('has the token in a file only', () => {
    const [container] = pod.containers;
    expect(container.args.join()).toContain(`curl --config ${container.volumeMounts[0].mountPath}/curl`);
    expect(pod.volumes[0].secret.secretName).toBe('start-ci');
  });
});
