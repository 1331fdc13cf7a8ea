import { createClient } from 'gitlab-jobs-gateway/client';
import { OneJobDocument, TailLogDocument } from 'gitlab-jobs-gateway/documents';

/** Shows the name of a job, then its log until the job is finished. */
export async function showJob(
  url: string,
  token: string,
  variables: { project: string; id: string },
  show: (text: string) => void,
): Promise<void> {
  const client = createClient({ url, headers: { 'PRIVATE-TOKEN': token } });
  const { data, errors } = await client.query(OneJobDocument, variables);
  if (!data?.job) throw new Error(errors?.[0]?.message ?? 'There is no such job.');
  show(`${data.job.name}\n`);
  for await (const event of client.subscribe(TailLogDocument, { id: data.job.id })) {
    if (event.data) show(event.data.jobTraceAppended.text);
  }
}
