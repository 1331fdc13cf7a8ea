import type {
  AgentAccess,
  AgentRecord,
  GroupRecord,
  JobRecord,
  ProjectRecord,
  Role,
  TokenRecord,
  UserRecord,
  WorldState,
} from './records.ts';

/** A user to add. */
export interface UserOptions {
  username: string;
  id?: number | undefined;
  name?: string | undefined;
  admin?: boolean | undefined;
  /** @default 'active' */
  state?: string | undefined;
}

/** A token to add. */
export interface TokenOptions {
  /** Record or username; may be left out for a job token: the job's user is meant. */
  user?: UserRecord | string | undefined;
  value: string;
  /** @default 'personal' */
  kind?: TokenRecord['kind'] | undefined;
  /** @default ['api'] */
  scopes?: readonly string[] | undefined;
  /** Makes it a fine-grained token: `read_job`, `cancel_job`, … */
  permissions?: readonly string[] | undefined;
  expired?: boolean | undefined;
  revoked?: boolean | undefined;
  /** The job of a job token. */
  job?: JobRecord | number | undefined;
}

/** A group to add. */
export interface GroupOptions {
  path: string;
  id?: number | undefined;
  members?: Readonly<Record<string, Role>> | undefined;
}

/** A project to add. */
export interface ProjectOptions {
  /** Full path: `group/sub/app`; groups that are missing come into being. */
  path: string;
  id?: number | undefined;
  name?: string | undefined;
  /** @default 'private' */
  visibility?: ProjectRecord['visibility'] | undefined;
  /** @default true, as in GitLab: guests may read jobs */
  publicPipelines?: boolean | undefined;
  /** Username to role; users that are missing come into being. */
  members?: Readonly<Record<string, Role>> | undefined;
  protectedRefs?: Readonly<Record<string, Role>> | undefined;
  /** @default 'developer' */
  cancelRole?: Role | undefined;
  /** @default 'developer' */
  variablesRole?: Role | undefined;
  /** @default true */
  jobTokenScopeEnabled?: boolean | undefined;
  jobTokenAllowlist?: Readonly<Record<string, readonly string[] | 'all'>> | undefined;
  statsRefreshing?: boolean | undefined;
  pendingDeletion?: boolean | undefined;
  /** @default 'main' */
  defaultBranch?: string | undefined;
}

/** An agent to add, with whom it lets in. */
export interface AgentOptions {
  /** Where the agent's configuration lives. */
  project: ProjectRecord | string | number;
  name?: string | undefined;
  id?: number | undefined;
  access?: readonly AgentAccess[] | undefined;
}

/** The next id of a kind, or the wanted one; ids only ever grow past the largest seen. */
export function takeId(
  state: WorldState,
  kind: keyof WorldState['lastId'],
  wanted?: number | undefined,
): number {
  const id = wanted ?? state.lastId[kind] + 1;
  state.lastId[kind] = Math.max(state.lastId[kind], id);
  return id;
}

function titled(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

/** Adds a user, or answers the one of that name. */
export function addUser(state: WorldState, options: UserOptions): UserRecord {
  const user: UserRecord = {
    id: takeId(state, 'user', options.id),
    username: options.username,
    name: options.name ?? titled(options.username),
    state: options.state ?? 'active',
    admin: options.admin ?? false,
    createdAt: state.now,
  };
  state.users.set(user.username, user);
  return user;
}

/** The user of that name; a new one if there is none. */
export function userNamed(state: WorldState, user: UserRecord | string): UserRecord {
  if (typeof user !== 'string') return user;
  return state.users.get(user) ?? addUser(state, { username: user });
}

/** Adds a token of a user, or of a running job. */
export function addToken(state: WorldState, options: TokenOptions): TokenRecord {
  const job = typeof options.job === 'number' ? state.jobs.get(options.job) : options.job;
  const owner = options.user ?? job?.user;
  if (owner === undefined || owner === null) throw new Error(`${options.value} belongs to nobody`);
  const token: TokenRecord = {
    value: options.value,
    kind: options.kind ?? (job ? 'job' : 'personal'),
    user: userNamed(state, owner),
    scopes: options.scopes ?? ['api'],
    permissions: options.permissions ?? null,
    expired: options.expired ?? false,
    revoked: options.revoked ?? false,
    job: job ?? null,
  };
  state.tokens.set(token.value, token);
  return token;
}

function rolesByUser(
  state: WorldState,
  members: Readonly<Record<string, Role>> | undefined,
): Map<string, Role> {
  const entries = Object.entries(members ?? {});
  for (const [username] of entries) userNamed(state, username);
  return new Map(entries);
}

/** Adds a group with members, who are members of everything below it. */
export function addGroup(state: WorldState, options: GroupOptions): GroupRecord {
  const group: GroupRecord = {
    id: takeId(state, 'group', options.id),
    path: options.path,
    members: rolesByUser(state, options.members),
  };
  state.groups.set(group.path.toLowerCase(), group);
  return group;
}

/** The paths above a full path, nearest first: `a/b/c` → `a/b`, `a`. */
export function pathsAbove(path: string): string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, at) => parts.slice(0, parts.length - at).join('/'));
}

function ensureGroups(state: WorldState, projectPath: string): void {
  for (const path of pathsAbove(projectPath).reverse()) {
    const isPersonal = state.users.has(path);
    if (!isPersonal && !state.groups.has(path.toLowerCase())) addGroup(state, { path });
  }
}

/** Adds a project. */
export function addProject(state: WorldState, options: ProjectOptions): ProjectRecord {
  ensureGroups(state, options.path);
  const project: ProjectRecord = {
    id: takeId(state, 'project', options.id),
    path: options.path,
    name: options.name ?? options.path.slice(options.path.lastIndexOf('/') + 1),
    visibility: options.visibility ?? 'private',
    publicPipelines: options.publicPipelines ?? true,
    members: rolesByUser(state, options.members),
    protectedRefs: new Map(Object.entries(options.protectedRefs ?? {})),
    cancelRole: options.cancelRole ?? 'developer',
    variablesRole: options.variablesRole ?? 'developer',
    jobTokenScopeEnabled: options.jobTokenScopeEnabled ?? true,
    jobTokenAllowlist: new Map(Object.entries(options.jobTokenAllowlist ?? {})),
    statsRefreshing: options.statsRefreshing ?? false,
    pendingDeletion: options.pendingDeletion ?? false,
    defaultBranch: options.defaultBranch ?? 'main',
    createdAt: state.now,
    jobs: [],
    pipelines: [],
  };
  state.projects.set(project.id, project);
  state.projectPaths.set(project.path.toLowerCase(), project);
  return project;
}

/** Renames a project; its old path keeps leading to it. */
export function moveProject(state: WorldState, project: ProjectRecord, path: string): void {
  ensureGroups(state, path);
  state.projectPaths.delete(project.path.toLowerCase());
  state.movedPaths.set(project.path.toLowerCase(), project);
  project.path = path;
  state.projectPaths.set(path.toLowerCase(), project);
}

/** The project a test means: by record, id or full path. */
export function projectNamed(
  state: WorldState,
  ref: ProjectRecord | string | number,
): ProjectRecord {
  if (typeof ref === 'object') return ref;
  const project =
    typeof ref === 'number' ? state.projects.get(ref) : state.projectPaths.get(ref.toLowerCase());
  if (project === undefined) throw new Error(`the world has no project ${ref}`);
  return project;
}

/** Adds an agent for Kubernetes. */
export function addAgent(state: WorldState, options: AgentOptions): AgentRecord {
  const id = takeId(state, 'agent', options.id);
  const agent: AgentRecord = {
    id,
    name: options.name ?? `agent-${id}`,
    project: projectNamed(state, options.project),
    createdAt: state.now,
    access: options.access ?? [],
  };
  state.agents.push(agent);
  return agent;
}
