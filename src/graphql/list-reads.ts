import type { Context } from '../context/context.ts';
import { isRefusal, isUnknownStatus, nullIfNotFound } from '../gitlab/errors.ts';
import { badUserInput, checkUrlText, forbidden } from './client-errors.ts';

/*
 * Checks of filters and handling of errors that the lists of jobs and of pipelines share.
 */

/** Throws BAD_USER_INPUT if `statuses` contains UNKNOWN. The message names `argument`. */
export function checkKnown(statuses: readonly string[], argument: string): void {
  if (!statuses.includes('UNKNOWN')) return;
  throw badUserInput(
    `${argument} cannot have UNKNOWN: it stands for statuses newer than this schema, which GitLab cannot be asked for.`,
  );
}

/**
 * Returns a text to filter by. Undefined for a blank text, which filters nothing. Throws
 * BAD_USER_INPUT if the text cannot be part of a URL; the message names `argument`.
 */
export function toTextFilter(
  text: string | null | undefined,
  argument: string,
): string | undefined {
  return text?.trim() ? checkUrlText(text, argument) : undefined;
}

/**
 * Waits for a read. Throws BAD_USER_INPUT if the server does not know a requested status; the
 * message names `argument`.
 */
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
 * Waits for a read. Null if GitLab answers 404. Throws BAD_USER_INPUT if the server does not know a
 * requested status; the message names `argument`.
 */
export const orNull = <Value>(reading: Promise<Value>, argument: string): Promise<Value | null> =>
  nullIfNotFound(orUnknownStatus(reading, argument));

/**
 * Waits for a read. Throws FORBIDDEN with `message` if GitLab refuses the read to a job token. A
 * 404 counts as a refusal, too. If an endpoint does not accept job tokens, the server treats the
 * request as anonymous, and may hide the project (upstream.md §10).
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

/** Returns the numeric id of a project if an earlier response contained it; otherwise `project`. */
export const numberOrPath = ({ loaders }: Context, project: string) =>
  loaders.findProject(project)?.number ?? project;
