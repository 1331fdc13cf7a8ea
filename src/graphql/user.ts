import { toGlobalId } from './global-id.ts';
import { User } from './refs.ts';

const profile = 'As in the user’s profile. Null when it is empty there, or not shown.';

User.implement({
  description:
    'A user as GitLab shows them with a job or pipeline; one cannot be read by itself here. How much of the profile comes depends on the version and on the instance’s settings.',
  fields: (t) => ({
    id: t.id({
      nullable: false,
      description: 'Global id, opaque.',
      resolve: (user) => toGlobalId('User', user.id),
    }),
    databaseId: t.id({
      nullable: false,
      description: 'GitLab’s own number of the user.',
      resolve: (user) => String(user.id),
    }),
    username: t.exposeString('username', { description: 'The login name, without @.' }),
    name: t.exposeString('name', {
      description: 'The full name; "****" for bots of other projects.',
    }),
    state: t.exposeString('state', {
      description: 'active, blocked, deactivated, banned, … Open-ended, so text.',
    }),
    avatarUrl: t.exposeString('avatar_url', { description: 'The address of the picture.' }),
    webUrl: t.exposeString('web_url', { description: 'The profile page in GitLab.' }),
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
      description: 'Job title and organization in one.',
    }),
    localTime: t.exposeString('local_time', {
      description: 'The time of day where the user is, such as "10:48 AM".',
    }),
    discord: t.exposeString('discord', { description: `${profile} GitLab 16 and later.` }),
    github: t.exposeString('github', { description: `${profile} GitLab 18 and later.` }),
    locked: t.exposeBoolean('locked', {
      description: 'Whether signing in failed too often. Null before GitLab 16.',
    }),
    bot: t.exposeBoolean('bot', {
      description: 'Whether it is a bot, such as that of a project token.',
    }),
    followers: t.exposeInt('followers', {
      description: 'How many follow the user, where profiles are public.',
    }),
    following: t.exposeInt('following', {
      description: 'How many the user follows, where profiles are public.',
    }),
    createdAt: t.field({
      type: 'DateTime',
      description: 'When the account was made, where profiles are public.',
      resolve: (user) => user.created_at,
    }),
  }),
});
