import { costs } from './cost.ts';
import { toGlobalId } from './global-id.ts';
import { User } from './refs.ts';

const profile = 'From the user’s profile. Null if it is empty or not visible.';

/** The cost of fields that are part of the response of GET /job/allowed_agents. */
const knownByNumber = costs({ knownBy: ['number'] });

User.implement({
  description:
    'A user, as GitLab includes them in a job or pipeline. It cannot be read by itself here. The version and the settings of GitLab decide which profile fields are included.',
  fields: (t) => ({
    id: t.id({
      nullable: false,
      description:
        'The global id, an opaque string. GitLab includes fewer fields of the user of a pipeline than of a job, so the two have different ids. `databaseId` is equal.',
      extensions: knownByNumber,
      resolve: ({ id, part }) => (part ? toGlobalId('User', id, part) : toGlobalId('User', id)),
    }),
    databaseId: t.id({
      nullable: false,
      description: 'GitLab’s numeric id of the user.',
      extensions: knownByNumber,
      resolve: (user) => String(user.id),
    }),
    username: t.exposeString('username', {
      description: 'The login name, without @.',
      extensions: knownByNumber,
    }),
    name: t.exposeString('name', {
      description: 'The full name; "****" for bots of other projects.',
    }),
    state: t.exposeString('state', {
      description: 'active, blocked, deactivated, banned and others. GitLab may add values.',
    }),
    avatarUrl: t.exposeString('avatar_url', { description: 'The URL of the avatar.' }),
    webUrl: t.exposeString('web_url', { description: 'The URL of the profile page in GitLab.' }),
    publicEmail: t.exposeString('public_email', { description: profile }),
    bio: t.exposeString('bio', { description: profile }),
    location: t.exposeString('location', { description: profile }),
    linkedin: t.exposeString('linkedin', { description: profile }),
    twitter: t.exposeString('twitter', { description: profile }),
    websiteUrl: t.exposeString('website_url', { description: profile }),
    organization: t.exposeString('organization', { description: profile }),
    jobTitle: t.exposeString('job_title', { description: profile }),
    pronouns: t.exposeString('pronouns', { description: profile }),
    workInformation: t.exposeString('work_information', {
      description: 'Job title and organization.',
    }),
    localTime: t.exposeString('local_time', {
      description: 'The time of day where the user is, such as "10:48 AM".',
    }),
    discord: t.exposeString('discord', { description: `${profile} GitLab 16 and later.` }),
    github: t.exposeString('github', { description: `${profile} GitLab 18 and later.` }),
    locked: t.exposeBoolean('locked', {
      description: 'Whether the account is locked after failed sign-ins. Null before GitLab 16.',
    }),
    bot: t.exposeBoolean('bot', {
      description: 'Whether the user is a bot, such as the user of a project access token.',
    }),
    followers: t.exposeInt('followers', {
      description: 'The number of followers, if profiles are public.',
    }),
    following: t.exposeInt('following', {
      description: 'The number of users that this user follows, if profiles are public.',
    }),
    createdAt: t.field({
      type: 'DateTime',
      description: 'When the account was created, if profiles are public.',
      resolve: (user) => user.created_at,
    }),
  }),
});
