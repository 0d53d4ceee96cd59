import { describeKills } from '../support/kill-suite.ts';

describeKills(
  'superuser',
  ['postgres', 'kubernetes', 'lakekeeper'],
  [
    'postgres CREATE ROLE "lakekeeper_acme" LOGIN PASSWORD \'…\'',
    'kubernetes POST lakekeeper/secrets',
    'kubernetes PATCH lakekeeper/lakekeepers/lakekeeper-acme',
    'lakekeeper POST /management/v1/warehouse',
  ],
  'SIGKILL',
);
