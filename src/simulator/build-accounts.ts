import {
  type AgentRecord,
  type GroupRecord,
  type JobRecord,
  type ProjectRecord,
  pathsAbove,
  type Role,
  type TokenRecord,
  type UserRecord,
  type WorldState,
} from './records.ts';

/** The fields of a record that a caller may set. A missing or undefined field gets its default. */
export type Given<T> = { readonly [K in keyof T]?: T[K] | undefined };

/** Returns `defaults` with the values of `given`. Ignores keys of `given` that have no default. */
export function withDefaults<T extends object>(defaults: T, given: Given<T>): T {
  const merged = { ...defaults };
  for (const key of Object.keys(defaults) as (keyof T)[]) {
    const value = given[key];
    if (value !== undefined) merged[key] = value as T[keyof T];
  }
  return merged;
}

const userDefaults = { admin: false, state: 'active' };

/**
 * A user to add. By default active, not an admin, and named like the username with a capital
 * letter.
 */
export interface UserOptions extends Given<typeof userDefaults & Pick<UserRecord, 'id' | 'name'>> {
  username: string;
}

const tokenDefaults = {
  scopes: ['api'] as readonly string[],
  /** Permissions of a fine-grained token, such as `read_job`. Null for a token with scopes. */
  permissions: null as readonly string[] | null,
  expired: false,
  revoked: false,
};

/** A token to add. By default a personal access token with scope `api`. */
export interface TokenOptions extends Given<typeof tokenDefaults> {
  /** @default the user of the job */
  user?: UserRecord | string | undefined;
  value: string;
  /** @default 'job' if `job` is given, else 'personal' */
  kind?: TokenRecord['kind'] | undefined;
  job?: JobRecord | number | undefined;
}

/** A group to add. `addProject` adds missing groups without members. */
export interface GroupOptions {
  path: string;
  id?: number | undefined;
  members?: Readonly<Record<string, Role>> | undefined;
}

const projectDefaults = {
  visibility: 'private' as ProjectRecord['visibility'],
  /**
   * Whether everyone who sees the project, including guests, may read its jobs. GitLab has the same
   * default.
   */
  publicPipelines: true,
  cancelRole: 'developer' as Role,
  variablesRole: 'developer' as Role,
  jobTokenScopeEnabled: true,
  statsRefreshing: false,
  pendingDeletion: false,
  defaultBranch: 'main',
};

/** A project to add. Private by default. */
export interface ProjectOptions
  extends Given<typeof projectDefaults & Pick<ProjectRecord, 'id' | 'name'>> {
  /** Full path: `group/sub/app`. Missing groups are created. */
  path: string;
  /** Username → role. Missing users are created. */
  members?: Readonly<Record<string, Role>> | undefined;
  protectedRefs?: Readonly<Record<string, Role>> | undefined;
  jobTokenAllowlist?: Readonly<Record<string, readonly string[] | 'all'>> | undefined;
}

/** A GitLab agent (for Kubernetes) to add, with its ci_access entries. */
export interface AgentOptions extends Given<Pick<AgentRecord, 'id' | 'name' | 'access'>> {
  /** The project that contains the agent's configuration. */
  project: ProjectRecord | string | number;
}

/** Returns the requested id. If none is requested, returns the highest id so far plus one. */
export function takeId(
  state: WorldState,
  kind: keyof WorldState['lastId'],
  requested?: number | undefined,
): number {
  const id = requested ?? state.lastId[kind] + 1;
  state.lastId[kind] = Math.max(state.lastId[kind], id);
  return id;
}

const capitalized = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);

export function addUser(state: WorldState, options: UserOptions): UserRecord {
  const user: UserRecord = {
    ...withDefaults(userDefaults, options),
    id: takeId(state, 'user', options.id),
    username: options.username,
    name: options.name ?? capitalized(options.username),
    createdAt: state.now,
  };
  state.users.set(user.username, user);
  return user;
}

export function findOrAddUser(state: WorldState, user: UserRecord | string): UserRecord {
  if (typeof user !== 'string') return user;
  return state.users.get(user) ?? addUser(state, { username: user });
}

/** Adds a token of a user or of a job. Throws if the options name no user and the job has none. */
export function addToken(state: WorldState, options: TokenOptions): TokenRecord {
  const job = typeof options.job === 'number' ? state.jobs.get(options.job) : options.job;
  const owner = options.user ?? job?.user;
  if (owner === undefined || owner === null) throw new Error(`${options.value} has no user`);
  const token: TokenRecord = {
    ...withDefaults(tokenDefaults, options),
    value: options.value,
    kind: options.kind ?? (job ? 'job' : 'personal'),
    user: findOrAddUser(state, owner),
    job: job ?? null,
  };
  state.tokens.set(token.value, token);
  return token;
}

function membersOf(
  state: WorldState,
  members: Readonly<Record<string, Role>> | undefined,
): Map<string, Role> {
  const entries = Object.entries(members ?? {});
  for (const [username] of entries) findOrAddUser(state, username);
  return new Map(entries);
}

/** Adds a group. Its members are also members of all projects and groups below its path. */
export function addGroup(state: WorldState, options: GroupOptions): GroupRecord {
  const group: GroupRecord = {
    id: takeId(state, 'group', options.id),
    path: options.path,
    members: membersOf(state, options.members),
  };
  state.groups.set(group.path.toLowerCase(), group);
  return group;
}

function ensureGroups(state: WorldState, projectPath: string): void {
  for (const path of pathsAbove(projectPath).reverse()) {
    const isPersonal = state.users.has(path);
    if (!isPersonal && !state.groups.has(path.toLowerCase())) addGroup(state, { path });
  }
}

export function addProject(state: WorldState, options: ProjectOptions): ProjectRecord {
  ensureGroups(state, options.path);
  const project: ProjectRecord = {
    ...withDefaults(projectDefaults, options),
    id: takeId(state, 'project', options.id),
    path: options.path,
    name: options.name ?? options.path.slice(options.path.lastIndexOf('/') + 1),
    members: membersOf(state, options.members),
    protectedRefs: new Map(Object.entries(options.protectedRefs ?? {})),
    jobTokenAllowlist: new Map(Object.entries(options.jobTokenAllowlist ?? {})),
    createdAt: state.now,
    jobs: [],
    pipelines: [],
  };
  state.projects.set(project.id, project);
  state.projectPaths.set(project.path.toLowerCase(), project);
  return project;
}

/** Changes a project's path. Requests can still contain the former path. */
export function moveProject(state: WorldState, project: ProjectRecord, path: string): void {
  ensureGroups(state, path);
  state.projectPaths.delete(project.path.toLowerCase());
  state.movedPaths.set(project.path.toLowerCase(), project);
  project.path = path;
  state.projectPaths.set(path.toLowerCase(), project);
}

/** Returns a project by record, id or full path. Throws if there is none. */
export function requireProject(
  state: WorldState,
  ref: ProjectRecord | string | number,
): ProjectRecord {
  if (typeof ref === 'object') return ref;
  const project =
    typeof ref === 'number' ? state.projects.get(ref) : state.projectPaths.get(ref.toLowerCase());
  if (project === undefined) throw new Error(`the world has no project ${ref}`);
  return project;
}

export function addAgent(state: WorldState, options: AgentOptions): AgentRecord {
  const id = takeId(state, 'agent', options.id);
  const agent: AgentRecord = {
    id,
    name: options.name ?? `agent-${id}`,
    project: requireProject(state, options.project),
    createdAt: state.now,
    access: options.access ?? [],
  };
  state.agents.push(agent);
  return agent;
}
