import type { Command } from 'commander';
import type { FleetStatus } from '../status/fleet-status.ts';
import { isConnectionString } from '../text/credential-form.ts';
import { shellOption } from '../text/shell.ts';

const fleet = ['warehouses', 'schema', 'table', 'records', 'platform', 'ducklings'];
const cluster = ['kubeconfig', 'context'];

/** The options of `status` that the commands in its findings have too, by how these begin. */
const repeated: readonly (readonly [string, readonly string[]])[] = [
  ['lakekeeper-gitops synth', [...fleet, 'out']],
  ['lakekeeper-gitops plan', [...fleet, 'out']],
  ['lakekeeper-gitops register', [...fleet, ...cluster, 'server-url', 'token-file']],
  ['lakekeeper-gitops retire', [...fleet, 'out', ...cluster]],
  ['kubectl', cluster],
];

/** Adds the options that were given to `status` to the commands of its findings, so that they find the same fleet. */
export function withRepeatedOptions({ orgs, skipped }: FleetStatus, status: Command): FleetStatus {
  const given = status.options.filter(
    (option) => status.getOptionValueSource(option.attributeName()) === 'cli',
  );
  const withOptions = (command: string) => {
    const names = repeated.find(([begin]) => `${command} `.startsWith(`${begin} `))?.[1] ?? [];
    const words = given
      .filter((option) => names.includes(option.name()))
      .map((option) => shown(`--${option.name()}`, String(status.getOptionValue(option.attributeName()))));
    return [command, ...words].join(' ');
  };
  return {
    skipped,
    orgs: orgs.map((org) => ({
      ...org,
      findings: org.findings.map((one) => ({ ...one, command: one.command && withOptions(one.command) })),
    })),
  };
}

/** A URL that may hold a password is not repeated. */
function shown(name: string, value: string): string {
  const isPlain = /^https?:\/\/[^@?=]*$/.test(value) || !isConnectionString(value);
  return isPlain ? shellOption(name, value) : `${name} URL`;
}
