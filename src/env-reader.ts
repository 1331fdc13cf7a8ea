import { Secret } from './secret.ts';

/** The environment, as a program gets it. */
export type Env = Readonly<Record<string, string | undefined>>;

/** Reads values one by one and collects what is wrong with them. */
export function createReader(env: Env) {
  const problems: string[] = [];
  const text = (name: string): string | undefined => env[name]?.trim() || undefined;
  return {
    problems,
    text,
    secret(name: string): Secret | undefined {
      const value = text(name);
      return value === undefined ? undefined : new Secret(value);
    },
    /** A secret that goes into a header. */
    token(name: string): Secret | undefined {
      const token = this.secret(name);
      if (!token || /^[\x21-\x7e]+$/.test(token.reveal())) return token;
      problems.push(`${name} holds characters that no token has`);
      return undefined;
    },
    flag(name: string, byDefault: boolean): boolean {
      const value = text(name)?.toLowerCase();
      if (value === undefined) return byDefault;
      if (['true', '1', 'yes', 'on'].includes(value)) return true;
      if (!['false', '0', 'no', 'off'].includes(value)) {
        problems.push(`${name} must be true or false, not ${JSON.stringify(env[name])}`);
      }
      return false;
    },
    whole(name: string, range: { byDefault: number; least: number; most: number }): number {
      const value = text(name);
      if (value === undefined) return range.byDefault;
      const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
      if (number >= range.least && number <= range.most) return number;
      problems.push(
        `${name} must be a whole number from ${range.least} to ${range.most}, not ${JSON.stringify(value)}`,
      );
      return range.byDefault;
    },
    oneOf<T extends string>(name: string, words: readonly T[], byDefault: T): T {
      const value = text(name)?.toLowerCase();
      const known = words.find((word) => word === value);
      if (value !== undefined && known === undefined) {
        problems.push(`${name} must be one of ${words.join(', ')}, not ${JSON.stringify(value)}`);
      }
      return known ?? byDefault;
    },
    url(name: string): string | undefined {
      const value = text(name);
      const url = value !== undefined && URL.canParse(value) ? new URL(value) : undefined;
      const usable = /^https?:$/.test(url?.protocol ?? '') && !url?.username && !url?.password;
      if (value === undefined || (usable && !url?.search && !url?.hash)) {
        return value?.replace(/\/+$/, '');
      }
      problems.push(
        `${name} must be an address such as "https://gitlab.example.com", without user, query and fragment`,
      );
      return undefined;
    },
  };
}

/** What {@link createReader} makes. */
export type Reader = ReturnType<typeof createReader>;
