import * as z from 'zod';

const policy = z.enum(['retain', 'delete']);
const orgIds = z.array(z.string().min(1)).default([]);

/** What becomes of the stores of an org that leaves. Files in the object store always stay. */
export const retirement = z
  .strictObject({
    policy: policy
      .default('retain')
      .describe(
        'retain: database, role and Secret stay, and the role cannot log in; delete: they are deleted, for the ' +
          'orgs in confirm',
      ),
    confirm: orgIds.describe('Org ids for which the policy delete is confirmed'),
    evenWithTables: orgIds.describe(
      'Org ids whose database is deleted although tables are registered in it; their files stay',
    ),
  })
  .prefault({})
  .describe('What becomes of the database, role and Secret of an org that leaves');

/** For one org. */
export const retirementOverride = z
  .strictObject({ policy })
  .describe('The policy for this org; confirm and evenWithTables are in the settings of all orgs');
