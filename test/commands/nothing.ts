import type { Plan } from '../../src/explain/plan-schema.ts';

/** A plan in which nothing changes. */
export const nothing: Plan = {
  version: 1,
  program: { version: '1.2.3', registrationImage: 'example.com/lakekeeper-gitops:v1.2.3' },
  against: { directory: 'dist', ref: 'HEAD', commit: null },
  risk: 'none',
  orgs: { desired: 0, added: 0, leaving: 0, retiring: 0, removed: 0, changed: 0, unchanged: 0 },
  authentication: { none: [], prepare: [], enforce: [] },
  files: { created: 0, updated: 0, removed: 0, unchanged: 0 },
  heldBack: null,
  changes: [],
  rejected: [],
  skipped: [],
  foreignFiles: [],
  unknownOverrides: [],
};
