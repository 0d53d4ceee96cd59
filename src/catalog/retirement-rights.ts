import { recordName } from './names.ts';
import { type Right, recordRights } from './record-rights.ts';
import { isStoreDeleted, type RetirementInputs } from './retirement-inputs.ts';

/** The least rights of the retirement Job in Kubernetes. */
export function retirementRights(inputs: RetirementInputs): Right[] {
  const { registration } = inputs;
  const { catalog, metadataStore, record } = registration;
  const { namespace, name } = catalog;
  const own = (resource: string, verbs: string[], names?: string[], apiGroup = ''): Right => ({
    ...{ namespace, apiGroup, resource, verbs },
    ...(names && { names }),
  });
  return [
    own('lakekeepers', ['get'], [name], 'lakekeeper.k8s.lakekeeper.io'),
    own('secrets', ['get', isStoreDeleted(inputs) ? 'delete' : 'patch'], [name]),
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
