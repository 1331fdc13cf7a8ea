import { toGlobalId } from './global-id.ts';
import { Commit } from './refs.ts';

Commit.implement({
  description: 'A commit as GitLab shows it with a job. It cannot be read by itself here.',
  fields: (t) => ({
    id: t.id({
      nullable: false,
      description: 'Global id, opaque.',
      resolve: (commit) => toGlobalId('Commit', commit.id),
    }),
    sha: t.exposeString('id', {
      nullable: false,
      description: 'Its hash, as 40 or 64 hex digits.',
    }),
    shortId: t.exposeString('short_id', { description: 'The first digits of the hash.' }),
    title: t.exposeString('title', { description: 'The first line of the message.' }),
    message: t.exposeString('message', { description: 'The whole message.' }),
    authorName: t.exposeString('author_name', { description: 'Who wrote the change.' }),
    authorEmail: t.exposeString('author_email', {
      description: 'The author’s address, as in the commit.',
    }),
    authoredDate: t.field({
      type: 'DateTime',
      description: 'When the change was written.',
      resolve: (commit) => commit.authored_date,
    }),
    committerName: t.exposeString('committer_name', { description: 'Who made the commit.' }),
    committerEmail: t.exposeString('committer_email', { description: 'The committer’s address.' }),
    committedDate: t.field({
      type: 'DateTime',
      description: 'When the commit was made.',
      resolve: (commit) => commit.committed_date,
    }),
    createdAt: t.field({
      type: 'DateTime',
      description: 'The same as `committedDate` in GitLab.',
      resolve: (commit) => commit.created_at,
    }),
    parentIds: t.expose('parent_ids', {
      type: ['String'],
      description: 'The hashes of its parents.',
    }),
    webUrl: t.exposeString('web_url', { description: 'Its page in GitLab.' }),
  }),
});
