import { describeKills } from '../support/kill-suite.ts';

describeKills(
  'exchanged credentials',
  ['kubernetes'],
  [
    'kubernetes PATCH lakekeeper/secrets/lakekeeper-acme',
    'kubernetes POST lakekeeper/pods/lakekeeper-acme-88695b9f9-1/eviction',
    'kubernetes POST lakekeeper/pods/lakekeeper-acme-88695b9f9-2/eviction',
  ],
);
