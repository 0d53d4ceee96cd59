import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type ConnectionOptions, createSecureContext } from 'node:tls';
import { pathForMessage } from '../../text/credential-form.ts';
import { UsageError } from '../../text/errors.ts';
import { type Parameter, type Parameters, parameterForMessage } from './connection-parameters.ts';

/**
 * From the weakest to the strongest, as in https://www.postgresql.org/docs/current/libpq-ssl.html. Without `allow` and
 * `prefer`: with them the server, or an attacker between, decides whether TLS is used.
 */
const sslmodes = ['disable', 'require', 'verify-ca', 'verify-full'] as const;
export type SslMode = (typeof sslmodes)[number];

const thisMachine = /^(localhost|127\.\d+\.\d+\.\d+|::1)$/i;

/**
 * The sslmode of the parameters. The default is `verify-full` with `sslrootcert=system`, `disable` for this machine
 * unless another parameter needs TLS, and `require` for every other host.
 *
 * @throws UsageError for another word, and, as libpq does, for a mode that is too weak for `sslrootcert=system` or
 * `sslnegotiation=direct`.
 */
export function sslmodeOf({ sslmode, sslrootcert, sslnegotiation }: Parameters, host: string): SslMode {
  const system = sslrootcert?.value === 'system';
  if (sslmode === undefined && system) return 'verify-full';
  const isPlain = thisMachine.test(host) && sslrootcert === undefined && sslnegotiation === undefined;
  const wanted = sslmode?.value ?? (isPlain ? 'disable' : 'require');
  const mode = sslmodes.find((known) => known === wanted);
  if (mode === undefined) throw notOneOf(sslmode, sslmodes);
  if (system && mode !== 'verify-full')
    throw new UsageError(`sslmode=${mode} is too weak for sslrootcert=system; expected verify-full`);
  if (!['postgres', 'direct', undefined].includes(sslnegotiation?.value))
    throw notOneOf(sslnegotiation, ['postgres', 'direct']);
  if (sslnegotiation?.value === 'direct' && sslmodes.indexOf(mode) < sslmodes.indexOf('require'))
    throw new UsageError(
      `sslmode=${mode} is too weak for sslnegotiation=direct; expected require or stronger`,
    );
  return mode;
}

function notOneOf(seen: Parameter | undefined, allowed: readonly string[]): UsageError {
  return new UsageError(`${seen?.from}: ${parameterForMessage(seen)} is not one of ${allowed.join(', ')}`);
}

/**
 * Options of Node's TLS for the behaviour of libpq: the chain is verified if there is a root certificate, also below
 * `verify-ca`; the host name is verified by `verify-full` only. `sslrootcert=system` means the certificate authorities
 * that Node trusts (its own list and NODE_EXTRA_CA_CERTS).
 *
 * @throws UsageError for a file that cannot be read or has another content, and for verify-ca and verify-full without
 * a root certificate.
 */
export function tlsOptions(mode: SslMode, parameters: Parameters): ConnectionOptions {
  const system = parameters.sslrootcert?.value === 'system';
  const root = system ? undefined : read(parameters.sslrootcert);
  if (root === undefined && !system && mode.startsWith('verify-'))
    throw new UsageError(
      `sslmode=${mode} needs a root certificate: give the file as sslrootcert (PGSSLROOTCERT), or ` +
        'sslrootcert=system, ' +
        'or an sslmode that does not verify',
    );
  if (root !== undefined) expectCertificate(root);
  const options: ConnectionOptions = { rejectUnauthorized: system || root !== undefined };
  if (root !== undefined) options.ca = root.text;
  if (mode !== 'verify-full') options.checkServerIdentity = () => undefined;
  const cert = read(parameters.sslcert);
  if (cert === undefined) return options;
  const key = read(parameters.sslkey);
  expectKeyPair(cert, key);
  options.cert = cert.text;
  // Not enumerable, so that printing the options does not show it; `pg` asks for it by name.
  return Object.defineProperty(options, 'key', { value: key?.text, enumerable: false });
}

function expectKeyPair(cert: File, key: File | undefined): void {
  if (key === undefined)
    throw new UsageError(
      `${cert.path}: there is no private key for this certificate; give its file as sslkey`,
    );
  try {
    createSecureContext({ cert: cert.text, key: key.text });
  } catch {
    // The cause is left out: it is only an error code of OpenSSL.
    throw new UsageError(`${cert.path} and ${key.path} are not a PEM certificate and its private key`);
  }
}

interface File {
  /** For messages. */
  readonly path: string;
  readonly text: string;
}

/** The file; undefined when none is named. */
function read(parameter: Parameter | undefined): File | undefined {
  if (parameter === undefined) return undefined;
  const { value, text, from } = parameter;
  const path = pathForMessage(value);
  if (text !== undefined) return { path, text };
  try {
    return { path, text: readFileSync(value, 'utf8') };
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new UsageError(
      `cannot read ${path} (${from}): ${code === 'ENOENT' ? 'there is no such file' : code}`,
    );
  }
}

function expectCertificate({ path, text }: File): void {
  try {
    new X509Certificate(text);
  } catch {
    throw new UsageError(`${path} holds no certificate in PEM form`);
  }
}
