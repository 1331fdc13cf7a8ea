/*
 * Measures what a unit of work costs, the more of them there are, on the built gateway as it is shipped.
 * Prints a table for each axis, and writes all of them to results/.
 *
 *   node scale.js [--only jobs,logs] [--quick]
 */
import { parseArgs } from 'node:util';
import { measureAliases } from './axes/aliases.js';
import { measureCredentials } from './axes/credentials.js';
import { measureFields } from './axes/fields.js';
import { measureJobs } from './axes/jobs.js';
import { measureLogs } from './axes/logs.js';
import { measureProjects } from './axes/projects.js';
import { measureLiveBoard, measureSubscribers } from './axes/subscribers.js';
import { writeReport } from './report.js';
import { openStage } from './stage.js';

const { values: options } = parseArgs({
  options: { only: { type: 'string' }, quick: { type: 'boolean' } },
});

const axes = {
  jobs: measureJobs,
  fields: measureFields,
  aliases: measureAliases,
  projects: measureProjects,
  subscribers: measureSubscribers,
  board: measureLiveBoard,
  logs: measureLogs,
  credentials: measureCredentials,
};

async function run(name) {
  const stage = await openStage();
  try {
    const { title, note, table } = await axes[name](stage);
    return `## ${title}\n\n${note} ${stage.disturbance()}\n\n${table}\n`;
  } finally {
    await stage.close();
  }
}

const sections = [];
for (const name of options.only?.split(',') ?? Object.keys(axes)) {
  const section = await run(name);
  console.log(`\n${section}`);
  sections.push(section);
}
if (!options.only) {
  const about = `
Each row is of the same rounds, taken in turns. *Growth* is the cost of a unit against the least of the
rows above it: at most 1 where more of them cost less each.
`;
  writeReport('scale-', 'Scale', [about, ...sections].join('\n'));
}
