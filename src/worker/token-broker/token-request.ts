import { type Answer, invalidRequest, oauthError } from './answer.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Validates a token request (RFC 6749 §4.4.2). Client credentials are accepted but not checked: a client that reaches
 * loopback is inside the pod, and could read the pod's token itself.
 *
 * @returns the error to answer with; undefined when the request is valid.
 * @param contentType of the body: a form, or JSON.
 */
export function refuseTokenRequest(contentType: string | undefined, body: Buffer): Answer | undefined {
  const parameters = parametersOf(contentType, body);
  if ('outcome' in parameters) return parameters;
  const { grantType } = parameters;
  // A parameter without a value is treated as omitted (RFC 6749 §3.2).
  if (grantType === undefined || grantType === '') return invalidRequest('grant_type is missing');
  if (grantType === 'client_credentials') return undefined;
  return oauthError(
    'unsupported_grant_type',
    400,
    'unsupported_grant_type',
    'the only grant_type here is client_credentials',
  );
}

function parametersOf(
  contentType: string | undefined,
  body: Buffer,
): { grantType: string | undefined } | Answer {
  const mediaType = contentType?.split(';', 1)[0]?.trim().toLowerCase();
  const isJson = mediaType === 'application/json';
  if (!isJson && mediaType !== 'application/x-www-form-urlencoded')
    return invalidRequest('the body is neither application/x-www-form-urlencoded nor application/json');
  let text: string;
  try {
    text = utf8.decode(body);
  } catch {
    return invalidRequest('the body is not UTF-8');
  }
  return isJson ? fromJson(text) : fromForm(text);
}

function fromForm(text: string): { grantType: string | undefined } | Answer {
  const [grantType, ...more] = new URLSearchParams(text).getAll('grant_type');
  return more.length > 0 ? invalidRequest('grant_type is there more than once') : { grantType };
}

function fromJson(text: string): { grantType: string | undefined } | Answer {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    return invalidRequest('the body is not JSON');
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content))
    return invalidRequest('the body is not a JSON object');
  const grantType: unknown = Object.hasOwn(content, 'grant_type')
    ? (content as { grant_type: unknown }).grant_type
    : undefined;
  return typeof grantType === 'string' || grantType === undefined
    ? { grantType }
    : invalidRequest('grant_type is not a text');
}
