import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { Provider } from 'urql';
import { App } from './app.tsx';
import { urqlClient } from './gateway.ts';
import './styles/base.css';
import './styles/status.css';
import './styles/frame.css';

const root = document.getElementById('root');
if (root) {
  createRoot(root).render(
    <StrictMode>
      <Provider value={urqlClient}>
        <App />
      </Provider>
    </StrictMode>,
  );
}
