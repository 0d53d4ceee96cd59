import { describeKills } from '../support/kill-suite.ts';

describeKills(
  'edited password',
  ['postgres', 'kubernetes'],
  [
    'postgres ALTER ROLE "lakekeeper_acme" PASSWORD \'…\'',
    'kubernetes PATCH lakekeeper/secrets/lakekeeper-acme',
    'kubernetes POST lakekeeper/pods/lakekeeper-acme-88695b9f9-1/eviction',
    'kubernetes POST lakekeeper/pods/lakekeeper-acme-88695b9f9-2/eviction',
    'kubernetes POST lakekeeper/pods/lakekeeper-acme-88695b9f9-3/eviction',
  ],
);
