import { useState } from 'react';
import { type Address, type PipelineFilter, printAddress } from '../../address.ts';
import { Heading } from '../../components/heading.tsx';
import { ProjectName } from '../../components/project-name.tsx';
import { Filters } from './filters.tsx';
import { PipelinePage } from './pipeline-page.tsx';
import './pipelines.css';

/**
 * Shows the pages that the user has loaded. Keeps only cursors, because each page reads its own
 * data.
 */
function Pages({ project, filter }: { project: string; filter: PipelineFilter }) {
  const [cursors, setCursors] = useState<(string | null)[]>([null]);
  return (
    <ol className="pipelines">
      {cursors.map((after, index) => (
        <PipelinePage
          key={after}
          project={project}
          filter={filter}
          after={after}
          onMore={
            index === cursors.length - 1 ? (next) => setCursors([...cursors, next]) : undefined
          }
        />
      ))}
    </ol>
  );
}

/** The pipelines of a project, with the stages of each as icons. */
export function PipelinesScreen({
  project,
  filter: given,
}: Extract<Address, { screen: 'pipelines' }>) {
  const filter = { ref: '', status: '', source: '', ...given };
  const change = (next: PipelineFilter) => {
    location.hash = printAddress({ screen: 'pipelines', project, filter: next });
  };
  const key = Object.values(filter).join(' ');
  return (
    <>
      <div className="title">
        <Heading title={`Pipelines of ${project}`}>
          Pipelines <ProjectName path={project} />
        </Heading>
        <Filters key={key} filter={filter} onChange={change} />
      </div>
      <Pages key={key} project={project} filter={filter} />
    </>
  );
}
