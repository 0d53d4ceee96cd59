import { connectLakekeeper } from '../../../clients/lakekeeper/lakekeeper-client.ts';
import { LakekeeperError, whileAsking } from '../../../clients/lakekeeper/lakekeeper-errors.ts';
import type { LakekeeperAccess } from '../../../clients/lakekeeper/lakekeeper-request.ts';
import { nameForMessage } from '../../../text/printable.ts';
import { requestToken } from '../../objects/account-token.ts';
import type { Registration } from '../../registration.ts';
import { StaleCacheError } from '../warehouse/stale-cache.ts';

/** The least that Kubernetes grants. */
const expirationSeconds = 600;

/**
 * Proves that a token like a worker's is good in the catalog, and may not change the warehouse: a rename is refused.
 * The token is of a ServiceAccount that has no rights in the cluster. The new name is the one that the warehouse has:
 * where the rename is accepted, nothing changes (docs/facts/lakekeeper-auth.md §4.2).
 *
 * @throws StaleCacheError while the rename is accepted: a server may not have read yet that the warehouse is managed.
 */
export async function verifyWorkerRights(
  { inputs, sources }: Pick<Registration, 'inputs' | 'sources'>,
  access: LakekeeperAccess,
  warehouse: { readonly id: string; readonly name: string },
): Promise<void> {
  const { authentication, catalog, lakekeeperWarehouse } = inputs;
  const { proofAccount } = lakekeeperWarehouse;
  if (proofAccount === undefined || authentication.mode === 'none') return;
  const account = { namespace: catalog.namespace, name: proofAccount };
  const { audience } = authentication;
  const { token } = await requestToken(sources.kubernetes, account, { audience, expirationSeconds });
  const worker = connectLakekeeper({ ...access, token: async () => token });
  const name = nameForMessage(warehouse.name);
  await whileAsking(
    `renaming the Lakekeeper warehouse ${name} with the token of ${account.namespace}/${account.name}`,
    async () => {
      try {
        await worker.renameWarehouse(warehouse.id, warehouse.name);
      } catch (error) {
        if (error instanceof LakekeeperError && error.type === 'WarehouseManaged') return;
        throw error;
      }
      throw new StaleCacheError(
        `the Lakekeeper warehouse ${name} can be changed by its instance admin alone`,
        `LAKEKEEPER__INSTANCE_ADMINS of the catalog's pods has more users than this Job`,
      );
    },
    ({ status, meaning }) =>
      status === 401
        ? 'the catalog refuses an ordinary account, so that no worker could log in; look at the variables of its pods'
        : meaning.whatToDo,
  );
}
