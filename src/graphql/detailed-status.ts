import { builder } from './builder.ts';
import { DetailedStatus } from './refs.ts';

const CiJobAction = builder.enumType('CiJobAction', {
  description: 'What a button beside a status does.',
  values: {
    CANCEL: { description: 'Cancels: `jobCancel`.' },
    FORCE_CANCEL: {
      description: 'Cancels without waiting for after_script: `jobCancel` with `force`.',
    },
    PLAY: { description: 'Starts a manual or delayed job: `jobPlay`.' },
    RETRY: { description: 'Runs again: `jobRetry`.' },
  },
});

DetailedStatus.implement({
  description: 'A status in the words of GitLab’s pages, for a badge and a button.',
  fields: (t) => ({
    group: t.exposeString('group', {
      nullable: false,
      description:
        'The name for a style sheet: the status, such as "running". "success-with-warnings" if a job failed that may fail, "failed-with-warnings" for that job, "unknown" for a status that this schema does not know.',
    }),
    text: t.exposeString('text', {
      nullable: false,
      description: 'The text of a badge, such as "Passed".',
    }),
    label: t.exposeString('label', {
      nullable: false,
      description: 'The long form, such as "failed (allowed to fail)".',
    }),
    tooltip: t.exposeString('tooltip', {
      nullable: false,
      description: '`label` with the failure reason, such as "failed - (script failure)".',
    }),
    action: t.field({
      type: CiJobAction,
      description:
        'The action for a button, or null. Of a job, RETRY is certain only where `retried` is known, such as on a board. Of a pipeline, RETRY needs its `board` in the same operation. Null for stages and groups. GitLab can still refuse the action.',
      resolve: ({ action }) => (typeof action === 'function' ? action() : action),
    }),
  }),
});
