import { useQuery } from 'urql';
import { type PipelineFilter, printAddress } from '../../address.ts';
import { Ago } from '../../components/ago.tsx';
import { Failure } from '../../components/failure.tsx';
import { StatusBadge } from '../../components/status.tsx';
import {
  type CiJobStatus,
  PipelinesDocument,
  type PipelinesQuery,
} from '../../generated/graphql.ts';
import { typed } from '../../operations.ts';
import { MiniGraph } from './mini-graph.tsx';

const pipelines = typed(PipelinesDocument);

type Pipeline = NonNullable<NonNullable<PipelinesQuery['project']>['pipelines']>['nodes'][number];

interface RowProps {
  project: string;
  pipeline: Pipeline;
  /** The position of the pipeline in its page, from 0. */
  place: number;
}

function Row({ project, pipeline, place }: RowProps) {
  const { databaseId: id, name, ref, sha, source, createdAt, detailedStatus } = pipeline;
  return (
    <li className="pipeline">
      <StatusBadge {...detailedStatus} />
      <div className="subject">
        <a href={printAddress({ screen: 'board', project, id })}>
          {name ? `${name} #${id}` : `#${id}`}
        </a>
        <p className="facts">
          <span className="ref">{ref}</span>
          <code>{sha?.slice(0, 8)}</code>
          <span>{source?.replaceAll('_', ' ')}</span>
        </p>
      </div>
      <MiniGraph project={project} id={id} place={place} />
      <Ago time={createdAt} />
    </li>
  );
}

interface PageProps {
  project: string;
  filter: PipelineFilter;
  /** The end cursor of the previous page; null for the first page. */
  after: string | null;
  /** Shows the page after this cursor. Undefined if that page is already shown. */
  onMore: ((after: string) => void) | undefined;
}

const Note = ({ text }: { text: string }) => (
  <li>
    <p className="empty">{text}</p>
  </li>
);

/** Shows a page of the list of pipelines, as items of that list. */
export function PipelinePage({ project, filter, after, onMore }: PageProps) {
  const [{ data, error, fetching }] = useQuery({
    query: pipelines,
    variables: {
      project,
      after,
      ref: filter.ref || null,
      status: (filter.status || null) as CiJobStatus | null,
      source: filter.source || null,
    },
  });
  const page = data?.project?.pipelines;
  if (!page && error) {
    return (
      <li className="failed">
        <Failure error={error} />
      </li>
    );
  }
  if (!page && fetching) return <Note text="Loading …" />;
  if (!page) return <Note text="No such project, or your token may not see it." />;
  const { nodes, pageInfo } = page;
  const next = pageInfo.hasNextPage ? pageInfo.endCursor : undefined;
  return (
    <>
      {nodes.length === 0 && <Note text="No pipelines." />}
      {nodes.map((pipeline, place) => (
        <Row key={pipeline.databaseId} project={project} pipeline={pipeline} place={place} />
      ))}
      {next && onMore && (
        <li className="more">
          <button type="button" onClick={() => onMore(next)}>
            Load more
          </button>
        </li>
      )}
    </>
  );
}
