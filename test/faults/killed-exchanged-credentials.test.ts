import { describeKills } from '../support/kill-suite.ts';

describeKills(
  'exchanged credentials',
  ['kubernetes'],
  [
    'kubernetes PATCH lakekeeper/secrets/lakekeeper-acme',
    'kubernetes POST lakekeeper/pods/lakekeeper-acme-1/eviction',
  ],
);
