import {
  type GraphQLObjectType,
  getNamedType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import { objectType, rowFields } from './select-all.ts';

/*
 * The expected GraphQL data for a row of a REST response. As a rule, a field has the value of the
 * REST key with its name in snake_case, or null; an ID is a string. `exceptions` has all other
 * fields. `notShown` has the keys that GitLab sends but the gateway does not show. This file was
 * written from contract.graphql without knowledge of src, so that it is an independent check.
 */

export type Rest = Record<string, unknown>;

/** Objects that belong to a row, by id. An object that the caller cannot see is missing. */
export interface Around {
  projects: Record<string, Rest>;
  pipelines: Record<string, Rest>;
}

type Exception = (row: Rest, around: Around) => unknown;

const statuses =
  'created waiting_for_resource preparing waiting_for_callback pending running success failed canceling canceled skipped manual scheduled';
const toEnum = (known: string) => (value: unknown) =>
  known.split(' ').includes(String(value)) ? String(value).toUpperCase() : 'UNKNOWN';
const toStatus = toEnum(statuses);
const toRunnerType = toEnum('instance_type group_type project_type');

const globalId = (...parts: unknown[]) => Buffer.from(parts.join(':')).toString('base64url');
const rowOf = (value: unknown): Rest => value as Rest;
const projectIdOf = (job: Rest) => String(rowOf(job['pipeline'])['project_id']);

const ofNumber = (type: string): Record<string, Exception> => ({
  id: (row) => globalId(type, row['id']),
  databaseId: (row) => String(row['id']),
});

function projectAt(webUrl: unknown, id: string, around: Around): Rest {
  const home = String(webUrl).split('/-/')[0] ?? '';
  const known = { id, web_url: home, path_with_namespace: new URL(home).pathname.slice(1) };
  return { ...known, ...around.projects[id] };
}

const ofJob: Record<string, Exception> = {
  databaseId: (job) => String(job['id']),
  projectId: projectIdOf,
  status: (job) => toStatus(job['status']),
  statusRaw: (job) => job['status'],
  source: (job) => job['source'] ?? rowOf(job['pipeline'])['source'],
  commit: (job) => job['commit'] && { ...rowOf(job['commit']), project_id: projectIdOf(job) },
  project: (job, around) => ({
    ...projectAt(job['web_url'], projectIdOf(job), around),
    ...rowOf(job['project']),
  }),
};

/**
 * Fields that do not have the value of the REST key with their name. If the field returns an
 * object, the exception returns its REST row.
 */
const exceptions: Record<string, Record<string, Exception>> = {
  Job: {
    ...ofJob,
    id: (job) => globalId('Job', projectIdOf(job), job['id']),
    kind: () => 'BUILD',
  },
  Bridge: {
    ...ofJob,
    id: (job) => globalId('Bridge', projectIdOf(job), rowOf(job['pipeline'])['id'], job['id']),
    kind: () => 'BRIDGE',
  },
  Pipeline: {
    id: (row) => globalId('Pipeline', row['project_id'], row['id']),
    databaseId: (row) => String(row['id']),
    status: (row) => toStatus(row['status']),
    statusRaw: (row) => row['status'],
    coverage: (row) => (row['coverage'] == null ? null : Number(row['coverage'])),
    project: (row, around) => projectAt(row['web_url'], String(row['project_id']), around),
    user: (row) => row['user'] && { ...rowOf(row['user']), part: 'pipeline' },
  },
  Project: { ...ofNumber('Project'), fullPath: (row) => row['path_with_namespace'] },
  Runner: {
    ...ofNumber('Runner'),
    runnerType: (row) => (row['runner_type'] == null ? null : toRunnerType(row['runner_type'])),
  },
  RunnerManager: ofNumber('RunnerManager'),
  User: {
    ...ofNumber('User'),
    id: (row) => globalId('User', row['id'], ...(row['part'] ? [row['part']] : [])),
  },
  Commit: {
    id: (row) => globalId('Commit', row['project_id'], row['id']),
    sha: (row) => row['id'],
  },
  Agent: { ...ofNumber('Agent'), id: (row) => globalId('Agent', row['job'], row['id']) },
  AgentConfigProject: {
    databaseId: (row) => String(row['id']),
    fullPath: (row) => row['path_with_namespace'],
  },
  AllowedAgents: {
    agents: (row) =>
      (row['allowed_agents'] as Rest[]).map((agent) => ({
        ...agent,
        job: rowOf(row['job'])['id'],
      })),
    groupIds: (row) => {
      const groups = rowOf(row['project'])['groups'] as Rest[];
      return groups.map(({ id }) => String(id));
    },
    rolesInProject: (row) => rowOf(row['user'])['roles_in_project'],
  },
};

/**
 * Keys that GitLab sends but the gateway does not show, because they are obsolete, unstable, or
 * useless without other data.
 */
const notShown: Record<string, readonly string[]> = {
  User: ['skype', 'is_followed'],
  Commit: ['trailers', 'extended_trailers'],
  Pipeline: ['detailed_status'],
};
/** Keys that an exception shows as a field of another name, by type. */
const behindExceptions: Record<string, readonly string[]> = { Commit: ['id'], Job: [], Bridge: [] };

const snakeCase = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** Returns the keys of a row that no field of its type shows. */
export function unshownKeys(type: string, row: Rest): string[] {
  const fields = Object.keys(objectType(type).getFields()).map(snakeCase);
  const known = new Set([...fields, ...(notShown[type] ?? []), ...(behindExceptions[type] ?? [])]);
  return Object.keys(row).filter((key) => !known.has(key));
}

function isMany(type: unknown): boolean {
  return isListType(type) || (isNonNullType(type) && isListType(type.ofType));
}

/**
 * Returns the expected data of a row if all fields of its type are selected. `above` has the types
 * of the objects that contain the row.
 */
export function mirror(
  name: string,
  row: Rest,
  around: Around = { projects: {}, pipelines: {} },
  above: readonly string[] = [],
): Rest {
  const type: GraphQLObjectType = objectType(name);
  const whole = name === 'Pipeline' ? { ...row, ...around.pipelines[String(row['id'])] } : row;
  const shown = rowFields(type, above).map((field) => {
    const value = (exceptions[name]?.[field.name] ?? ((from: Rest) => from[snakeCase(field.name)]))(
      whole,
      around,
    );
    const named = getNamedType(field.type);
    const one = (each: unknown): unknown => {
      if (each === null || each === undefined) return null;
      if (isObjectType(named)) return mirror(named.name, rowOf(each), around, [...above, name]);
      return named.name === 'ID' ? String(each) : each;
    };
    if (!isMany(field.type)) return [field.name, one(value)];
    const isNull = value === null || value === undefined;
    return [
      field.name,
      isNull ? (isNonNullType(field.type) ? [] : null) : (value as unknown[]).map(one),
    ];
  });
  return Object.fromEntries(shown);
}
