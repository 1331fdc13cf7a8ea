/*
 * The part of the gateway's schema that the workloads select: types whose fields are members of
 * GitLab's rows, in camel case. The schemas of the compared GraphQL servers, their validation of
 * rows, the selections of all fields, and the expected data are derived from this table.
 */

/**
 * The fields of each object type, with the type of each field. `Upper` is an enum whose values are GitLab's
 * values in upper case.
 */
export const shapes = {
  Commit: {
    shortId: 'String',
    title: 'String',
    message: 'String',
    authorName: 'String',
    authorEmail: 'String',
    authoredDate: 'String',
    committerName: 'String',
    committerEmail: 'String',
    committedDate: 'String',
    createdAt: 'String',
    parentIds: '[String]',
    webUrl: 'String',
  },
  User: {
    databaseId: 'ID',
    username: 'String',
    name: 'String',
    state: 'String',
    avatarUrl: 'String',
    webUrl: 'String',
    publicEmail: 'String',
    bio: 'String',
    location: 'String',
    jobTitle: 'String',
    pronouns: 'String',
    organization: 'String',
    localTime: 'String',
    locked: 'Boolean',
    bot: 'Boolean',
    followers: 'Int',
    following: 'Int',
    createdAt: 'String',
  },
  Runner: {
    databaseId: 'ID',
    description: 'String',
    name: 'String',
    paused: 'Boolean',
    isShared: 'Boolean',
    online: 'Boolean',
    runnerType: 'Upper',
    status: 'String',
    jobExecutionStatus: 'String',
    createdAt: 'String',
  },
  RunnerManager: {
    databaseId: 'ID',
    systemId: 'String',
    version: 'String',
    revision: 'String',
    platform: 'String',
    architecture: 'String',
    createdAt: 'String',
    contactedAt: 'String',
    ipAddress: 'String',
    status: 'String',
    jobExecutionStatus: 'String',
  },
  JobArtifact: { fileType: 'String', size: 'Float', filename: 'String', fileFormat: 'String' },
  JobArtifactsFile: { filename: 'String', size: 'Float' },
  Pipeline: {
    databaseId: 'ID',
    iid: 'ID',
    status: 'Upper',
    ref: 'String',
    sha: 'String',
    source: 'String',
    createdAt: 'String',
    updatedAt: 'String',
    webUrl: 'String',
  },
  Job: {
    databaseId: 'ID',
    name: 'String',
    stage: 'String',
    status: 'Upper',
    ref: 'String',
    tag: 'Boolean',
    coverage: 'Float',
    allowFailure: 'Boolean',
    createdAt: 'String',
    startedAt: 'String',
    finishedAt: 'String',
    erasedAt: 'String',
    duration: 'Float',
    queuedDuration: 'Float',
    failureReason: 'String',
    archived: 'Boolean',
    webUrl: 'String',
    tagList: '[String]',
    artifactsExpireAt: 'String',
    commit: 'Commit',
    user: 'User',
    pipeline: 'Pipeline',
    runner: 'Runner',
    runnerManager: 'RunnerManager',
    artifacts: '[JobArtifact]',
    artifactsFile: 'JobArtifactsFile',
  },
  Bridge: {
    databaseId: 'ID',
    name: 'String',
    stage: 'String',
    status: 'Upper',
    duration: 'Float',
    webUrl: 'String',
    downstreamPipeline: 'Pipeline',
  },
};

/** Returns the name that GitLab's REST API has for a field. */
export function restName(field) {
  if (field === 'databaseId') return 'id';
  return field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Returns the type of a list's items; returns any other type unchanged. */
export const named = (type) => type.replace(/[[\]]/g, '');

/** Returns a selection of all fields of a type, with all fields of nested objects. */
export function everyField(type) {
  const fields = Object.entries(shapes[type]).map(([field, of]) =>
    shapes[named(of)] ? `${field} ${everyField(named(of))}` : field,
  );
  return `{ ${fields.join(' ')} }`;
}
