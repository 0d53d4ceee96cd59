import { parsePlatform } from '../../src/platform/parse.ts';
import { baseSettings, platform, type SettingsOverrides } from './fleet.ts';
import { refusals } from './refusals.ts';

/** The lines of the error that settings are refused with; empty when they are accepted. */
export function refusal(settings: unknown): string[] {
  return refusals(() => parsePlatform('platform.yaml', settings));
}

/** The same for the base settings with other sections. */
export const refused = (sections: Record<string, unknown>) => refusal({ ...baseSettings, ...sections });

/** The same for the base settings with some fields changed. */
export const refusedFields = (overrides: SettingsOverrides) => refusals(() => platform(overrides));
