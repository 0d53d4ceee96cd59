import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { withDirectory } from './support/tree.ts';

test.each(['SIGINT', 'SIGTERM'])(
  '%s in the middle leaves orgs with all their files, and nothing else',
  (signal) =>
    withDirectory(async (out) => {
      const program = join(import.meta.dirname, 'synth-process.ts');
      const child = spawn(process.execPath, ['--import', 'tsx', program, out, signal], { stdio: 'inherit' });
      expect(await once(child, 'exit')).toEqual([null, signal]);
      expect(await readdir(out)).toEqual(['orgs', 'platform']);
      const orgs = await readdir(join(out, 'orgs'));
      expect(orgs.length).toBeGreaterThan(0);
      expect(orgs.length).toBeLessThan(5000);
      for (const org of orgs)
        expect(await readdir(join(out, 'orgs', org))).toEqual([
          'catalog.yaml',
          'network-policies.yaml',
          'registration.yaml',
        ]);
    }),
);
