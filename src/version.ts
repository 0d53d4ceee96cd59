import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** Version of this program, from its package.json (a folder above both `src` and `lib`). */
export const { version } = require('../package.json') as { version: string };
