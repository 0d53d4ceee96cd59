import { describeKills } from '../support/kill-suite.ts';

describeKills(
  'cloud admin',
  ['postgres'],
  [
    'postgres REVOKE ALL ON DATABASE "lakekeeper_acme" FROM PUBLIC',
    'postgres ALTER SCHEMA public OWNER TO "lakekeeper_acme"',
  ],
);
