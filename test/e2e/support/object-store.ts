/**
 * An object store with S3's interface, `LAKEKEEPER_S3`: its endpoint. Keys, region and bucket are in AWS's variables
 * and LAKEKEEPER_S3_BUCKET.
 */
export interface ObjectStore {
  readonly endpoint: string;
  readonly bucket: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** @throws Error that names the variable that is missing. */
function given(): ObjectStore | undefined {
  const { LAKEKEEPER_S3: endpoint, AWS_REGION, AWS_DEFAULT_REGION } = process.env;
  if (!endpoint) return undefined;
  const needed = (name: string) => {
    const value = process.env[name];
    if (!value) throw new Error(`LAKEKEEPER_S3 is set, and ${name} is not`);
    return value;
  };
  return {
    endpoint,
    bucket: needed('LAKEKEEPER_S3_BUCKET'),
    region: AWS_REGION || AWS_DEFAULT_REGION || 'us-east-1',
    accessKeyId: needed('AWS_ACCESS_KEY_ID'),
    secretAccessKey: needed('AWS_SECRET_ACCESS_KEY'),
  };
}

export const objectStoreUnderTest = given();
