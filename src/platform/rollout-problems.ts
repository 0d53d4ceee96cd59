import { compareVersions, imageVersion } from '../text/image-version.ts';
import type { Problem } from '../text/problem.ts';
import type { Platform } from './platform-settings.ts';
import type { Rollout } from './rollout-settings.ts';

/** Problems of a roll-out. */
export function rolloutProblems({ rollout: settings, catalog }: Platform): Problem[] {
  if (settings === undefined) return [];
  const problems: Problem[] = [];
  const { stages, stage: begun } = settings;
  if (begun > stages.length)
    problems.push({ at: 'rollout.stage', message: `is ${begun}, and there are ${stages.length} stages` });
  const percents = stages.map((one) => ('percent' in one ? one.percent : 0));
  stages.forEach((one, i) => {
    if ('percent' in one && percents.slice(0, i).some((earlier) => earlier >= one.percent))
      problems.push({
        at: `rollout.stages[${i}].percent`,
        message: `is ${one.percent}, no more than in an earlier stage, so that nobody would be added`,
      });
  });
  if (settings.image === catalog.image && !hasReachedAll(settings))
    problems.push({
      at: 'rollout.image',
      message:
        `is ${settings.image}, as catalog.image, so that every org has it, whatever the stage; set catalog.image to ` +
        'the image of the orgs whose stage has not begun, or leave rollout out',
    });
  const [from, to] = [imageVersion(catalog.image), imageVersion(settings.image)];
  // docs/facts/lakekeeper-versions.md §3
  if (from && to && compareVersions(to, from) < 0)
    problems.push({
      at: 'rollout.image',
      message:
        `is ${settings.image}, older than catalog.image (${catalog.image}): the migration of an older version ` +
        'refuses a database that a newer one has migrated',
    });
  return problems;
}

/** Warns of a roll-out that has reached every org. */
export function rolloutWarnings({ rollout: settings }: Platform): Problem[] {
  if (settings === undefined || !hasReachedAll(settings)) return [];
  const message = `has reached every org; set catalog.image to ${settings.image} and leave rollout out`;
  return [{ at: 'rollout', message }];
}

function hasReachedAll({ stages, stage }: Rollout): boolean {
  return stages.slice(0, stage).some((one) => 'percent' in one && one.percent === 100);
}
