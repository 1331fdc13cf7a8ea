import type { Context } from '../context/context.ts';
import { isRefusal, isUnknownStatus, nullIfNotFound } from '../gitlab/errors.ts';
import { badUserInput, checkUrlText, forbidden } from './client-errors.ts';

/*
 * What the lists of jobs and of pipelines share: checks of filters, and how failed reads appear.
 */

/** Throws BAD_USER_INPUT, about `argument`, if one of the statuses is UNKNOWN. */
export function checkKnown(statuses: readonly string[], argument: string): void {
  if (!statuses.includes('UNKNOWN')) return;
  throw badUserInput(
    `${argument} cannot have UNKNOWN: it stands for statuses newer than this schema, which GitLab cannot be asked for.`,
  );
}

/**
 * Returns a text to filter by; undefined if it is blank, which filters nothing. Throws
 * BAD_USER_INPUT, about `argument`, if it cannot be part of a URL.
 */
export function toTextFilter(
  text: string | null | undefined,
  argument: string,
): string | undefined {
  return text?.trim() ? checkUrlText(text, argument) : undefined;
}

/** Throws BAD_USER_INPUT, about `argument`, if the server does not know a status. */
export async function orUnknownStatus<Value>(
  reading: Promise<Value>,
  argument: string,
): Promise<Value> {
  try {
    return await reading;
  } catch (error) {
    if (!isUnknownStatus(error)) throw error;
    const message = `${argument} has a status that this version of GitLab does not know.`;
    throw badUserInput(message, error);
  }
}

/**
 * Returns null if GitLab answers 404. Throws BAD_USER_INPUT, about `argument`, if the server does not
 * know a status.
 */
export const orNull = <Value>(reading: Promise<Value>, argument: string): Promise<Value | null> =>
  nullIfNotFound(orUnknownStatus(reading, argument));

/**
 * Throws FORBIDDEN with `message` if GitLab refuses a job token. Where a server accepts no job token,
 * it handles the request as anonymous, and may hide the project (upstream.md §8).
 */
export async function orForbidden<Value>(
  { credentialKind }: Context,
  reading: Promise<Value>,
  message: string,
): Promise<Value> {
  try {
    return await reading;
  } catch (error) {
    if (credentialKind !== 'job-token' || !isRefusal(error)) throw error;
    throw forbidden(message, error);
  }
}

/** Returns the numeric id of a project if an earlier response contained it, else `project`. */
export const numberOrPath = ({ loaders }: Context, project: string) =>
  loaders.findProject(project)?.number ?? project;
