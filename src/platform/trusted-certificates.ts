import type { Problem } from '../text/problem.ts';
import { isServedByApiServer } from './cluster-issuer.ts';
import type { Platform } from './platform-settings.ts';
import { authenticationSettings } from './settings-with-paths.ts';

/** Certificates of private authorities in the pods of catalogs and registration Jobs. */

const directory = '/etc/lakekeeper-gitops-certificates';
const file = 'ca.crt';

export const certificateVolume = 'lakekeeper-gitops-certificates';
export const certificateMount = { name: certificateVolume, mountPath: directory, readOnly: true } as const;
export const certificatePath = `${directory}/${file}`;

/** The source of the volume; undefined without private authorities. */
export function certificateSource({ trustedCertificates: from }: Platform) {
  if (from === undefined) return undefined;
  const { name, key } = 'secret' in from ? from.secret : from.configMap;
  const items = [{ key, path: file }];
  return 'secret' in from ? { secret: { secretName: name, items } } : { configMap: { name, items } };
}

export function certificateProblems({ trustedCertificates, operator }: Platform): Problem[] {
  if (trustedCertificates === undefined || operator.amendments) return [];
  const message =
    'would not reach the catalogs: the operator passes certificates under a name that the server does not ' +
    'read. Set operator.amendments: true';
  return [{ at: 'trustedCertificates', message }];
}

/** The server reads one file and one directory; the directory is that of the system. */
export function certificateWarnings(platform: Platform): Problem[] {
  if (platform.trustedCertificates === undefined) return [];
  if (!authenticationSettings(platform).some(([, settings]) => isServedByApiServer(settings))) return [];
  const message =
    "has to contain the cluster's own CA too, because the API server is an issuer of tokens and the server " +
    'reads one file: add that of the ConfigMap kube-root-ca.crt';
  return [{ at: 'trustedCertificates', message }];
}
