/*
 * Measures how the cost per unit of work, such as a job of a list, changes with the number of units. Runs
 * dist/cli.js. Prints a table for each kind of unit and, without --only, writes all tables to results/.
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
import { openTestBed } from './stage.js';

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
  const testBed = await openTestBed();
  try {
    const { title, note, table } = await axes[name](testBed);
    return `## ${title}\n\n${note} ${testBed.disturbance()}\n\n${table}\n`;
  } finally {
    await testBed.close();
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
