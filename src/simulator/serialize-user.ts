import { createHash } from 'node:crypto';
import type { CommitRecord, PipelineRecord, ProjectRecord, UserRecord } from './records.ts';
import type { Capabilities } from './versions.ts';

/** What a serializer must know beside the record. */
export interface View {
  readonly caps: Capabilities;
  readonly externalUrl: string;
  readonly now: number;
  /** A pipeline's status, worked out once for all rows of an answer that show it. */
  readonly statusOf: (pipeline: PipelineRecord) => string;
}

/** ISO 8601 in UTC with milliseconds; null stays null. */
export function iso(time: number | null): string | null {
  return time === null ? null : new Date(time).toISOString();
}

/** The keys a release has, out of pairs of "has it" and keys. */
export function keysIf(has: boolean, keys: Record<string, unknown>): Record<string, unknown> {
  return has ? keys : {};
}

function avatarUrl(user: UserRecord): string {
  const digest = createHash('md5').update(`${user.username}@example.com`).digest('hex');
  return `https://www.gravatar.com/avatar/${digest}?s=80&d=identicon`;
}

/** The six keys every release sends of a user, and two that came later (upstream.md §3.6). */
export function serializeUserBasic(user: UserRecord, { caps, externalUrl }: View) {
  return {
    id: user.id,
    username: user.username,
    ...keysIf(caps.userPublicEmail, { public_email: '' }),
    name: user.name,
    state: user.state,
    ...keysIf(caps.userLocked, { locked: false }),
    avatar_url: avatarUrl(user),
    web_url: `${externalUrl}/${user.username}`,
  };
}

/** A user as embedded in a job (§3.6). */
export function serializeUser(user: UserRecord, view: View) {
  const { caps } = view;
  return {
    ...serializeUserBasic(user, view),
    created_at: iso(user.createdAt),
    bio: '',
    location: '',
    ...keysIf(caps.userSkype, { skype: '' }),
    linkedin: '',
    twitter: '',
    ...keysIf(caps.userDiscord, { discord: '' }),
    website_url: '',
    ...keysIf(caps.userGithub, { github: '' }),
    organization: '',
    job_title: '',
    pronouns: null,
    bot: false,
    work_information: null,
    followers: 0,
    following: 0,
    local_time: null,
  };
}

/** A commit as embedded in a job (§3.7); its times keep the commit's own offset. */
export function serializeCommit(commit: CommitRecord, project: ProjectRecord, view: View) {
  const time = iso(commit.authoredAt)?.replace('Z', '+00:00');
  return {
    id: commit.sha,
    short_id: commit.sha.slice(0, 8),
    created_at: time,
    parent_ids: [...commit.parents],
    title: commit.title,
    message: commit.message,
    author_name: commit.authorName,
    author_email: commit.authorEmail,
    authored_date: time,
    committer_name: commit.authorName,
    committer_email: commit.authorEmail,
    committed_date: time,
    trailers: {},
    ...keysIf(view.caps.extendedTrailers, { extended_trailers: {} }),
    web_url: `${view.externalUrl}/${project.path}/-/commit/${commit.sha}`,
  };
}
