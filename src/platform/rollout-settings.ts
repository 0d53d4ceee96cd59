import * as z from 'zod';
import { image } from './setting-types.ts';

const stage = z.union([
  z.strictObject({ orgs: z.array(z.string().min(1)).min(1) }).describe('These orgs, by their ids'),
  z
    .strictObject({ percent: z.int().min(1).max(100) })
    .describe('So many of a hundred orgs, those of earlier stages included'),
]);

/** A new image that goes to the fleet in stages, each of them a change of one number. */
export const rollout = z
  .strictObject({
    image: image.describe('The new image; catalog.image is that of the other orgs'),
    stages: z.array(stage).min(1).max(100).describe('Who gets it, one stage after the other'),
    stage: z.int().min(0).describe('How many of the stages have begun; 0 for none'),
  })
  .describe('Gives a new image to some orgs first; orgs.<org id>.image is stronger');
export type Rollout = z.output<typeof rollout>;
