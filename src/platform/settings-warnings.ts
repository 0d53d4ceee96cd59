import type { Problem } from '../text/problem.ts';
import type { Platform } from './platform-settings.ts';
import { rolloutWarnings } from './rollout-problems.ts';
import { metadataStoreSettings } from './settings-with-paths.ts';
import { certificateWarnings } from './trusted-certificates.ts';

/** Settings that are allowed but do not work everywhere, each with its path. */
export function warnings(platform: Platform): Problem[] {
  return [
    ...formerNames(platform),
    ...environmentPasswords(platform),
    ...certificateWarnings(platform),
    ...rolloutWarnings(platform),
  ];
}

function formerNames({ registration }: Platform): Problem[] {
  if (registration.arrangement === undefined) return [];
  const message = 'is called hookMode now; the former name goes with the next version';
  return [{ at: 'registration.arrangement', message }];
}

function environmentPasswords(platform: Platform): Problem[] {
  return metadataStoreSettings(platform).flatMap(([path, store]) => {
    const [at, password] =
      store.provisioning === 'admin'
        ? [`${path}.admin.password`, store.admin.password]
        : [`${path}.password`, store.password];
    if (!('environment' in password)) return [];
    return [
      {
        at,
        message:
          `is from the environment (${password.environment}), which the registration Job in the ` +
          'cluster does not have; it is for registering by hand',
      },
    ];
  });
}
