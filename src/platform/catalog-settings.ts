import * as z from 'zod';
import { podSettings } from './pod-settings.ts';
import { resources } from './quantity.ts';
import { templatePerOrg } from './setting-template.ts';
import { hostName, image, port } from './setting-types.ts';

export const replicas = z
  .union([z.int().min(0).max(100), z.literal('external')])
  .describe('external: something else scales the custom resource, and its replicas are left out');

/** Settings of every org's Lakekeeper, except its stores and its authentication. */
export const catalog = z.strictObject({
  image: image.describe('Lakekeeper, with its version'),
  replicas: replicas.default(2),
  resources: resources
    .default({ requests: { cpu: '500m', memory: '512Mi' } })
    .describe('Without requests the pods are the first to be evicted'),
  pods: podSettings
    .default({})
    .describe("What the catalog's pods have beyond their container; needs operator.amendments"),
  server: z
    .strictObject({
      baseURI: templatePerOrg
        .regex(
          /^https?:\/\/[A-Za-z0-9.{}-]+(:[0-9]+)?(\/[A-Za-z0-9._~{}/-]*)?$/,
          'is not an http(s) URL that the operator accepts',
        )
        .refine(
          (value) => !value.includes('{duckling}'),
          'names the Duckling, which is not known wherever a recorded endpoint is compared with it; ' +
            'put {org} or {name} into it',
        )
        .default('http://{name}.{namespace}.svc:8181')
        .describe('URL for engines; a template'),
      listenPort: port.default(8181),
      metricsPort: port.default(9000),
      enableDefaultProject: z
        .literal(true)
        .default(true)
        .describe('The warehouse is created in the default project'),
      reservedNamespaces: z.array(z.string().min(1)).min(1).optional(),
    })
    .prefault({}),
  readHost: hostName.optional().describe('Read replica of the metadata store'),
  maxRequestTime: z
    .string()
    .regex(/^[0-9]+s$/, 'is not in seconds (like 30s); the server crashes on minutes and hours')
    .optional(),
  bootstrapCheckInterval: z
    .string()
    .regex(/^[1-9][0-9]*s$/, 'is not a duration like 15s')
    .default('15s'),
  environment: z
    .record(
      z
        .string()
        .regex(
          /^(LAKEKEEPER__[A-Z0-9_]+|SSL_CERT_FILE|SSL_CERT_DIR|RUST_LOG|HTTPS?_PROXY|NO_PROXY)$/,
          'is not a variable of the server',
        ),
      z.string(),
    )
    .default({})
    .describe("More of the server's environment; needs operator.amendments"),
});
