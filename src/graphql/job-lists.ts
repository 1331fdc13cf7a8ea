import { connectionType } from './connection.ts';
import { Bridge, Job } from './refs.ts';

const uncounted =
  'How many jobs the whole list has. Null where GitLab does not count: the jobs of a project since GitLab 16, and lists of more than 10,000. Costs a call of its own only on the jobs of a project.';

export const JobConnection = connectionType('Job', Job, {
  description: 'One page of a list of jobs.',
  total: { nullable: true, description: uncounted },
});

export const BridgeConnection = connectionType('Bridge', Bridge, {
  description: 'One page of a list of trigger jobs.',
  total: {
    nullable: true,
    description:
      'How many trigger jobs the whole list has. Null for lists of more than 10,000, which GitLab does not count.',
  },
});
