/* eslint-disable */
import * as types from './graphql.ts';



/**
 * Map of all GraphQL operations in the project.
 *
 * This map has several performance disadvantages:
 * 1. It is not tree-shakeable, so it will include all operations in the project.
 * 2. It is not minifiable, so the string of a GraphQL query will be multiple times inside the bundle.
 * 3. It does not support dead code elimination, so it will add unused operations.
 *
 * Therefore it is highly recommended to use the babel or swc plugin for production.
 * Learn more about it here: https://the-guild.dev/graphql/codegen/plugins/presets/preset-client#reducing-bundle-size
 */
type Documents = {
    "query Board($project: ID!, $id: ID!) {\n  pipeline(project: $project, id: $id) {\n    ...PipelineOnBoard\n    name\n    duration\n    user {\n      username\n    }\n    downstream {\n      bridge {\n        id\n      }\n      pipeline {\n        id\n        databaseId\n        webUrl\n        detailedStatus {\n          group\n          text\n        }\n        project {\n          fullPath\n        }\n      }\n    }\n  }\n}\n\nsubscription BoardUpdates($id: ID!) {\n  pipelineUpdated(id: $id) {\n    pipeline {\n      ...PipelineOnBoard\n    }\n  }\n}\n\nmutation RetryJob($id: ID!) {\n  jobRetry(input: {id: $id}) {\n    job {\n      id\n      databaseId\n    }\n    errors {\n      message\n    }\n  }\n}\n\nfragment PipelineOnBoard on Pipeline {\n  id\n  databaseId\n  ref\n  sha\n  source\n  webUrl\n  createdAt\n  complete\n  detailedStatus {\n    group\n    text\n    action\n  }\n  board {\n    jobCount\n    statusCounts {\n      status\n      count\n    }\n    stages {\n      name\n      manualCount\n      detailedStatus {\n        group\n        text\n      }\n      groups {\n        name\n        size\n        detailedStatus {\n          group\n        }\n        jobs {\n          ...JobOnBoard\n        }\n      }\n    }\n    gaps {\n      message\n    }\n  }\n}\n\nfragment JobOnBoard on CiJob {\n  id\n  databaseId\n  kind\n  name\n  duration\n  startedAt\n  finishedAt\n  webUrl\n  detailedStatus {\n    group\n    tooltip\n    action\n  }\n  attempts {\n    id\n    databaseId\n    detailedStatus {\n      group\n      text\n    }\n  }\n}": typeof types.BoardDocument,
};
const documents: Documents = {
    "query Board($project: ID!, $id: ID!) {\n  pipeline(project: $project, id: $id) {\n    ...PipelineOnBoard\n    name\n    duration\n    user {\n      username\n    }\n    downstream {\n      bridge {\n        id\n      }\n      pipeline {\n        id\n        databaseId\n        webUrl\n        detailedStatus {\n          group\n          text\n        }\n        project {\n          fullPath\n        }\n      }\n    }\n  }\n}\n\nsubscription BoardUpdates($id: ID!) {\n  pipelineUpdated(id: $id) {\n    pipeline {\n      ...PipelineOnBoard\n    }\n  }\n}\n\nmutation RetryJob($id: ID!) {\n  jobRetry(input: {id: $id}) {\n    job {\n      id\n      databaseId\n    }\n    errors {\n      message\n    }\n  }\n}\n\nfragment PipelineOnBoard on Pipeline {\n  id\n  databaseId\n  ref\n  sha\n  source\n  webUrl\n  createdAt\n  complete\n  detailedStatus {\n    group\n    text\n    action\n  }\n  board {\n    jobCount\n    statusCounts {\n      status\n      count\n    }\n    stages {\n      name\n      manualCount\n      detailedStatus {\n        group\n        text\n      }\n      groups {\n        name\n        size\n        detailedStatus {\n          group\n        }\n        jobs {\n          ...JobOnBoard\n        }\n      }\n    }\n    gaps {\n      message\n    }\n  }\n}\n\nfragment JobOnBoard on CiJob {\n  id\n  databaseId\n  kind\n  name\n  duration\n  startedAt\n  finishedAt\n  webUrl\n  detailedStatus {\n    group\n    tooltip\n    action\n  }\n  attempts {\n    id\n    databaseId\n    detailedStatus {\n      group\n      text\n    }\n  }\n}": types.BoardDocument,
};

/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "query Board($project: ID!, $id: ID!) {\n  pipeline(project: $project, id: $id) {\n    ...PipelineOnBoard\n    name\n    duration\n    user {\n      username\n    }\n    downstream {\n      bridge {\n        id\n      }\n      pipeline {\n        id\n        databaseId\n        webUrl\n        detailedStatus {\n          group\n          text\n        }\n        project {\n          fullPath\n        }\n      }\n    }\n  }\n}\n\nsubscription BoardUpdates($id: ID!) {\n  pipelineUpdated(id: $id) {\n    pipeline {\n      ...PipelineOnBoard\n    }\n  }\n}\n\nmutation RetryJob($id: ID!) {\n  jobRetry(input: {id: $id}) {\n    job {\n      id\n      databaseId\n    }\n    errors {\n      message\n    }\n  }\n}\n\nfragment PipelineOnBoard on Pipeline {\n  id\n  databaseId\n  ref\n  sha\n  source\n  webUrl\n  createdAt\n  complete\n  detailedStatus {\n    group\n    text\n    action\n  }\n  board {\n    jobCount\n    statusCounts {\n      status\n      count\n    }\n    stages {\n      name\n      manualCount\n      detailedStatus {\n        group\n        text\n      }\n      groups {\n        name\n        size\n        detailedStatus {\n          group\n        }\n        jobs {\n          ...JobOnBoard\n        }\n      }\n    }\n    gaps {\n      message\n    }\n  }\n}\n\nfragment JobOnBoard on CiJob {\n  id\n  databaseId\n  kind\n  name\n  duration\n  startedAt\n  finishedAt\n  webUrl\n  detailedStatus {\n    group\n    tooltip\n    action\n  }\n  attempts {\n    id\n    databaseId\n    detailedStatus {\n      group\n      text\n    }\n  }\n}"): typeof import('./graphql.ts').BoardDocument;


export function graphql(source: string) {
  return (documents as any)[source] ?? {};
}
