import { createContext, useContext } from 'react';
import type { Address } from '../../address.ts';

export type BoardAddress = Extract<Address, { screen: 'board' }>;

/** Values that all parts of the board need. */
interface BoardContext {
  /** The address of the screen, without the job in the panel. */
  address: BoardAddress;
  /** The global id of the pipeline; empty until the pipeline is read. */
  pipelineId: string;
  /** Called after each action. Subscribes to the pipeline again if it was finished. */
  onAction(): void;
}

export const BoardContext = createContext<BoardContext | undefined>(undefined);

export function useBoard(): BoardContext {
  const context = useContext(BoardContext);
  if (!context) throw new Error('Only for components of the board.');
  return context;
}
