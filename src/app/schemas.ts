import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { findTokenProblem, SecretHeaders } from '../gitlab/credential.ts';
import { parseExtraHeaders } from '../gitlab/extra-headers.ts';
import { parseProxy } from '../gitlab/transport/proxy.ts';
import { ANY_HOST, normalizeHostName } from '../http/allowed-hosts.ts';
import { Secret } from '../util/secret.ts';
import { readTokenFile } from './token-file.ts';

// Schemas for the text of settings that are not empty; config.ts handles empty ones. An error
// message continues a sentence that begins with the name of the variable: "PORT must be …".

/** Creates a schema that parses text. If `parse` returns undefined, the schema reports `error`. */
const parsed = <T>(
  parse: (text: string) => T | undefined,
  error: string | ((text: string) => string),
) =>
  z.string().transform((text, context) => {
    const value = parse(text);
    if (value !== undefined) return value;
    context.addIssue({ code: 'custom', message: typeof error === 'string' ? error : error(text) });
    return z.NEVER;
  });

const API = /\/+api(?:\/.*)?$/i;
/** Matches the end of CI_API_V4_URL, GitLab's CI variable for the URL of the REST API. */
const API_ROOT = /\/+api\/+v4\/*$/i;

function parseHttpUrl(text: string): URL | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  return /^https?:$/.test(url.protocol) ? url : undefined;
}

/**
 * Returns GitLab's base URL; undefined if `text` is invalid. `text` may also be the URL of the REST
 * API.
 */
function parseGitlabUrl(text: string): string | undefined {
  const url = parseHttpUrl(text);
  if (!url || url.username || url.password || url.search || url.hash) return undefined;
  const root = url.pathname.replace(API_ROOT, '');
  return API.test(root) ? undefined : `${url.origin}${root.replace(/\/+$/, '')}`;
}

/**
 * Returns an error message that suggests a correct URL. Omits parts of the wrong URL that may be
 * secret.
 */
function explainGitlabUrl(text: string): string {
  const url = parseHttpUrl(text);
  if (!url) return 'must be an address such as "https://gitlab.example.com"';
  const right = `${url.origin}${url.pathname.replace(API, '').replace(/\/+$/, '')}`;
  return `must be the address of GitLab itself, without user, query, fragment and path of an API: "${right}"`;
}

export const gitlabUrl = parsed(parseGitlabUrl, explainGitlabUrl);

function parseHostNames(text: string): string[] | undefined {
  const items = text.split(',').map((item) => item.trim());
  if (items.includes(ANY_HOST)) return items.length === 1 ? items : undefined;
  const names = items.map(parseHostName);
  return names.every((name) => name !== undefined) ? names : undefined;
}

/**
 * Normalizes a host name. Returns undefined for a pattern, an address with a port or scheme, and an
 * empty name.
 */
function parseHostName(text: string): string | undefined {
  const isName = /^[^\s:/?#@%*\\[\]]+$/.test(text) || /^\[[0-9a-f:.]+\]$/i.test(text);
  return isName ? normalizeHostName(text) : undefined;
}

export const hostNames = parsed(
  parseHostNames,
  (text) =>
    `must be host names separated by commas, without scheme and port, such as "jobs.example.com,localhost", or "*" alone for all; not ${JSON.stringify(text)}`,
);

/** Matches a signing token of GitLab. Captures the part after the prefix, a key in base64. */
const SIGNING_TOKEN = /^whsec_(.*)$/s;

/**
 * Whether a webhook secret is safe. A signing token without a key is not safe, because anyone could
 * sign webhooks.
 */
function isUsableSecret(text: string): boolean {
  const [, key] = SIGNING_TOKEN.exec(text) ?? [];
  if (key === undefined) return true;
  return /^[\w+/-]+={0,2}$/.test(key) && Buffer.from(key, 'base64').length > 0;
}

export const webhookSecret = z
  .string()
  .refine(isUsableSecret, {
    error: 'must be a secret, or a whole signing token: "whsec_" and a key in base64',
  })
  .transform((text) => new Secret(text));

/** A GitLab token. Error messages do not contain it. */
export const token = z.string().transform((text, context) => {
  const message = findTokenProblem(text);
  if (message) context.addIssue({ code: 'custom', message });
  return new Secret(text);
});

/** A Redis URL. Error messages do not contain it, because it may include a password. */
export const redisUrl = z
  .string()
  .refine(isRedisUrl, { error: 'must be an address such as "redis://redis.example.com:6379"' })
  .transform((text) => new Secret(text));

/**
 * Whether ioredis can parse the URL. ioredis itself reports an invalid URL only when it connects.
 */
function isRedisUrl(text: string): boolean {
  if (!/^rediss?:\/\/./.test(text) || !URL.canParse(text)) return false;
  const { username, password, pathname } = new URL(text);
  try {
    decodeURIComponent(`${username}:${password}`);
  } catch {
    return false;
  }
  return /^(\/\d*)?$/.test(pathname);
}

const isOrigin = (text: string) =>
  URL.canParse(text) && new URL(text).origin === text && !text.includes('*');

const origin = z.string().refine(isOrigin, {
  error: ({ input }) =>
    `must be origins such as "https://ci.example.com", not ${JSON.stringify(input)}`,
});

export const origins = z
  .string()
  .transform((text) => text.split(/[\s,]+/))
  .pipe(z.array(origin));

export const boolean = z.stringbool({
  truthy: ['true', '1', 'yes', 'on'],
  falsy: ['false', '0', 'no', 'off'],
  error: ({ input }) => `must be true or false, not ${JSON.stringify(input)}`,
});

export function integer(min: number, max: number) {
  const isInRange = (text: string) =>
    /^\d{1,15}$/.test(text) && Number(text) >= min && Number(text) <= max;
  return z
    .string()
    .refine(isInRange, {
      error: ({ input }) =>
        `must be a whole number from ${min} to ${max}, not ${JSON.stringify(input)}`,
    })
    .transform(Number);
}

export function oneOf<const T extends string>(words: readonly T[]) {
  const error = ({ input }: { input: unknown }) =>
    `must be one of ${words.join(', ')}, not ${JSON.stringify(input)}`;
  return z.string().toLowerCase().pipe(z.enum(words, { error }));
}

/** Reads the file whose path is the value of the setting. */
export const file = z.string().transform((path, context) => {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    context.addIssue({ code: 'custom', message: `cannot be read: ${(error as Error).message}` });
    return z.NEVER;
  }
});

export const secretFile = file.transform((text) => new Secret(text));

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** Certificates in PEM; text around them is dropped. */
export const certificates = file.transform((text, context) => {
  const found = text.match(CERTIFICATE) ?? [];
  if (found.length === 0) {
    context.addIssue({ code: 'custom', message: 'names a file without a certificate in PEM form' });
  }
  for (const [index, pem] of found.entries()) {
    try {
      new X509Certificate(pem);
    } catch {
      const message = `names a file whose certificate ${index + 1} cannot be parsed`;
      context.addIssue({ code: 'custom', message });
    }
  }
  return found.join('\n');
});

export const tokenFile = z.string().superRefine((path, context) => {
  const { problem } = readTokenFile(path);
  if (problem) context.addIssue({ code: 'custom', message: problem });
});

/** Headers for an access proxy, from a file with `Name: value` on each line. */
export const extraHeaders = file.transform((text, context) => {
  const { entries, problems } = parseExtraHeaders(text);
  for (const message of problems) context.addIssue({ code: 'custom', message });
  return new SecretHeaders(entries);
});

export const proxyUrl = parsed(
  (text) => parseProxy(text) && new Secret(text),
  'must be the address of an HTTP proxy, such as "http://proxy.example.com:3128" or "http://user:password@…"; SOCKS is not supported',
);

export const typePrefix = z.string().regex(/^(?!__)[A-Za-z_]\w*$/, {
  error: ({ input }) =>
    `must be the start of a GraphQL name, such as "Ci", not ${JSON.stringify(input)}`,
});
