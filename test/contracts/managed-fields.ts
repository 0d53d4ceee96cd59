import { expect, test } from 'vitest';
import type { KubernetesClient } from '../../src/clients/kubernetes/kubernetes-client.ts';
import { resources } from '../../src/registration/objects/cluster-objects.ts';
import type { SecretObject } from '../../src/registration/objects/secret-objects.ts';
import {
  dataChangedAt,
  othersWroteAnnotationAt,
  withLeanFields,
} from '../../src/registration/secret/observe.ts';

/** Who changed the data of a Secret, and when: registration replaces pods that were started before. */
export interface ManagedFieldsTarget {
  readonly ours: KubernetesClient;
  /** Merges a change as another client than ours. */
  patchAsAnother(name: string, body: unknown): Promise<void>;
  readonly namespace: string;
}

/** What the product relies on from the API server's notes of who wrote what. */
export function managedFieldsContract(target: () => ManagedFieldsTarget): void {
  const make = (name: string, data: object) => {
    const { ours, namespace } = target();
    return ours.call<SecretObject>({
      verb: 'create',
      resource: resources.secrets,
      namespace,
      body: { metadata: { name }, data },
    });
  };
  const patch = (name: string, body: unknown) => {
    const { ours, namespace } = target();
    return ours.call<SecretObject>({ verb: 'patch', resource: resources.secrets, namespace, name, body });
  };
  const get = (name: string) => {
    const { ours, namespace } = target();
    return ours.call<SecretObject>({ verb: 'get', resource: resources.secrets, namespace, name });
  };

  test('what we write is noted as ours, with the time in whole seconds', async () => {
    const made = await make('noted', { a: 'YQ==' });
    expect(dataChangedAt(made)).toBe(Date.parse(String(made.metadata.creationTimestamp)));
    expect(dataChangedAt(made, 'others')).toBeUndefined();
  });

  test("another's change of a value is noted as theirs, and what we wrote beside it stays ours", async () => {
    await make('shared', { a: 'YQ==', b: 'Yg==' });
    await target().patchAsAnother('shared', { data: { a: 'eA==' } });
    const changed = await get('shared');
    expect(dataChangedAt(changed, 'others')).toBeGreaterThanOrEqual(
      Date.parse(String(changed.metadata.creationTimestamp)),
    );
    const again = await patch('shared', { data: { a: 'YQ==' } });
    expect(dataChangedAt(again, 'others')).toBeUndefined();
  });

  test('our annotations move the time of what we wrote, and not that of what others wrote', async () => {
    await make('annotated', { a: 'YQ==' });
    await target().patchAsAnother('annotated', { data: { b: 'Yg==' } });
    const before = await get('annotated');
    let turn = 0;
    const touched = async () => patch('annotated', { metadata: { annotations: { turn: String(turn++) } } });
    await expect
      .poll(async () => dataChangedAt(await touched()), { interval: 200 })
      .toBeGreaterThan(dataChangedAt(before) ?? 0);
    expect(dataChangedAt(await get('annotated'), 'others')).toBe(dataChangedAt(before, 'others'));
  });

  test("another's change of our annotation is noted as theirs, until we write it again", async () => {
    const note = (value: string) => ({ metadata: { annotations: { 'a.example/note': value } } });
    await make('noted-by-others', { a: 'YQ==' });
    const ours = await patch('noted-by-others', note('ours'));
    expect(othersWroteAnnotationAt(ours, 'a.example/note')).toBeUndefined();
    await target().patchAsAnother('noted-by-others', note('theirs'));
    const theirs = await get('noted-by-others');
    expect(othersWroteAnnotationAt(theirs, 'a.example/note')).toBeGreaterThanOrEqual(
      Date.parse(String(theirs.metadata.creationTimestamp)),
    );
    expect(othersWroteAnnotationAt(theirs, 'a.example/other')).toBeUndefined();
    const again = await patch('noted-by-others', note('ours again'));
    expect(othersWroteAnnotationAt(again, 'a.example/note')).toBeUndefined();
  });

  test('what status keeps of it says the same', async () => {
    await make('lean', { a: 'YQ==', b: 'Yg==' });
    await patch('lean', { metadata: { annotations: { 'a.example/ours': '' } } });
    await target().patchAsAnother('lean', {
      data: { a: 'eA==' },
      metadata: { annotations: { 'a.example/theirs': '' } },
    });
    const whole = await get('lean');
    const told = (secret: SecretObject) => [
      dataChangedAt(secret),
      dataChangedAt(secret, 'others'),
      othersWroteAnnotationAt(secret, 'a.example/ours'),
      othersWroteAnnotationAt(secret, 'a.example/theirs'),
    ];
    const time = expect.any(Number);
    expect(told(whole)).toEqual([time, time, undefined, time]);
    expect(told(withLeanFields(whole))).toEqual(told(whole));
    expect(JSON.stringify(withLeanFields(whole)).length).toBeLessThan(JSON.stringify(whole).length);
  });
}
