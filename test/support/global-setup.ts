import { bundle } from '../../scripts/build.mjs';

/** Tests that start the program start it as it is shipped: bundled, from lib/. */
export default async function setup(): Promise<void> {
  await bundle();
}
