import { JobArtifact, JobArtifactsFile } from './refs.ts';

JobArtifact.implement({
  description: 'A file that a job created: its archive, its log, or a report.',
  fields: (t) => ({
    fileType: t.exposeString('file_type', {
      nullable: false,
      description:
        'archive, metadata, trace, junit, dotenv, cobertura, sast and others. GitLab may add values.',
    }),
    size: t.field({
      type: 'BigInt',
      description: 'The size in bytes.',
      resolve: (artifact) => artifact.size,
    }),
    filename: t.exposeString('filename', {
      description: 'The file name, such as "artifacts.zip".',
    }),
    fileFormat: t.exposeString('file_format', {
      description: 'raw, zip or gzip. Null for the log on some servers.',
    }),
  }),
});

JobArtifactsFile.implement({
  description: 'The archive of a job’s `artifacts:paths`.',
  fields: (t) => ({
    filename: t.exposeString('filename', {
      description: 'The file name, such as "artifacts.zip".',
    }),
    size: t.field({
      type: 'BigInt',
      description: 'The size in bytes.',
      resolve: (file) => file.size,
    }),
  }),
});
