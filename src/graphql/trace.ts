import { builder } from './builder.ts';
import { badUserInput } from './errors.ts';
import { JobTrace } from './refs.ts';

const TraceFormat = builder.enumType('TraceFormat', {
  description: 'How a log is written down.',
  values: {
    RAW: { description: 'Byte for byte as GitLab sent it, escape sequences included.' },
    PLAIN: { description: 'Text only: no colours, no section marks.' },
    HTML: { description: 'Safe HTML: text in spans with class names.' },
  },
});

JobTrace.implement({
  description: 'The log of a job, as far as it has arrived at GitLab. Empty when there is none.',
  fields: (t) => ({
    byteSize: t.field({
      type: 'BigInt',
      nullable: false,
      description: 'The length of the whole log in bytes.',
      resolve: ({ bytes }) => bytes.length,
    }),
    truncated: t.boolean({
      nullable: false,
      description: 'Whether the log is longer than the gateway reads; then its end is here.',
      resolve: () => false,
    }),
    text: t.string({
      nullable: false,
      description: 'The log as text.',
      args: {
        format: t.arg({
          type: TraceFormat,
          required: true,
          defaultValue: 'PLAIN',
          description: 'How to write it.',
        }),
        lastLines: t.arg.int({ description: 'Only so many lines from the end.' }),
      },
      resolve: ({ bytes }, { format }) => {
        if (format !== 'RAW') throw badUserInput('Only the format RAW is there yet.');
        return bytes.toString();
      },
    }),
  }),
});
