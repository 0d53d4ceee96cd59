import { recordName } from './names.ts';
import { type Right, recordRights } from './record-rights.ts';
import type { RetirementInputs } from './retirement-inputs.ts';

/** The least rights of the retirement Job in Kubernetes. */
export function retirementRights({ policy, registration }: RetirementInputs): Right[] {
  const { catalog, metadataStore, record } = registration;
  const { namespace, name } = catalog;
  const own = (resource: string, verbs: string[], names?: string[], apiGroup = ''): Right => ({
    ...{ namespace, apiGroup, resource, verbs },
    ...(names && { names }),
  });
  // A pre-provisioned database is not dropped. The Secret stays with it, because it has the only encryption key.
  const isDeleted = policy === 'delete' && metadataStore.provisioning === 'admin';
  return [
    own('lakekeepers', ['get'], [name], 'lakekeeper.k8s.lakekeeper.io'),
    own('secrets', ['get', isDeleted ? 'delete' : 'patch'], [name]),
    // Where the row is gone, the record is a ConfigMap.
    own('configmaps', ['create']),
    own('configmaps', ['get', 'patch'], [recordName(name)]),
    ...credentialRights(metadataStore, namespace),
    ...recordRights(record.target),
    ...('warehouseDatabase' in record.target ? [read('secrets', record.target.warehouseDatabase.url)] : []),
  ];
}

function credentialRights(
  store: RetirementInputs['registration']['metadataStore'],
  namespace: string,
): Right[] {
  if (store.provisioning !== 'admin') return [];
  const { password } = store.admin;
  const { sslRootCertSecret: certificate } = store;
  return [
    ...('secret' in password ? [read('secrets', password.secret)] : []),
    ...('duckling' in password ? [read('ducklings', password.duckling, 'k8s.posthog.com')] : []),
    ...(certificate ? [read('secrets', { namespace, name: certificate.name })] : []),
  ];
}

function read(resource: string, at: { namespace: string; name: string }, apiGroup = ''): Right {
  return { namespace: at.namespace, apiGroup, resource, verbs: ['get'], names: [at.name] };
}
