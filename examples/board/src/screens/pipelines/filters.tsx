import type { FormEvent } from 'react';
import type { PipelineFilter } from '../../address.ts';

/** The most frequent statuses of pipelines. GitLab has more. */
const STATUSES = {
  RUNNING: 'Running',
  PENDING: 'Pending',
  SUCCESS: 'Passed',
  FAILED: 'Failed',
  CANCELED: 'Canceled',
  SKIPPED: 'Skipped',
  MANUAL: 'Manual',
  SCHEDULED: 'Scheduled',
};

/** The most frequent sources of pipelines. GitLab has more. */
const SOURCES = {
  push: 'Push',
  merge_request_event: 'Merge request',
  schedule: 'Schedule',
  web: 'Web',
  api: 'API',
  trigger: 'Trigger',
  pipeline: 'Another project',
  parent_pipeline: 'Parent pipeline',
};

interface ChoiceProps {
  name: string;
  label: string;
  /** Texts of the options by value. */
  options: Readonly<Record<string, string>>;
  value: string;
}

function Choice({ name, label, options, value }: ChoiceProps) {
  const known = value === '' || value in options ? options : { ...options, [value]: value };
  return (
    <select name={name} aria-label={label} defaultValue={value}>
      <option value="">Any {label.toLowerCase()}</option>
      {Object.entries(known).map(([each, text]) => (
        <option key={each} value={each}>
          {text}
        </option>
      ))}
    </select>
  );
}

interface FiltersProps {
  filter: PipelineFilter;
  onChange(filter: PipelineFilter): void;
}

/** A form for the filters of the list of pipelines. */
export function Filters({ filter, onChange }: FiltersProps) {
  const apply = (form: HTMLFormElement) => {
    const fields = new FormData(form);
    const read = (name: string) => String(fields.get(name)).trim();
    onChange({ ref: read('ref'), status: read('status'), source: read('source') });
  };
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    apply(event.currentTarget);
  };
  return (
    <form
      className="choice"
      onSubmit={submit}
      onChange={({ target, currentTarget }) => {
        if (target instanceof HTMLSelectElement) apply(currentTarget);
      }}
    >
      <input
        name="ref"
        aria-label="Branch or tag"
        placeholder="Any branch"
        defaultValue={filter.ref}
      />
      <Choice name="status" label="Status" options={STATUSES} value={filter.status} />
      <Choice name="source" label="Source" options={SOURCES} value={filter.source} />
      <button type="submit">Filter</button>
    </form>
  );
}
