import { toGlobalId } from './global-id.ts';
import { Commit } from './refs.ts';

Commit.implement({
  description: 'A commit, as GitLab includes it in a job. It cannot be read by itself here.',
  fields: (t) => ({
    id: t.id({
      nullable: false,
      description: 'The global id, an opaque string. The same commit in a fork has another id.',
      resolve: (commit) => toGlobalId('Commit', commit.project_id, commit.id),
    }),
    sha: t.exposeString('id', {
      nullable: false,
      description: 'The hash of the commit, 40 or 64 hexadecimal digits.',
    }),
    shortId: t.exposeString('short_id', { description: 'The first digits of the hash.' }),
    title: t.exposeString('title', { description: 'The first line of the message.' }),
    message: t.exposeString('message', { description: 'The whole message.' }),
    authorName: t.exposeString('author_name', { description: 'The name of the author.' }),
    authorEmail: t.exposeString('author_email', {
      description: 'The author’s email address.',
    }),
    authoredDate: t.field({
      type: 'DateTime',
      description: 'When the author wrote the change.',
      resolve: (commit) => commit.authored_date,
    }),
    committerName: t.exposeString('committer_name', { description: 'The name of the committer.' }),
    committerEmail: t.exposeString('committer_email', {
      description: 'The committer’s email address.',
    }),
    committedDate: t.field({
      type: 'DateTime',
      description: 'When the commit was created.',
      resolve: (commit) => commit.committed_date,
    }),
    createdAt: t.field({
      type: 'DateTime',
      description: 'Equal to `committedDate` in GitLab.',
      resolve: (commit) => commit.created_at,
    }),
    parentIds: t.expose('parent_ids', {
      type: ['String'],
      description: 'The hashes of the parent commits.',
    }),
    webUrl: t.exposeString('web_url', { description: 'The URL of its page in GitLab.' }),
  }),
});
