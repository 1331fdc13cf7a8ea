export type FailureCategory =
  | 'SCRIPT'
  | 'TIMEOUT'
  | 'RUNNER'
  | 'QUEUE'
  | 'LIMIT'
  | 'DEPENDENCY'
  | 'DEPLOYMENT'
  | 'PERMISSION'
  | 'DOWNSTREAM'
  | 'GITLAB'
  | 'UNKNOWN';

/**
 * GitLab's failure reasons (upstream.md §3.9) by category, each with a sentence that explains it to
 * people.
 */
const sentences: Readonly<Record<FailureCategory, Readonly<Record<string, string>>>> = {
  SCRIPT: {
    script_failure: 'The script ended with an error.',
  },
  TIMEOUT: {
    job_execution_timeout: 'The job ran longer than it may.',
    job_execution_server_timeout: 'The job ran longer than GitLab allows.',
    server_timeout_running: 'The job ran longer than it may, and GitLab ended it.',
    server_timeout_canceling: 'The job was canceled, but its after_script ran too long.',
  },
  RUNNER: {
    runner_system_failure: 'The runner had an error of its own, not the script.',
    runner_unsupported: 'The runner is too old for a feature that the job uses.',
    runner_configuration_error: 'The configuration of the runner is wrong.',
    runner_external_dependency_failure: 'A service that the runner needs did not work.',
    runner_interrupted: 'The runner was stopped while the job ran.',
    no_updates_running: 'The runner sent no updates while the job ran.',
    no_updates_canceling: 'The runner sent no updates after the job was canceled.',
  },
  QUEUE: {
    stuck_or_timeout_failure: 'No runner took the job in time, or its runner sent no updates.',
    no_matching_runner: 'No runner fits the job.',
    stuck_pending_no_matching_runners: 'No runner that fits the job was there in time.',
    stuck_pending_with_matching_runners: 'The runners that fit the job did not take it in time.',
    job_router_failure: 'GitLab could not assign the job to a runner.',
    stale_schedule: 'The delayed job was not started in time.',
  },
  LIMIT: {
    ci_quota_exceeded: 'A limit was reached: the compute minutes are used up.',
    trace_size_exceeded: 'A limit was reached: the log is too long.',
    reached_max_descendant_pipelines_depth:
      'A limit was reached: child pipelines are nested too deeply.',
    reached_max_pipeline_hierarchy_size:
      'A limit was reached: too many pipelines belong to one parent pipeline.',
    reached_downstream_pipeline_trigger_rate_limit:
      'A limit was reached: too many downstream pipelines were started in a short time.',
    pipeline_loop_detected: 'A limit was reached: the pipelines start each other in a loop.',
  },
  DEPENDENCY: {
    missing_dependency_failure:
      'Something that the job needs is missing: the artifacts of an earlier job.',
    unmet_prerequisites:
      'Something that the job needs is missing: its prerequisites could not be set up.',
    secrets_provider_not_found:
      'Something that the job needs is missing: the provider of its secrets.',
    secrets_manager_access_denied:
      'Something that the job needs is missing: access to the secrets manager.',
  },
  DEPLOYMENT: {
    environment_creation_failure: 'The deployment was not possible: its environment is not valid.',
    deployment_rejected: 'The deployment was not allowed: it was rejected in its approval.',
    forward_deployment_failure: 'The deployment was not allowed: a newer one came first.',
    failed_outdated_deployment_job: 'The deployment was not allowed: a newer one came first.',
    protected_environment_failure: 'The deployment was not allowed: the environment is protected.',
  },
  PERMISSION: {
    user_blocked: 'The user who started the job is blocked.',
    builds_disabled: 'CI/CD is disabled for the project.',
    ip_restriction_failure: 'The group does not allow the IP address of the runner.',
    insufficient_bridge_permissions:
      'The user who started the job may not start the downstream pipeline.',
    insufficient_upstream_permissions:
      'The user who started the job may not read the upstream project.',
    job_token_expired: 'The token of the job expired.',
    id_token_burned_project_path:
      'The job may not use ID tokens, because its project has the path of an earlier project.',
    duo_workflow_not_allowed: 'The user who started the job may not run GitLab Duo workflows.',
  },
  DOWNSTREAM: {
    downstream_bridge_project_not_found:
      'The downstream pipeline could not be created: its project was not found.',
    upstream_bridge_project_not_found:
      'The pipeline could not be started: the upstream project was not found.',
    invalid_bridge_trigger: 'The downstream pipeline could not be created: `trigger` is not valid.',
    bridge_pipeline_is_child_pipeline:
      'The downstream pipeline could not be created: a child pipeline may not start it.',
    downstream_pipeline_creation_failed:
      'The downstream pipeline could not be created: its configuration has errors.',
    downstream_project_trigger_resolved_to_empty:
      'The downstream pipeline could not be created: the name of its project is empty.',
  },
  GITLAB: {
    api_failure: 'GitLab had an error while the job ran.',
    scheduler_failure: 'GitLab could not assign the job to a runner.',
    data_integrity_failure: 'GitLab found an inconsistency in the data of the job.',
    archived_failure: 'GitLab did not run the job, because it is archived.',
    project_deleted: 'GitLab did not run the job, because its project was deleted.',
    duo_workflow_connection_failure: 'GitLab could not connect to the GitLab Duo service.',
  },
  UNKNOWN: {
    unknown_failure: 'The job failed for an unknown reason.',
  },
};

interface Reason {
  category: FailureCategory;
  sentence: string;
}

const reasons: ReadonlyMap<string, Reason> = new Map(
  Object.entries(sentences).flatMap(([category, ofCategory]) =>
    Object.entries(ofCategory).map(([reason, sentence]): [string, Reason] => [
      reason,
      { category: category as FailureCategory, sentence },
    ]),
  ),
);

/** Replaces underscores by blanks: "script_failure" becomes "script failure". */
export const toWords = (name: string): string => name.replaceAll('_', ' ');

/** Returns the category of a failure reason; UNKNOWN for one that is not in the table. */
export function failureCategoryOf(reason: string): FailureCategory {
  return reasons.get(reason)?.category ?? 'UNKNOWN';
}

/**
 * Returns a sentence that explains a failure reason, with the job's runner tags if the category is
 * QUEUE. A reason that is not in the table is returned as words: "new_reason" as "new reason".
 */
export function failureSentenceOf(reason: string, tags: readonly string[] = []): string {
  const found = reasons.get(reason);
  if (!found) return toWords(reason);
  if (found.category !== 'QUEUE' || tags.length === 0) return found.sentence;
  return `${found.sentence} It requires the tags: ${tags.join(', ')}.`;
}

const RETRY_HELPS: ReadonlySet<FailureCategory> = new Set(['RUNNER', 'GITLAB']);
const RETRY_MAY_HELP: ReadonlySet<FailureCategory> = new Set(['TIMEOUT', 'QUEUE', 'UNKNOWN']);

/** Whether a retry helps against failures of a category; null if it may or may not help. */
export function retryHelpsOf(category: FailureCategory): boolean | null {
  return RETRY_MAY_HELP.has(category) ? null : RETRY_HELPS.has(category);
}
