import { expect, test } from 'vitest';
import { Shape } from '../../../src/manifests/shapes/shape.ts';

test('the same steps lead to the same place, whatever was gone in between', () => {
  const root = new Shape();
  const place = root.after('name').afterOwn(1).after('port').after(5432);
  root.after('name').afterOwn(0).after('port').after(5432);
  root.after('name').after('acme').after('port').after(5432);
  expect(root.after('name').afterOwn(1).after('port').after(5432)).toBe(place);
});

test.each([
  ['a number and its spelling', new Shape(), (root: Shape) => [root.after(1), root.after('1')]],
  ['a number and one of the texts', new Shape(), (root: Shape) => [root.after(1), root.afterOwn(1)]],
  ['nothing and null', new Shape(), (root: Shape) => [root.after(undefined), root.after(null)]],
  [
    'nothing and its spelling',
    new Shape(),
    (root: Shape) => [root.after(undefined), root.after('undefined')],
  ],
  ['true and its spelling', new Shape(), (root: Shape) => [root.after(true), root.after('true')]],
  ['two texts', new Shape(), (root: Shape) => [root.afterOwn(0), root.afterOwn(1)]],
  ['no step and an empty text', new Shape(), (root: Shape) => [root, root.after('')]],
])('%s lead to different places, in either order', (_, root, places) => {
  expect(new Set([...places(root), ...places(root).reverse()]).size).toBe(2);
});
