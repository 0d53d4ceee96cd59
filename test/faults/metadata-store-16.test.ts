import { describeMetadataStore } from '../support/metadata-store-suite.ts';

describeMetadataStore(16);
