import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { parse } from 'yaml';

/**
 * Runs the steps of a composite action as GitHub's runner does: their own shell by bash, other actions by what stands
 * in for them.
 */

export interface Action {
  readonly inputs: Record<string, { readonly default?: string }>;
  readonly outputs: Record<string, { readonly value: string }>;
  readonly runs: { readonly steps: readonly Step[] };
}

interface Step {
  readonly id?: string;
  readonly name?: string;
  readonly if?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly env?: Record<string, string>;
  readonly with?: Record<string, unknown>;
}

export type Outputs = Record<string, string>;
/** What stands in for an action: its inputs in, its outputs out. */
export type StandIn = (inputs: Record<string, string>) => Promise<Outputs>;

export interface Run {
  /** Names of the steps that ran to their end. */
  readonly done: string[];
  readonly failed: string | undefined;
  /** Everything that the steps printed. */
  readonly log: string;
  readonly summary: string;
  readonly outputs: Outputs;
}

export interface RunnerContext {
  readonly inputs: Record<string, string>;
  readonly env: Record<string, string>;
  /** What is checked out. */
  readonly workspace: string;
  /** The runner's temporary directory, a new one for each run. */
  readonly temp: string;
  readonly actionPath: string;
  /** By the name of the action, without its version. */
  readonly uses: Record<string, StandIn>;
}

export async function readAction(file: string): Promise<Action> {
  return parse(await readFile(file, 'utf8'));
}

export async function runAction(action: Action, context: RunnerContext): Promise<Run> {
  const inputs = Object.fromEntries(
    Object.entries(action.inputs).map(([name, { default: standard = '' }]) => [
      name,
      context.inputs[name] ?? standard,
    ]),
  );
  const steps: Record<string, { readonly outputs: Outputs }> = {};
  const scope = { inputs, steps, github: { token: 'token-of-the-workflow' } };
  for (const name of Object.keys(inputs)) inputs[name] = filled(inputs[name] ?? '', scope);
  const summary = join(context.temp, 'summary.md');
  await writeFile(summary, '');
  const done: string[] = [];
  let log = '';
  let failed: string | undefined;
  for (const [i, step] of action.runs.steps.entries()) {
    if (step.if !== undefined && value(step.if, scope) !== 'true') continue;
    const name = step.name ?? step.uses ?? String(i);
    let outputs: Outputs = {};
    if (step.uses !== undefined) {
      const standIn = context.uses[step.uses.split('@')[0] ?? ''];
      if (standIn === undefined) throw new Error(`nothing stands in for ${step.uses}`);
      const given = Object.entries(step.with ?? {}).map(([key, text]) => [key, filled(String(text), scope)]);
      outputs = await standIn(Object.fromEntries(given));
    } else {
      const file = join(context.temp, `output-${i}`);
      await writeFile(file, '');
      const env = Object.entries(step.env ?? {}).map(([key, text]) => [key, filled(String(text), scope)]);
      const ended = await bash(step.run ?? '', context.workspace, {
        ...context.env,
        ...Object.fromEntries(env),
        GITHUB_ACTION_PATH: context.actionPath,
        GITHUB_OUTPUT: file,
        GITHUB_STEP_SUMMARY: summary,
        RUNNER_TEMP: context.temp,
      });
      log += ended.log;
      if (ended.code !== 0) failed = name;
      outputs = outputsIn(await readFile(file, 'utf8'));
    }
    if (step.id !== undefined) steps[step.id] = { outputs };
    if (failed !== undefined) break;
    done.push(name);
  }
  return {
    done,
    failed,
    log,
    summary: await readFile(summary, 'utf8'),
    outputs: Object.fromEntries(
      Object.entries(action.outputs).map(([name, { value: expression }]) => [
        name,
        filled(expression, scope),
      ]),
    ),
  };
}

/**
 * Runs a script with the options that the runner gives bash, both its streams in one log, in an environment that is
 * only what is given.
 */
export async function bash(
  script: string,
  cwd: string,
  env: Record<string, string>,
): Promise<{ code: number | null; log: string }> {
  const child = spawn('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', `exec 2>&1\n${script}`], {
    cwd,
    env: { PATH: process.env.PATH, HOME: cwd, ...env },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [log, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
  return { code, log };
}

type Scope = Record<string, unknown>;

function filled(template: string, scope: Scope): string {
  return template.replaceAll(/\$\{\{(.*?)\}\}/gs, (_, expression: string) => value(expression, scope));
}

/** The expressions that our workflows use: a path, or a path compared with a text. */
function value(expression: string, scope: Scope): string {
  const [, path = '', expected] = /^\s*([\w.-]+)(?:\s*==\s*'([^']*)')?\s*$/.exec(expression) ?? [];
  if (path === '') throw new Error(`cannot evaluate ${expression}`);
  const found = path
    .split('.')
    .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], scope);
  const seen = found === undefined ? '' : String(found);
  return expected === undefined ? seen : String(seen === expected);
}

/**
 * The file that steps write their outputs into: `name=value` lines, and values of several lines between a delimiter.
 */
function outputsIn(written: string): Outputs {
  const outputs: Outputs = {};
  const lines = written.split('\n');
  for (let i = 0; i < lines.length; i += 1) {
    const line = lines[i] ?? '';
    const [, name, delimiter] = /^([\w-]+)<<(.+)$/.exec(line) ?? [];
    if (name !== undefined && delimiter !== undefined) {
      const end = lines.indexOf(delimiter, i + 1);
      if (end < 0) throw new Error(`the delimiter of ${name} is missing`);
      outputs[name] = lines.slice(i + 1, end).join('\n');
      i = end;
    } else if (line.includes('='))
      outputs[line.slice(0, line.indexOf('='))] = line.slice(line.indexOf('=') + 1);
    else if (line !== '') throw new Error(`${JSON.stringify(line)} is no output`);
  }
  return outputs;
}
