import { useEffect, useState } from 'react';
import { type Address, printAddress, useAddress } from './address.ts';
import { resetCalls } from './calls.ts';
import { AddressBox } from './components/address-box.tsx';
import { CallsBadge } from './components/calls-badge.tsx';
import { ThemeButton } from './components/theme-button.tsx';
import { TokenBox } from './components/token-box.tsx';
import { BoardScreen } from './screens/board/board-screen.tsx';

function Screen({ address }: { address: Address }) {
  switch (address.screen) {
    case 'board':
      return <BoardScreen {...address} />;
    default:
      return <p className="empty">This screen is not built yet.</p>;
  }
}

/** The links to the screens of a project. */
function Navigation({ address }: { address: Address }) {
  if (address.screen === 'dashboard') return <strong>Dashboard</strong>;
  const { screen, project } = address;
  const current = (isCurrent: boolean) => (isCurrent ? 'page' : undefined);
  return (
    <>
      <a href="#/">Dashboard</a>
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
  );
}

/** The page: the header that all screens share, and the screen of the address. */
export function App() {
  const address = useAddress();
  // A new token reads the screen again.
  const [tokenNumber, setTokenNumber] = useState(0);
  const { screen } = address;
  const subject = 'id' in address ? address.id : 'project' in address ? address.project : '';
  const key = `${screen} ${subject} ${tokenNumber}`;
  // biome-ignore lint/correctness/useExhaustiveDependencies: counts the calls of each screen anew
  useEffect(() => resetCalls, [key]);
  return (
    <>
      <header className="top">
        <nav aria-label="Screens">
          <Navigation address={address} />
        </nav>
        <AddressBox />
        <ThemeButton />
        <TokenBox onChange={() => setTokenNumber(tokenNumber + 1)} />
      </header>
      <main key={key}>
        <Screen address={address} />
      </main>
      <CallsBadge />
    </>
  );
}
