import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIPv4 } from 'node:net';

/** A certificate and its private key as PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

export interface Authority {
  readonly cert: string;
  /** A certificate for a name, and for the host names and IPv4 addresses under which a server is reached. */
  issue(commonName: string, hosts?: readonly string[]): Certificate;
}

/**
 * A certificate authority for tests, which have no `openssl` on a fresh machine and Node cannot make certificates:
 * X.509 version 3 (RFC 5280) with ECDSA keys on P-256, valid from 2020 to 2049.
 */
export function createAuthority(commonName: string): Authority {
  const issuer = generateKeys();
  const cert = certificate(
    { issuer: commonName, subject: commonName, publicKey: issuer.spki, hosts: [], ca: true },
    issuer,
  );
  return {
    cert,
    issue: (subject, hosts = []) => {
      const keys = generateKeys();
      const content = { issuer: commonName, subject, publicKey: keys.spki, hosts, ca: false };
      return { cert: certificate(content, issuer), key: keys.pem };
    },
  };
}

interface Keys {
  readonly privateKey: KeyObject;
  readonly spki: Buffer;
  readonly pem: string;
}

function generateKeys(): Keys {
  const { privateKey, publicKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'der' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  return { privateKey: createPrivateKey(privateKey), spki: publicKey, pem: privateKey };
}

interface Content {
  readonly issuer: string;
  readonly subject: string;
  readonly publicKey: Buffer;
  readonly hosts: readonly string[];
  readonly ca: boolean;
}

const tag = { boolean: 0x01, integer: 0x02, bits: 0x03, octets: 0x04, oid: 0x06, utf8: 0x0c, utcTime: 0x17 };
const ecdsaWithSha256 = sequence(oid('2a8648ce3d040302'));

function certificate({ issuer, subject, publicKey, hosts, ca }: Content, signer: Keys): string {
  const extensions = [extension('551d13', sequence(...(ca ? [der(tag.boolean, Buffer.from([0xff]))] : [])))];
  if (hosts.length > 0) extensions.push(extension('551d11', sequence(...hosts.map(alternativeName))));
  const toBeSigned = sequence(
    der(0xa0, der(tag.integer, Buffer.from([2]))),
    der(tag.integer, Buffer.concat([Buffer.from([0x01]), randomBytes(8)])),
    ecdsaWithSha256,
    name(issuer),
    sequence(time('200101000000Z'), time('491231235959Z')),
    name(subject),
    publicKey,
    der(0xa3, sequence(...extensions)),
  );
  const signature = sign('sha256', toBeSigned, signer.privateKey);
  const whole = sequence(toBeSigned, ecdsaWithSha256, der(tag.bits, Buffer.from([0]), signature));
  const base64 = whole.toString('base64').replace(/.{1,64}/g, '$&\n');
  return `-----BEGIN CERTIFICATE-----\n${base64}-----END CERTIFICATE-----\n`;
}

function name(commonName: string): Buffer {
  const attribute = sequence(oid('550403'), der(tag.utf8, Buffer.from(commonName)));
  return sequence(der(0x31, attribute));
}

function alternativeName(host: string): Buffer {
  return isIPv4(host) ? der(0x87, Buffer.from(host.split('.').map(Number))) : der(0x82, Buffer.from(host));
}

function extension(id: string, value: Buffer): Buffer {
  return sequence(oid(id), der(tag.octets, value));
}

function time(text: string): Buffer {
  return der(tag.utcTime, Buffer.from(text));
}

function oid(hex: string): Buffer {
  return der(tag.oid, Buffer.from(hex, 'hex'));
}

function sequence(...parts: Buffer[]): Buffer {
  return der(0x30, ...parts);
}

function der(type: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([type, ...size]), content]);
}
