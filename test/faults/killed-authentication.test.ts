import { describeKills } from '../support/kill-suite.ts';

describeKills('authentication', ['lakekeeper'], ['lakekeeper POST /management/v1/bootstrap']);
