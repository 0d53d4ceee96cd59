import { fetchPostgresVersions } from './postgres-versions.ts';

/** Fetches what the slow tests need and the others do not. */
export default async function setup(): Promise<void> {
  try {
    fetchPostgresVersions();
  } catch (error) {
    // In CI, the tests that need it fail one by one.
    process.stderr.write(`Postgres 15, 16 and 17 could not be fetched: ${error}\n`);
  }
}
