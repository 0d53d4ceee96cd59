import { bundle } from '../../scripts/build.mjs';
import { preparePostgres } from './embedded-postgres.ts';

/** Tests that start the program start it as it is shipped: bundled, from lib/. */
export default async function setup(): Promise<() => Promise<void>> {
  await bundle();
  return preparePostgres();
}
