import { describe, expect, test } from 'vitest';
import {
  type ObservedRollout,
  planTokenEndpoint,
  stageOf,
  whyNotEnforce,
} from '../../../src/registration/authentication/authentication-rollout.ts';

/** The whole of an org: Git, what Argo CD applied of it, the row, and whether all workers have a broker. */
interface State {
  readonly manifest: ObservedRollout['wanted'];
  readonly applied: ObservedRollout['wanted'];
  readonly row: 'withoutToken' | 'withToken';
  readonly workers: 'all' | 'some';
}

const rollouts = ['none', 'prepare', 'enforce'] as const;
const states: State[] = rollouts.flatMap((manifest) =>
  rollouts.flatMap((applied) =>
    (['withoutToken', 'withToken'] as const).flatMap((row) =>
      (['all', 'some'] as const).map((workers): State => ({ manifest, applied, row, workers })),
    ),
  ),
);

function observe({ manifest, applied, row, workers }: State): ObservedRollout {
  return {
    wanted: manifest,
    server: applied === 'enforce' ? 'enforces' : 'open',
    row,
    workers: workers === 'all' ? [] : ['duckgres/worker-1 has no broker'],
  };
}

/** Whether a new session of a worker attaches. */
function attaches({ applied, row }: State, worker: 'with broker' | 'without'): boolean {
  return row === 'withToken' ? worker === 'with broker' : applied !== 'enforce';
}
const workersOf = ({ workers }: State) =>
  workers === 'all' ? (['with broker'] as const) : (['with broker', 'without'] as const);

interface Step {
  readonly state: State;
  /** Why it is not further, if that is said. */
  readonly explained: string | undefined;
}

/** A run of registration, by the repair or after a sync. */
function register(state: State): Step {
  const observed = observe(state);
  // The proof refuses a server that is not as the settings say, and leaves the row.
  if (state.manifest !== 'enforce' && observed.server === 'enforces')
    return { state, explained: 'the catalog wants a token although authentication is off, or prepared only' };
  const plan = planTokenEndpoint(observed);
  const rows = { write: 'withToken', clear: 'withoutToken', leave: state.row } as const;
  const after = { ...state, row: rows[plan] };
  return { state: after, explained: stageOf(observe(after)).waitsFor };
}

/** A sync: the hook, the custom resource, registration. */
function sync(state: State): Step {
  const explained = whyNotEnforce(observe(state));
  return explained === undefined ? register({ ...state, applied: state.manifest }) : { state, explained };
}

const steps = { register, sync };

describe.each(Object.entries(steps))('%s, from every state', (_, step) => {
  test.each(states)('$manifest in Git, $applied applied, row $row, $workers can log in', (before) => {
    const { state: after, explained } = step(before);
    const workers = workersOf(before);
    // Nobody who could attach is locked out.
    for (const worker of workers)
      if (attaches(before, worker)) expect(attaches(after, worker), worker).toBe(true);
    // Whoever cannot attach is told of.
    if (!workers.every((worker) => attaches(after, worker))) expect(explained).toBeTruthy();
    // The server changes only behind row and workers.
    if (after.applied === 'enforce' && before.applied !== 'enforce')
      expect(before).toMatchObject({ row: 'withToken', workers: 'all' });
  });
});

test.each(states)(
  'arrives, once all workers can log in: $manifest in Git, $applied applied, row $row',
  (from) => {
    let state: State = { ...from, workers: 'all' };
    for (let round = 1; round <= 2; round += 1) state = register(sync(state).state).state;
    expect(state).toMatchObject({
      applied: state.manifest,
      row: state.manifest === 'none' ? 'withoutToken' : 'withToken',
    });
    expect(sync(state)).toEqual({ state, explained: undefined });
  },
);

test('a new org starts with authentication, whatever its workers are', () => {
  for (const server of ['absent', 'open', 'unknown'] as const)
    expect(
      whyNotEnforce({ ...observe(states[0] as State), wanted: 'enforce', server, row: 'notRegistered' }),
    ).toBe(undefined);
});

test.each<[string, Partial<ObservedRollout>, RegExp]>([
  ['the row', { row: 'withoutToken' }, /its row has no token endpoint.*prepare/],
  [
    'a worker',
    { workers: ['duckgres/a has no broker'] },
    /workers that cannot log in: duckgres\/a has no broker/,
  ],
  ['a server with another audience', { server: 'enforcesOther' }, /its workers have others.*prepare/],
  [
    'a server that does not answer',
    { server: 'unknown', workers: ['duckgres/a is not ready'] },
    /a is not ready/,
  ],
])('the hook says what is not ready: %s', (_, differing, reason) => {
  const ready: ObservedRollout = { wanted: 'enforce', server: 'open', row: 'withToken', workers: [] };
  expect(whyNotEnforce(ready)).toBe(undefined);
  expect(whyNotEnforce({ ...ready, ...differing })).toMatch(reason);
});

test('of many workers the first are named', () => {
  const workers = Array.from({ length: 12 }, (_, i) => `duckgres/worker-${i} is not ready`);
  const { waitsFor } = stageOf({ wanted: 'prepare', server: 'open', row: 'withoutToken', workers });
  expect(waitsFor).toContain('worker-4 is not ready; and 7 more');
  expect(waitsFor).not.toContain('worker-5');
});
