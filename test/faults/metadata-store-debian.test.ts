import { existsSync } from 'node:fs';
import { describeMetadataStore } from '../support/metadata-store-suite.ts';

const native = '/usr/lib/postgresql/15';

describeMetadataStore(15, {
  from: 'Debian',
  native: existsSync(`${native}/bin/initdb`) ? native : undefined,
});
