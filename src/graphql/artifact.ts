import { JobArtifact, JobArtifactsFile } from './refs.ts';

JobArtifact.implement({
  description: 'One file that a job left behind: its archive, its log, or a report.',
  fields: (t) => ({
    fileType: t.exposeString('file_type', {
      nullable: false,
      description:
        'archive, metadata, trace, junit, dotenv, cobertura, sast, … Open-ended, so text.',
    }),
    size: t.field({
      type: 'BigInt',
      description: 'In bytes.',
      resolve: (artifact) => artifact.size,
    }),
    filename: t.exposeString('filename', {
      description: 'Its file name, such as "artifacts.zip".',
    }),
    fileFormat: t.exposeString('file_format', {
      description: 'raw, zip or gzip. Null for a log on some servers.',
    }),
  }),
});

JobArtifactsFile.implement({
  description: 'The archive of a job’s `artifacts:paths`.',
  fields: (t) => ({
    filename: t.exposeString('filename', {
      description: 'Its file name, such as "artifacts.zip".',
    }),
    size: t.field({ type: 'BigInt', description: 'In bytes.', resolve: (file) => file.size }),
  }),
});
