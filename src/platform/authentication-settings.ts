import * as z from 'zod';
import { template, templatePerOrg } from './setting-template.ts';
import { secretReference } from './setting-types.ts';

/** How a catalog authenticates its clients. */

const audience = templatePerOrg
  // The server splits at commas and accepts a token for any part. A part without the org would be valid at all
  // catalogs.
  .regex(/^[^\s,]*$/, 'has a comma or a space in it; a catalog has one audience')
  .default('lakekeeper-{org}')
  .describe(
    "Audience of the org's tokens; a template that has the org in it, so that one org's token is " +
      "refused by another's catalog",
  );

/** Workers first, then the row, then the server: docs/authentication.md. */
const rollout = z
  .enum(['prepare', 'enforce'])
  .default('enforce')
  .describe(
    'prepare: everything for logging in is there, and the server stays open; enforce: the server refuses requests ' +
      'without a token. Argo CD applies it to a registered org only when its row and all its workers are ready',
  );

const audienceGuard = z
  .strictObject({
    workersCreatedBy: z
      .array(z.string().regex(/^[^\s"\\]+$/, 'is not the name of a user'))
      .min(1)
      .describe(
        "Users who may put an org's label on a pod: the account of the control plane, like " +
          'system:serviceaccount:duckgres:control-plane. Of a Deployment, the replicaset-controller makes the pods',
      ),
  })
  .optional()
  .describe(
    'Limit by a ValidatingAdmissionPolicy (Kubernetes 1.30 and newer) who may ask for a token with the audience of ' +
      "an org: the org's workers and its registration Job",
  );

const httpsUrl = z
  .url({ protocol: /^https$/, error: 'is not an https URL' })
  .refine((url) => !URL.canParse(url) || new URL(url).username === '', 'has credentials in it');

export const authentication = z.discriminatedUnion('mode', [
  z
    .strictObject({ mode: z.literal('none') })
    .describe('Every request is anonymous and may do everything; only the NetworkPolicies protect'),
  z
    .strictObject({ mode: z.literal('kubernetes'), rollout, audience, audienceGuard })
    .describe('ServiceAccount tokens, checked by TokenReview'),
  z.discriminatedUnion('issuer', [
    z
      .strictObject({
        mode: z.literal('openID'),
        issuer: z.literal('cluster'),
        rollout,
        providerURI: httpsUrl.describe("Issuer of the cluster's ServiceAccount tokens"),
        audience,
        audienceGuard,
        subjectClaim: z.string().min(1).default('sub'),
      })
      .describe("ServiceAccount tokens, checked against the cluster's own OpenID issuer"),
    z
      .strictObject({
        mode: z.literal('openID'),
        issuer: z.literal('external'),
        rollout,
        providerURI: httpsUrl,
        audience,
        subjectClaim: z.string().min(1).default('sub'),
        rolesClaim: z.string().min(1).optional(),
        tokenEndpoint: httpsUrl.describe('Where workers and the registration Job get their tokens'),
        // RFC 6749 §3.3.
        scope: template
          .regex(
            /^[!#-[\]-~]+( [!#-[\]-~]+)*$/,
            'is not a scope: words of ASCII without quotes, one space apart',
          )
          .optional()
          .describe(
            'OAuth2 scope that registration and workers request; a template. None when left out. Entra ' +
              'needs one that ends in /.default',
          ),
        client: z
          .strictObject({ id: template, secret: secretReference })
          .describe('OAuth2 client that the registration Job logs in with (client_credentials)'),
      })
      .describe('Tokens of an OpenID provider outside the cluster'),
  ]),
]);
