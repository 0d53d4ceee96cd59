import { debianPostgres15 } from '../support/logged-postgres.ts';
import { describeMetadataStore } from '../support/metadata-store-suite.ts';

describeMetadataStore(15, debianPostgres15, debianPostgres15 === undefined);
