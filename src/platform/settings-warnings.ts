import { canonicalRange, containsRange, parseRange } from '../text/address-range.ts';
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
    ...addressesOfNodes(platform),
    ...rolloutWarnings(platform),
  ];
}

/** Addresses that are valid on their node only, such as that of NodeLocal DNSCache. */
const linkLocal = parseRange('169.254.0.0/16');

function addressesOfNodes(platform: Platform): Problem[] {
  const { policies, dns } = platform.network;
  if (policies !== 'cilium') return [];
  return dns.flatMap((peer) => {
    const range = 'cidr' in peer ? parseRange(peer.cidr) : undefined;
    if (linkLocal === undefined || range === undefined || !containsRange(linkLocal, range)) return [];
    const message =
      `${canonicalRange(range)} is of the node, which Cilium does not match by addresses; ` +
      'use entity: host';
    return [{ at: 'network.dns', message }];
  });
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
