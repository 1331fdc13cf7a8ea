import { printAddress } from '../../address.ts';
import type { Job } from './log.ts';

const advice = (retryHelps: boolean | null | undefined) =>
  retryHelps ? 'A retry may help.' : 'A retry alone does not help.';

/** Shows why a job failed, with the lines of its log that look like errors. */
export function FailureCard({ job, project }: { job: Job; project: string }) {
  if (!job.failure) return null;
  const { message, retryHelps, log } = job.failure;
  const link = (line: number) => printAddress({ screen: 'log', project, id: job.databaseId, line });
  return (
    <section className="cause" aria-label="Why the job failed">
      <h2>
        {message} {retryHelps != null && <small>{advice(retryHelps)}</small>}
      </h2>
      {log && (
        <p>
          {log.exitCode != null && <span>Exit code {log.exitCode}</span>}
          {log.section && <span>Section {log.section}</span>}
          {log.command && <code>{log.command}</code>}
        </p>
      )}
      {log && log.errors.length > 0 && (
        <ol>
          {log.errors.map(({ number, html }, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the list never changes
            <li key={index} className="line">
              {number && <a href={link(number)}>{number}</a>}
              {/* biome-ignore lint/security/noDangerouslySetInnerHtml: the gateway escapes logs */}
              <span dangerouslySetInnerHTML={{ __html: html }} />
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
