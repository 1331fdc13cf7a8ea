import type { InputFieldBuilder, ObjectFieldBuilder } from '@pothos/core';
import type { Context } from '../context/context.ts';
import type { Gitlab, WriteRef } from '../gitlab/client.ts';
import type { Bridge, Job as JobRow } from '../gitlab/rows.ts';
import { builder, type Types } from './builder.ts';
import { unauthenticated } from './client-errors.ts';
import { costs } from './cost.ts';
import { parseJobId } from './global-id.ts';
import { MutationError, type MutationFailure, settleWrite } from './mutation-errors.ts';
import { CiJob, Job } from './refs.ts';

/** What every payload is made of. */
interface Payload<Row> {
  job: Row | null;
  errors: MutationFailure[];
  clientMutationId: string | null | undefined;
}

type CommonInput = { id: string; clientMutationId?: string | null | undefined };

/**
 * Carries a write out: checks the id, sends the one call, and forgets what the operation had read,
 * so that nothing selected after it comes from before it.
 */
async function write<Row extends JobRow | Bridge>(
  context: Context,
  input: CommonInput,
  send: (gitlab: Gitlab, ref: WriteRef) => Promise<Row>,
): Promise<Payload<Row>> {
  const { type, project, id } = parseJobId(input.id);
  const kind = type === 'Job' ? 'BUILD' : 'BRIDGE';
  if (!context.mutationClient) {
    throw unauthenticated(
      'The gateway’s own token is for reads only: send your own as PRIVATE-TOKEN or Authorization header.',
    );
  }
  const sent = send(context.mutationClient, { project, id, kind });
  const { value: job, errors } = await settleWrite(sent);
  context.loaders.clear();
  if (job?.kind === 'BUILD') context.loaders.prime(job as JobRow);
  return { job, errors, clientMutationId: input.clientMutationId };
}

const CiVariableInput = builder.inputType('CiVariableInput', {
  description: 'A CI/CD variable for one run of a manual job.',
  fields: (t) => ({
    key: t.string({ required: true, description: 'Its name, such as "DEPLOY_TO".' }),
    value: t.string({ required: true, description: 'Its value.' }),
  }),
});

const CiInputInput = builder.inputType('CiInputInput', {
  description: 'The value of one of the job’s `inputs` (GitLab 18.10 and later).',
  fields: (t) => ({
    name: t.string({ required: true, description: 'The input’s name.' }),
    value: t.field({
      type: 'JSON',
      required: true,
      description: 'Text, number, boolean or list, as the input declares.',
    }),
  }),
});

const commonInput = (t: InputFieldBuilder<Types, 'InputObject'>) => ({
  id: t.id({ required: true, description: 'The global id of a Job or a Bridge.' }),
  clientMutationId: t.string({ description: 'Comes back in the payload as it is.' }),
});

type Inputs = readonly { name: string; value?: unknown }[] | null | undefined;

function toInputs(inputs: Inputs): { inputs?: Record<string, unknown> } {
  if (!inputs?.length) return {};
  return { inputs: Object.fromEntries(inputs.map(({ name, value }) => [name, value])) };
}

const commonPayload = <Row>(t: ObjectFieldBuilder<Types, Payload<Row>>) => ({
  errors: t.field({
    type: [MutationError],
    nullable: false,
    description: 'What a caller can act on. Empty when it was done.',
    resolve: ({ errors }) => errors,
  }),
  clientMutationId: t.string({
    description: 'The one of the input.',
    resolve: ({ clientMutationId }) => clientMutationId,
  }),
});

const CANCELED = ['canceled', 'canceling'];

const JobCancelPayload = builder.objectRef<Payload<JobRow | Bridge>>('JobCancelPayload').implement({
  description: 'What became of a cancel.',
  fields: (t) => ({
    job: t.field({
      type: CiJob,
      description: 'The job as it is now. Null when `errors` says why.',
      resolve: ({ job }) => job,
    }),
    canceled: t.boolean({
      nullable: false,
      description:
        'Whether the job is now canceled or canceling. GitLab accepts a cancel that can do nothing, such as of a finished job: then this is false and `errors` is empty.',
      resolve: ({ job }) => CANCELED.includes(job?.status ?? ''),
    }),
    ...commonPayload(t),
  }),
});

const JobRetryPayload = builder
  .objectRef<Payload<JobRow | Bridge> & { retriedJobId: string | null }>('JobRetryPayload')
  .implement({
    description: 'What became of a retry.',
    fields: (t) => ({
      job: t.field({
        type: CiJob,
        description: 'The new job, with an id of its own. Null when `errors` says why.',
        resolve: ({ job }) => job,
      }),
      retriedJobId: t.exposeID('retriedJobId', {
        description: 'The global id of the old job. Null when nothing was retried.',
      }),
      ...commonPayload(t),
    }),
  });

const JobErasePayload = builder.objectRef<Payload<JobRow>>('JobErasePayload').implement({
  description: 'What became of an erase.',
  fields: (t) => ({
    job: t.field({
      type: Job,
      description: 'The job without log and artifacts. Null when `errors` says why.',
      resolve: ({ job }) => job,
    }),
    ...commonPayload(t),
  }),
});

const JobPlayPayload = builder.objectRef<Payload<JobRow | Bridge>>('JobPlayPayload').implement({
  description: 'What became of a play.',
  fields: (t) => ({
    job: t.field({
      type: CiJob,
      description:
        'The job that was started: the same one, or a new one if it had run before. Null when `errors` says why.',
      resolve: ({ job }) => job,
    }),
    ...commonPayload(t),
  }),
});

const JobCancelInput = builder.inputType('JobCancelInput', {
  description: 'Which job to cancel.',
  fields: (t) => ({
    ...commonInput(t),
    force: t.boolean({
      defaultValue: false,
      description:
        'End a job that hangs in CANCELING, as a maintainer; does nothing to one in another state. A server before GitLab 18.5 does not know it and cancels in the ordinary way.',
    }),
  }),
});

const JobRetryInput = builder.inputType('JobRetryInput', {
  description: 'Which job to run once more.',
  fields: (t) => ({
    ...commonInput(t),
    inputs: t.field({
      type: [CiInputInput],
      description: 'New values of the job’s `inputs` (GitLab 18.10 and later; ignored before).',
    }),
  }),
});

const JobEraseInput = builder.inputType('JobEraseInput', {
  description: 'Of which job to delete log and artifacts.',
  fields: commonInput,
});

const JobPlayInput = builder.inputType('JobPlayInput', {
  description: 'Which manual or delayed job to start.',
  fields: (t) => ({
    ...commonInput(t),
    variables: t.field({
      type: [CiVariableInput],
      description: 'Variables for this run alone.',
    }),
    inputs: t.field({
      type: [CiInputInput],
      description: 'Values of the job’s `inputs` (GitLab 18.10 and later; ignored before).',
    }),
  }),
});

builder.mutationFields((t) => ({
  jobCancel: t.field({
    type: JobCancelPayload,
    description:
      'Stops a job. Look at `canceled` for what became of it: GitLab reports success whatever happened.',
    args: {
      input: t.arg({ type: JobCancelInput, required: true, description: 'Which job, and how.' }),
    },
    extensions: costs({ call: 'write' }),
    resolve: (_root, { input }, context) =>
      write(context, input, (gitlab, ref) =>
        gitlab.cancelJob(ref, { force: input.force || undefined }),
      ),
  }),
  jobRetry: t.field({
    type: JobRetryPayload,
    description:
      'Runs a finished job once more, as a new job. Trigger jobs too, from GitLab 17 on.',
    args: {
      input: t.arg({
        type: JobRetryInput,
        required: true,
        description: 'Which job, and with what.',
      }),
    },
    extensions: costs({ call: 'write' }),
    resolve: async (_root, { input }, context) => {
      const payload = await write(context, input, (gitlab, ref) =>
        gitlab.retryJob(ref, toInputs(input.inputs)),
      );
      return { ...payload, retriedJobId: payload.job && input.id };
    },
  }),
  jobErase: t.field({
    type: JobErasePayload,
    description: 'Deletes the log and all artifacts of a finished job. There is no way back.',
    args: { input: t.arg({ type: JobEraseInput, required: true, description: 'Which job.' }) },
    extensions: costs({ call: 'write' }),
    resolve: (_root, { input }, context) =>
      write(context, input, (gitlab, ref) => gitlab.eraseJob(ref)),
  }),
  jobPlay: t.field({
    type: JobPlayPayload,
    description: 'Starts a manual or delayed job now; trigger jobs too.',
    args: {
      input: t.arg({
        type: JobPlayInput,
        required: true,
        description: 'Which job, and with what.',
      }),
    },
    extensions: costs({ call: 'write' }),
    resolve: (_root, { input }, context) =>
      write(context, input, (gitlab, ref) =>
        gitlab.playJob(ref, { variables: input.variables ?? undefined, ...toInputs(input.inputs) }),
      ),
  }),
}));
