import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { demo, seedWorld } from '../simulator/seed.ts';
import { createSimulator } from '../simulator/simulator.ts';
import { Secret } from '../util/secret.ts';
import type { Config } from './config.ts';
import { BOARD_FOLDER, type GatewayDeps } from './gateway.ts';

/**
 * GitLab's base URL in responses of the demo. It is fixed, so that URLs in responses are the same
 * in each run. No such host exists.
 */
const GITLAB_URL = 'https://gitlab.example.com';

/** The start page: the web page (board) of a pipeline that is running when the demo starts. */
const START_PAGE = `board#/${demo.project}/-/pipelines/${demo.runningPipelineId}`;

const { developer, guest, readOnly, job } = demo.tokens;
/** Headers with which a request acts as another user or has fewer rights, with explanations. */
const otherTokens: readonly (readonly [header: string, explanation: string])[] = [
  [`PRIVATE-TOKEN: ${developer}`, 'bob, a developer; may not run jobs on main of acme/shop/api'],
  [`PRIVATE-TOKEN: ${guest}`, 'a guest; sees no jobs of acme/shop/api'],
  [`PRIVATE-TOKEN: ${readOnly}`, 'alice, with a token that may only read'],
  [`JOB-TOKEN: ${job}`, 'a running job; may read jobs'],
];

/** Returns one line for each row. The second cells are aligned. */
function alignRows(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([first]) => first.length));
  return rows.map(([first, second]) => `  ${first.padEnd(width)}  ${second}`);
}

/** The demo: a simulated GitLab, and the configuration of a gateway for it. */
export interface Demo {
  config: Config;
  deps: Pick<GatewayDeps, 'exampleTokens' | 'boardFolder' | 'startPage'>;
  /**
   * Returns the lines that the terminal shows after the start: addresses and example tokens.
   * `origin` is the address of the gateway.
   */
  describe(origin: string): string[];
  close(): Promise<void>;
}

/**
 * Starts the demo's simulated GitLab. Requests without a credential act as alice, a maintainer of
 * all projects, and may also write. The board (the web page of pipelines) is not served if it has
 * not been built.
 */
export async function startDemo(given: Config, boardFolder = BOARD_FOLDER): Promise<Demo> {
  const simulator = await createSimulator({
    world: seedWorld({ now: Date.now() }),
    externalUrl: GITLAB_URL,
  });
  simulator.start();
  const board = given.board && existsSync(join(boardFolder, 'index.html'));
  const config = {
    ...given,
    gitlabUrl: simulator.url,
    gitlabExternalUrl: GITLAB_URL,
    gitlabToken: new Secret(demo.token),
    gitlabTokenWrites: true,
    board,
  };
  return {
    config,
    deps: {
      exampleTokens: { 'PRIVATE-TOKEN': demo.token, 'JOB-TOKEN': job },
      boardFolder,
      startPage: board ? START_PAGE : undefined,
    },
    describe(origin) {
      const places: [isOn: boolean, name: string, address: string][] = [
        [board, 'Board', `${origin}/${START_PAGE}`],
        [given.board && !board, 'Board', 'is not built: run `npm run build:board`'],
        [config.graphiql, 'GraphiQL', `${origin}/graphql`],
        [config.mcp.enabled, 'MCP', `${origin}/mcp`],
        [true, "GitLab's REST API", `${simulator.url}/api/v4`],
      ];
      const rows = places.filter(([isOn]) => isOn);
      return [
        ...alignRows(rows.map(([, name, address]) => [name, address])),
        'Requests need no token and act as alice, the maintainer of all projects. Others:',
        ...alignRows(otherTokens),
      ];
    },
    close: simulator.close,
  };
}
