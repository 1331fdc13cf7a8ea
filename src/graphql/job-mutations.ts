import type { InputFieldBuilder } from '@pothos/core';
import type { Context } from '../context/context.ts';
import type { Gitlab, WriteRef } from '../gitlab/client.ts';
import type { Bridge, Job as JobRow } from '../gitlab/rows.ts';
import { isCanceled } from '../pipeline/derived.ts';
import { builder, type Types } from './builder.ts';
import { costs } from './cost.ts';
import { parseJobId } from './global-id.ts';
import { type PayloadRow, payloadFields, requireWrites, settleWrite } from './mutation-errors.ts';
import { CiJob, Job } from './refs.ts';

interface Payload<Row> extends PayloadRow {
  job: Row | null;
}

type CommonInput = { id: string; clientMutationId?: string | null | undefined };

/**
 * Checks the id and makes the call. Then clears the loaders, so that fields selected below the
 * payload show the state after the call.
 */
async function write<Row extends JobRow | Bridge>(
  context: Context,
  input: CommonInput,
  send: (gitlab: Gitlab, ref: WriteRef) => Promise<Row>,
): Promise<Payload<Row>> {
  const { type, ...ref } = parseJobId(input.id);
  const kind = type === 'Job' ? 'BUILD' : 'BRIDGE';
  const { value: job, errors } = await settleWrite(send(requireWrites(context), { ...ref, kind }));
  context.loaders.clear();
  if (job?.kind === 'BUILD') context.loaders.prime(job as JobRow);
  return { job, errors, clientMutationId: input.clientMutationId };
}

const CiVariableInput = builder.inputType('CiVariableInput', {
  description: 'A CI/CD variable for one run of a manual job.',
  fields: (t) => ({
    key: t.string({
      required: true,
      description: 'The name of the variable, such as "DEPLOY_TO".',
    }),
    value: t.string({ required: true, description: 'The value of the variable.' }),
  }),
});

const CiInputInput = builder.inputType('CiInputInput', {
  description: 'The value of one of the job’s `inputs` (GitLab 18.10 and later).',
  fields: (t) => ({
    name: t.string({ required: true, description: 'The input’s name.' }),
    value: t.field({
      type: 'JSON',
      required: true,
      description: 'A string, number, boolean or array, as the input declares.',
    }),
  }),
});

const commonInput = (t: InputFieldBuilder<Types, 'InputObject'>) => ({
  id: t.id({ required: true, description: 'The global id of a Job or a Bridge.' }),
  clientMutationId: t.string({ description: 'Returned unchanged in the payload.' }),
});

type Inputs = readonly { name: string; value?: unknown }[] | null | undefined;

function toInputs(inputs: Inputs): { inputs?: Record<string, unknown> } {
  if (!inputs?.length) return {};
  return { inputs: Object.fromEntries(inputs.map(({ name, value }) => [name, value])) };
}

const JobCancelPayload = builder.objectRef<Payload<JobRow | Bridge>>('JobCancelPayload').implement({
  description: 'The result of a cancel.',
  fields: (t) => ({
    job: t.field({
      type: CiJob,
      description: 'The job after the cancel. Null if there are `errors`.',
      resolve: ({ job }) => job,
    }),
    canceled: t.boolean({
      nullable: false,
      description:
        'Whether the job is now canceled or canceling. GitLab accepts a cancel without effect, such as that of a finished job: then this is false and `errors` is empty.',
      resolve: ({ job }) => isCanceled(job?.status),
    }),
    ...payloadFields(t),
  }),
});

const JobRetryPayload = builder
  .objectRef<Payload<JobRow | Bridge> & { retriedJobId: string | null }>('JobRetryPayload')
  .implement({
    description: 'The result of a retry.',
    fields: (t) => ({
      job: t.field({
        type: CiJob,
        description: 'The new job, which has a new id. Null if there are `errors`.',
        resolve: ({ job }) => job,
      }),
      retriedJobId: t.exposeID('retriedJobId', {
        description: 'The global id of the retried job. Null if nothing was retried.',
      }),
      ...payloadFields(t),
    }),
  });

const JobErasePayload = builder.objectRef<Payload<JobRow>>('JobErasePayload').implement({
  description: 'The result of an erase.',
  fields: (t) => ({
    job: t.field({
      type: Job,
      description: 'The job without log and artifacts. Null if there are `errors`.',
      resolve: ({ job }) => job,
    }),
    ...payloadFields(t),
  }),
});

const JobPlayPayload = builder.objectRef<Payload<JobRow | Bridge>>('JobPlayPayload').implement({
  description: 'The result of a play.',
  fields: (t) => ({
    job: t.field({
      type: CiJob,
      description:
        'The started job: the same one, or a new one if it had run before. Null if there are `errors`.',
      resolve: ({ job }) => job,
    }),
    ...payloadFields(t),
  }),
});

const JobCancelInput = builder.inputType('JobCancelInput', {
  description: 'The job to cancel.',
  fields: (t) => ({
    ...commonInput(t),
    force: t.boolean({
      defaultValue: false,
      description:
        'Ends a job that remains in CANCELING. Requires the maintainer role; has no effect in other states. Servers before GitLab 18.5 ignore it and cancel normally.',
    }),
  }),
});

const JobRetryInput = builder.inputType('JobRetryInput', {
  description: 'The job to retry.',
  fields: (t) => ({
    ...commonInput(t),
    inputs: t.field({
      type: [CiInputInput],
      description: 'New values for the job’s `inputs` (GitLab 18.10 and later; ignored before).',
    }),
  }),
});

const JobEraseInput = builder.inputType('JobEraseInput', {
  description: 'The job whose log and artifacts are deleted.',
  fields: commonInput,
});

const JobPlayInput = builder.inputType('JobPlayInput', {
  description: 'The manual or delayed job to start.',
  fields: (t) => ({
    ...commonInput(t),
    variables: t.field({
      type: [CiVariableInput],
      description: 'Variables for this run only.',
    }),
    inputs: t.field({
      type: [CiInputInput],
      description: 'Values for the job’s `inputs` (GitLab 18.10 and later; ignored before).',
    }),
  }),
});

builder.mutationFields((t) => ({
  jobCancel: t.field({
    type: JobCancelPayload,
    description:
      'Cancels a job. Check `canceled` for the result: GitLab reports success even if nothing was canceled.',
    args: {
      input: t.arg({ type: JobCancelInput, required: true, description: 'The job to cancel.' }),
    },
    extensions: costs({ call: 'write' }),
    resolve: (_root, { input }, context) =>
      write(context, input, (gitlab, ref) =>
        gitlab.cancelJob(ref, { force: input.force || undefined }),
      ),
  }),
  jobRetry: t.field({
    type: JobRetryPayload,
    description: 'Retries a finished job as a new job. Works for trigger jobs from GitLab 17 on.',
    args: {
      input: t.arg({
        type: JobRetryInput,
        required: true,
        description: 'The job and its parameters.',
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
    description: 'Deletes the log and all artifacts of a finished job. This cannot be undone.',
    args: {
      input: t.arg({ type: JobEraseInput, required: true, description: 'The job to erase.' }),
    },
    extensions: costs({ call: 'write' }),
    resolve: (_root, { input }, context) =>
      write(context, input, (gitlab, ref) => gitlab.eraseJob(ref)),
  }),
  jobPlay: t.field({
    type: JobPlayPayload,
    description: 'Starts a manual or delayed job or trigger job now.',
    args: {
      input: t.arg({
        type: JobPlayInput,
        required: true,
        description: 'The job and its parameters.',
      }),
    },
    extensions: costs({ call: 'write' }),
    resolve: (_root, { input }, context) =>
      write(context, input, (gitlab, ref) =>
        gitlab.playJob(ref, { variables: input.variables ?? undefined, ...toInputs(input.inputs) }),
      ),
  }),
}));
