import { describeKills } from '../support/kill-suite.ts';

describeKills(
  'new encryption key',
  ['kubernetes', 'lakekeeper'],
  [
    'kubernetes POST lakekeeper/secrets',
    'kubernetes POST lakekeeper/pods/lakekeeper-acme-88695b9f9-1/eviction',
    'kubernetes POST lakekeeper/pods/lakekeeper-acme-88695b9f9-2/eviction',
    'kubernetes PATCH lakekeeper/secrets/lakekeeper-acme',
  ],
);
