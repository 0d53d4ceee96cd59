import * as z from 'zod';

/** Moves of registered orgs, which synth refuses unless they are confirmed. */
export const moves = z
  .strictObject({
    confirm: z
      .array(z.string().min(1))
      .default([])
      .describe(
        'Org ids whose database and Secret are where the settings and rows say now: copied there, or restored from a ' +
          'backup. Registration refuses to start one of them with an empty database',
      ),
  })
  .prefault({})
  .describe('Registered orgs that move to another metadata store, place, name, namespace or older image');
