import { useEffect, useMemo, useState } from 'react';
import { Provider } from 'urql';
import { type Address, printAddress } from './address.ts';
import { resetCalls } from './calls.ts';
import { AddressBox } from './components/address-box.tsx';
import { CallsBadge } from './components/calls-badge.tsx';
import { Heading } from './components/heading.tsx';
import { ThemeButton } from './components/theme-button.tsx';
import { TokenBox } from './components/token-box.tsx';
import { createUrqlClient } from './gateway.ts';
import { addProject } from './projects.ts';
import { BoardScreen } from './screens/board/board-screen.tsx';
import { DashboardScreen } from './screens/dashboard/dashboard-screen.tsx';
import { LogScreen } from './screens/log/log-screen.tsx';
import { PipelinesScreen } from './screens/pipelines/pipelines-screen.tsx';
import { StatisticsScreen } from './screens/statistics/statistics-screen.tsx';
import { useAddress } from './use-address.ts';

function UnknownScreen() {
  return (
    <>
      <Heading title="No such page" />
      <p className="empty">
        The board has no page at this address. Paste the address of a project, pipeline or job
        above, or open the <a href="#/">dashboard</a>.
      </p>
    </>
  );
}

function Screen({ address }: { address: Address }) {
  switch (address.screen) {
    case 'dashboard':
      return <DashboardScreen {...address} />;
    case 'pipelines':
      return <PipelinesScreen {...address} />;
    case 'board':
      return <BoardScreen {...address} />;
    case 'log':
      return <LogScreen {...address} />;
    case 'statistics':
      return <StatisticsScreen {...address} />;
    default:
      return <UnknownScreen />;
  }
}

/** The links to the dashboard and to the screens of a project. */
function Navigation({ address }: { address: Address }) {
  const { screen } = address;
  const project = 'project' in address ? address.project : undefined;
  const current = (isCurrent: boolean) => (isCurrent ? 'page' : undefined);
  return (
    <nav aria-label="Screens">
      <a href="#/" aria-current={current(screen === 'dashboard')}>
        Dashboard
      </a>
      {project && (
        <>
          <span className="project">{project}</span>
          <a
            href={printAddress({ screen: 'pipelines', project })}
            aria-current={current(screen === 'pipelines')}
          >
            Pipelines
          </a>
          <a
            href={printAddress({ screen: 'statistics', project })}
            aria-current={current(screen === 'statistics')}
          >
            Statistics
          </a>
        </>
      )}
    </nav>
  );
}

/**
 * Moves the focus past the header. Not a link, because the part of the URL after `#` selects the
 * screen.
 */
function SkipButton() {
  return (
    <button
      type="button"
      className="skip"
      onClick={() => document.querySelector<HTMLElement>('h1')?.focus()}
    >
      Skip to content
    </button>
  );
}

/**
 * Returns a key of the project, pipeline or job that a screen shows; empty for other screens, such
 * as the dashboard. A new key recreates the screen. All views of a pipeline, such as its timeline,
 * have one key.
 */
function subjectOf(address: Address): string {
  if ('id' in address) return `${address.project} ${address.id}`;
  return 'project' in address ? address.project : '';
}

/** The page: the header that all screens share, and the screen that the address selects. */
export function App() {
  const address = useAddress();
  // Grows with each new token. Then a new client, with an empty cache, reads the screen again.
  const [tokenNumber, setTokenNumber] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new token needs a new client
  const client = useMemo(createUrqlClient, [tokenNumber]);
  const key = `${address.screen} ${subjectOf(address)} ${tokenNumber}`;
  const project = 'project' in address ? address.project : undefined;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the count starts again for each screen
  useEffect(() => resetCalls, [key]);
  useEffect(() => {
    if (project) addProject(project);
  }, [project]);
  return (
    <Provider value={client}>
      <SkipButton />
      <header className="top">
        <Navigation address={address} />
        <AddressBox />
        <ThemeButton />
        <TokenBox onChange={() => setTokenNumber(tokenNumber + 1)} />
        <CallsBadge />
      </header>
      <main key={key}>
        <Screen address={address} />
      </main>
    </Provider>
  );
}
